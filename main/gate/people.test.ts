import { describe, expect, it } from 'vitest';
import { canonicalText, sha256Hex } from './canonical.ts';
import { isUsablePublicKey, privateKeyOf, publicKeyText, verifyHash } from './ed25519.ts';
import { checkEnrolment, ENROLMENT_RULES, type EnrolmentFacts } from './people.ts';
import {
  ACCEPTED,
  another,
  emptyDisk,
  open,
  outcome,
  PASSPHRASES,
  proposeDraft,
  ROOT,
  releaseBy,
  STORE_ID,
  signBoth,
  staffed,
} from './simulated.test-support.ts';

const PEOPLE = `${ROOT}/gate/people.log`;
const keyOf = (byte: number) => publicKeyText(privateKeyOf(new Uint8Array(32).fill(byte)));
const eva = { id: 'eva', name: 'Eva Risk', role: 'risk', publicKey: keyOf(77) } as const;

function active() {
  const desk = staffed();
  const hash = proposeDraft(desk);
  signBoth(desk, hash);
  desk.gate.verifyAndBurn(releaseBy(desk, hash), ACCEPTED);
  return desk;
}

describe('the rules of enrolment', () => {
  const names = ['active', 'firstSet', 'idTaken', 'nameTaken', 'keyTaken', 'keyUsable', 'enrollerKnown'] as const;

  it('decide every combination of facts', () => {
    const reasons = new Set<string>();
    let enrolled = 0;
    for (let bits = 0; bits < 128; bits += 1) {
      const facts = Object.fromEntries(names.map((name, i) => [name, (bits & (1 << i)) !== 0])) as unknown as EnrolmentFacts;
      const result = outcome(() => checkEnrolment(facts, 'eva'));
      const allowed =
        (facts.firstSet || (facts.active && facts.enrollerKnown)) &&
        !facts.idTaken &&
        !facts.nameTaken &&
        !facts.keyTaken &&
        facts.keyUsable;
      expect(result === 'done').toBe(allowed);
      if (allowed) enrolled += 1;
      else reasons.add(result.replace('ENROLMENT_REFUSED ', ''));
      if (!facts.active && !facts.firstSet) expect(result).toBe('ENROLMENT_REFUSED halted');
    }
    expect(enrolled).toBe(5);
    expect([...reasons].sort()).toEqual(ENROLMENT_RULES.map((rule) => rule.reason).sort());
  });
});

