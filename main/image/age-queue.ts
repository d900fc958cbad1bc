/**
 * The rows of a table by their age, oldest first: what pruning and eviction ask for. A binary heap (Williams, "Algorithm 232: Heapsort", 1964)
 * over typed arrays; entries of rows that changed since are passed over when they come up. Rebuilt at load, never stored.
 *
 * Times are kept as doubles, which are 256 ns coarse: rows whose times read alike are told apart by their columns.
 */

import type { Column, Table } from '../../shared/model/schema.ts';
import type { Image } from './image.ts';

const WORD = 4_294_967_296;

export class AgeQueue {
  readonly #image: Image;
  readonly #table: Table;
  readonly #time: Column;
  /** Rows of which the present state counts: an order only once it is closed. */
  readonly #counts: (base: number) => boolean;
  #times = new Float64Array(64);
  #rows = new Int32Array(64);
  #size = 0;

  constructor(image: Image, table: Table, time: Column, counts: (base: number) => boolean) {
    this.#image = image;
    this.#table = table;
    this.#time = time;
    this.#counts = counts;
  }

  #timeAt(base: number): number {
    const at = (base + this.#time.offset) >> 2;
    return (this.#image.quads[at + 1]! | 0) * WORD + this.#image.quads[at]!;
  }

  /** Exact time of a row, nanoseconds. */
  timeOf(row: number): bigint {
    return this.#image.words[(this.#image.rowOffset(this.#table, row) + this.#time.offset) >> 3]!;
  }

  /** Takes note of a row that was added or changed, at `base`. */
  add(row: number, base: number): void {
    if (this.#image.bytes[base] !== 1 || !this.#counts(base)) return;
    // Stale entries of rows that change again and again do not pile up without bound.
    if (this.#size > 1_024 && this.#size > 2 * this.#image.capacity(this.#table)) this.rebuild();
    this.#push(row, this.#timeAt(base));
  }

  #push(row: number, time: number): void {
    if (this.#size === this.#rows.length) {
      const [times, rows] = [new Float64Array(this.#size * 2), new Int32Array(this.#size * 2)];
      times.set(this.#times);
      rows.set(this.#rows);
      this.#times = times;
      this.#rows = rows;
    }
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#times[parent]! <= time) break;
      this.#times[at] = this.#times[parent]!;
      this.#rows[at] = this.#rows[parent]!;
      at = parent;
    }
    this.#times[at] = time;
    this.#rows[at] = row;
  }

  #pop(): void {
    const last = --this.#size;
    const [time, row] = [this.#times[last]!, this.#rows[last]!];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#times[child + 1]! < this.#times[child]!) child += 1;
      if (this.#times[child]! >= time) break;
      this.#times[at] = this.#times[child]!;
      this.#rows[at] = this.#rows[child]!;
      at = child;
    }
    this.#times[at] = time;
    this.#rows[at] = row;
  }

  /** Passes over entries of rows that are gone or not what they were. */
  #settle(): void {
    while (this.#size > 0) {
      const base = this.#image.rowOffset(this.#table, this.#rows[0]!);
      if (this.#image.bytes[base] === 1 && this.#counts(base) && this.#timeAt(base) === this.#times[0]) return;
      this.#pop();
    }
  }

  /** The oldest row, as far as doubles tell; -1 where there is none. */
  get oldest(): number {
    this.#settle();
    return this.#size === 0 ? -1 : this.#rows[0]!;
  }

  /** Takes out the oldest rows, all that doubles do not tell apart, each once; empty where there is none. Put back what stays: {@link add}. */
  takeOldest(): number[] {
    this.#settle();
    if (this.#size === 0) return [];
    const time = this.#times[0]!;
    const taken = new Set<number>();
    while (this.#size > 0 && this.#times[0] === time) {
      taken.add(this.#rows[0]!);
      this.#pop();
      this.#settle();
    }
    return [...taken];
  }

  /** Adds every row that counts. */
  rebuild(): void {
    this.#size = 0;
    for (const row of this.#image.rows(this.#table)) {
      const base = this.#image.rowOffset(this.#table, row);
      if (this.#counts(base)) this.#push(row, this.#timeAt(base));
    }
  }
}
