/**
 * L2: all tables in two preallocated files, every second, synchronous. Changed pages and their table entries are written and
 * synced, then the header, and synced again: the other slot is whole all the while. Survives an OS crash and a power loss.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 8 | checksum: XXH64 of bytes 8 to 4095 |
 * | 8 | 4 | magic "RSLT" |
 * | 12 | 2 | version |
 * | 14 | 2 | slot: 0 in the file `a`, 1 in `b` |
 * | 16 | 16 | store id |
 * | 32 | 4 | pages at most |
 * | 36 | 1 | 1 while the pages under it are written over, 0 otherwise |
 * | 37 | 3 | zero |
 * | 40 | 56 | mark (Checkpoint mark); its epoch is that of the file's name |
 * | 96 | | zero |
 * | 4096 | 16 each | page table: {lsn u64, hash u64} per page, zero where free; room for the pages at most, padded to 4096 |
 * | then | 4096 each | pages |
 *
 * A header that is zero from end to end, or that is not there, is a slot that was never written, or is begun anew after a failure. Before
 * the pages of a slot are written over, its header says so: where the process dies then, pages that are not as the mark says are no damage.
 * That is not synced: after a power loss they may look like it. A file is as long as it had to be so far: what lies behind its end reads as
 * zeros. A page counts where its bytes hash to its table entry, and the table counts where its hashes sum to the mark's root; where they do
 * not, the slot was being written, or is damaged.
 */

import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { slotFileName } from '../store/layout.ts';
import { type CheckpointMark, encodeMark, PAGE_ENTRY_BYTES } from './checkpoint.ts';
import { isTableOf, strayPage } from './tier-copy.ts';

export const SLOT_MAGIC = 0x544c5352;
export const SLOT_VERSION = 1;
export const SLOT_HEADER_BYTES = 4096;
export const SLOT_UNFINISHED_AT = 36;
export const SLOT_MARK_AT = 40;

export const slotTableBytes = (pagesMax: number): number => Math.ceil((pagesMax * PAGE_ENTRY_BYTES) / 4096) * 4096;
export const slotPageAt = (pagesMax: number, page: number): number => SLOT_HEADER_BYTES + slotTableBytes(pagesMax) + page * PAGE_BYTES;

/** The pages of one checkpoint on their way from the writer to the files. */
export interface CheckpointJob {
  readonly mark: CheckpointMark;
  readonly slot: 0 | 1;
  /** Page numbers, ascending. */
  readonly pages: Uint32Array;
  /** Their bytes, sealed, in the same order. */
  readonly bytes: Uint8Array;
}

/** The newest whole slot. */
export interface NewestSlot {
  readonly slot: 0 | 1;
  readonly mark: CheckpointMark;
}

/** Its pages as the file has them, each proven as it is read. */
export interface SlotPages {
  readonly mark: CheckpointMark;
  readonly table: Uint8Array;
  /** Pages from `first` on, as many as fill the target. @throws RearmError CHECKSUM_MISMATCH */
  readonly read: (first: number, target: Uint8Array) => void;
}

const GROWTH_BYTES = 1 << 20;

export class SlotTier {
  readonly #files: readonly [StoredFile, StoredFile];
  readonly #storeId: Uint8Array;
  readonly #pagesMax: number;
  readonly #entries = new Uint8Array(PAGE_ENTRY_BYTES * 256);
  /** By slot, what it holds; null where that is not known: its last write or sync failed, or it was not what had been written. */
  readonly #marks: (CheckpointMark | null | undefined)[] = [undefined, undefined];
  newest: NewestSlot | undefined;

  /** Makes both files of a new epoch; their names are durable on return. */
  constructor(storage: Storage, directory: string, storeId: Uint8Array, epoch: number, pagesMax: number) {
    this.#storeId = storeId;
    this.#pagesMax = pagesMax;
    const files: StoredFile[] = [];
    try {
      for (const slot of [0, 1] as const) {
        const file = storage.open(join(directory, slotFileName(epoch, slot)), 'create');
        files.push(file);
        // Not synced: a slot that is short or zero was never written, whatever a power loss left of it.
        file.allocate(slotPageAt(pagesMax, 0));
      }
      storage.syncDirectory(directory);
    } catch (error) {
      for (const file of files) file.close();
      throw error;
    }
    this.#files = files as [StoredFile, StoredFile];
  }