describe('enrolling', () => {
  it('writes a chain of records that an independent reader can verify', () => {
    const { disk } = staffed();
    let previous = sha256Hex(`rearm-people-1 ${STORE_ID}`);
    const lines = disk.text(PEOPLE).trimEnd().split('\n');
    for (const [index, line] of lines.entries()) {
      const { hash, ...body } = JSON.parse(line) as Record<string, unknown>;
      expect(body).toMatchObject({ kind: 'enrolled', sequence: index + 1, previousHash: previous, enrolledBy: 'creator' });
      expect(sha256Hex(canonicalText(body))).toBe(hash);
      previous = String(hash);
    }
    expect(lines).toHaveLength(2);
  });

  it('is refused while halted, once the first set has a trader and a risk person', () => {
    const desk = staffed();
    expect(outcome(() => desk.gate.enrol({ ...eva, by: 'ada' }))).toBe('ENROLMENT_REFUSED halted');
    for (const mode of ['CANCEL_ONLY', 'REDUCING'] as const) {
      desk.gate.setMode({ mode, by: 'ada', reason: 'taking risk off' });
      expect(outcome(() => desk.gate.enrol({ ...eva, by: 'ada' }))).toBe('ENROLMENT_REFUSED halted');
    }
    expect(desk.gate.view().people.map((person) => person.id)).toEqual(['ada', 'rob']);
  });

  it('is refused after a crash that left the mode ACTIVE behind', () => {
    const desk = active();
    const after = another(desk, { deps: { engineAlive: () => false } });
    expect(after.gate.mode().mode).toBe('ACTIVE');
    expect(outcome(() => after.gate.enrol({ ...eva, by: 'ada' }))).toBe('ENROLMENT_REFUSED halted');
  });

  it('asks the writer lock of the store whether the engine lives', () => {
    const desk = active();
    const locks = new Set<string>();
    const open = () => another(desk, { locks, deps: { engineAlive: undefined as never } });
    expect(outcome(() => open().gate.enrol({ ...eva, by: 'ada' }))).toBe('ENROLMENT_REFUSED halted');
    locks.add(`${ROOT}/lock`);
    expect(outcome(() => open().gate.enrol({ ...eva, by: 'ada' }))).toBe('done');
  });

  it('is allowed while ACTIVE, by somebody who is enrolled', () => {
    const desk = active();
    expect(outcome(() => desk.gate.enrol(eva))).toBe('ENROLMENT_REFUSED enroller');
    expect(outcome(() => desk.gate.enrol({ ...eva, by: 'nobody' }))).toBe('ENROLMENT_REFUSED enroller');
    expect(outcome(() => desk.gate.enrol({ ...eva, by: 'ada' }))).toBe('done');
    expect(desk.gate.view().people.map((person) => person.id)).toEqual(['ada', 'rob', 'eva']);
  });

  it('never gives one person two ids', () => {
    const desk = active();
    const by = 'ada';
    expect(outcome(() => desk.gate.enrol({ ...eva, id: 'rob', by }))).toBe('ENROLMENT_REFUSED idTaken');
    expect(outcome(() => desk.gate.enrol({ ...eva, name: ' ada  LOVELACE', by }))).toBe('ENROLMENT_REFUSED nameTaken');
    const { publicKey } = desk.gate.view().people[0]!;
    expect(outcome(() => desk.gate.enrol({ ...eva, publicKey, by }))).toBe('ENROLMENT_REFUSED keyTaken');
    desk.gate.revoke({ id: 'rob', by, reason: 'left' });
    expect(outcome(() => desk.gate.enrol({ ...eva, id: 'rob', by }))).toBe('ENROLMENT_REFUSED idTaken');
  });

  it.each([
    ['a path as an id', { ...eva, id: '../eva' }],
    ['capitals in an id', { ...eva, id: 'Eva' }],
    ['an id that is too long', { ...eva, id: 'e'.repeat(65) }],
    ['a name that reads backwards', { ...eva, name: 'Eva\u202eksiR' }],
    ['no name', { ...eva, name: '' }],
    ['a role that does not exist', { ...eva, role: 'boss' as 'risk' }],
    ['neither key nor passphrase', { id: 'eva', name: 'Eva', role: 'risk' as const }],
    ['both key and passphrase', { ...eva, passphrase: 'x' }],
  ])('refuses %s', (_name, request) => {
    const desk = active();
    expect(outcome(() => desk.gate.enrol({ ...request, by: 'ada' }))).toBe('PAYLOAD_INVALID');
    expect(desk.gate.view().people).toHaveLength(2);
  });

  it('keeps the first set open until both roles are there, and takes a whole one at once', () => {
    const one = open(emptyDisk());
    for (const id of ['t1', 't2', 't3']) one.gate.enrol({ id, name: id, role: 'trader', passphrase: 'p' });
    one.gate.enrol({ id: 'r1', name: 'r1', role: 'risk', passphrase: 'p' });
    expect(outcome(() => one.gate.enrol({ id: 'r2', name: 'r2', role: 'risk', passphrase: 'p' }))).toBe('ENROLMENT_REFUSED halted');
    const set = ['trader', 'risk', 'trader', 'risk'].map((role, i) => ({
      id: `p${i}`,
      name: `p${i}`,
      role: role as 'risk',
      passphrase: 'p',
    }));
    const all = open(emptyDisk());
    expect(all.gate.enrolFirstSet(set)).toHaveLength(4);
    expect(outcome(() => all.gate.enrolFirstSet([{ ...set[0]!, id: 'late', name: 'late' }]))).toBe('ENROLMENT_REFUSED halted');
  });

  it('never opens the first set again, not by a revocation', () => {
    const desk = staffed();
    desk.gate.revoke({ id: 'rob', by: 'ada', reason: 'left' });
    expect(outcome(() => desk.gate.enrol(eva))).toBe('ENROLMENT_REFUSED halted');
    const alone = open(emptyDisk());
    alone.gate.enrol({ id: 'ada', name: 'Ada', role: 'trader', passphrase: 'p' });
    alone.gate.revoke({ id: 'ada', by: 'ada', reason: 'left' });
    expect(outcome(() => alone.gate.enrol(eva))).toBe('ENROLMENT_REFUSED halted');
  });
});

