/** Signing with a passphrase beside the thread: the same result, wrong ones on the record, and the wait that they cause. */

import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { SCRYPT_COST } from './keyring.ts';
import { another, CALM, type Desk, emptyDisk, open, PASSPHRASES, proposeDraft, ROOT, staffed } from './simulated.test-support.ts';

const signatures = (desk: Desk): string[] =>
  (desk.gate.view().dossier?.signatures ?? []).map(({ personId, signature }) => `${personId} ${signature}`);

const codeOf = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act;
    return 'done';
  } catch (error) {
    if (!(error instanceof RearmError)) throw error;
    return [error.code, error.context.reason].filter(Boolean).join(' ');
  }
};

/** A desk whose waits are written down and take no time but the clock's. */
function impatient(desk: Desk, seed: string): { readonly desk: Desk; readonly waits: number[] } {
  const waits: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms);
    desk.clock.pass(ms);
  };
  return { desk: another(desk, { seed, deps: { sleep } }), waits };
}

const guess = (desk: Desk, dossierHash: string, passphrase: string, personId: 'ada' | 'rob' = 'ada') =>
  codeOf(desk.gate.signBeside({ personId, dossierHash, passphrase }));

test('makes the signature that signing on the thread makes', async () => {
  const desks = [staffed(), staffed()];
  const [hash] = desks.map((desk) => proposeDraft(desk));
  desks[0]!.gate.sign({ personId: 'ada', dossierHash: hash!, passphrase: PASSPHRASES.ada });
  await desks[1]!.gate.signBeside({ personId: 'ada', dossierHash: hash!, passphrase: PASSPHRASES.ada }, () => ({ now: CALM }));
  expect(signatures(desks[1]!)).toEqual(signatures(desks[0]!));
  expect(signatures(desks[0]!)).toHaveLength(1);
});

test('enrols with the key that enrolling on the thread makes', async () => {
  const desks = [open(emptyDisk()), open(emptyDisk())];
  const request = { id: 'ada', name: 'Ada', role: 'trader', passphrase: PASSPHRASES.ada } as const;
  desks[0]!.gate.enrol(request);
  await desks[1]!.gate.enrolBeside(request);
  const [onIt, beside] = desks.map(({ disk }) => disk.text(`${ROOT}/gate/keys/ada.key`));
  expect(beside).toBe(onIt);
  expect(await codeOf(desks[1]!.gate.enrolBeside({ ...request, id: '../ada' }))).toBe('PAYLOAD_INVALID');
});

test('the thread goes on while scrypt runs at its real cost', async () => {
  const desk = staffed({ deps: { configuration: { scrypt: SCRYPT_COST } } });
  const hash = proposeDraft(desk);
  let signed = false;
  const signing = desk.gate.signBeside({ personId: 'ada', dossierHash: hash, passphrase: PASSPHRASES.ada }).then(() => {
    signed = true;
  });
  let turns = 0;
  while (!signed) {
    await setImmediate();
    turns += 1;
  }
  await signing;
  // On the thread it would be over before the first turn.
  expect(turns).toBeGreaterThan(10);
});

test('a wrong passphrase is on the record, without it', async () => {
  const desk = staffed();
  const hash = proposeDraft(desk);
  expect(await guess(desk, hash, 'ada says closed')).toBe('SIGNATURE_INVALID passphrase');
  const entry = desk.gate.auditView(1).entries[0]!;
  expect(entry).toMatchObject({ actor: 'ada', action: 'key.refused', details: { dossierHash: hash } });
  expect(desk.disk.text(`${ROOT}/audit/audit.log`)).not.toContain('closed');
  expect(signatures(desk)).toEqual([]);
});

test('each wrong passphrase doubles the wait before the next try, up to half a minute, and a signature ends it', async () => {
  const { desk, waits } = impatient(staffed(), 'first');
  const hash = proposeDraft(desk);
  for (let n = 0; n < 9; n += 1) expect(await guess(desk, hash, 'no')).toBe('SIGNATURE_INVALID passphrase');
  const rounded = waits.map((ms) => Math.ceil(ms / 500) * 500);
  expect(rounded).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  // Another person does not wait; another process makes the first one wait all the same.
  expect(await guess(desk, hash, PASSPHRASES.rob, 'rob')).toBe('done');
  expect(waits).toHaveLength(8);
  const second = impatient(desk, 'second');
  expect(await guess(second.desk, hash, PASSPHRASES.ada)).toBe('done');
  expect(second.waits.map((ms) => Math.ceil(ms / 500) * 500)).toEqual([30_000]);
  expect(await guess(second.desk, hash, 'no')).toBe('SIGNATURE_INVALID passphrase');
  expect(second.waits).toHaveLength(1);
  expect(await guess(second.desk, hash, 'no')).toBe('SIGNATURE_INVALID passphrase');
  expect(second.waits.map((ms) => Math.ceil(ms / 500) * 500)).toEqual([30_000, 500]);
});

test('time that passed is not waited for again, and a clock that was set back keeps nobody out', async () => {
  const { desk, waits } = impatient(staffed(), 'first');
  const hash = proposeDraft(desk);
  for (let n = 0; n < 3; n += 1) await guess(desk, hash, 'no');
  desk.clock.pass(60_000);
  waits.length = 0;
  await guess(desk, hash, 'no');
  expect(waits).toEqual([]);
  desk.clock.wall -= 3_600_000_000_000n;
  await guess(desk, hash, 'no');
  expect(waits).toEqual([4_000]);
});
