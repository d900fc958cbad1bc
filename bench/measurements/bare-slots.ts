/** Two files that take the bytes of L2 in turns, by the bare calls of Node; and a file that is written anew and renamed. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { PAGE_ENTRY_BYTES } from '../../main/tiers/checkpoint.ts';
import { type CheckpointJob, SLOT_HEADER_BYTES, slotPageAt } from '../../main/tiers/slots.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';

const PIECE = new Uint8Array(4096);

export class BareSlots {
  readonly #fds: readonly number[];
  readonly #pagesMax: number;
  readonly #entries: Uint8Array;
  readonly #header = new Uint8Array(SLOT_HEADER_BYTES).fill(7);

  constructor(path: string, pagesMax: number, pageCount: number) {
    this.#pagesMax = pagesMax;
    this.#entries = new Uint8Array(pageCount * PAGE_ENTRY_BYTES).fill(7);
    this.#fds = ['a', 'b'].map((name) => {
      const fd = fs.openSync(`${path}-${name}`, 'w+', 0o600);
      // In small pieces, as ours: large ones make large folios, which slow down what comes later.
      for (let at = 0; at < slotPageAt(pagesMax, pageCount); at += PIECE.length) fs.writeSync(fd, PIECE, 0, PIECE.length, at);
      fs.fsyncSync(fd);
      return fd;
    });
  }

  /**
   * Runs of pages and their entries, then the header. With a sync between them nothing ever claims what is not there; without one the
   * newest slot of a machine that lost its power may, and damage to it could not be told from that.
   */
  write({ slot, pages, bytes }: CheckpointJob, ordered: boolean): void {
    const fd = this.#fds[slot]!;
    for (let from = 0; from < pages.length; ) {
      let to = from + 1;
      while (to < pages.length && pages[to] === pages[to - 1]! + 1) to += 1;
      fs.writeSync(fd, bytes, from * PAGE_BYTES, (to - from) * PAGE_BYTES, slotPageAt(this.#pagesMax, pages[from]!));
      fs.writeSync(fd, this.#entries, 0, (to - from) * PAGE_ENTRY_BYTES, SLOT_HEADER_BYTES + pages[from]! * PAGE_ENTRY_BYTES);
      from = to;
    }
    if (ordered) fs.fdatasyncSync(fd);
    fs.writeSync(fd, this.#header, 0, this.#header.length, 0);
    fs.fdatasyncSync(fd);
  }

  close(): void {
    for (const fd of this.#fds) fs.closeSync(fd);
  }
}

/** Publishes all of the bytes as one does who has no slots. */
export function publishWhole(path: string, bytes: Uint8Array): void {
  const fd = fs.openSync(`${path}.tmp`, 'w', 0o600);
  fs.writeSync(fd, bytes);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  fs.renameSync(`${path}.tmp`, path);
  const directory = fs.openSync(dirname(path), 'r');
  fs.fsyncSync(directory);
  fs.closeSync(directory);
}
