/** L1: its memory of what was acknowledged, two copies, each proving itself; its slots, of which one is whole at any time. */

import { expect, it } from 'vitest';
import { TABLES } from '../../shared/model/tables.ts';
import { Durability } from '../../simulation/durability.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { Image } from '../image/image.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { mappedFileName, storeLayout } from '../store/layout.ts';
import { acknowledgedAt, MappedTier } from './mapped.ts';
import { readMapped } from './mapped-reader.ts';
import { mayBeTorn, type TierHead } from './tier-copy.ts';

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

/** An image of two pages of orders, all of it of an LSN. */
function imageAt(image: Image, lsn: number) {
  for (const page of [0, 1]) image.setPageLsn(page, lsn);
  image.takeChanged();
  const { hotRoot, coldRoot, pageCount } = image;
  return { epoch: 1, lsn, headHash: 9n, hotRoot, coldRoot, pageCount, takenNs: 1n };
}

it('after a checkpoint whose sync failed, a process that dies in the next one leaves nothing that reads as damaged', () => {
  const tree = new FileTree(['/', '/store', LAYOUT.l1]);
  const image = new Image({ orders: 64 });
  for (const page of [0, 1]) image.addPage(TABLES.orders, page, page);
  const left: FileTree[] = [];
  let failing = false;
  const storage = new SimulatedStorage({
    tree,
    effect: () => left.push(tree.copy()),
    called: ({ kind, path }) => {
      if (kind === 'sync' && failing) throw systemFailure('EINTR', kind, path);
    },
  });
  const tier = new MappedTier(storage, LAYOUT.l1, FILE, STORE_ID, 1, BOOT, image, true);
  const checkpoint = (lsn: number) => {
    const mark = imageAt(image, lsn);
    tier.changed([0, 1]);
    tier.checkpoint(mark);
  };
  checkpoint(5);
  failing = true;
  expect(() => checkpoint(6)).toThrow(expect.objectContaining({ code: 'IO_FAILED' }));
  failing = false;
  left.length = 0;
  checkpoint(7);
  const isWhole = (head: TierHead): boolean => {
    try {
      return head.load().bad === 0;
    } catch {
      return false;
    }
  };
  expect(left.length).toBeGreaterThan(3);
  for (const [step, disk] of left.entries()) {
    const { heads } = readMapped(new SimulatedStorage({ tree: disk }), LAYOUT, STORE_ID, BOOT);
    expect(
      heads.filter((head) => !isWhole(head) && !mayBeTorn(head, heads)),
      `after change ${step + 1}`,
    ).toEqual([]);
    expect(heads.some(isWhole)).toBe(true);
  }
});
