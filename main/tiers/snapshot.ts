/**
 * L3: a compressed snapshot of all tables with a content checksum, several kept; published whole. With the log behind it, it
 * survives every local failure but the loss of the disk.
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 8 | checksum: XXH64 of bytes 8 to the end of the page table |
 * | 8 | 4 | magic "RSNP" |
 * | 12 | 2 | version |
 * | 14 | 2 | zero |
 * | 16 | 16 | store id |
 * | 32 | 4 | chunks: pages of the mark / pages per chunk, rounded up |
 * | 36 | 4 | pages per chunk |
 * | 40 | 56 | mark (Checkpoint mark) |
 * | 96 | 8 | bytes of the whole file |
 * | 104 | 24 | zero |
 * | 128 | 32 each | directory: per chunk {offset u64, stored bytes u32, codec u32 (0 raw, 1 zstd, 3 zstd of columns), raw bytes u32, zero u32, checksum u64: XXH64 of the stored bytes} |
 * | then | 16 each | page table: {lsn u64, hash u64} per page, zero where free |
 * | then | | chunks, one after the other, without gaps |
 *
 * A chunk holds the pages from chunk x pages per chunk on, one after the other, free ones as 4096 zeros; the last one holds what is
 * left. A chunk is damaged by itself: the pages of the others still count. Pages count as in L2. The pages of a chunk as columns: Columns.
 * A chunk of zstd is one frame (RFC 8878) from its first byte to its last, which states the size of its content and needs no dictionary.
 */

import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { publishFile } from '../storage/publish.ts';
import type { Storage } from '../storage/storage.ts';
import { parseSnapshotName, snapshotFileName } from '../store/layout.ts';
import { type CheckpointMark, encodeMark, PAGE_ENTRY_BYTES } from './checkpoint.ts';
import { columnsBytes } from './columns.ts';
import { compress } from './compression.ts';

export const SNAPSHOT_MAGIC = 0x504e5352;
export const SNAPSHOT_VERSION = 1;
export const SNAPSHOT_DIRECTORY_AT = 128;
export const CHUNK_ENTRY_BYTES = 32;
export const CHUNK_PAGES = 256;

/**
 * Writes a snapshot of the given checkpoint, a chunk at a time: it needs the memory of one, whatever the size of the state. Durable on
 * return, or not there at all.
 *
 * @param readPages reads the pages from `first` on, as many as fill the target
 * @returns the path and the bytes written
 */
export function writeSnapshot(
  storage: Storage,
  directory: string,
  storeId: Uint8Array,
  mark: CheckpointMark,
  table: Uint8Array,
  readPages: (first: number, target: Uint8Array) => void,
): { path: string; bytes: number } {
  const chunks = Math.ceil(mark.pageCount / CHUNK_PAGES);
  const headBytes = SNAPSHOT_DIRECTORY_AT + chunks * CHUNK_ENTRY_BYTES + table.length;
  const head = new Uint8Array(headBytes);
  const view = new DataView(head.buffer);
  const chunkBytes = new Uint8Array(Math.min(CHUNK_PAGES, mark.pageCount) * PAGE_BYTES);
  const columns = new Uint8Array(columnsBytes(chunkBytes.length / PAGE_BYTES));
  const path = join(directory, snapshotFileName(mark.epoch, mark.lsn));
  let offset = headBytes;
  publishFile(storage, path, (file) => {
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      const first = chunk * CHUNK_PAGES;
      const raw = chunkBytes.subarray(0, Math.min(CHUNK_PAGES, mark.pageCount - first) * PAGE_BYTES);
      readPages(first, raw);
      const { codec, bytes } = compress(raw, columns);
      const at = SNAPSHOT_DIRECTORY_AT + chunk * CHUNK_ENTRY_BYTES;
      view.setBigUint64(at, BigInt(offset), true);
      view.setUint32(at + 8, bytes.length, true);
      view.setUint32(at + 12, codec, true);
      view.setUint32(at + 16, raw.length, true);
      view.setBigUint64(at + 24, xxh64(bytes), true);
      file.write(bytes, 0, bytes.length, offset);
      offset += bytes.length;
      // Little by little: a commit that comes meanwhile waits for the disk behind one chunk, not behind the whole snapshot.
      if (chunk + 1 < chunks) file.sync();
    }
    view.setUint32(8, SNAPSHOT_MAGIC, true);
    view.setUint16(12, SNAPSHOT_VERSION, true);
    head.set(storeId, 16);
    view.setUint32(32, chunks, true);
    view.setUint32(36, CHUNK_PAGES, true);
    encodeMark(view, 40, mark);
    view.setBigUint64(96, BigInt(offset), true);
    head.set(table, SNAPSHOT_DIRECTORY_AT + chunks * CHUNK_ENTRY_BYTES);
    view.setBigUint64(0, xxh64(head.subarray(8)), true);
    file.write(head, 0, head.length, 0);
  });
  return { path, bytes: offset };
}

/** Snapshots in a directory, newest first: by epoch, then by LSN; one of an abandoned branch may have a higher LSN. */
export function listSnapshots(storage: Storage, directory: string): { name: string; epoch: number; lsn: number }[] {
  return storage
    .list(directory)
    .flatMap((name) => {
      const parsed = parseSnapshotName(name);
      return parsed ? [{ name, ...parsed }] : [];
    })
    .sort((a, b) => b.epoch - a.epoch || b.lsn - a.lsn);
}

/** The page table of sealed pages. */
export function pageTable(pages: Uint8Array): Uint8Array {
  const count = pages.length / PAGE_BYTES;
  const table = new Uint8Array(count * PAGE_ENTRY_BYTES);
  for (let page = 0; page < count; page += 1) {
    const at = page * PAGE_BYTES;
    table.set(pages.subarray(at + 8, at + 16), page * PAGE_ENTRY_BYTES);
    table.set(pages.subarray(at, at + 8), page * PAGE_ENTRY_BYTES + 8);
  }
  return table;
}
