/**
 * Finds a row by its key: open addressing over typed arrays, keyed by the key columns' bytes in the image itself, so that a
 * million fills cost 8 bytes each and no strings. Rebuilt at load, never stored.
 *
 * Linear probing with backward-shift deletion (Knuth, TAOCP 3, 6.4, algorithm R).
 */

import type { Table } from '../../shared/model/schema.ts';
import type { Image } from './image.ts';

const EMPTY = -1;

export class RowIndex {
  readonly #image: Image;
  readonly #table: Table;
  /** Key column ranges relative to the row, in bytes. */
  readonly #ranges: readonly (readonly [number, number])[];
  #slots: Int32Array;
  #mask: number;
  #count = 0;

  constructor(image: Image, table: Table, key: readonly string[] = table.key) {
    this.#image = image;
    this.#table = table;
    this.#ranges = key.map((name) => {
      const column = table.byName.get(name)!;
      return [column.offset, column.size] as const;
    });
    this.#slots = new Int32Array(64).fill(EMPTY);
    this.#mask = 63;
  }

  get count(): number {
    return this.#count;
  }

  /** Hash of the key bytes at `base` of `bytes` (which has the row's layout); 32-bit FNV-1a over the bytes, then mixed. */
  #hash(bytes: Uint8Array, base: number): number {
    let hash = 0x811c9dc5;
    for (const [offset, size] of this.#ranges) {
      for (let i = base + offset; i < base + offset + size; i += 1) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }

  #equal(bytes: Uint8Array, base: number, row: number): boolean {
    const other = this.#image.rowOffset(this.#table, row);
    for (const [offset, size] of this.#ranges) {
      for (let i = offset; i < offset + size; i += 1) if (bytes[base + i] !== this.#image.bytes[other + i]) return false;
    }
    return true;
  }

  /** Row whose key equals the key at `base` of `bytes`, or -1. */
  find(bytes: Uint8Array, base: number): number {
    let slot = this.#hash(bytes, base) & this.#mask;
    for (;;) {
      const row = this.#slots[slot]!;
      if (row === EMPTY) return -1;
      if (this.#equal(bytes, base, row)) return row;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Adds a row, whose key must not be there. */
  add(row: number): void {
    if ((this.#count + 1) * 4 > this.#slots.length * 3) this.#resize(this.#slots.length * 2);
    this.#place(row);
    this.#count += 1;
  }

  #place(row: number): void {
    let slot = this.#hash(this.#image.bytes, this.#image.rowOffset(this.#table, row)) & this.#mask;
    while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = row;
  }

  /** Removes a row; its key must still be in the image. */
  remove(row: number): void {
    let slot = this.#hash(this.#image.bytes, this.#image.rowOffset(this.#table, row)) & this.#mask;
    while (this.#slots[slot] !== row) {
      if (this.#slots[slot] === EMPTY) return;
      slot = (slot + 1) & this.#mask;
    }
    let hole = slot;
    for (let next = (hole + 1) & this.#mask; this.#slots[next] !== EMPTY; next = (next + 1) & this.#mask) {
      const home = this.#hash(this.#image.bytes, this.#image.rowOffset(this.#table, this.#slots[next]!)) & this.#mask;
      if (((next - home) & this.#mask) >= ((next - hole) & this.#mask)) {
        this.#slots[hole] = this.#slots[next]!;
        hole = next;
      }
    }
    this.#slots[hole] = EMPTY;
    this.#count -= 1;
  }

  #resize(length: number): void {
    const rows = this.#slots;
    this.#slots = new Int32Array(length).fill(EMPTY);
    this.#mask = length - 1;
    for (const row of rows) if (row !== EMPTY) this.#place(row);
  }

  /** Adds every row in use. */
  rebuild(): void {
    this.#slots.fill(EMPTY);
    this.#count = 0;
    for (const row of this.#image.rows(this.#table)) this.add(row);
  }
}
