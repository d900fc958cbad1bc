/**
 * L1: the hot tables in a memory-mapped file, every 100 ms. Two slots, pages interleaved; changed pages are copied, the slot header
 * last. Survives the death of the process, SIGKILL too; power loss only where it is msync'ed. Little-endian.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 8 | checksum: XXH64 of bytes 8 to 4095 |
 * | 8 | 4 | magic "RMAP" |
 * | 12 | 2 | version |
 * | 14 | 2 | zero |
 * | 16 | 16 | store id |
 * | 32 | 4 | epoch |
 * | 36 | 4 | pages at most |
 * | 40 | 36 | boot id of the machine, ASCII |
 * | 76 | | zero |
 * | 4096 | 16 | acknowledged LSN u64 and its complement (every bit inverted); the second of two copies is at 4160; the higher valid one counts |
 * | 8192 | | header of slot 0: checksum u64 of the 64 bytes after it, magic "RMSL" u32, slot u32, mark (56 bytes, Checkpoint mark); zero from end to end where the slot was never written |
 * | 12288 | | header of slot 1 |
 * | 16384 + 4096 x (2 p + s) | 4096 | page p of slot s; zero where p is free or belongs to a cold table |
 *
 * The file grows with the state, so that it may end before the last page that the slots name: what lies behind its end reads as zeros.
 * A slot is whole where the sum of the hashes in its pages' headers equals the mark's hot root; the mark's cold root says which
 * state of the cold tables belongs to it. The acknowledged LSN is stored before the caller is told.
 */

import { xxh64 } from '@node-rs/xxhash';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import type { Image } from '../image/image.ts';
import { PageSet } from '../image/page-set.ts';
import type { MappedFile, Storage } from '../storage/storage.ts';
import { type CheckpointMark, encodeMark, MARK_BYTES } from './checkpoint.ts';

export const MAPPED_MAGIC = 0x50414d52;
export const MAPPED_SLOT_MAGIC = 0x4c534d52;
export const MAPPED_VERSION = 1;
export const MAPPED_PAGES_AT = 16_384;
export const MAPPED_SLOT_HEADER_BYTES = 16 + MARK_BYTES;

export const acknowledgedAt = (copy: number): number => 4096 + copy * 64;
export const mappedSlotAt = (slot: 0 | 1): number => 8192 + slot * 4096;
export const mappedPageAt = (page: number, slot: 0 | 1): number => MAPPED_PAGES_AT + PAGE_BYTES * (2 * page + slot);

/** The header of a slot that was never written. */
const NO_HEADER = new Uint8Array(MAPPED_SLOT_HEADER_BYTES);
/** The file grows by this many bytes at a time. */
const GROWTH_BYTES = 1 << 20;

export class MappedTier {
  readonly #mapping: MappedFile;
  readonly #image: Image;
  readonly #pending: readonly [PageSet, PageSet];
  readonly #acknowledgement = new Uint8Array(16);
  readonly #acknowledgementView = new DataView(this.#acknowledgement.buffer);
  readonly #header = new Uint8Array(MAPPED_SLOT_HEADER_BYTES);
  readonly #headerView = new DataView(this.#header.buffer);
  readonly #msync: boolean;
  #slot: 0 | 1 = 0;
  /** The last checkpoint did not succeed: the present slot may have its header all the same. */
  #failed = false;
  #copy = 0;
  lastLsn = -1;

