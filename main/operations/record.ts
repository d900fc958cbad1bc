/**
 * The record of one operation: its intent, and the after-images of all that it changed. Little-endian, a multiple of 8 bytes.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 4 | bytes of the record, this field included |
 * | 4 | 1 | operation id |
 * | 5 | 1 | class: 0 commit, 1 post |
 * | 6 | 2 | zero |
 * | 8 | 8 | wall time, i64 nanoseconds |
 * | 16 | 4 | bytes of the intent |
 * | 20 | 4 | number of changes |
 * | 24 | | intent (Intents), padded with zeros to 8 bytes |
 * | | | changes |
 *
 * A change is 8 bytes {u32 row, u8 table, u8 kind, u8 first word, u8 words}, then `words` 8-byte words:
 * kind 0 writes the words into the row, from its byte 8 x first word on; kind 1 clears the row (no words); kind 2 gives the table its
 * page with the index `row`, at the page number that its one word holds. The record's LSN is the frame's first LSN plus its index.
 *
 * Redo is physical: no business logic, no clock, no randomness. A row lies in the page of its table whose index is row / rows a page,
 * rounded down, at byte 32 + (row modulo rows a page) x bytes a row. A change counts where the LSN that its page had before the
 * record is lower than the record's: all changes of one record to one page count, or none. A page of kind 2 that is not there
 * yet is added, zero but for its header (number, index, table, version). Every page that a record changed takes its LSN;
 * its hash, and with it the roots, are computed anew from its bytes.
 */

import { RearmError } from '../../shared/errors.ts';
import { PAGE_HEADER_BYTES, type Table } from '../../shared/model/schema.ts';
import { TABLE_LIST } from '../../shared/model/tables.ts';
import type { Image } from '../image/image.ts';
import { PAGE_QUADS, PAGE_WORDS } from '../image/page.ts';

export const RECORD_HEADER_BYTES = 24;
/** A record is refused above this: two blobs of 1 MiB and their chunks fit. */
export const RECORD_BYTES_MAX = 8 << 20;

export const CHANGE_WRITE = 0;
export const CHANGE_CLEAR = 1;
export const CHANGE_PAGE = 2;

export interface RecordHeader {
  readonly bytes: number;
  readonly operation: number;
  readonly posted: boolean;
  readonly timeNs: bigint;
  readonly intentBytes: number;
  readonly changes: number;
}

/** Bytes of the record at `at`, 8-byte aligned. @throws RearmError FORMAT_INVALID where it does not lie whole in [at, end). */
export function recordBytesAt(quads: Uint32Array, at: number, end: number): number {
  if (at + RECORD_HEADER_BYTES > end) throw new RearmError('FORMAT_INVALID', 'a record ends early', { at });
  const bytes = quads[at >> 2]!;
  if (!fits(bytes, quads[(at + 16) >> 2]!, at, end)) throw misfit(bytes, at);
  return bytes;
}

const fits = (bytes: number, intentBytes: number, at: number, end: number): boolean =>
  bytes >= RECORD_HEADER_BYTES && bytes % 8 === 0 && at + bytes <= end && RECORD_HEADER_BYTES + intentBytes <= bytes;

const misfit = (bytes: number, at: number): RearmError =>
  new RearmError('FORMAT_INVALID', `a record of ${bytes} bytes does not fit its frame`, { at, bytes });

/** @throws RearmError FORMAT_INVALID where the record does not lie whole in [at, end). */
export function readRecordHeader(view: DataView, at: number, end: number): RecordHeader {
  if (at + RECORD_HEADER_BYTES > end) throw new RearmError('FORMAT_INVALID', 'a record ends early', { at });
  const bytes = view.getUint32(at, true);
  const intentBytes = view.getUint32(at + 16, true);
  if (!fits(bytes, intentBytes, at, end)) throw misfit(bytes, at);
  return {
    bytes,
    operation: view.getUint8(at + 4),
    posted: view.getUint8(at + 5) === 1,
    timeNs: view.getBigInt64(at + 8, true),
    intentBytes,
    changes: view.getUint32(at + 20, true),
  };
}

