/** Durable publication, once for the whole project: a file appears under its name whole and durable, or not at all. */

import { dirname } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import type { Storage, StoredFile } from './storage.ts';

/**
 * Writes `path` through `path.tmp`, which `fill` writes: sync, rename, sync the directory. When this returns, the file survives a
 * power loss. An existing file is replaced atomically. A leftover `.tmp` of an earlier crash is replaced.
 */
export function publishFile(storage: Storage, path: string, fill: (file: StoredFile) => void): void {
  const temporary = `${path}.tmp`;
  if (storage.exists(temporary)) storage.remove(temporary);
  const file = storage.open(temporary, 'create');
  try {
    fill(file);
    file.sync();
  } finally {
    file.close();
  }
  storage.rename(temporary, path);
  storage.syncDirectory(dirname(path));
}

/** As {@link publishFile}, of `parts` one after the other. */
export function publish(storage: Storage, path: string, parts: readonly Uint8Array[]): void {
  publishFile(storage, path, (file) => {
    let position = 0;
    for (const part of parts) {
      file.write(part, 0, part.length, position);
      position += part.length;
    }
  });
}

/** Bytes of a file. */
export function sizeOf(storage: Storage, path: string): number {
  const file = storage.open(path, 'read');
  try {
    return file.size();
  } finally {
    file.close();
  }
}

/** Reads a whole file. @throws RearmError VALUE_OUT_OF_RANGE where it is larger than `limit` bytes. */
export function readWhole(storage: Storage, path: string, limit: number): Uint8Array {
  const file = storage.open(path, 'read');
  try {
    const size = file.size();
    if (size > limit)
      throw new RearmError('VALUE_OUT_OF_RANGE', `${path} has ${size} bytes, more than the ${limit} it may have`, { path, size });
    const bytes = new Uint8Array(size);
    let have = 0;
    while (have < size) {
      const read = file.read(bytes, have, size - have, have);
      if (read === 0) break;
      have += read;
    }
    return bytes.subarray(0, have);
  } finally {
    file.close();
  }
}
