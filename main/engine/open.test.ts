/** What a store that cannot run says. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { Desk, STEPPED_CONFIG } from '../../tests/support/desk.ts';
import { removeFiles } from '../../tests/support/store-files.ts';
import { parseEngineConfig } from './config.ts';
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
