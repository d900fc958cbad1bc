/** Bytes that must be zero. */

import type { Storage } from '../storage/storage.ts';

const CHUNK_BYTES = 1 << 20;

/** Offset of the first byte in [from, to) that is not zero; null where all are. `to` defaults to the end of the file. */
export function nonZeroFrom(storage: Storage, path: string, from: number, to = Number.POSITIVE_INFINITY): number | null {
  const file = storage.open(path, 'read');
  try {
    const end = Math.min(to, file.size());
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(0, end - from)));
    for (let at = from; at < end; at += chunk.length) {
      const have = file.read(chunk, 0, Math.min(chunk.length, end - at), at);
      const found = chunk.subarray(0, have).findIndex((byte) => byte !== 0);
      if (found >= 0) return at + found;
      if (have === 0) break;
    }
    return null;
  } finally {
    file.close();
  }
}
