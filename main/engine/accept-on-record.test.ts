/** The record of an acceptance: what was lost stays known, however often it is accepted; and an acceptance that fails locks nobody out. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { LOST_PAGES_MAX } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import { crashedDesk, losePage } from '../../tests/support/crashed.ts';
import { BOOT, Desk } from '../../tests/support/desk.ts';
import { copyStore, framesOf, removeFiles } from '../../tests/support/store-files.ts';
import { recover } from '../cascade/recover.ts';
import { draftSchema } from '../gate/dossier.ts';
import { Gate } from '../gate/gate.ts';
import { NativeStorage, systemClock, timerScheduler } from '../storage/native.ts';
import { storeLayout } from '../store/layout.ts';
import { acceptRecovery } from './accept.ts';
import { acceptedOnRecord, acceptOnRecord } from './accept-on-record.ts';

const made: string[] = [];
afterEach(() => {
  for (const root of made.splice(0)) fs.rmSync(dirname(root), { recursive: true, force: true });
});

/** A store whose process died, and whose last acknowledged operations are gone with the end of the log. */
async function damaged() {
  const desk = await Desk.create({ config: { archive: false } });
  made.push(desk.root);
  for (let day = 1; day <= 40; day += 1) await desk.engine.commit({ type: 'risk.day', day, time: 1n });
  const root = copyStore(desk.root, 'left');
  const acknowledged = Number(desk.engine.durableLsn);
  removeFiles(root, 'l2', 'l3');
  const half = framesOf(root)[20]!;
  fs.truncateSync(half.path, half.offset);
  // L1 keeps what was acknowledged, and nothing to go on from.
  const mapped = join(root, 'l1', fs.readdirSync(join(root, 'l1'))[0]!);
  const bytes = fs.readFileSync(mapped);
  bytes.fill(0, 8_192);
  fs.writeFileSync(mapped, bytes);
  return { root, ...around(root, desk), acknowledged };
}

/** What acts on a store that a desk left. */
function around(root: string, desk: Desk) {
  const storage = new NativeStorage();
  const platform = { storage, clock: systemClock, scheduler: timerScheduler, bootId: BOOT };
  const gate = Gate.open(root, {
    storage,
    clock: systemClock,
    storeId: desk.engine.storeId,
    random: (count) => new Uint8Array(count).fill(7),
  });
  return { platform, gate };
}

