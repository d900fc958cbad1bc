/** L1's memory of what was acknowledged: two copies, each proving itself. */

import { expect, it } from 'vitest';
import { TABLES } from '../../shared/model/tables.ts';
import { Durability } from '../../simulation/durability.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { Image } from '../image/image.ts';
import { mappedFileName, storeLayout } from '../store/layout.ts';
import { acknowledgedAt, MappedTier } from './mapped.ts';
import { readMapped } from './mapped-reader.ts';

const LAYOUT = storeLayout('/store');
const FILE = `${LAYOUT.l1}/${mappedFileName(1)}`;
const STORE_ID = new Uint8Array(16).fill(7);
const BOOT = '00000000-0000-4000-8000-000000000000';
const COPY_BITS = 128;

/** A tier that was told of each LSN, in this order. */
function acknowledged(...lsns: readonly number[]): FileTree {
  const tree = new FileTree();
  const storage = new SimulatedStorage({ tree });
  storage.makeDirectory(LAYOUT.l1);
  const tier = new MappedTier(storage, LAYOUT.l1, FILE, STORE_ID, 1, BOOT, new Image({ orders: 64 }), false);
  for (const lsn of lsns) tier.acknowledge(lsn);
  return tree;
}

const watermarkIn = (tree: FileTree) => readMapped(new SimulatedStorage({ tree }), LAYOUT, STORE_ID, BOOT).acknowledged.get(1);

function flipped(tree: FileTree, copy: number, bit: number): FileTree {
  const damaged = tree.copy();
  const at = acknowledgedAt(copy) + (bit >> 3);
  damaged.write(damaged.entries.get(FILE) as number, at, Uint8Array.of(tree.bytes(FILE)[at]! ^ (1 << (bit & 7))));
  return damaged;
}

it('is the highest LSN that was stored', () => {
  expect(watermarkIn(acknowledged(3))).toBe(3);
  expect(watermarkIn(acknowledged(3, 9, 4_294_967_301))).toBe(4_294_967_301);
});

it('with any bit of one copy flipped is that of the other copy, never another number', () => {
  const tree = acknowledged(4_294_967_301, 4_294_967_302);
  for (let bit = 0; bit < COPY_BITS; bit += 1) {
    expect(watermarkIn(flipped(tree, 0, bit)), `bit ${bit} of the older copy`).toBe(4_294_967_302);
    expect(watermarkIn(flipped(tree, 1, bit)), `bit ${bit} of the newer copy`).toBe(4_294_967_301);
    expect(watermarkIn(flipped(flipped(tree, 0, bit), 1, COPY_BITS - 1 - bit)), 'both copies').toBeUndefined();
  }
});

it('where it is msync’ed, survives a power loss right behind its checkpoint; where it is not, it promises nothing', () => {
  const left = (msync: boolean): FileTree => {
    const tree = new FileTree();
    tree.put('/store/lock', new Uint8Array());
    tree.entries.set('/store', 'directory');
    tree.entries.set(LAYOUT.l1, 'directory');
    const disk = new Durability(tree);
    const storage = new SimulatedStorage({ tree, effect: (effect) => disk.apply(effect) });
    const image = new Image({ orders: 64 });
    image.addPage(TABLES.orders, 0, 0);
    image.setPageLsn(0, 5);
    const tier = new MappedTier(storage, LAYOUT.l1, FILE, STORE_ID, 1, BOOT, image, msync);
    image.takeChanged();
    const { hotRoot, coldRoot, pageCount } = image;
    tier.checkpoint({ epoch: 1, lsn: 5, headHash: 9n, hotRoot, coldRoot, pageCount, takenNs: 1n });
    const pending = disk.pending();
    return disk.after(
      pending,
      pending.map(() => 0),
    );
  };
  const [head] = readMapped(new SimulatedStorage({ tree: left(true) }), LAYOUT, STORE_ID, BOOT).heads;
  expect(head).toMatchObject({ problem: null, mark: { lsn: 5 } });
  expect(head!.load().bad).toBe(0);
  expect(readMapped(new SimulatedStorage({ tree: left(false) }), LAYOUT, STORE_ID, BOOT).heads).toEqual([]);
});
