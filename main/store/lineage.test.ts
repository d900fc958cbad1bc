import { expect, it } from 'vitest';
import { type Epoch, lineageOf, onLineage } from './lineage.ts';

const epoch = (number: number, parent: number, forkLsn: number): [number, Epoch] => [
  number,
  { epoch: number, parent, forkLsn, forkHash: 0n, reason: 'accepted', createdNs: 0n, bootId: '' },
];

it('an epoch that forks before its parent did leaves behind what its parents held above the fork', () => {
  // Epoch 3 was accepted by override at LSN 49, although epoch 2 had begun at 100.
  const path = lineageOf(new Map([epoch(1, 0, 0), epoch(2, 1, 100), epoch(3, 2, 49)]), 3);
  expect(onLineage(path, 1, 49)).toBe(true);
  expect(onLineage(path, 1, 70)).toBe(false);
  expect(onLineage(path, 2, 100)).toBe(false);
  expect(onLineage(path, 3, 70)).toBe(true);
  // No stretch claims that an LSN above the fork was ever reached.
  expect(path.map(({ from }) => from)).toEqual([0, 49, 49]);
});
