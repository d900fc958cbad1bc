/**
 * Finds a row by an id that is its whole key: a string of the dictionary, or a row of another table. Ids are small and dense, so that an
 * array tells at once. Rebuilt at load, never stored.
 */

import type { Column, Table } from '../../shared/model/schema.ts';
import type { Image } from './image.ts';

/** Ids from here on, which only a damaged image can hold, are kept apart: they cost no memory for those below. */
const DENSE_MAX = 1 << 22;

export class IdIndex {
  readonly #image: Image;
  readonly #table: Table;
  readonly #quad: number;
  readonly columns: readonly Column[];
  /** Row + 1 by id; 0 for none. */
  #rows = new Int32Array(64);
  readonly #beyond = new Map<number, number>();

  constructor(image: Image, table: Table) {
    this.#image = image;
    this.#table = table;
    this.columns = table.key.map((name) => table.byName.get(name)!);
    this.#quad = this.columns[0]!.offset >> 2;
  }

  /** Whether the table's key is one id. */
  static fits(table: Table): boolean {
    const kind = table.key.length === 1 ? table.byName.get(table.key[0]!)!.type.kind : '';
    return kind === 'ref' || kind === 'link';
  }

  /** Row of an id, or -1. */
  at(id: number): number {
    if (id < this.#rows.length) return this.#rows[id]! - 1;
    return this.#beyond.get(id) ?? -1;
  }

  /** Row whose key equals the key at `base` (in words) of `quads`, or -1. */
  find(quads: Uint32Array, base: number): number {
    return this.at(quads[base + this.#quad]!);
  }

  #idOf(row: number): number {
    return this.#image.quads[(this.#image.rowOffset(this.#table, row) >> 2) + this.#quad]!;
  }

  /** Adds a row, whose key must not be there. */
  add(row: number): void {
    const id = this.#idOf(row);
    if (id >= DENSE_MAX) {
      this.#beyond.set(id, row);
      return;
    }
    if (id >= this.#rows.length) {
      const larger = new Int32Array(Math.max(id + 1, this.#rows.length * 2));
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows[id] = row + 1;
  }

  /** Removes a row; its key must still be in the image. */
  remove(row: number): void {
    const id = this.#idOf(row);
    if (this.at(id) !== row) return;
    if (id < this.#rows.length) this.#rows[id] = 0;
    else this.#beyond.delete(id);
  }

  /** Adds every row in use. */
  rebuild(): void {
    this.#rows.fill(0);
    this.#beyond.clear();
    for (const row of this.#image.rows(this.#table)) this.add(row);
  }
}
