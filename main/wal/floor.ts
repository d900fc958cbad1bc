/** Frees segments that nothing needs any more: every frame is behind the floor, and the segment is older than the window. */

import { join } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import { sizeOf } from '../storage/publish.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoreLayout } from '../store/layout.ts';
import { parseSegmentName, readSegmentHeader, type SegmentHeader } from './segment.ts';

export interface LogFloor {
  /** Frames up to this LSN are not needed for recovery. */
  readonly lsn: number;
  /** A segment counts as old where the one after it was begun before this wall time. */
  readonly createdBeforeNs: bigint;
}

/**
 * Removes, oldest first, each segment whose successor begins at or below the floor and before the window. Stops at the first that
 * must stay or cannot be read: a damaged segment is evidence. What a power loss brings back is freed again.
 *
 * @returns bytes freed
 */
export function freeLog(storage: Storage, layout: StoreLayout, storeId: Uint8Array, floor: LogFloor): number {
  const names = storage.list(layout.wal).filter((name) => parseSegmentName(name) !== null);
  const headers = names.map((name) => headerOf(storage, join(layout.wal, name), storeId));
  let freed = 0;
  for (let i = 0; i + 1 < names.length; i += 1) {
    if (headers[i] === 'unreadable') break;
    // The next one that was used: what was prepared in an earlier epoch and never used goes with its neighbours.
    const next = headers.slice(i + 1).find((header) => header !== null);
    if (!next || next === 'unreadable' || next.firstLsn > floor.lsn + 1 || next.createdNs > floor.createdBeforeNs) break;
    const path = join(layout.wal, names[i]!);
    const bytes = sizeOf(storage, path);
    storage.remove(path);
    freed += bytes;
  }
  return freed;
}

/** null: prepared and never used. */
function headerOf(storage: Storage, path: string, storeId: Uint8Array): SegmentHeader | null | 'unreadable' {
  const file = storage.open(path, 'read');
  try {
    return readSegmentHeader(file, storeId);
  } catch (error) {
    if (error instanceof RearmError) return 'unreadable';
    throw error;
  } finally {
    file.close();
  }
}