test('what was lost when the engine died, and who overrode it, is what the next dossier says', async () => {
  const { root, platform, gate, acknowledged } = await damaged();
  const { report } = recover({ ...platform, root });
  expect(report.outcome).toBe('refused');
  expect(report.lostAcknowledged).toBe(acknowledged - report.lsn);
  expect(acceptedOnRecord(gate)).toBeNull();
  const common = { gate, host: 'console', platform, root, reconstruct: false, decisions: 0 } as const;
  await acceptOnRecord({ ...common, by: 'ada', override: { what: 'damage', reason: 'the rest is at the venues' } });
  // Whole again by itself: accepted once more, for what was decided late.
  expect(recover({ ...platform, root }).report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
  await acceptOnRecord({ ...common, by: 'rob' });
  expect(acceptedOnRecord(gate)).toMatchObject({
    recovery: { outcome: 'refused', lostAcknowledged: report.lostAcknowledged },
    overrides: [{ what: 'damage', reason: 'the rest is at the venues', by: 'ada' }],
  });
});

test('a recovery that is not the one that was looked at is not accepted, whichever half of its end differs', async () => {
  const desk = await Desk.create({ config: { archive: false } });
  made.push(desk.root);
  for (let day = 1; day <= 5; day += 1) await desk.engine.commit({ type: 'risk.day', day, time: 1n });
  const root = copyStore(desk.root, 'left');
  const { platform, gate } = around(root, desk);
  const { lsn, headHash } = recover({ ...platform, root }).report;
  const options = { gate, host: 'console', platform, root, by: 'ada', reconstruct: false, decisions: 0 } as const;
  for (const seen of [
    { lsn: lsn - 1, headHash },
    { lsn, headHash: '0'.repeat(16) },
  ])
    await expect(acceptOnRecord({ ...options, seen })).rejects.toMatchObject({ code: 'RECOVERY_CHANGED' });
  expect(acceptedOnRecord(gate)).toBeNull();
  expect(await acceptOnRecord({ ...options, seen: { lsn, headHash } })).toMatchObject({ epoch: 2 });
});

test('the rows of a page that was lost stand on the record of who overrode it, and in what the dossier says', async () => {
  const desk = await crashedDesk(900, [500, 800]);
  made.push(desk.root);
  const root = copyStore(desk.root, 'left');
  const page = losePage(root, 'orders');
  const { platform, gate } = around(root, desk);
  const { report } = recover({ ...platform, root });
  expect(report).toMatchObject({ outcome: 'refused', lostAcknowledged: 0 });
  const options = { gate, host: 'console', platform, root, by: 'ada', reconstruct: false, decisions: 0 } as const;
  await expect(acceptOnRecord(options)).rejects.toMatchObject({ code: 'RECOVERY_REFUSED', message: expect.stringContaining('of orders') });
  expect(acceptedOnRecord(gate)).toBeNull();
  await acceptOnRecord({ ...options, override: { what: 'damage', reason: 'the venues know these orders' } });
  const { rows } = report.findings.find(({ code }) => code === 'PAGE_LOST')!;
  const lostPages = [{ page, table: 'orders', rows }];
  const entry = gate.auditView(100).entries.find(({ action }) => action === 'console.accept')!;
  expect(entry.details.recovery).toMatchObject({ outcome: 'refused', lostPages });
  const recorded = acceptedOnRecord(gate)!;
  expect(recorded.recovery).toMatchObject({ outcome: 'refused', lostPages });
  // It fits what a dossier may hold, as does a record of before it was kept.
  expect(draftSchema.shape.recovery.parse(recorded.recovery)).toEqual(recorded.recovery);
  const { lostPages: _, ...older } = recorded.recovery;
  expect(draftSchema.shape.recovery.parse(older)).toEqual(older);
  // Accepted once more, nothing more is lost, and what was stays known.
  await acceptOnRecord(options);
  expect(gate.auditView(100).entries.findLast(({ action }) => action === 'console.accept')!.details.recovery).not.toHaveProperty(
    'lostPages',
  );
  expect(acceptedOnRecord(gate)!.recovery.lostPages).toEqual(lostPages);
});

test('as many lost pages as are kept fit an entry of the record', async () => {
  const { gate } = await damaged();
  const most = { page: 1_048_575, table: 'configurations', rows: [99_999_999, 99_999_999] };
  expect(() => gate.record('ada', 'console.accept', { recovery: { lostPages: Array(LOST_PAGES_MAX).fill(most) } })).not.toThrow();
});

test('people who were enrolled after the crash are named to whoever signs', async () => {
  const { root, platform, gate } = await damaged();
  gate.enrol({ id: 'eve', name: 'Eve', role: 'trader', publicKey: '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=', by: 'mallory' });
  const override = { what: 'damage', reason: 'none' };
  await acceptOnRecord({ gate, host: 'console', platform, root, by: 'ada', override, reconstruct: false, decisions: 0 });
  expect(acceptedOnRecord(gate)?.overrides).toEqual([
    { what: 'eve enrolled while halted', reason: 'Eve, trader: nobody could sign before', by: 'mallory' },
    { ...override, by: 'ada, not enrolled' },
  ]);
});

test('where nothing can be put on the record, nothing is accepted', async () => {
  const { root, platform, gate } = await damaged();
  const refusing = {
    requireRecord: () => {},
    view: () => gate.view(),
    record: () => {
      throw new RearmError('AUDIT_BROKEN', 'the audit log does not verify', {});
    },
  };
  const override = { what: 'damage', reason: 'none' };
  const accepting = acceptOnRecord({
    gate: refusing,
    host: 'console',
    platform,
    root,
    by: 'ada',
    override,
    reconstruct: false,
    decisions: 0,
  });
  await expect(accepting).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
  expect(fs.readdirSync(storeLayout(root).lineage)).toHaveLength(1);
  expect(platform.storage.isLocked(storeLayout(root).lock)).toBe(false);
  expect(acceptedOnRecord(gate)).toBeNull();
});

test('on a record that does not verify, nothing is accepted; people whose file is gone come back from it', async () => {
  const { root, platform, gate } = await damaged();
  gate.enrol({ id: 'eve', name: 'Eve', role: 'trader', publicKey: '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=' });
  const options = { gate, host: 'console', platform, root, by: 'ada', reconstruct: false, decisions: 0 } as const;
  const override = { what: 'damage', reason: 'none' };
  const log = join(root, 'audit', 'audit.log');
  const whole = fs.readFileSync(log);
  const flipped = Buffer.from(whole);
  flipped[flipped.length >> 1]! ^= 1;
  fs.writeFileSync(log, flipped);
  await expect(acceptOnRecord({ ...options, override })).rejects.toMatchObject({ code: 'AUDIT_BROKEN' });
  expect(fs.readdirSync(storeLayout(root).lineage)).toHaveLength(1);
  fs.writeFileSync(log, whole);
  fs.rmSync(join(root, 'gate'), { recursive: true });
  await acceptOnRecord({ ...options, override });
  expect(gate.view({}).people.map(({ id }) => id)).toEqual(['eve']);
});

test('a disk that is full while the new epoch is made leaves the store unlocked, and it can be accepted later', async () => {
  const { root, platform } = await damaged();
  const options = { platform, root, by: 'ada', override: { reason: 'none' } };
  const { storage } = platform;
  const open = storage.open.bind(storage);
  storage.open = (path, mode) => {
    if (mode === 'create' && path.endsWith('.wal'))
      throw new RearmError('DISK_FULL', `could not allocate space for ${path}: ENOSPC`, { path });
    return open(path, mode);
  };
  await expect(acceptRecovery(options)).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(storage.isLocked(storeLayout(root).lock)).toBe(false);
  storage.open = open;
  expect((await acceptRecovery(options)).epoch).toBeGreaterThan(1);
});
