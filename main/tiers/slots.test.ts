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

  constructor() {
    const tree = new FileTree(['/', LAYOUT.root, LAYOUT.l2]);
    this.#disk = new Durability(tree);
    const storage = new SimulatedStorage({
      tree,
      effect: (effect) => this.#disk.apply(effect),
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

  /** LSNs of the slots that are whole after the power went, with nothing left that no sync covers. */
  whole(): number[] {
    const pending = this.#disk.pending();
    const tree = this.#disk.after(
      pending,
      pending.map(() => 0),
    );
    return readSlots(new SimulatedStorage({ tree }), LAYOUT, STORE_ID).flatMap((head) => (head.load().bad === 0 ? [head.mark!.lsn] : []));
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
