/** Files of the gate that somebody changed who mended their checksums, and requests of people who may not make them. */

import { expect, test } from 'vitest';
import {
  another,
  emptyDisk,
  open,
  outcome,
  proposeDraft,
  ROOT,
  resealed,
  staffed,
  TestClock,
  testRandom,
} from './simulated.test-support.ts';
import { timeOf } from './time.ts';

/** The record at `path` with other fields. */
const changed = (text: string, fields: Readonly<Record<string, unknown>>): string =>
  resealed(JSON.stringify({ ...(JSON.parse(text) as object), ...fields }));

test('the audit log is not gone on with by another store’s key, nor by one that is none', () => {
  const desk = staffed();
  const path = `${ROOT}/audit/audit.key`;
  const key = desk.disk.text(path);
  const propose = () => outcome(() => proposeDraft(another(desk)));
  desk.disk.put(path, changed(key, { storeId: 'b2'.repeat(16) }));
  expect(propose()).toBe('STORE_FOREIGN');
  desk.disk.put(path, changed(key, { privateKey: Buffer.alloc(48, 1).toString('base64') }));
  expect(propose()).toBe('FORMAT_INVALID');
  desk.disk.put(path, key);
  expect(propose()).toBe('done');
});

test('only who is enrolled revokes, and only who is enrolled is revoked', () => {
  const desk = staffed();
  const revoke = (id: string, by: string) => outcome(() => desk.gate.revoke({ id, by, reason: 'left' }));
  expect(revoke('ada', 'mallory')).toBe('ENROLMENT_REFUSED enroller');
  expect(revoke('mallory', 'ada')).toBe('NOT_FOUND');
  expect(revoke('rob', 'ada')).toBe('done');
  expect(revoke('ada', 'rob')).toBe('ENROLMENT_REFUSED enroller');
  expect(revoke('rob', 'ada')).toBe('NOT_FOUND');
});

test('a dossier that was taken back is not proposed again as if nothing had been said', () => {
  const desk = staffed();
  const hash = proposeDraft(desk);
  const path = desk.disk.files().find((file) => file.includes(hash));
  const { dossier } = JSON.parse(desk.disk.text(path!)) as { readonly dossier: { readonly proposedAt: string } };
  const at = timeOf(dossier.proposedAt);
  desk.gate.stayHalted({ by: 'rob', reason: 'not yet' });
  const again = (wallNs: bigint): string => {
    const process = another(desk, { clock: Object.assign(new TestClock(), { wallNs: () => wallNs }) });
    return outcome(() => proposeDraft(process));
  };
  expect(again(at)).toBe('APPROVAL_INVALID void');
  expect(again(at + 1_000_000_000n)).toBe('done');
});

test('a log that ends in more than a line may have was not torn by a crash: it is not cut', () => {
  const desk = staffed();
  const path = `${ROOT}/audit/audit.log`;
  const log = desk.disk.text(path);
  desk.disk.put(path, log + 'x'.repeat(2_000_000));
  expect(outcome(() => proposeDraft(another(desk)))).toMatch(/^(FORMAT_INVALID|AUDIT_BROKEN)/);
  expect(desk.disk.text(path)).toBe(log + 'x'.repeat(2_000_000));
});

test('what is drawn for a key has 32 bytes, or there is no key', () => {
  const short = testRandom('short');
  expect(
    outcome(() =>
      open(emptyDisk(), { deps: { random: (bytes) => short(bytes).subarray(0, 31) } }).gate.enrol({
        id: 'ada',
        name: 'Ada',
        role: 'trader',
        passphrase: 'a',
      }),
    ),
  ).toBe('INTERNAL');
});
