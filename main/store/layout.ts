/** Where everything of a store lies. Names come from these patterns, never from a file's content. */

import { join } from 'node:path';
import type { Storage } from '../storage/storage.ts';

export interface StoreLayout {
  readonly root: string;
  readonly identity: string;
  readonly lock: string;
  readonly lineage: string;
  readonly wal: string;
  readonly l1: string;
  readonly l2: string;
  readonly l3: string;
  readonly l4: string;
  readonly side: string;
  readonly gate: string;
  readonly audit: string;
  readonly quarantine: string;
}

export const storeLayout = (root: string): StoreLayout => ({
  root,
  identity: join(root, 'store.json'),
  lock: join(root, 'lock'),
  lineage: join(root, 'lineage'),
  wal: join(root, 'wal'),
  l1: join(root, 'l1'),
  l2: join(root, 'l2'),
  l3: join(root, 'l3'),
  l4: join(root, 'l4'),
  side: join(root, 'side'),
  gate: join(root, 'gate'),
  audit: join(root, 'audit'),
  quarantine: join(root, 'quarantine'),
});

const digits = (value: number, width: number) => value.toString().padStart(width, '0');

export const epochFileName = (epoch: number): string => `${digits(epoch, 8)}.epoch`;
/** L1: one mapped file per epoch. */
export const mappedFileName = (epoch: number): string => `${digits(epoch, 8)}.map`;
/** L2: two slots per epoch. */
export const slotFileName = (epoch: number, slot: 0 | 1): string => `${digits(epoch, 8)}-${slot === 0 ? 'a' : 'b'}.slot`;
/** L3: one file per snapshot. */
export const snapshotFileName = (epoch: number, lsn: number): string => `${digits(epoch, 8)}-${digits(lsn, 16)}.snapshot`;
/** L4: one database for all epochs. */
export const ARCHIVE_FILE_NAME = 'archive.db';
/** Checksums of its pages. */
export const ARCHIVE_SUMS_NAME = 'archive.sums';

const match = (pattern: RegExp, name: string): RegExpExecArray | null => pattern.exec(name);

export function parseEpochName(name: string): number | null {
  const found = match(/^(\d{8})\.epoch$/, name);
  return found ? Number(found[1]) : null;
}

export function parseMappedName(name: string): number | null {
  const found = match(/^(\d{8})\.map$/, name);
  return found ? Number(found[1]) : null;
}

export function parseSlotName(name: string): { epoch: number; slot: 0 | 1 } | null {
  const found = match(/^(\d{8})-([ab])\.slot$/, name);
  return found ? { epoch: Number(found[1]), slot: found[2] === 'a' ? 0 : 1 } : null;
}

export function parseSnapshotName(name: string): { epoch: number; lsn: number } | null {
  const found = match(/^(\d{8})-(\d{16})\.snapshot$/, name);
  return found ? { epoch: Number(found[1]), lsn: Number(found[2]) } : null;
}

/** Makes those directories of a store that are not there. Durable on return. */
export function makeDirectories(storage: Storage, layout: StoreLayout): void {
  const { root, identity: _identity, lock: _lock, ...directories } = layout;
  const missing = Object.values(directories).filter((directory) => !storage.exists(directory));
  for (const directory of missing) storage.makeDirectory(directory);
  if (missing.length > 0) storage.syncDirectory(root);
}
