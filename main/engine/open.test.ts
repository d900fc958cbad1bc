/** What a store that cannot run says. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { ROOT, ROWS_MAX } from '../../simulation/workload.ts';
import { BOOT, Desk, STEPPED_CONFIG } from '../../tests/support/desk.ts';
import { removeFiles } from '../../tests/support/store-files.ts';
import { parseEngineConfig } from './config.ts';
import { createStore } from './create.ts';
import { type HaltedStore, openStore } from './open.ts';

const openOf = ({ platform, root }: Desk) =>
  openStore({ platform, root, config: parseEngineConfig(STEPPED_CONFIG), random: (count) => new Uint8Array(count) });

test('beside a living writer it is not halted, as after a crash: it would wait for a release that nobody can give', async (context) => {
  const desk = await Desk.create({ config: { archive: false } });
  context.onTestFinished(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));
  await desk.engine.commit({ type: 'risk.day', day: 1, time: 1n });
  await expect(openOf(desk)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  await desk.engine.abandon();
  expect(await openOf(desk)).toMatchObject({ state: 'halted' });
});

test('where nothing is left of a store, its state is asked for in vain, and the answer says so', async (context) => {
  const desk = await Desk.create({ config: { archive: false } });
  context.onTestFinished(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));
  for (let day = 1; day <= 5; day += 1) await desk.engine.commit({ type: 'risk.day', day, time: 1n });
  await desk.engine.abandon();
  const halted = async (): Promise<HaltedStore> => {
    const opened = await openOf(desk);
    if (opened.state !== 'halted') throw new Error('it was not halted');
    return opened.store;
  };
  expect((await halted()).canonical().lsn).toBe(desk.engine.nextLsn - 1);
  removeFiles(desk.root, 'wal', 'l1', 'l2', 'l3');
  const store = await halted();
  expect(() => store.canonical()).toThrow(expect.objectContaining({ code: 'NOTHING_LEFT', message: store.report.sentence }));
});

test('an opening that fails, in whichever of its calls, leaves no lock and no file behind', { timeout: 300_000 }, async () => {
  const clock = new SteppedClock();
  const platformOn = (storage: SimulatedStorage) => ({ storage, clock, scheduler: new SteppedScheduler(clock), bootId: BOOT });
  const config = parseEngineConfig({ ...STEPPED_CONFIG, archive: false });
  const open = (storage: SimulatedStorage) =>
    openStore({ platform: platformOn(storage), root: ROOT, config, random: (count) => new Uint8Array(count) });
  const tree = new FileTree();
  const platform = platformOn(new SimulatedStorage({ tree }));
  const made = await createStore({ platform, root: ROOT, name: 'desk', rowsMax: ROWS_MAX, config, stepped: true });
  await made.close();
  const free = new SimulatedStorage({ tree: tree.copy() });
  const opened = await open(free);
  expect(opened.state).toBe('running');
  const { calls } = free;
  let failed = 0;
  for (let at = 1; at <= calls; at += 1) {
    const storage = new SimulatedStorage({ tree: tree.copy(), fault: { at, error: 'EIO', sticky: false } });
    const result = await open(storage).catch((error: unknown) => error);
    if (!(result instanceof Error)) continue;
    failed += 1;
    expect({ at, opened: [...storage.opened.values()], locked: storage.isLocked(`${ROOT}/lock`) }).toEqual({
      at,
      opened: [],
      locked: false,
    });
  }
  expect(failed).toBeGreaterThan(20);
});
