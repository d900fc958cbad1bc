/** Copies of a checkpoint that there is not yet. */

import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SteppedClock } from '../../simulation/stepped.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { storeLayout } from '../store/layout.ts';
import { Checkpointer, type TierEvent } from './checkpointer.ts';

const layout = storeLayout('/store');

test('before the first checkpoint there is nothing to take a snapshot or an image of, and both say so', (context) => {
  const storage = new SimulatedStorage({ tree: new FileTree(['/', layout.root, layout.l2, layout.l3, layout.l4]) });
  const told: TierEvent[] = [];
  const kept = { l3Ms: 1, l3Keep: 2, l4Ms: 1, l4Keep: 2, archive: true, windowMs: 1, archiveFailure: 'keepLog' } as const;
  const options = { layout, storeId: new Uint8Array(16), epoch: 1, pagesMax: 64, rowsMax: { orders: 64 }, ...kept };
  const checkpointer = new Checkpointer(storage, new SteppedClock(), options, (event) => told.push(event));
  context.onTestFinished(() => checkpointer.close());
  const missing = { code: 'NOT_FOUND', message: 'L2 holds no checkpoint that a copy could be made of' };
  expect(checkpointer.snapshot()).toMatchObject(missing);
  expect(checkpointer.archive()).toMatchObject(missing);
  expect(told).toMatchObject([
    { tier: 'L3', lsn: 0, error: missing },
    { tier: 'L4', lsn: 0, error: missing },
  ]);
  expect(storage.list(layout.l3)).toEqual([]);
});
