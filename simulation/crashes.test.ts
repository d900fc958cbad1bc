import { expect, test } from 'vitest';
import { SECTOR_BYTES } from './content.ts';
import { powerCuts } from './crashes.ts';
import { Durability } from './durability.ts';
import { FileTree } from './file-tree.ts';
import { randomOf } from './model/random.ts';

/** A file whose name is not durable, with so many sectors, of which the first was written in three versions. */
function pendingOf(sectors: number) {
  const disk = new Durability(new FileTree());
  disk.apply({ kind: 'create', inode: 1, path: '/file' });
  for (const byte of [1, 2]) disk.apply({ kind: 'write', inode: 1, position: 0, bytes: new Uint8Array(SECTOR_BYTES).fill(byte) });
  disk.apply({ kind: 'write', inode: 1, position: 0, bytes: new Uint8Array(sectors * SECTOR_BYTES).fill(3) });
  return disk.pending();
}

test('where there are too many versions every subset of the sectors is tried, with every name and size', () => {
  const pending = pendingOf(5);
  const [names, sizes] = ['name', 'size'].map((kind) => pending.filter((one) => one.kind === kind).length) as [number, number];
  const cuts = [...powerCuts(pending, { exhaustive: 4, samples: 4, sectors: 5 }, randomOf(1))].map((choices) => choices.join());
  const newest = Durability.choicesOf(pending).map((count) => count - 1);
  const ways = 2 ** (names + sizes + 5);
  for (let way = 0; way < ways; way += 1) expect(cuts).toContain(newest.map((choice, i) => (way & (1 << i) ? choice : 0)).join());
  expect(cuts.length).toBe(ways + 4);
});

test('of more sectors some are tried', () => {
  expect([...powerCuts(pendingOf(6), { exhaustive: 4, samples: 8, sectors: 5 }, randomOf(1))].length).toBe(8);
});
