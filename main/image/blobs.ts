/** Blobs in chunk rows: {first chunk row + 1, length in bytes} in the owner's row, the bytes in a chain of chunks. */

import { type Column, PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { getU32, textBytes } from './cells.ts';
import type { Image } from './image.ts';

export const CHUNK_NEXT = TABLES.chunks.byName.get('next')!;
export const CHUNK_DATA = TABLES.chunks.byName.get('data')!;
export const CHUNK_BYTES = CHUNK_DATA.size - 1;

/** The length stands in the second half of a blob column. */
export const lengthOf = (column: Column): Column => ({ ...column, offset: column.offset + 4 });

/** The blob's bytes; a chain that is broken or circular ends early. */
export function readBlob(image: Image, base: number, column: Column): Uint8Array {
  const length = getU32(image, base, lengthOf(column));
  const capacity = image.capacity(TABLES.chunks);
  const bytes = new Uint8Array(Math.min(length, capacity * CHUNK_BYTES, image.pagesMax * PAGE_BYTES));
  let at = 0;
  for (let chunk = getU32(image, base, column); chunk !== 0 && chunk <= capacity && at < bytes.length; ) {
    const chunkBase = image.rowOffset(TABLES.chunks, chunk - 1);
    const part = textBytes(image, chunkBase, CHUNK_DATA);
    if (part.length === 0) break;
    bytes.set(part.subarray(0, bytes.length - at), at);
    at += part.length;
    chunk = getU32(image, chunkBase, CHUNK_NEXT);
  }
  return bytes.subarray(0, Math.min(at, bytes.length));
}
