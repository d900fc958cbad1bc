/**
 * Finds a row by its key: open addressing over typed arrays, keyed by the key columns' bytes in the image itself, so that a
 * million fills cost 11 to 21 bytes each and no strings. The hashes stand beside the rows: a row of the image, which is seldom in a
 * cache of the processor, is looked at where its hash is right only. Rebuilt at load, never stored.
 *
 * Linear probing with backward-shift deletion (Knuth, TAOCP 3, 6.4, algorithm R).
 */

import type { Column, Table } from '../../shared/model/schema.ts';
import type { Image } from './image.ts';

const EMPTY = -1;

/** Where a part of the key lies in the row: in 32-bit words, or in one byte. */
interface KeyPart {
  readonly quad: number;
  /** Words of the part; of a text, those that its length says are in use: the rest is zero wherever the lengths are equal. */
  readonly quads: number;
  readonly isText: boolean;
  /** Which byte of the word, for a part of one byte; -1 otherwise. */
  readonly byte: number;
}

export class RowIndex {
  readonly #image: Image;
  readonly #table: Table;
  readonly #parts: readonly KeyPart[];
  /** The key's, in its order. */
  readonly columns: readonly Column[];
  /** Rows, and the hashes of their keys. */
  #slots: Int32Array;
  #hashes: Int32Array;
  #mask: number;
  #count = 0;

  constructor(image: Image, table: Table, key: readonly string[] = table.key) {
    this.#image = image;
    this.#table = table;
    this.columns = key.map((name) => table.byName.get(name)!);
    this.#parts = this.columns.map(({ offset, size, type }) => ({
      quad: offset >> 2,
      quads: size >> 2,
      isText: type.kind === 'text',
      byte: size === 1 ? offset & 3 : -1,
    }));
    this.#slots = new Int32Array(64).fill(EMPTY);
    this.#hashes = new Int32Array(64);
    this.#mask = 63;
  }

  get count(): number {
    return this.#count;
  }

  /** Hash of the key at `base` (in words) of `quads`, which has the row's layout: multiply and rotate per word, then mixed. */
  #hash(quads: Uint32Array, base: number): number {
    let hash = 0x2545f491;
    for (const { quad, quads: most, isText, byte } of this.#parts) {
      const at = base + quad;
      if (byte >= 0) {
        hash = Math.imul(hash ^ ((quads[at]! >>> (byte * 8)) & 0xff), 0x9e3779b1);
        continue;
      }
      const end = at + (isText ? ((quads[at]! & 0xff) >>> 2) + 1 : most);
      for (let i = at; i < end; i += 1) {
        hash = Math.imul(hash ^ quads[i]!, 0x9e3779b1);
        hash = (hash << 15) | (hash >>> 17);
      }
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  #equal(quads: Uint32Array, base: number, row: number): boolean {
    const image = this.#image.quads;
    const other = this.#image.rowOffset(this.#table, row) >> 2;
    for (const { quad, quads: most, isText, byte } of this.#parts) {
      const at = base + quad;
      if (byte >= 0) {
        if (((quads[at]! ^ image[other + quad]!) >>> (byte * 8)) & 0xff) return false;
        continue;
      }
      const count = isText ? ((quads[at]! & 0xff) >>> 2) + 1 : most;
      for (let i = 0; i < count; i += 1) if (quads[at + i] !== image[other + quad + i]) return false;
    }
    return true;
  }

  /** Row whose key equals the key at `base` (in words) of `quads`, or -1. */
  find(quads: Uint32Array, base: number): number {
    const hash = this.#hash(quads, base);
    let slot = hash & this.#mask;
    for (;;) {
      const row = this.#slots[slot]!;
      if (row === EMPTY) return -1;
      if (this.#hashes[slot] === hash && this.#equal(quads, base, row)) return row;
      slot = (slot + 1) & this.#mask;
    }
  }

  #hashOf(row: number): number {
    return this.#hash(this.#image.quads, this.#image.rowOffset(this.#table, row) >> 2);
  }

  /** Adds a row, whose key must not be there. */
  add(row: number): void {
    if ((this.#count + 1) * 4 > this.#slots.length * 3) this.#resize(this.#slots.length * 2);
    this.#place(row, this.#hashOf(row));
    this.#count += 1;
  }

  #place(row: number, hash: number): void {
    let slot = hash & this.#mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = row;
    this.#hashes[slot] = hash;
  }

  /** Removes a row; its key must still be in the image. */
  remove(row: number): void {
    let slot = this.#hashOf(row) & this.#mask;
    while (this.#slots[slot] !== row) {
      if (this.#slots[slot] === EMPTY) return;
      slot = (slot + 1) & this.#mask;
    }
    let hole = slot;
    for (let next = (hole + 1) & this.#mask; this.#slots[next] !== EMPTY; next = (next + 1) & this.#mask) {
      const home = this.#hashes[next]! & this.#mask;
      if (((next - home) & this.#mask) >= ((next - hole) & this.#mask)) {
        this.#slots[hole] = this.#slots[next]!;
        this.#hashes[hole] = this.#hashes[next]!;
        hole = next;
      }
    }
    this.#slots[hole] = EMPTY;
    this.#count -= 1;
  }

  #resize(length: number): void {
    const rows = this.#slots;
    const hashes = this.#hashes;
    this.#slots = new Int32Array(length).fill(EMPTY);
    this.#hashes = new Int32Array(length);
    this.#mask = length - 1;
    for (let slot = 0; slot < rows.length; slot += 1) if (rows[slot] !== EMPTY) this.#place(rows[slot]!, hashes[slot]!);
  }

  /** Adds every row in use. */
  rebuild(): void {
    this.#slots.fill(EMPTY);
    this.#count = 0;
    for (const row of this.#image.rows(this.#table)) this.add(row);
  }
}
