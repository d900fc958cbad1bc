/**
 * Private keys of people, one file each, `<directory>/<personId>.key`, mode 0600, on the store's machine or on the person's own.
 *
 * The file is canonical JSON: {cipher: {iv, name: "aes-256-gcm", tag}, ciphertext, format: "rearm-key-1", kdf: {N, name: "scrypt",
 * p, r, salt}, personId, publicKey}; binary fields are base64. The passphrase (Unicode NFKC, UTF-8) and the salt give 32
 * bytes by scrypt; they encrypt the PKCS #8 DER of the Ed25519 key; the additional data is the canonical JSON of the record
 * without `ciphertext` and with `cipher` reduced to {iv, name}, so that nothing in the file can be exchanged.
 *
 * No message, no context and no other file ever holds the passphrase or the key.
 */

import { createCipheriv, createDecipheriv, type KeyObject, scrypt, scryptSync } from 'node:crypto';
import { z } from 'zod';
import { RearmError } from '../../shared/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { canonicalBytes } from './canonical.ts';
import { privateKeyBytes, privateKeyFrom, privateKeyOf, publicKeyText, signHash } from './ed25519.ts';
import { keyPath } from './layout.ts';
import { fields, publishRecord, readRecord } from './records.ts';

/** Cost of scrypt: memory is 128 x N x r bytes. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MiB and a few hundred milliseconds for each guess (OWASP's first choice for scrypt). */
export const SCRYPT_COST: ScryptCost = { N: 131_072, r: 8, p: 1 };
/** A file that asks for more is refused before any memory is taken. */
const N_MAX = 262_144;
/** What OpenSSL may take: its need of about 128 x r x (N + p), twice, and room for the smallest costs. */
const memoryOf = (cost: ScryptCost): number => 256 * cost.r * (cost.N + cost.p) + 1_048_576;

const base64 = (bytes: number) => {
  const length = 4 * Math.ceil(bytes / 3);
  return z.base64().length(length);
};

const kdfSchema = z.strictObject({
  name: z.literal('scrypt'),
  N: z
    .number()
    .int()
    .min(2)
    .max(N_MAX)
    .refine((n) => (n & (n - 1)) === 0, 'is not a power of two'),
  r: z.literal(8),
  p: z.number().int().min(1).max(4),
  salt: base64(32),
});

const keySchema = z.strictObject({
  format: z.literal('rearm-key-1'),
  personId: fields.personId,
  publicKey: fields.publicKey,
  kdf: kdfSchema,
  cipher: z.strictObject({ name: z.literal('aes-256-gcm'), iv: base64(12), tag: base64(16) }),
  ciphertext: z.base64().max(256),
});

export type KeyRecord = z.infer<typeof keySchema>;

const encode64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const SECRET_BYTES = 32;

const parametersOf = (kdf: KeyRecord['kdf']) => ({ N: kdf.N, r: kdf.r, p: kdf.p, maxmem: memoryOf(kdf) });
const normal = (passphrase: string): string => passphrase.normalize('NFKC');

const derive = (passphrase: string, kdf: KeyRecord['kdf']): Uint8Array =>
  scryptSync(normal(passphrase), Buffer.from(kdf.salt, 'base64'), SECRET_BYTES, parametersOf(kdf));

/** The same, beside this thread: a console goes on showing. */
const deriveBeside = (passphrase: string, kdf: KeyRecord['kdf']): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    scrypt(normal(passphrase), Buffer.from(kdf.salt, 'base64'), SECRET_BYTES, parametersOf(kdf), (error, secret) =>
      error ? reject(error) : resolve(secret),
    );
  });

function additional(record: Pick<KeyRecord, 'format' | 'personId' | 'publicKey' | 'kdf'>, iv: string): Uint8Array {
  const { format, personId, publicKey, kdf } = record;
  return canonicalBytes({ format, personId, publicKey, kdf, cipher: { name: 'aes-256-gcm', iv } });
}

/** A private key, and how it will be encrypted. */
interface KeyPlan {
  readonly privateKey: KeyObject;
  readonly iv: string;
  readonly head: Pick<KeyRecord, 'format' | 'personId' | 'publicKey' | 'kdf'>;
}

function planKey(personId: string, random: (bytes: number) => Uint8Array, cost: ScryptCost): KeyPlan {
  const privateKey = privateKeyOf(random(32));
  const kdf = { name: 'scrypt' as const, N: cost.N, r: 8 as const, p: cost.p, salt: encode64(random(32)) };
  const iv = encode64(random(12));
  return { privateKey, iv, head: { format: 'rearm-key-1', personId, publicKey: publicKeyText(privateKey), kdf } };
}

