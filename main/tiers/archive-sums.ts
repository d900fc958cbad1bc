/**
 * `archive.sums`: the checksums of the pages of the archive, which SQLite does not have. Published before a transaction of the archive, as
 * "open", and after it, as "sealed". Little-endian.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 8 | checksum: XXH64 of bytes 8 to the end |
 * | 8 | 4 | magic "RSUM" |
 * | 12 | 2 | version |
 * | 14 | 2 | state: 0 open, 1 sealed |
 * | 16 | 16 | store id |
 * | 32 | 4 | pages |
 * | 36 | 4 | zero |
 * | 40 | 8 each | XXH64 of each 4096 bytes of `archive.db`, the last piece as long as it is |
 *
 * Sealed, the archive has exactly these pages. Open, an engine writes it now, or died while it did: the sums are those of before that
 * transaction, and tell nothing of a page that it wrote. A page that was damaged keeps the sum of what it was until it is written anew.
 */

import { xxh64 } from '@node-rs/xxhash';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { publish, readWhole } from '../storage/publish.ts';
import type { Storage } from '../storage/storage.ts';
import { requireVersion } from '../store/ladder.ts';

export const SUMS_VERSION = 1;
const MAGIC = 0x4d555352;
const SUMS_AT = 40;
const SUMS_BYTES_MAX = 1 << 28;
const PIECE_PAGES = 256;

export interface ArchiveSums {
  readonly sealed: boolean;
  readonly sums: BigUint64Array;
}

/** Of the pages of a file as they are now; none where there is no file. */
export function sumPages(storage: Storage, path: string): BigUint64Array {
  if (!storage.exists(path)) return new BigUint64Array();
  const file = storage.open(path, 'read');
  try {
    const size = file.size();
    const sums = new BigUint64Array(Math.ceil(size / PAGE_BYTES));
    const piece = new Uint8Array(PIECE_PAGES * PAGE_BYTES);
    for (let page = 0; page < sums.length; page += PIECE_PAGES) {
      const read = file.read(piece, 0, piece.length, page * PAGE_BYTES);
      for (let at = 0; at < read; at += PAGE_BYTES)
        sums[page + at / PAGE_BYTES] = xxh64(piece.subarray(at, Math.min(at + PAGE_BYTES, read)));
    }
    return sums;
  } finally {
    file.close();
  }
}

/** Durable on return. */
export function writeSums(storage: Storage, path: string, storeId: Uint8Array, { sealed, sums }: ArchiveSums): void {
  const bytes = new Uint8Array(SUMS_AT + sums.length * 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, MAGIC, true);
  view.setUint16(12, SUMS_VERSION, true);
  view.setUint16(14, sealed ? 1 : 0, true);
  bytes.set(storeId, 16);
  view.setUint32(32, sums.length, true);
  sums.forEach((sum, page) => {
    view.setBigUint64(SUMS_AT + page * 8, sum, true);
  });
  view.setBigUint64(0, xxh64(bytes.subarray(8)), true);
  publish(storage, path, [bytes]);
}

/** @throws RearmError CHECKSUM_MISMATCH, FORMAT_INVALID, STORE_FOREIGN, VERSION_NEWER, VERSION_OLDER; null where there is no such file */
export function readSums(storage: Storage, path: string, storeId: Uint8Array): ArchiveSums | null {
  if (!storage.exists(path)) return null;
  const bytes = readWhole(storage, path, SUMS_BYTES_MAX);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < SUMS_AT || view.getUint32(8, true) !== MAGIC)
    throw new RearmError('FORMAT_INVALID', `${path} holds no page checksums`, { path });
  requireVersion(path, SUMS_VERSION, view.getUint16(12, true));
  if (xxh64(bytes.subarray(8)) !== view.getBigUint64(0, true))
    throw new RearmError('CHECKSUM_MISMATCH', `${path} does not match its own checksum`, { path });
  if (Buffer.compare(bytes.subarray(16, 32), storeId) !== 0)
    throw new RearmError('STORE_FOREIGN', `${path} belongs to another store`, { path });
  const pages = view.getUint32(32, true);
  if (bytes.length !== SUMS_AT + pages * 8) throw new RearmError('FORMAT_INVALID', `${path} does not have the size of its pages`, { path });
  return {
    sealed: view.getUint16(14, true) === 1,
    sums: BigUint64Array.from({ length: pages }, (_, page) => view.getBigUint64(SUMS_AT + page * 8, true)),
  };
}
