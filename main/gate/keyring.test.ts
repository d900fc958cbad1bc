import { createCipheriv, generateKeyPairSync, scryptSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { canonicalBytes } from './canonical.ts';
import { privateKeyBytes, privateKeyOf, publicKeyText, verifyHash } from './ed25519.ts';
import { type KeyRecord, makeKey, publishKey, readKey, SCRYPT_COST, signDossierHash, unlockKey } from './keyring.ts';
import {
  ACCEPTED,
  CHEAP,
  emptyDisk,
  outcome,
  PASSPHRASES,
  ProcessStorage,
  proposeDraft,
  ROOT,
  releaseBy,
  resealed,
  signBoth,
  staffed,
  testRandom,
} from './simulated.test-support.ts';

const HASH = 'ab'.repeat(32);
const key = () => makeKey('ada', 'open sesame', testRandom('key'), CHEAP);
const DIRECTORY = ROOT;

/** A record as somebody makes it who knows the passphrase: it opens, whatever is in it. */
function recordOf(publicKey: string, pkcs8: Uint8Array, passphrase: string): KeyRecord {
  const kdf = { name: 'scrypt' as const, ...CHEAP, salt: Buffer.alloc(32, 1).toString('base64') };
  const iv = Buffer.alloc(12, 2);
  const head = { format: 'rearm-key-1' as const, personId: 'ada', publicKey, kdf };
  const cipher = { name: 'aes-256-gcm' as const, iv: iv.toString('base64') };
  const work = createCipheriv('aes-256-gcm', scryptSync(passphrase, Buffer.from(kdf.salt, 'base64'), 32, CHEAP), iv);
  work.setAAD(canonicalBytes({ ...head, cipher }));
  const ciphertext = Buffer.concat([work.update(pkcs8), work.final()]).toString('base64');
  return { ...head, cipher: { ...cipher, tag: work.getAuthTag().toString('base64') }, ciphertext };
}

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return error instanceof RearmError ? JSON.stringify([error.toData(), String(error.cause)]) : String(error);
  }
  return '';
}