describe('public keys', () => {
  it('of small order are not usable', () => {
    const neutral = Buffer.alloc(32);
    neutral[0] = 1;
    const negative = Buffer.from(neutral);
    negative[31] = 0x80;
    for (const key of [neutral, negative, Buffer.alloc(32)]) expect(isUsablePublicKey(key.toString('base64'))).toBe(false);
    expect(isUsablePublicKey(keyOf(1))).toBe(true);
    const desk = open(emptyDisk());
    expect(outcome(() => desk.gate.enrol({ ...eva, publicKey: neutral.toString('base64') }))).toBe('ENROLMENT_REFUSED keyUnusable');
  });

  it('are the raw 32 bytes of RFC 8032', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const known = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
    expect(Buffer.from(publicKeyText(privateKeyOf(seed)), 'base64').toString('hex')).toBe(known);
    expect(verifyHash('', 'rearm-audit-1', '', '')).toBe(false);
  });
});

describe('the file of people', () => {
  it('is completed from the audit log where its end is missing, so that a revocation stays', () => {
    const desk = staffed();
    const before = desk.disk.text(PEOPLE);
    const hash = proposeDraft(desk);
    desk.gate.revoke({ id: 'rob', by: 'ada', reason: 'left' });
    const after = desk.disk.text(PEOPLE);
    desk.disk.put(PEOPLE, before);
    expect(outcome(() => desk.gate.sign({ personId: 'rob', dossierHash: hash, passphrase: PASSPHRASES.rob }))).toBe(
      'APPROVAL_INVALID revoked',
    );
    expect(desk.disk.text(PEOPLE)).toBe(after);
    desk.disk.delete(PEOPLE);
    proposeDraft(desk);
    expect(desk.disk.text(PEOPLE)).toBe(after);
  });

  it('lets nobody act where it was changed, and is rebuilt from the log on the record', () => {
    const desk = staffed();
    const good = desk.disk.text(PEOPLE);
    const smuggled = open(emptyDisk());
    smuggled.gate.enrolFirstSet([
      { id: 'mal', name: 'Mal', role: 'trader', passphrase: 'p' },
      { id: 'ory', name: 'Ory', role: 'risk', passphrase: 'p' },
    ]);
    const bad = [
      good.replace('Rob Roy', 'Bob Roy'),
      good.slice(0, good.indexOf('\n') + 1) + good,
      smuggled.disk.text(PEOPLE),
      `${good}{}\n`,
    ];
    for (const text of bad) {
      desk.disk.put(PEOPLE, text);
      expect(outcome(() => proposeDraft(desk))).toBe('AUDIT_BROKEN people');
      expect(desk.disk.text(PEOPLE)).toBe(text);
    }
    desk.gate.rebuildPeople({ by: 'ada', reason: 'a bad sector' });
    expect(desk.disk.text(PEOPLE)).toBe(good);
    expect(outcome(() => proposeDraft(desk))).toBe('done');
    const kept = desk.disk.files().filter((path) => path.endsWith('.replaced'));
    expect(kept.map((path) => desk.disk.text(path))).toEqual([bad.at(-1)]);
    expect(desk.gate.auditView(100).entries.some((entry) => entry.action === 'people.rebuilt')).toBe(true);
  });

  it('does not stand without its audit log', () => {
    const desk = staffed();
    for (const path of desk.disk.files().filter((name) => name.startsWith(`${ROOT}/audit/`))) desk.disk.delete(path);
    expect(outcome(() => proposeDraft(desk))).toBe('AUDIT_BROKEN missing');
    expect(desk.disk.files().some((path) => path.startsWith(`${ROOT}/audit/`))).toBe(false);
  });
});