  /** Makes the file of a new epoch; its name is durable on return. */
  constructor(
    storage: Storage,
    directory: string,
    path: string,
    storeId: Uint8Array,
    epoch: number,
    bootId: string,
    image: Image,
    msync: boolean,
  ) {
    const header = new Uint8Array(4096);
    const view = new DataView(header.buffer);
    view.setUint32(8, MAPPED_MAGIC, true);
    view.setUint16(12, MAPPED_VERSION, true);
    header.set(storeId, 16);
    view.setUint32(32, epoch, true);
    view.setUint32(36, image.pagesMax, true);
    header.set(new TextEncoder().encode(bootId).subarray(0, 36), 40);
    view.setBigUint64(0, xxh64(header.subarray(8)), true);
    const file = storage.open(path, 'create');
    try {
      file.allocate(MAPPED_PAGES_AT);
      file.write(header, 0, header.length, 0);
      file.sync();
    } finally {
      file.close();
    }
    storage.syncDirectory(directory);
    this.#mapping = storage.map(path, mappedPageAt(image.pagesMax, 0));
    this.#image = image;
    this.#msync = msync;
    this.#pending = [new PageSet(image.pagesMax), new PageSet(image.pagesMax)];
    for (const set of this.#pending) set.addRange(image.pageCount);
    try {
      // A large state begins with a large file: made here, where nobody trades yet, and not under the first checkpoint.
      this.#grow();
    } catch (error) {
      // The checkpoint tries again, and says why it fails.
      if (!(error instanceof RearmError)) throw error;
    }
  }

  /** Makes room for the pages that the image has. */
  #grow(): void {
    const need = mappedPageAt(this.#image.pageCount, 0);
    if (need <= this.#mapping.bytes) return;
    const bound = mappedPageAt(this.#image.pagesMax, 0);
    this.#mapping.grow(Math.min(bound, Math.ceil(need / GROWTH_BYTES) * GROWTH_BYTES));
  }

  /** Stores the watermark; call before the caller is told. */
  acknowledge(lsn: number): void {
    const low = lsn >>> 0;
    const high = Math.floor(lsn / 4_294_967_296);
    const view = this.#acknowledgementView;
    view.setUint32(0, low, true);
    view.setUint32(4, high, true);
    view.setUint32(8, ~low >>> 0, true);
    view.setUint32(12, ~high >>> 0, true);
    this.#mapping.copyIn(acknowledgedAt(this.#copy), this.#acknowledgement, 0, 16);
    this.#copy ^= 1;
  }

  /** Takes note of pages that changed in the image and are sealed. */
  changed(pages: readonly number[]): void {
    for (const page of pages) {
      if (!this.#image.isHot(page)) continue;
      this.#pending[0].add(page);
      this.#pending[1].add(page);
    }
  }

  /**
   * Copies what changed into the older slot. On return the slot survives the death of the process (a power loss too where the tier
   * is msync'ed). The image must be sealed and at a frame boundary.
   *
   * @throws RearmError DISK_FULL: the slot stays torn, the other one is whole
   */
  checkpoint(mark: CheckpointMark): number {
    const slot = this.#slot;
    this.#grow();
    // It would stand over pages of another checkpoint, newer than the other slot's: what is only being written would read as damaged.
    if (this.#failed) this.#mapping.copyIn(mappedSlotAt(slot), NO_HEADER, 0, NO_HEADER.length);
    this.#failed = true;
    const pages = this.#pending[slot].take();
    let copied = 0;
    try {
      for (const page of pages) {
        if (!this.#image.isHot(page)) continue;
        this.#mapping.copyIn(mappedPageAt(page, slot), this.#image.bytes, page * PAGE_BYTES, PAGE_BYTES);
        copied += 1;
      }
      const view = this.#headerView;
      view.setUint32(8, MAPPED_SLOT_MAGIC, true);
      view.setUint32(12, slot, true);
      encodeMark(view, 16, mark);
      view.setBigUint64(0, xxh64(this.#header.subarray(8)), true);
      this.#mapping.copyIn(mappedSlotAt(slot), this.#header, 0, this.#header.length);
      // Once, for pages and header in any order: a header whose pages do not sum to its mark is a torn slot.
      if (this.#msync) this.#mapping.sync();
    } catch (error) {
      this.#pending[slot].addAll(pages);
      throw error;
    }
    this.#failed = false;
    this.#slot = slot === 0 ? 1 : 0;
    this.lastLsn = mark.lsn;
    return copied;
  }

  close(): void {
    this.#mapping.close();
  }
}
