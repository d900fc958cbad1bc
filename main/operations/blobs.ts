/** Writing blobs into chunk rows; image/blobs.ts reads them. */

import type { Column } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { CHUNK_BYTES, CHUNK_DATA, CHUNK_NEXT, lengthOf } from '../image/blobs.ts';
import { getU32, setU32 } from '../image/cells.ts';
import type { Transaction } from './transaction.ts';

/** Replaces the blob of a row that the transaction edits. */
export function writeBlob(tx: Transaction, base: number, column: Column, bytes: Uint8Array): void {
  const { image } = tx;
  let chunk = getU32(image, base, column);
  while (chunk !== 0) {
    const next = getU32(image, image.rowOffset(TABLES.chunks, chunk - 1), CHUNK_NEXT);
    tx.remove(TABLES.chunks, chunk - 1);
    chunk = next;
  }
  let following = 0;
  for (let from = Math.floor((bytes.length - 1) / CHUNK_BYTES) * CHUNK_BYTES; from >= 0 && bytes.length > 0; from -= CHUNK_BYTES) {
    const part = bytes.subarray(from, from + CHUNK_BYTES);
    const row = tx.insert(TABLES.chunks);
    const chunkBase = image.rowOffset(TABLES.chunks, row);
    setU32(image, chunkBase, CHUNK_NEXT, following);
    image.bytes[chunkBase + CHUNK_DATA.offset] = part.length;
    image.bytes.set(part, chunkBase + CHUNK_DATA.offset + 1);
    following = row + 1;
  }
  setU32(image, base, column, following);
  setU32(image, base, lengthOf(column), bytes.length);
}