/** Makes a new key for a person. Nothing is written: see {@link publishKey}. Blocks for the time that scrypt takes. */
export function makeKey(
  personId: string,
  passphrase: string,
  random: (bytes: number) => Uint8Array,
  cost: ScryptCost = SCRYPT_COST,
): KeyRecord {
  const plan = planKey(personId, random, cost);
  return encrypted(plan, derive(passphrase, plan.head.kdf));
}

/** {@link makeKey}, with scrypt beside this thread. */
export async function makeKeyBeside(
  personId: string,
  passphrase: string,
  random: (bytes: number) => Uint8Array,
  cost: ScryptCost = SCRYPT_COST,
): Promise<KeyRecord> {
  const plan = planKey(personId, random, cost);
  return encrypted(plan, await deriveBeside(passphrase, plan.head.kdf));
}

function encrypted({ privateKey, iv, head }: KeyPlan, secret: Uint8Array): KeyRecord {
  const cipher = createCipheriv('aes-256-gcm', secret, Buffer.from(iv, 'base64'));
  cipher.setAAD(additional(head, iv));
  const ciphertext = Buffer.concat([cipher.update(privateKeyBytes(privateKey)), cipher.final()]);
  const tag = cipher.getAuthTag().toString('base64');
  return { ...head, cipher: { name: 'aes-256-gcm', iv, tag }, ciphertext: ciphertext.toString('base64') };
}

/** Durable on return. The directory exists. */
export function publishKey(storage: Storage, directory: string, record: KeyRecord): void {
  publishRecord(storage, keyPath(directory, record.personId), keySchema, record);
}

/** @throws RearmError NOT_FOUND, FORMAT_INVALID, VALUE_OUT_OF_RANGE, and what the storage throws. */
export function readKey(storage: Storage, directory: string, personId: string): KeyRecord {
  const path = keyPath(directory, personId);
  if (!storage.exists(path)) {
    throw new RearmError('NOT_FOUND', `there is no key of ${personId} in ${directory}`, { personId, directory });
  }
  const record = readRecord(storage, path, keySchema, 4096);
  if (record.personId !== personId) {
    throw new RearmError('FORMAT_INVALID', `${path} holds the key of ${record.personId}`, { path });
  }
  return record;
}

/**
 * The private key behind a passphrase. Blocks for the time that scrypt takes.
 *
 * @throws RearmError SIGNATURE_INVALID where the passphrase does not open it, or the file was changed: the two cannot be told apart.
 */
export const unlockKey = (record: KeyRecord, passphrase: string): KeyObject => decrypted(record, derive(passphrase, record.kdf));

function decrypted(record: KeyRecord, secret: Uint8Array): KeyObject {
  const refused = () =>
    new RearmError('SIGNATURE_INVALID', `the passphrase does not open the key of ${record.personId}; nothing was signed`, {
      personId: record.personId,
      reason: 'passphrase',
    });
  let pkcs8: Uint8Array;
  try {
    const iv = Buffer.from(record.cipher.iv, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', secret, iv, { authTagLength: 16 });
    decipher.setAAD(additional(record, record.cipher.iv));
    decipher.setAuthTag(Buffer.from(record.cipher.tag, 'base64'));
    pkcs8 = Buffer.concat([decipher.update(Buffer.from(record.ciphertext, 'base64')), decipher.final()]);
  } catch {
    // Without the cause: what node says about a failed decryption adds nothing, and nothing of it may leak.
    throw refused();
  }
  const key = privateKeyFrom(pkcs8);
  if (!key || publicKeyText(key) !== record.publicKey) throw refused();
  return key;
}

/** A signature over a dossier hash, base64, with the key behind the passphrase. @throws RearmError SIGNATURE_INVALID */
export const signDossierHash = (record: KeyRecord, passphrase: string, dossierHash: string): string =>
  signHash(unlockKey(record, passphrase), 'rearm-approval-1', dossierHash);

/** {@link signDossierHash}, with scrypt beside this thread. */
export const signDossierHashBeside = async (record: KeyRecord, passphrase: string, dossierHash: string): Promise<string> =>
  signHash(decrypted(record, await deriveBeside(passphrase, record.kdf)), 'rearm-approval-1', dossierHash);
