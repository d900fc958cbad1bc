/**
 * The image: the whole trading state as pages in memory, laid out as the tiers store it.
 *
 * Reads, writes, recovery, screens and tiers use this; there is no second object model of the state. An image belongs to one
 * thread. Its buffer has the size of the bound from the start: the operating system backs only the pages that were touched.
 */

import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES, PAGE_HEADER_BYTES, type Table } from '../../shared/model/schema.ts';
import { TABLE_BY_ID, TABLE_LIST } from '../../shared/model/tables.ts';
import { hashPage, isFree, LAYOUT_VERSION, PAGE_QUADS, PAGE_WORDS, readPageHeader } from './page.ts';

/** Rows at most per table; a table that is not named keeps its declared bound. */
export type RowBounds = Readonly<Record<string, number>>;

/** Pages that the tables need at their bounds. */
export function pagesFor(bounds: RowBounds = {}): number {
  let pages = 0;
  for (const table of TABLE_LIST) pages += Math.ceil((bounds[table.name] ?? table.rowsMax) / table.rowsPerPage);
  return pages;
}

/** The pages of one table in the image. */
export interface TablePages {
  readonly table: Table;
  /** Page numbers by page index; -1 where a page is missing (a damaged image only). */
  readonly pages: number[];
  readonly rowsMax: number;
}

export class Image {
  readonly buffer: ArrayBufferLike;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** 64-bit words, signed. */
  readonly words: BigInt64Array;
  readonly unsignedWords: BigUint64Array;
  readonly quads: Uint32Array;
  readonly pagesMax: number;
  /** Pages [0, pageCount) are allocated, or damaged and known to have been. */
  pageCount = 0;
  /** LSN of the last operation that is in the image. */
  lsn = 0;
  readonly #tables: (TablePages | undefined)[] = [];
  /** Sum over the sealed hashes of the hot, and of the cold tables' pages, modulo 2^64. */
  readonly #roots: [bigint, bigint] = [0n, 0n];
  /** Pages changed since the last {@link takeChanged}. */
  readonly #changed: number[] = [];
  readonly #isChanged: Uint8Array;

  constructor(bounds: RowBounds = {}, buffer?: ArrayBufferLike) {
    this.pagesMax = pagesFor(bounds);
    this.buffer = buffer ?? new ArrayBuffer(this.pagesMax * PAGE_BYTES);
    this.bytes = new Uint8Array(this.buffer);
    this.view = new DataView(this.buffer);
    this.words = new BigInt64Array(this.buffer);
    this.unsignedWords = new BigUint64Array(this.buffer);
    this.quads = new Uint32Array(this.buffer);
    this.#isChanged = new Uint8Array(this.pagesMax);
    for (const table of TABLE_LIST) {
      this.#tables[table.id] = { table, pages: [], rowsMax: bounds[table.name] ?? table.rowsMax };
    }
  }

  pagesOf(table: Table): TablePages {
    return this.#tables[table.id]!;
  }

  /** Rows that the table's pages can hold now. */
  capacity(table: Table): number {
    return this.#tables[table.id]!.pages.length * table.rowsPerPage;
  }

  /** Byte offset of a row, which must lie in an allocated page. */
  rowOffset(table: Table, row: number): number {
    const index = (row / table.rowsPerPage) | 0;
    const page = this.#tables[table.id]!.pages[index];
    if (page === undefined || page < 0) {
      throw new RearmError('INTERNAL', `row ${row} of ${table.name} is outside the image`, { table: table.name, row });
    }
    return page * PAGE_BYTES + PAGE_HEADER_BYTES + (row - index * table.rowsPerPage) * table.rowBytes;
  }

  inUse(table: Table, row: number): boolean {
    return this.bytes[this.rowOffset(table, row)] === 1;
  }

  /** Every row in use, in row order. */
  *rows(table: Table): Generator<number> {
    const { pages } = this.pagesOf(table);
    for (let index = 0; index < pages.length; index += 1) {
      const page = pages[index]!;
      if (page < 0) continue;
      let offset = page * PAGE_BYTES + PAGE_HEADER_BYTES;
      const first = index * table.rowsPerPage;
      for (let row = first; row < first + table.rowsPerPage; row += 1, offset += table.rowBytes) {
        if (this.bytes[offset] === 1) yield row;
      }
    }
  }

  pageLsn(page: number): number {
    const at = page * PAGE_QUADS;
    return this.quads[at + 3]! * 4_294_967_296 + this.quads[at + 2]!;
  }

  setPageLsn(page: number, lsn: number): void {
    const at = page * PAGE_QUADS;
    this.quads[at + 2] = lsn >>> 0;
    this.quads[at + 3] = Math.floor(lsn / 4_294_967_296);
    if (this.#isChanged[page] === 0) {
      this.#isChanged[page] = 1;
      this.#changed.push(page);
    }
  }

  /** Table id of a page; 0 where it is free. */
  pageTable(page: number): number {
    return this.quads[page * PAGE_QUADS + 6]! & 0xffff;
  }

