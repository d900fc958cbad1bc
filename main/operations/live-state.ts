/**
 * The image as the running engine uses it: with the lookups that are rebuilt at load and never stored (rows by key, free rows,
 * strings by text).
 */

import { PAGE_BYTES, type Table } from '../../shared/model/schema.ts';
import { LIVE_STATUSES, ORDER_STATUSES, TABLE_LIST, TABLES } from '../../shared/model/tables.ts';
import { AgeQueue } from '../image/age-queue.ts';
import { getText } from '../image/cells.ts';
import { IdIndex } from '../image/id-index.ts';
import type { Image } from '../image/image.ts';
import { RowIndex } from '../image/row-index.ts';

const VALUE = TABLES.dictionary.byName.get('value')!;

/** What arithmetic needs of an instrument; fixed once it is defined. */
export interface InstrumentTerms {
  /** Row + 1. */
  readonly id: number;
  /** Dictionary id of the settlement asset. */
  readonly settle: number;
  readonly priceScale: number;
  readonly quantityScale: number;
  /** What makes quantity x price money. */
  readonly factor: Uint32Array;
}

/** Tables whose rows are pruned, and the column of their age; of orders the closed ones. */
const PRUNED_BY: Readonly<Record<string, string>> = { fills: 'time', orders: 'updated', books: 'time', trades: 'time' };
const STATUS = TABLES.orders.byName.get('status')!;
/** By status: 1 where an order will not trade any more. */
const CLOSED = Uint8Array.from(ORDER_STATUSES, (status) => (status === 'none' || LIVE_STATUSES.includes(status) ? 0 : 1));

/** An instrument as a venue calls it. */
export interface NamedTerms {
  readonly venue: string;
  readonly terms: InstrumentTerms;
}

export class LiveState {
  /** By row, as they were needed. */
  readonly terms: (InstrumentTerms | undefined)[] = [];
  /** By symbol, and then by venue, as they were needed: two strings are one look-up instead of three. */
  readonly named = new Map<string, NamedTerms[]>();
  readonly image: Image;
  /** Of the tables that are pruned, by table id. */
  readonly #ages: (AgeQueue | undefined)[] = [];
  readonly #indexes: (RowIndex | IdIndex | undefined)[] = [];
  /** Free rows of allocated pages by table id; the last is taken first. */
  readonly #free: number[][] = [];
  readonly #used: number[] = [];
  readonly #references = new Map<string, number>();
  /** A scratch row, of any table, for looking keys up. */
  readonly probe: { readonly bytes: Uint8Array; readonly quads: Uint32Array; readonly words: BigInt64Array };

  constructor(image: Image) {
    this.image = image;
    const row = new ArrayBuffer(PAGE_BYTES);
    this.probe = { bytes: new Uint8Array(row), quads: new Uint32Array(row), words: new BigInt64Array(row) };
    for (const table of TABLE_LIST) {
      if (table.key.length > 0 && table !== TABLES.dictionary) {
        this.#indexes[table.id] = IdIndex.fits(table) ? new IdIndex(image, table) : new RowIndex(image, table);
      }
      this.#free[table.id] = [];
      this.#used[table.id] = 0;
      const time = PRUNED_BY[table.name];
      if (time)
        this.#ages[table.id] = new AgeQueue(image, table, table.byName.get(time)!, table === TABLES.orders ? this.#isClosed : () => true);
    }
    this.rebuild();
  }

  rebuild(): void {
    this.#references.clear();
    this.#forgetTerms();
    for (const row of this.image.rows(TABLES.dictionary)) {
      this.#references.set(getText(this.image, this.image.rowOffset(TABLES.dictionary, row), VALUE), row + 1);
    }
    for (const table of TABLE_LIST) {
      this.#indexes[table.id]?.rebuild();
      this.#ages[table.id]?.rebuild();
      const free = this.#free[table.id]!;
      free.length = 0;
      let used = 0;
      for (let row = this.image.capacity(table) - 1; row >= 0; row -= 1) {
        if (this.image.inUse(table, row)) used += 1;
        else if (row < this.rowsMax(table)) free.push(row);
      }
      this.#used[table.id] = used;
    }
  }

  index(table: Table): RowIndex | IdIndex {
    return this.#indexes[table.id]!;
  }

  /** Row of a table whose key is one id, or -1. */
  rowOfId(table: Table, id: number): number {
    return (this.#indexes[table.id] as IdIndex).at(id);
  }

  hasIndex(table: Table): boolean {
    return this.#indexes[table.id] !== undefined;
  }

  readonly #isClosed = (base: number): boolean => CLOSED[this.image.bytes[base + STATUS.offset]!] === 1;

  /** Rows of a table that is pruned, by age; undefined for any other name. */
  agesOf(name: string): AgeQueue | undefined {
    return Object.hasOwn(PRUNED_BY, name) ? this.#ages[TABLES[name as 'fills'].id] : undefined;
  }

  /** Takes note that a row at `base` was added or changed, for good. */
  changed(table: Table, row: number, base: number): void {
    this.#ages[table.id]?.add(row, base);
  }

  /** What was taken out of the ages by an operation that is taken back is there again. */
  restoreAges(): void {
    for (const queue of this.#ages) queue?.rebuild();
  }

  /** Rows in use. */
  used(table: Table): number {
    return this.#used[table.id]!;
  }

  rowsMax(table: Table): number {
    return this.image.pagesOf(table).rowsMax;
  }

  /** A free row of an allocated page, or -1. */
  takeFree(table: Table): number {
    const row = this.#free[table.id]!.pop() ?? -1;
    if (row >= 0) this.#used[table.id]! += 1;
    return row;
  }

  giveFree(table: Table, row: number): void {
    if (table === TABLES.instruments) this.#forgetTerms();
    this.#free[table.id]!.push(row);
    this.#used[table.id]! -= 1;
  }

  #forgetTerms(): void {
    this.terms.length = 0;
    this.named.clear();
  }

  /** Adds the rows of a page that was allocated; the first row is taken first. */
  addFreePage(table: Table, pageIndex: number): void {
    const first = pageIndex * table.rowsPerPage;
    const free = this.#free[table.id]!;
    const bound = this.rowsMax(table);
    for (let row = Math.min(first + table.rowsPerPage, bound) - 1; row >= first; row -= 1) free.push(row);
  }

  /** Forgets the rows of a page whose allocation is taken back. */
  dropFreePage(table: Table, pageIndex: number): void {
    const first = pageIndex * table.rowsPerPage;
    const free = this.#free[table.id]!;
    let kept = 0;
    for (const row of free) if (row < first) free[kept++] = row;
    free.length = kept;
  }

  /** Dictionary id of a string, or 0. */
  reference(text: string): number {
    return this.#references.get(text) ?? 0;
  }

  addReference(text: string, id: number): void {
    this.#references.set(text, id);
  }

  dropReference(text: string): void {
    this.#references.delete(text);
  }

  /** String of a dictionary id; "" for 0. */
  textOf(id: number): string {
    return id === 0 ? '' : getText(this.image, this.image.rowOffset(TABLES.dictionary, id - 1), VALUE);
  }
}