/** Whether the record at `at` is one that nobody waits for. */
export const isPosted = (bytes: Uint8Array, at: number): boolean => bytes[at + 5] === 1;

/** By id: a change of a replay finds its table here. */
const TABLES_BY_ID: readonly (Table | undefined)[] = Array.from({ length: 256 }, (_, id) => TABLE_LIST.find((table) => table.id === id));

/** Where the changes begin. */
export const changesAt = (at: number, intentBytes: number): number => at + RECORD_HEADER_BYTES + Math.ceil(intentBytes / 8) * 8;

/**
 * Applies the after-images of the record at `at` to the image; idempotent. `quads` and `words` view the buffer that holds the
 * record, which must be 8-byte aligned there.
 *
 * @throws RearmError FORMAT_INVALID where a change does not fit its table: a checksum was right and the content is not.
 */
export function redo(image: Image, lsn: number, quads: Uint32Array, words: BigInt64Array, at: number): void {
  const { quads: imageQuads, words: imageWords } = image;
  const lsnLow = lsn >>> 0;
  const lsnHigh = (lsn / 4_294_967_296) | 0;
  const end = (at + quads[at >> 2]!) >> 3;
  let word = changesAt(at, quads[(at + 16) >> 2]!) >> 3;
  for (let left = quads[(at + 20) >> 2]!; left > 0; left -= 1) {
    const row = quads[word * 2]!;
    const packed = quads[word * 2 + 1]!;
    const kind = (packed >>> 8) & 0xff;
    const first = (packed >>> 16) & 0xff;
    const count = packed >>> 24;
    const table = TABLES_BY_ID[packed & 0xff];
    word += 1;
    if (table === undefined || word + count > end || kind > CHANGE_PAGE || (first + count) * 8 > table.rowBytes) {
      throw new RearmError('FORMAT_INVALID', `LSN ${lsn}: a change does not fit its table`, { lsn });
    }
    if (kind === CHANGE_PAGE) {
      const number = count === 1 ? Number(words[word]!) : -1;
      const { rowsMax } = image.pagesOf(table);
      if (number < 0 || number >= image.pagesMax || row * table.rowsPerPage >= rowsMax)
        throw new RearmError('FORMAT_INVALID', `LSN ${lsn}: page ${number} of ${table.name} is outside the image`, { lsn });
      if (image.pageTable(number) === 0) image.addPage(table, row, number);
      if (image.pageLsn(number) < lsn) image.setPageLsn(number, lsn);
      word += count;
      continue;
    }
    const index = (row / table.rowsPerPage) | 0;
    const page = image.pagesOf(table).pages[index] ?? -1;
    if (page < 0) throw new RearmError('FORMAT_INVALID', `LSN ${lsn}: row ${row} of ${table.name} is outside the image`, { lsn });
    // In halves: this is asked for every change of a replay.
    const low = imageQuads[page * PAGE_QUADS + 2]!;
    const high = imageQuads[page * PAGE_QUADS + 3]!;
    // A page at this very LSN has had an earlier change of the same record: a record is applied whole or not at all.
    const same = low === lsnLow && high === lsnHigh;
    if (same || high < lsnHigh || (high === lsnHigh && low < lsnLow)) {
      const rowWords = table.rowBytes >> 3;
      const target = page * PAGE_WORDS + (PAGE_HEADER_BYTES >> 3) + (row - index * table.rowsPerPage) * rowWords;
      if (kind === CHANGE_CLEAR) for (let i = 0; i < rowWords; i += 1) imageWords[target + i] = 0n;
      else for (let i = 0; i < count; i += 1) imageWords[target + first + i] = words[word + i]!;
      if (!same) image.setPageLsn(page, lsn);
    }
    word += count;
  }
  if (word !== end) throw new RearmError('FORMAT_INVALID', `LSN ${lsn}: the record does not end with its last change`, { lsn });
}
