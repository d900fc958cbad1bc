/** The directories of a store, where they are not what they should be. */

import { basename } from 'node:path';
import type { Storage } from '../storage/storage.ts';
import type { StoreLayout } from './layout.ts';

/** Names of those in whose place something else lies: they look as if they were empty. */
export function filesInPlaceOfDirectories(storage: Storage, { lineage, wal, l1, l2, l3, l4, side, gate, audit }: StoreLayout): string[] {
  return [lineage, wal, l1, l2, l3, l4, side, gate, audit]
    .filter((path) => storage.exists(path) && !storage.isDirectory(path))
    .map((path) => basename(path));
}
