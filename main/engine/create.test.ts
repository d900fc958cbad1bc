/** A store that could not be made: what was begun of it is let go. */

import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { BOOT, ROOT, ROWS_MAX } from '../../simulation/workload.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { storeLayout } from '../store/layout.ts';
import { parseEngineConfig } from './config.ts';
import { createStore } from './create.ts';

test('an engine whose store gets no identity goes on writing nothing: no file stays open, no timer runs, and the lock is free', async () => {
  const clock = new SteppedClock();
  const scheduler = new SteppedScheduler(clock);
  const storage = new SimulatedStorage({
    tree: new FileTree(),
    called: ({ kind, path }) => {
      if (kind === 'create' && path.startsWith(`${ROOT}/store.json`)) throw systemFailure('ENOSPC', kind, path);
    },
  });
  const platform = { storage, clock, scheduler, bootId: BOOT };
  const making = createStore({
    platform,
    root: ROOT,
    name: 'desk',
    rowsMax: ROWS_MAX,
    config: parseEngineConfig({ tiers: 'inline', archive: false }),
  });
  await expect(making).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect([...storage.opened.values()]).toEqual([]);
  const { calls } = storage;
  clock.pass(60_000_000_000n);
  scheduler.run();
  expect(storage.calls).toBe(calls);
  storage.lock(storeLayout(ROOT).lock).release();
});
