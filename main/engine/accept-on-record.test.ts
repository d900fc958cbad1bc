/** The record of an acceptance: what was lost stays known, however often it is accepted; and an acceptance that fails locks nobody out. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { BOOT, Desk } from '../../tests/support/desk.ts';
import { copyStore, framesOf, removeFiles } from '../../tests/support/store-files.ts';
import { recover } from '../cascade/recover.ts';
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
  const storage = new NativeStorage();
  const platform = { storage, clock: systemClock, scheduler: timerScheduler, bootId: BOOT };
  const gate = Gate.open(root, {
    storage,
    clock: systemClock,
    storeId: desk.engine.storeId,
    random: (count) => new Uint8Array(count).fill(7),
  });
  return { root, platform, gate, acknowledged };
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
