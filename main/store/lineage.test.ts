import { expect, it } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { epochFileName, storeLayout } from './layout.ts';
import { type Epoch, lineageOf, onLineage, readLineage, writeEpoch } from './lineage.ts';

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

it('an epoch of which any bit is flipped is told as damaged, and not taken', () => {
  const layout = storeLayout('/store');
  const storeId = new Uint8Array(16).fill(7);
  const tree = new FileTree(['/', layout.root, layout.lineage]);
  const storage = new SimulatedStorage({ tree });
  const [number, record] = epoch(2, 1, 100);
  writeEpoch(storage, layout, storeId, record);
  expect(readLineage(storage, layout, storeId)).toMatchObject({ epochs: new Map([[number, record]]), errors: [] });
  const path = `${layout.lineage}/${epochFileName(number)}`;
  const whole = tree.bytes(path);
  for (let bit = 0; bit < 8 * whole.length; bit += 1) {
    const flipped = whole.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    tree.put(path, flipped);
    const { epochs, errors } = readLineage(storage, layout, storeId);
    expect({ bit, taken: epochs.size, told: errors.length }).toEqual({ bit, taken: 0, told: 1 });
  }
});