  /**
   * Writes one checkpoint. Durable on return; where it throws, this slot is torn and the other one is whole. The next job of a slot that
   * failed must have every page: after a failed sync it is not known what of the file is on the disk, and it is begun anew. One that has
   * not is refused, and changes nothing.
   *
   * @returns bytes written
   * @throws RearmError DISK_FULL, IO_FAILED, CHECKSUM_MISMATCH
   */
  write(job: CheckpointJob): number {
    const file = this.#files[job.slot];
    const { pages, bytes, mark } = job;
    const held = this.#marks[job.slot];
    this.#marks[job.slot] = null;
    if (held === null) {
      if (pages.length < mark.pageCount)
        throw new RearmError('CHECKSUM_MISMATCH', `${file.path} is written anew: that takes every page`, { path: file.path });
      // Its header as well: it would stand over pages of another checkpoint, and what is only being written would read as damaged.
      file.truncate(0);
      file.sync();
    } else if (held) this.#writeHeader(job.slot, held, true);
    const need = slotPageAt(this.#pagesMax, mark.pageCount);
    if (file.size() < need) {
      const bound = slotPageAt(this.#pagesMax, this.#pagesMax);
      file.allocate(Math.min(bound, Math.ceil(need / GROWTH_BYTES) * GROWTH_BYTES));
    }
    let written = 0;
    for (let from = 0; from < pages.length; ) {
      let to = from + 1;
      while (to < pages.length && pages[to] === pages[to - 1]! + 1 && to - from < 256) to += 1;
      written += this.#writeRun(file, pages[from]!, bytes.subarray(from * PAGE_BYTES, to * PAGE_BYTES));
      from = to;
    }
    file.sync();
    this.#writeHeader(job.slot, mark, false);
    file.sync();
    this.#marks[job.slot] = mark;
    this.newest = { slot: job.slot, mark };
    return written + SLOT_HEADER_BYTES;
  }

  #writeHeader(slot: 0 | 1, mark: CheckpointMark, unfinished: boolean): void {
    this.#files[slot].write(encodeSlotHeader(this.#storeId, slot, this.#pagesMax, mark, unfinished), 0, SLOT_HEADER_BYTES, 0);
  }

  #writeRun(file: StoredFile, first: number, bytes: Uint8Array): number {
    const count = bytes.length / PAGE_BYTES;
    for (let i = 0; i < count; i += 1) {
      const page = i * PAGE_BYTES;
      this.#entries.set(bytes.subarray(page + 8, page + 16), i * PAGE_ENTRY_BYTES);
      this.#entries.set(bytes.subarray(page, page + 8), i * PAGE_ENTRY_BYTES + 8);
    }
    file.write(bytes, 0, bytes.length, slotPageAt(this.#pagesMax, first));
    file.write(this.#entries, 0, count * PAGE_ENTRY_BYTES, SLOT_HEADER_BYTES + first * PAGE_ENTRY_BYTES);
    return bytes.length + count * PAGE_ENTRY_BYTES;
  }

  /**
   * The newest checkpoint, for whoever makes another copy of it. A page that was written once is not written again until it changes: what
   * became of it on the disk meanwhile must not go into every copy. A slot that is not what was written is no newest one any more.
   *
   * @throws RearmError CHECKSUM_MISMATCH, as {@link SlotPages.read} does
   */
  readNewest(): SlotPages | undefined {
    if (!this.newest) return undefined;
    const { slot, mark } = this.newest;
    const file = this.#files[slot];
    const rotten = (what: string): never => {
      this.#marks[slot] = null;
      this.newest = undefined;
      throw new RearmError('CHECKSUM_MISMATCH', `${file.path}: ${what} is not what was written at LSN ${mark.lsn}`, { path: file.path });
    };
    const table = new Uint8Array(mark.pageCount * PAGE_ENTRY_BYTES);
    file.read(table, 0, table.length, SLOT_HEADER_BYTES);
    if (!isTableOf(mark, table)) rotten('the page table');
    const read = (first: number, target: Uint8Array): void => {
      // What is behind the end reads as zeros.
      target.fill(0, file.read(target, 0, target.length, slotPageAt(this.#pagesMax, first)));
      const page = strayPage(table, target, first);
      if (page >= 0) rotten(`page ${page}`);
    };
    return { mark, table, read };
  }

  close(): void {
    for (const file of this.#files) file.close();
  }
}

export function encodeSlotHeader(
  storeId: Uint8Array,
  slot: 0 | 1,
  pagesMax: number,
  mark: CheckpointMark,
  unfinished: boolean,
): Uint8Array {
  const header = new Uint8Array(SLOT_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(8, SLOT_MAGIC, true);
  view.setUint16(12, SLOT_VERSION, true);
  view.setUint16(14, slot, true);
  header.set(storeId, 16);
  view.setUint32(32, pagesMax, true);
  header[SLOT_UNFINISHED_AT] = unfinished ? 1 : 0;
  encodeMark(view, SLOT_MARK_AT, mark);
  view.setBigUint64(0, xxh64(header.subarray(8)), true);
  return header;
}
