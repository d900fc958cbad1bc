/**
 * The page: 4,096 bytes, the unit of checksum, of checkpoint and of salvage. Little-endian.
 *
 * | offset | size | field | |
 * |---|---|---|---|
 * | 0 | 8 | hash | XXH64 (seed 0) of bytes 8 to 4095; current in files, in memory only after `seal` |
 * | 8 | 8 | lsn | LSN of the last operation that changed the page |
 * | 16 | 4 | number | place in the image; a page read from elsewhere is misdirected |
 * | 20 | 4 | index | place in its table: rows index x rowsPerPage and up |
 * | 24 | 2 | table | table id; 0 only where the page is free |
 * | 26 | 2 | version | version of the row layouts, {@link LAYOUT_VERSION} |
 * | 28 | 4 | zero | |
 * | 32 | | rows | rowsPerPage rows of the table's width (Tables), then zeros |
 *
 * A free page is zero from end to end.
 */

import { xxh64 } from '@node-rs/xxhash';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLE_BY_ID } from '../../shared/model/tables.ts';

/** Version of the row layouts in shared/model/tables.ts. */
export const LAYOUT_VERSION = 1;

export const PAGE_WORDS = PAGE_BYTES / 8;
export const PAGE_QUADS = PAGE_BYTES / 4;

/** XXH64 of a page without its hash field, as it stands in the header. */
export function hashPage(bytes: Uint8Array, offset: number): bigint {
  return xxh64(bytes.subarray(offset + 8, offset + PAGE_BYTES));
}

export interface PageHeader {
  readonly hash: bigint;
  readonly lsn: number;
  readonly number: number;
  readonly index: number;
  readonly table: number;
  readonly version: number;
}

/** Reads a header without judging it. The LSN of a damaged page may be above 2^53: it reads as Infinity. */
export function readPageHeader(view: DataView, offset: number): PageHeader {
  const lsn = view.getBigUint64(offset + 8, true);
  return {
    hash: view.getBigUint64(offset, true),
    lsn: lsn > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(lsn),
    number: view.getUint32(offset + 16, true),
    index: view.getUint32(offset + 20, true),
    table: view.getUint16(offset + 24, true),
    version: view.getUint16(offset + 26, true),
  };
}

/** What a page is for: its table, and the rows that it has room for, first to last. */
export interface PageRows {
  readonly table: string;
  readonly rows: readonly [number, number];
}

/** From the header of page `number`; null where it is another page's, or names no table: then nothing tells. */
export function rowsOfPage(view: DataView, offset: number, number: number): PageRows | null {
  const header = readPageHeader(view, offset);
  const table = TABLE_BY_ID.get(header.table);
  if (!table || header.number !== number) return null;
  const first = header.index * table.rowsPerPage;
  return { table: table.name, rows: [first, first + table.rowsPerPage - 1] };
}

/** Whether the page is zero from end to end. */
export function isFree(words: BigUint64Array, page: number): boolean {
  const from = page * PAGE_WORDS;
  for (let word = from; word < from + PAGE_WORDS; word += 1) if (words[word] !== 0n) return false;
  return true;
}