  /**
   * Gives `table` its page `index` at page `number`; the page must be free.
   *
   * @throws RearmError STATE_BOUND past the configured bound, INTERNAL where the page is taken.
   */
  addPage(table: Table, index: number, number: number): void {
    const entry = this.pagesOf(table);
    if (number >= this.pagesMax) {
      throw new RearmError('STATE_BOUND', `the image is at its bound of ${this.pagesMax} pages`, { table: table.name });
    }
    if (this.pageTable(number) !== 0 || (entry.pages[index] ?? -1) >= 0) {
      throw new RearmError('INTERNAL', `page ${number} of ${table.name} is allocated twice`, { table: table.name, index, number });
    }
    const at = number * PAGE_QUADS;
    this.quads[at + 4] = number;
    this.quads[at + 5] = index;
    this.quads[at + 6] = table.id | (LAYOUT_VERSION << 16);
    while (entry.pages.length < index) entry.pages.push(-1);
    entry.pages[index] = number;
    if (number >= this.pageCount) this.pageCount = number + 1;
  }

  /** Takes back a page that an operation allocated before it failed. */
  dropPage(table: Table, index: number): void {
    const entry = this.pagesOf(table);
    const number = entry.pages[index]!;
    this.words.fill(0n, number * PAGE_WORDS, (number + 1) * PAGE_WORDS);
    entry.pages.length = index;
    if (number === this.pageCount - 1) this.pageCount = number;
  }

  /** Back to an image without a page, at LSN 0. */
  clear(): void {
    this.words.fill(0n, 0, this.pageCount * PAGE_WORDS);
    for (const page of this.#changed.splice(0)) this.#isChanged[page] = 0;
    this.lsn = 0;
    this.mapPages(0);
  }

  /** Rebuilds the lookup from tables to pages after pages were copied into the buffer. */
  mapPages(pageCount: number): void {
    for (const entry of this.#tables) if (entry) entry.pages.length = 0;
    this.pageCount = pageCount;
    for (let page = 0; page < pageCount; page += 1) {
      const header = readPageHeader(this.view, page * PAGE_BYTES);
      const entry = header.table === 0 ? undefined : this.#tables[header.table];
      if (!entry || header.number !== page) continue;
      while (entry.pages.length <= header.index) entry.pages.push(-1);
      entry.pages[header.index] = page;
    }
    this.resetRoots();
  }

  /** Why the pages do not make tables, each with its rows from the first on and none twice; null where they do. */
  strayPages(): string | null {
    let used = 0;
    for (let page = 0; page < this.pageCount; page += 1) used += this.pageTable(page) === 0 ? 0 : 1;
    for (const entry of this.#tables) {
      if (!entry) continue;
      used -= entry.pages.length;
      const missing = entry.pages.indexOf(-1);
      if (missing >= 0) return `page ${missing} of ${entry.table.name} is missing`;
    }
    return used === 0 ? null : `${used} pages have a place in their table that another one has`;
  }

  /** Computes the roots anew from the stored hashes. */
  resetRoots(): void {
    this.#roots[0] = 0n;
    this.#roots[1] = 0n;
    for (let page = 0; page < this.pageCount; page += 1) {
      const side = this.#side(page);
      if (side < 0) continue;
      this.#roots[side as 0 | 1] = BigInt.asUintN(64, this.#roots[side as 0 | 1] + this.unsignedWords[page * PAGE_WORDS]!);
    }
  }

  /** 0: hot, 1: cold, -1: free. */
  #side(page: number): number {
    const table = TABLE_BY_ID.get(this.pageTable(page));
    return table === undefined ? -1 : table.hot ? 0 : 1;
  }

  isHot(page: number): boolean {
    return this.#side(page) === 0;
  }

  /** Brings the page's hash up to date and the root with it. */
  seal(page: number): void {
    const side = this.#side(page);
    // A page that was taken back is free again: there is nothing to seal.
    if (side < 0) return;
    const at = page * PAGE_WORDS;
    const before = this.unsignedWords[at]!;
    const after = hashPage(this.bytes, page * PAGE_BYTES);
    if (before === after) return;
    this.unsignedWords[at] = after;
    this.#roots[side as 0 | 1] = BigInt.asUintN(64, this.#roots[side as 0 | 1] + after - before);
  }

  /** Seals what changed and returns those page numbers, oldest change first; the list starts anew. */
  takeChanged(): number[] {
    const pages = this.#changed.splice(0);
    for (const page of pages) {
      this.#isChanged[page] = 0;
      this.seal(page);
    }
    return pages;
  }

  /** Seals what changed, without taking the list. */
  sealChanged(): void {
    for (const page of this.#changed) this.seal(page);
  }

  /** Root of the hot tables as last sealed. */
  get hotRoot(): bigint {
    return this.#roots[0];
  }

  /** Root of the cold tables as last sealed. */
  get coldRoot(): bigint {
    return this.#roots[1];
  }

  /**
   * The image root as last sealed: the sum, modulo 2^64, of the page hashes. Each hash covers its page's number and LSN, so that a
   * stale or a misdirected page changes the root as a damaged one does.
   */
  get root(): bigint {
    return BigInt.asUintN(64, this.#roots[0] + this.#roots[1]);
  }

  pageBytes(page: number): Uint8Array {
    return this.bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  }

  isFreePage(page: number): boolean {
    return isFree(this.unsignedWords, page);
  }
}
