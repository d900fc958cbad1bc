/** L2 after a failure: whatever fails, a power cut leaves the other slot whole, and the next checkpoint of the slot is whole again. */

import { expect, test } from 'vitest';
import { TABLES } from '../../shared/model/tables.ts';
import { Durability } from '../../simulation/durability.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { Image } from '../image/image.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { storeLayout } from '../store/layout.ts';
import { readSlots } from './slot-reader.ts';
import { SlotTier } from './slots.ts';
import type { TierHead } from './tier-copy.ts';

const LAYOUT = storeLayout('/store');
const STORE_ID = new Uint8Array(16).fill(7);
const PAGES_OF = [TABLES.orders, TABLES.fills, TABLES.positions, TABLES.balances];
const PAGES = PAGES_OF.length;

class Machine {
  readonly #disk: Durability;
  readonly #tier: SlotTier;
  readonly #image = new Image({});
  #failsAt = 0;
  calls = 0;
  /** Told after each change of the disk. */
  changed: () => void = () => {};

  constructor() {
    const tree = new FileTree(['/', LAYOUT.root, LAYOUT.l2]);
    this.#disk = new Durability(tree);
    const storage = new SimulatedStorage({
      tree,
      effect: (effect) => {
        this.#disk.apply(effect);
        this.changed();
      },
      called: ({ kind, path }) => {
        this.calls += 1;
        if (this.calls !== this.#failsAt) return;
        // What the system took for clean then, no later sync writes.
        if (kind === 'sync') this.#disk.apply({ kind: 'syncFailed', inode: tree.entries.get(path) as number });
        throw systemFailure('EIO', kind, path);
      },
    });
    for (const [page, table] of PAGES_OF.entries()) this.#image.addPage(table, 0, page);
    this.#tier = new SlotTier(storage, LAYOUT.l2, STORE_ID, 1, PAGES);
  }

  /** Every page changes. @param failing call from here that fails */
  write(slot: 0 | 1, lsn: number, failing = 0): void {
    const image = this.#image;
    for (let page = 0; page < PAGES; page += 1) image.setPageLsn(page, lsn);
    image.takeChanged();
    const { hotRoot, coldRoot, pageCount } = image;
    const mark = { epoch: 1, lsn, headHash: 9n, hotRoot, coldRoot, pageCount, takenNs: 1n };
    this.#failsAt = failing && this.calls + failing;
    this.#tier.write({
      mark,
      slot,
      pages: Uint32Array.from({ length: PAGES }, (_, page) => page),
      bytes: image.bytes.slice(0, PAGES * 4096),
    });
  }

  #slotsAfter(choices: readonly number[]): TierHead[] {
    const tree = this.#disk.after(this.#disk.pending(), choices);
    return readSlots(new SimulatedStorage({ tree }), LAYOUT, STORE_ID);
  }

  /** LSNs of the slots that are whole after the power went, with nothing left that no sync covers. */
  whole(): number[] {
    const heads = this.#slotsAfter(this.#disk.pending().map(() => 0));
    return heads.flatMap((head) => (head.load().bad === 0 ? [head.mark!.lsn] : []));
  }

  /** Slot 0 after power cuts of which one pending change survived, or all but one; where it was begun. */
  afterCuts(): TierHead[] {
    const newest = Durability.choicesOf(this.#disk.pending()).map((choices) => choices - 1);
    const cuts = newest.flatMap((_, one) =>
      [true, false].map((survives) => newest.map((choice, i) => ((i === one) === survives ? choice : 0))),
    );
    return cuts.flatMap((choices) => this.#slotsAfter(choices)).filter(({ name }) => name.includes('-a.'));
  }
}

const CALLS = (() => {
  const machine = new Machine();
  const before = machine.calls;
  machine.write(0, 1);
  return machine.calls - before;
})();

test.each(Array.from({ length: CALLS }, (_, i) => i + 1))('call %i of a checkpoint fails: the next one is whole all the same', (call) => {
  for (const times of [1, 2]) {
    const machine = new Machine();
    machine.write(1, 1);
    for (let n = 0; n < times; n += 1) expect(() => machine.write(0, 2 + n, call)).toThrow(expect.objectContaining({ code: 'IO_FAILED' }));
    expect(machine.whole()).toEqual([1]);
    machine.write(0, 8);
    expect(machine.whole()).toEqual([8, 1]);
    machine.write(1, 9);
    expect(machine.whole()).toEqual([8, 9]);
  }
});

/** Slot 0 after each power cut while it is written. */
function whileWriting(machine: Machine, lsn: number): TierHead[] {
  const seen: TierHead[] = [];
  machine.changed = () => seen.push(...machine.afterCuts());
  machine.write(0, lsn);
  return seen;
}

test('a power cut leaves no header of a checkpoint over pages that are not there', () => {
  const machine = new Machine();
  machine.write(0, 1);
  machine.write(1, 2);
  const begun = whileWriting(machine, 3).filter(({ mark }) => mark?.lsn === 3);
  expect(begun.length).toBeGreaterThan(0);
  for (const head of begun) expect(head.load().bad).toBe(0);
});

test('a slot that failed does not read as damaged while it is begun anew: what it held is gone before anything is written over it', () => {
  const machine = new Machine();
  machine.write(0, 1);
  machine.write(1, 2);
  // Its last sync: what is allocated at first is a header that says unfinished later.
  expect(() => machine.write(0, 3, CALLS)).toThrow(expect.objectContaining({ code: 'IO_FAILED' }));
  const begun = whileWriting(machine, 4).filter(({ mark }) => mark);
  expect(begun.length).toBeGreaterThan(0);
  for (const head of begun) expect(head.load().bad).toBe(0);
});
