import { xxh64 } from '@node-rs/xxhash';
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

const LAYOUT = storeLayout('/store');
const STORE_ID = new Uint8Array(16).fill(7);

/** What is read where the record of epoch 2 was changed, and its checksum mended. */
function changed(change: (bytes: Uint8Array) => Uint8Array, as = 2) {
  const tree = new FileTree(['/', LAYOUT.root, LAYOUT.lineage]);
  const storage = new SimulatedStorage({ tree });
  writeEpoch(storage, LAYOUT, STORE_ID, epoch(2, 1, 100)[1]);
  const path = `${LAYOUT.lineage}/${epochFileName(2)}`;
  const bytes = Uint8Array.from(change(tree.bytes(path)));
  new DataView(bytes.buffer).setBigUint64(0, xxh64(bytes.subarray(8)), true);
  tree.delete(path);
  tree.put(`${LAYOUT.lineage}/${epochFileName(as)}`, bytes);
  return readLineage(storage, LAYOUT, STORE_ID);
}

const set =
  (at: number, value: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.with(at, value);

it.each<[string, (bytes: Uint8Array) => Uint8Array, number, string, string]>([
  ['is shorter than one', (bytes) => bytes.subarray(0, 32), 2, 'FORMAT_INVALID', 'has 32 bytes, not 128'],
  ['goes on behind one', (bytes) => Buffer.concat([bytes, Uint8Array.of(0)]), 2, 'FORMAT_INVALID', 'has 129 bytes, not 128'],
  ['is something else', set(8, 0), 2, 'FORMAT_INVALID', 'is not an epoch'],
  ['is of another store', set(16, 0), 2, 'STORE_FOREIGN', 'belongs to another store'],
  ['is of another epoch than its name', (bytes) => bytes, 3, 'FORMAT_INVALID', 'is epoch 2'],
])('a record that %s is no epoch, though its checksum is right', (_, change, as, code, words) => {
  const { epochs, errors } = changed(change, as);
  expect(epochs.size).toBe(0);
  expect(errors).toEqual([expect.objectContaining({ code, message: expect.stringContaining(words) })]);
});

it('an epoch of which any bit is flipped is told as damaged, and not taken', () => {
  const tree = new FileTree(['/', LAYOUT.root, LAYOUT.lineage]);
  const storage = new SimulatedStorage({ tree });
  const [number, record] = epoch(2, 1, 100);
  writeEpoch(storage, LAYOUT, STORE_ID, record);
  expect(readLineage(storage, LAYOUT, STORE_ID)).toMatchObject({ epochs: new Map([[number, record]]), errors: [] });
  const path = `${LAYOUT.lineage}/${epochFileName(number)}`;
  const whole = tree.bytes(path);
  for (let bit = 0; bit < 8 * whole.length; bit += 1) {
    const flipped = whole.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    tree.put(path, flipped);
    const { epochs, errors } = readLineage(storage, LAYOUT, STORE_ID);
    expect({ bit, taken: epochs.size, told: errors.length }).toEqual({ bit, taken: 0, told: 1 });
  }
});
