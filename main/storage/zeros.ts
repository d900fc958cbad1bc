/** Bytes that must be zero. */

import type { Storage } from './storage.ts';

const CHUNK_BYTES = 1 << 20;
const ZEROS = new Uint8Array(CHUNK_BYTES);
/** Read into again and again: a zeroed buffer for each call cost more than what was read. */
const chunk = new Uint8Array(CHUNK_BYTES);

export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const part = bytes.subarray(at, at + CHUNK_BYTES);
    // A comparison of memory: looking at each byte took most of the time of a verification.
    if (Buffer.compare(part, ZEROS.subarray(0, part.length)) !== 0) return false;
  }
  return true;
}

/** Offset of the first byte in [from, to) that is not zero; null where all are. `to` defaults to the end of the file. */
export function nonZeroFrom(storage: Storage, path: string, from: number, to = Number.POSITIVE_INFINITY): number | null {
  const file = storage.open(path, 'read');
  try {
    const end = Math.min(to, file.size());
    for (let at = from; at < end; at += chunk.length) {
      const have = file.read(chunk, 0, Math.min(chunk.length, end - at), at);
      if (!isZero(chunk.subarray(0, have))) return at + chunk.findIndex((byte) => byte !== 0);
      if (have === 0) break;
    }
    return null;
  } finally {
    file.close();
  }
}