describe('a private key', () => {
  it('signs with its passphrase, after being written and read', () => {
    const storage = new ProcessStorage(emptyDisk());
    const record = key();
    publishKey(storage, DIRECTORY, record);
    const read = readKey(storage, DIRECTORY, 'ada');
    expect(read).toEqual(record);
    const signature = signDossierHash(read, 'open sesame', HASH);
    expect(verifyHash(record.publicKey, 'rearm-approval-1', HASH, signature)).toBe(true);
    expect(verifyHash(record.publicKey, 'rearm-audit-1', HASH, signature)).toBe(false);
    expect(verifyHash(record.publicKey, 'rearm-approval-1', 'cd'.repeat(32), signature)).toBe(false);
  });

  it('does not depend on how a keyboard composes an accent', () => {
    const record = makeKey('ada', 'caf\u00e9', testRandom('key'), CHEAP);
    expect(outcome(() => unlockKey(record, 'cafe\u0301'))).toBe('done');
  });

  it('is not opened by another passphrase, and the refusal tells nothing', () => {
    const said = messageOf(() => signDossierHash(key(), 'open barley', HASH));
    expect(outcome(() => signDossierHash(key(), 'open barley', HASH))).toBe('SIGNATURE_INVALID passphrase');
    expect(said).toContain('the passphrase does not open the key of ada');
    expect(said).not.toContain('barley');
  });

  it('is not opened after any field of its file was changed', () => {
    const record = key();
    const flip = (text: string) => `${text[0] === 'A' ? 'B' : 'A'}${text.slice(1)}`;
    const other = makeKey('rob', 'open sesame', testRandom('other'), CHEAP);
    const changed: KeyRecord[] = [
      { ...record, personId: 'rob' },
      { ...record, publicKey: other.publicKey },
      { ...record, ciphertext: flip(record.ciphertext) },
      { ...record, kdf: { ...record.kdf, salt: flip(record.kdf.salt) } },
      { ...record, kdf: { ...record.kdf, N: 4 } },
      { ...record, kdf: { ...record.kdf, p: 2 } },
      { ...record, cipher: { ...record.cipher, iv: flip(record.cipher.iv) } },
      { ...record, cipher: { ...record.cipher, tag: flip(record.cipher.tag) } },
    ];
    for (const bad of changed) expect(outcome(() => unlockKey(bad, 'open sesame'))).toBe('SIGNATURE_INVALID passphrase');
  });

  it('is not used where it is not that of the public key in its file, or no Ed25519 key: what it signs would be nobody’s', () => {
    const [own, others] = [1, 2].map((byte) => privateKeyOf(new Uint8Array(32).fill(byte)));
    const x25519 = generateKeyPairSync('x25519').privateKey.export({ format: 'der', type: 'pkcs8' });
    const open = (pkcs8: Uint8Array) => outcome(() => unlockKey(recordOf(publicKeyText(own!), pkcs8, 'open sesame'), 'open sesame'));
    expect(open(privateKeyBytes(own!))).toBe('done');
    for (const pkcs8 of [privateKeyBytes(others!), x25519, new Uint8Array(48)]) expect(open(pkcs8)).toBe('SIGNATURE_INVALID passphrase');
  });

  it.each([
    ['memory without bound', { N: 2 ** 30 }],
    ['a cost that is no power of two', { N: 3 }],
    ['another block size', { r: 4096 }],
    ['time without bound', { p: 1000 }],
    ['another function', { name: 'pbkdf2' }],
  ])('file that asks for %s is not read', (_name, bad) => {
    const storage = new ProcessStorage(emptyDisk());
    const record = key();
    const text = JSON.stringify({ ...record, kdf: { ...record.kdf, ...bad } });
    publishKey(storage, DIRECTORY, record);
    const path = `${DIRECTORY}/ada.key`;
    const sorted = storage.disk.text(path).replace(/"kdf":\{[^}]*\}/, () => {
      const kdf = JSON.parse(text) as { kdf: Record<string, unknown> };
      return `"kdf":${JSON.stringify(Object.fromEntries(Object.entries(kdf.kdf).sort(([a], [b]) => (a < b ? -1 : 1))))}`;
    });
    storage.disk.put(path, resealed(sorted));
    expect(outcome(() => readKey(storage, DIRECTORY, 'ada'))).toBe('FORMAT_INVALID');
  });

  it('of somebody else is not read under a name', () => {
    const storage = new ProcessStorage(emptyDisk());
    publishKey(storage, DIRECTORY, key());
    storage.disk.put(`${DIRECTORY}/rob.key`, storage.disk.bytes(`${DIRECTORY}/ada.key`));
    expect(outcome(() => readKey(storage, DIRECTORY, 'rob'))).toBe('FORMAT_INVALID');
    expect(() => readKey(storage, DIRECTORY, 'tim')).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND', message: `there is no key of tim in ${DIRECTORY}` }),
    );
    expect(outcome(() => readKey(storage, DIRECTORY, '../ada'))).toBe('PAYLOAD_INVALID');
  });

  it('costs what is documented, outside tests', () => {
    expect(SCRYPT_COST).toEqual({ N: 131_072, r: 8, p: 1 });
    expect(makeKey('ada', 'x', testRandom('key')).kdf).toMatchObject({ N: 131_072, r: 8, p: 1 });
  });
});

describe('secrets', () => {
  it('are in no file and in no refusal after enrolling, signing and releasing', () => {
    const desk = staffed();
    const hash = proposeDraft(desk);
    const refusals = [
      messageOf(() => desk.gate.sign({ personId: 'ada', dossierHash: hash, passphrase: 'a wrong guess' })),
      messageOf(() => desk.gate.sign({ personId: 'eve', dossierHash: hash, passphrase: 'a wrong guess' })),
      messageOf(() => desk.gate.enrol({ id: 'eve', name: 'Eve', role: 'risk', passphrase: 'a wrong guess', by: 'ada' })),
    ];
    signBoth(desk, hash);
    desk.gate.verifyAndBurn(releaseBy(desk, hash), ACCEPTED);
    const files = desk.disk.files().map((path) => desk.disk.text(path));
    const random = testRandom('seed');
    const secrets = [...Object.values(PASSPHRASES), 'a wrong guess'];
    // The process drew its own name, and then the seed of the first person's key.
    random(16);
    const seed = Buffer.from(random(32));
    secrets.push(seed.toString('hex'), seed.toString('base64'), seed.toString('base64').slice(0, 40));
    for (const text of [...files, ...refusals, JSON.stringify(desk.gate.view()), JSON.stringify(desk.gate.auditView(100))]) {
      for (const secret of secrets) expect(text.includes(secret)).toBe(false);
    }
    expect(refusals.every((text) => text !== '')).toBe(true);
    expect(files.length).toBeGreaterThan(12);
  });
});
