/** What each way of handing an operation over promises, where the power goes right behind it and keeps nothing that no sync covers. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { Durability } from '../../simulation/durability.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { BOOT, LATER_BOOT, ROOT, ROWS_MAX } from '../../simulation/workload.ts';
import { Desk } from '../../tests/support/desk.ts';
import { recover } from '../cascade/recover.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { readSlots } from '../tiers/slot-reader.ts';
import { parseEngineConfig } from './config.ts';
import { createStore } from './create.ts';
import type { Engine } from './engine.ts';

const NEVER_MS = 86_400_000;
const SYNC_MS = 1_000;

async function deskOnDisk() {
  const clock = new SteppedClock();
  const scheduler = new SteppedScheduler(clock);
  const tree = new FileTree();
  const disk = new Durability(tree);
  const failing = { syncs: false };
  const storage = new SimulatedStorage({
    tree,
    effect: (effect) => disk.apply(effect),
    called: ({ kind, path }) => {
      if (kind === 'sync' && failing.syncs) throw systemFailure('EIO', kind, path);
    },
  });
  const engine = await createStore({
    platform: { storage, clock, scheduler, bootId: BOOT },
    root: ROOT,
    name: 'desk',
    rowsMax: ROWS_MAX,
    config: parseEngineConfig({
      commit: 'inline',
      tiers: 'off',
      archive: false,
      l1: false,
      l2Ms: NEVER_MS,
      syncMs: SYNC_MS,
      markMs: NEVER_MS,
    }),
  });
  const lsnAfterCut = (): number => {
    const pending = disk.pending();
    const left = disk.after(
      pending,
      pending.map(() => 0),
    );
    return recover({ storage: new SimulatedStorage({ tree: left }), clock, root: ROOT, bootId: LATER_BOOT }).report.lsn;
  };
  const pass = (ms: number): void => {
    clock.pass(BigInt(ms) * 1_000_000n);
    scheduler.run();
  };
  return { engine, lsnAfterCut, failing, pass };
}

const day = (number: number) => ({ type: 'risk.day', day: number, time: 1n }) as const;

test.each<[string, (engine: Engine) => unknown]>([
  ['commit', (engine) => engine.commit(day(2))],
  ['commitSync', async (engine) => engine.commitSync(day(2))],
  ['post and flush', (engine) => engine.post(day(2)) && engine.flush()],
  ['post and abandon', (engine) => engine.post(day(2)) && engine.abandon()],
  ['post and close', (engine) => engine.post(day(2)) && engine.close()],
  ['post and checkpoint', (engine) => engine.post(day(2)) && engine.checkpoint()],
])('%s: it is there', async (_, handOver) => {
  const { engine, lsnAfterCut } = await deskOnDisk();
  const before = await engine.commit(day(1));
  expect(lsnAfterCut()).toBe(before);
  await handOver(engine);
  expect(lsnAfterCut()).toBeGreaterThan(before);
});

test('post: it is there once the cadence of syncs has passed', async () => {
  const { engine, lsnAfterCut, pass } = await deskOnDisk();
  const before = await engine.commit(day(1));
  engine.post(day(2));
  pass(SYNC_MS / 2);
  expect(lsnAfterCut()).toBe(before);
  pass(SYNC_MS);
  expect(lsnAfterCut()).toBeGreaterThan(before);
});

test.each([
  ['fails', false],
  ['has failed', true],
])('an engine that is let go when its log %s says that what was posted may be gone', async (_, failed) => {
  const { engine, failing, lsnAfterCut } = await deskOnDisk();
  const before = await engine.commit(day(1));
  engine.post(day(2));
  failing.syncs = true;
  if (failed) await expect(engine.flush()).rejects.toMatchObject({ code: 'WRITER_POISONED' });
  await expect(engine.abandon()).rejects.toMatchObject({ code: 'WRITER_POISONED' });
  expect(lsnAfterCut()).toBe(before);
});

test('a checkpoint holds everything that was handed over before it, though the thread of the writer is behind', async (context) => {
  const desk = await Desk.create({ config: { commit: 'threaded', tiers: 'thread', archive: false, ringBytes: 32 << 20 }, real: true });
  context.onTestFinished(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));
  const { engine } = desk;
  for (let n = 0; n < 12; n += 1)
    engine.post({ type: 'configuration.set', scope: 'risk', name: 'x', value: `${n}${'y'.repeat(900_000)}`, time: 1n });
  const last = engine.nextLsn - 1;
  await engine.checkpoint();
  const { storage } = desk.platform;
  const slots = readSlots(storage, storeLayout(desk.root), storeIdBytes(readIdentity(storage, desk.root)));
  expect(Math.max(...slots.map(({ mark }) => mark!.lsn))).toBeGreaterThanOrEqual(last);
  await engine.close();
});
