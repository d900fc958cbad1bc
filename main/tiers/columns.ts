/**
 * Pages rearranged before they are compressed: what the rows of a table hold in the same column comes to lie side by side.
 *
 * First the row size of each page in bytes, u16, padded to a multiple of 4. Then, for each row size in the order in which it first occurs, of
 * its pages in their order, in words of 4 bytes: word after word of the page header, each over all these pages; word after word of a row, each
 * over all rows of all these pages; then what is left of each page. A page of no table counts as one row.
 *
 * Columns by themselves compress better than rows: Stonebraker et al., "C-Store: A Column-oriented DBMS", VLDB 2005.
 */

import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES, PAGE_HEADER_BYTES } from '../../shared/model/schema.ts';
import { TABLE_BY_ID } from '../../shared/model/tables.ts';
import { readPageHeader } from '../image/page.ts';

const PAGE_WORDS = PAGE_BYTES / 4;
const HEADER_WORDS = PAGE_HEADER_BYTES / 4;
const ROWS_BYTES = PAGE_BYTES - PAGE_HEADER_BYTES;

const sizesBytes = (pageCount: number): number => Math.ceil(pageCount / 2) * 4;

/** What so many pages take as columns, in bytes. */
export const columnsBytes = (pageCount: number): number => sizesBytes(pageCount) + pageCount * PAGE_BYTES;

const wordsOf = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const rowSizesOf = (columns: Uint8Array, pageCount: number): Uint16Array => new Uint16Array(columns.buffer, columns.byteOffset, pageCount);

/** Copies words that follow each other in a page and lie a step apart as columns, or back. */
function strip(pages: Uint32Array, at: number, columns: Uint32Array, there: number, step: number, words: number, back: boolean): void {
  const end = at + words;
  if (back) for (let to = at, from = there; to < end; to += 1, from += step) pages[to] = columns[from]!;
  else for (let from = at, to = there; from < end; from += 1, to += step) columns[to] = pages[from]!;
}

/** Copies every word from where it lies in its page to its column, or back. */
function rearrange(pages: Uint32Array, columns: Uint32Array, rowSizes: Uint16Array, back: boolean): void {
  const groups = new Map<number, number[]>();
  for (const [page, size] of rowSizes.entries()) {
    const group = groups.get(size);
    if (group) group.push(page);
    else groups.set(size, [page]);
  }
  let start = sizesBytes(rowSizes.length) / 4;
  for (const [size, group] of groups) {
    const words = size / 4;
    const rows = Math.floor(ROWS_BYTES / size);
    const stride = rows * group.length;
    const rest = ROWS_BYTES / 4 - rows * words;
    const rowsStart = start + HEADER_WORDS * group.length;
    const restStart = rowsStart + words * stride;
    for (let index = 0; index < group.length; index += 1) {
      let at = group[index]! * PAGE_WORDS;
      strip(pages, at, columns, start + index, group.length, HEADER_WORDS, back);
      at += HEADER_WORDS;
      const first = rowsStart + index * rows;
      for (let there = first; there < first + rows; there += 1, at += words) strip(pages, at, columns, there, stride, words, back);
      strip(pages, at, columns, restStart + index * rest, 1, rest, back);
    }
    start += group.length * PAGE_WORDS;
  }
}

/** @param pages whole pages, 4-byte aligned @param columns {@link columnsBytes} of them, 4-byte aligned */
export function toColumns(pages: Uint8Array, columns: Uint8Array): void {
  const pageCount = pages.length / PAGE_BYTES;
  const view = new DataView(pages.buffer, pages.byteOffset, pages.byteLength);
  columns.fill(0, 0, sizesBytes(pageCount));
  const rowSizes = rowSizesOf(columns, pageCount);
  for (let page = 0; page < pageCount; page += 1)
    rowSizes[page] = TABLE_BY_ID.get(readPageHeader(view, page * PAGE_BYTES).table)?.rowBytes ?? ROWS_BYTES;
  rearrange(wordsOf(pages), wordsOf(columns), rowSizes, false);
}

/**
 * What {@link toColumns} rearranged, as it was.
 *
 * @param columns {@link columnsBytes} of as many pages as are wanted, 4-byte aligned
 * @param pages 4-byte aligned
 * @throws RearmError FORMAT_INVALID for a row size that no page can have
 */
export function fromColumns(columns: Uint8Array, pages: Uint8Array): void {
  const rowSizes = rowSizesOf(columns, pages.length / PAGE_BYTES);
  const odd = rowSizes.find((size) => size === 0 || size % 4 !== 0 || size > ROWS_BYTES);
  if (odd !== undefined) throw new RearmError('FORMAT_INVALID', `no page has rows of ${odd} bytes`, { rowBytes: odd });
  rearrange(wordsOf(pages), wordsOf(columns), rowSizes, true);
}
