import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { publish } from '../storage/publish.ts';
import { storeLayout } from '../store/layout.ts';
import { type Epoch, writeEpoch } from '../store/lineage.ts';
import { STORE_ID } from '../wal/log.test-support.ts';
import { knownLineage } from './known-lineage.ts';

const layout = storeLayout('/store');

/** Of a store that has these records of epochs, and nothing else. */
function lineageWith(...epochs: readonly Pick<Epoch, 'epoch' | 'parent' | 'forkLsn' | 'reason'>[]) {
  const storage = new SimulatedStorage({
    tree: new FileTree(['/', layout.root, layout.lineage, layout.wal, layout.l1, layout.l2, layout.l3]),
  });
  for (const epoch of epochs) writeEpoch(storage, layout, STORE_ID, { forkHash: 0n, createdNs: 1n, bootId: '', ...epoch });
  return knownLineage(storage, layout, STORE_ID);
}

const FIRST = { epoch: 1, parent: 0, forkLsn: 0, reason: 'created' } as const;
const SECOND = { epoch: 2, parent: 1, forkLsn: 40, reason: 'accepted' } as const;

test('a lineage is whole where it goes back to the first epoch', () => {
  expect(lineageWith(FIRST, SECOND)).toMatchObject({ whole: true, origin: 0, findings: [] });
});

test('a lineage whose beginning has no record says so: what its log began from is not known', () => {
  const { whole, origin, findings } = lineageWith(SECOND);
  expect({ whole, origin }).toEqual({ whole: false, origin: null });
  expect(findings).toEqual([expect.objectContaining({ code: 'LINEAGE_SHORT', severity: 'damage' })]);
});

test('what was reconstructed from the venues has no parent, and misses none', () => {
  const rebuilt = { epoch: 3, parent: 0, forkLsn: 90, reason: 'reconstructed' } as const;
  expect(lineageWith(rebuilt)).toMatchObject({ whole: true, origin: 90, findings: [], reconstructed: true });
});

test('an epoch of which only rubbish is left is lost: nothing can be proven where it would be the present one, and nothing is missed before a later one', () => {
  for (const [later, severity] of [
    [[], 'critical'],
    [[{ epoch: 3, parent: 1, forkLsn: 50, reason: 'accepted' } as const], 'damage'],
  ] as const) {
    const tree = new FileTree(['/', layout.root, layout.lineage, layout.wal, layout.l1, layout.l2, layout.l3]);
    const storage = new SimulatedStorage({ tree });
    for (const epoch of [FIRST, ...later]) writeEpoch(storage, layout, STORE_ID, { forkHash: 0n, createdNs: 1n, bootId: '', ...epoch });
    publish(storage, join(layout.l2, '00000002-a.slot'), [Uint8Array.of(1, 2, 3)]);
    expect(knownLineage(storage, layout, STORE_ID).findings).toEqual([
      expect.objectContaining({ code: 'EPOCH_LOST', severity, file: 'lineage/2' }),
      expect.objectContaining({ code: 'EPOCH_LOST', severity: 'damage', file: 'l2/00000002-a.slot' }),
    ]);
  }
});
