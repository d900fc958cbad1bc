/** Reads L3. A damaged chunk costs its own pages only. */

import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { isUnread, saysNothing } from '../storage/system-errors.ts';
import { requireVersion } from '../store/ladder.ts';
import type { StoreLayout } from '../store/layout.ts';
import { type CheckpointMark, decodeMark, PAGE_ENTRY_BYTES } from './checkpoint.ts';
import { decompress } from './compression.ts';
import { CHUNK_ENTRY_BYTES, CHUNK_PAGES, listSnapshots, SNAPSHOT_DIRECTORY_AT, SNAPSHOT_MAGIC, SNAPSHOT_VERSION } from './snapshot.ts';
import { isTableOf, judgeWithTable, problemOf, strayPage, type TierCopy, type TierHead } from './tier-copy.ts';

const PAGES_MAX = 1 << 20;

/** Heads of all snapshots, newest first. */
export function readSnapshots(storage: Storage, layout: StoreLayout, storeId: Uint8Array): TierHead[] {
  return listSnapshots(storage, layout.l3).map(({ name: fileName, epoch, lsn }) => {
    const path = join(layout.l3, fileName);
    const name = `l3/${fileName}`;
    try {
      return readHead(storage, path, name, storeId, epoch, lsn);
    } catch (error) {
      if (!(error instanceof RearmError)) throw error;
      return {
        tier: 'L3',
        name,
        mark: null,
        scope: 'all',
        bytes: 0,
        problem: problemOf(error),
        load: () => {
          throw error;
        },
      } satisfies TierHead;
    }
  });
}

interface Head {
  readonly mark: CheckpointMark;
  readonly chunks: number;
  readonly headBytes: number;
}

function parse(name: string, path: string, fixed: Uint8Array, size: number, storeId: Uint8Array): Head {
  const context = { path };
  const view = new DataView(fixed.buffer, fixed.byteOffset);
  if (fixed.length < SNAPSHOT_DIRECTORY_AT) throw new RearmError('FORMAT_INVALID', `${name} is shorter than its header`, context);
  if (view.getUint32(8, true) !== SNAPSHOT_MAGIC) throw new RearmError('FORMAT_INVALID', `${name} is not a snapshot`, context);
  const version = view.getUint16(12, true);
  const chunks = view.getUint32(32, true);
  const mark = decodeMark(view, 40);
  if (!mark || mark.pageCount > PAGES_MAX || chunks !== Math.ceil(mark.pageCount / CHUNK_PAGES))
    throw new RearmError('FORMAT_INVALID', `${name}: its counts make no sense`, context);
  const headBytes = SNAPSHOT_DIRECTORY_AT + chunks * CHUNK_ENTRY_BYTES + mark.pageCount * PAGE_ENTRY_BYTES;
  if (headBytes > size) throw new RearmError('FORMAT_INVALID', `${name} has ${size} bytes, less than its directory`, context);
  // A newer one may be checked in another way; an older one is told from a damaged one by its checksum, below.
  if (version > SNAPSHOT_VERSION) requireVersion(name, SNAPSHOT_VERSION, version);
  if (!storeId.every((byte, i) => fixed[16 + i] === byte))
    throw new RearmError('STORE_FOREIGN', `${name} belongs to another store`, context);
  return { mark, chunks, headBytes };
}

/** The header and the directory as they lie in the file, sized by what the header says. @throws RearmError as {@link parse} does */
function readDirectory(file: StoredFile, name: string, storeId: Uint8Array): Head & { readonly size: number; readonly bytes: Uint8Array } {
  const size = file.size();
  const fixed = new Uint8Array(SNAPSHOT_DIRECTORY_AT);
  const have = file.read(fixed, 0, fixed.length, 0);
  const head = parse(name, file.path, fixed.subarray(0, have), size, storeId);
  const bytes = new Uint8Array(head.headBytes);
  file.read(bytes, 0, bytes.length, 0);
  return { ...head, size, bytes };
}

function readHead(storage: Storage, path: string, name: string, storeId: Uint8Array, epoch: number, lsn: number): TierHead {
  const file = storage.open(path, 'read');
  try {
    const { mark, size, bytes: head } = readDirectory(file, name, storeId);
    if (xxh64(head.subarray(8)) !== new DataView(head.buffer).getBigUint64(0, true)) {
      throw new RearmError('CHECKSUM_MISMATCH', `the header of ${name} does not match its checksum`, { path });
    }
    requireVersion(name, SNAPSHOT_VERSION, new DataView(head.buffer).getUint16(12, true));
    if (mark.epoch !== epoch || mark.lsn !== lsn)
      throw new RearmError('FORMAT_INVALID', `${name} holds LSN ${mark.lsn} of epoch ${mark.epoch}`, { path, epoch: mark.epoch });
    const offsets = chunkOffsets(new DataView(head.buffer), mark, size);
    const found: TierHead = {
      tier: 'L3',
      name,
      mark,
      scope: 'all',
      bytes: size,
      pageAt: (page) => offsets[Math.floor(page / CHUNK_PAGES)]!,
      problem: null,
      load: () => load(storage, path, found, mark, storeId),
      prove: () => proves(storage, path, found, mark, storeId),
    };
    return found;
  } finally {
    file.close();
  }
}

/** Where each chunk lies; of one that would lie behind the end, its entry in the directory, which is what says so. */
const chunkOffsets = (view: DataView, { pageCount }: CheckpointMark, size: number): number[] =>
  Array.from({ length: Math.ceil(pageCount / CHUNK_PAGES) }, (_, chunk) => {
    const at = SNAPSHOT_DIRECTORY_AT + chunk * CHUNK_ENTRY_BYTES;
    const offset = Number(view.getBigUint64(at, true));
    return offset < size ? offset : at;
  });

/**
 * Reads the chunks one after the other, each into the buffer that it is given; `visit` is told of each, and why it cannot be read.
 *
 * @returns the page table
 */
function readChunks(
  storage: Storage,
  path: string,
  { name }: TierHead,
  { pageCount }: CheckpointMark,
  storeId: Uint8Array,
  bufferFor: (firstPage: number, pages: number) => Uint8Array,
  visit: (firstPage: number, raw: Uint8Array, fault: RearmError | null, table: Uint8Array) => void,
): Uint8Array {
  const file = storage.open(path, 'read');
  try {
    const { chunks, headBytes, size, bytes: head } = readDirectory(file, name, storeId);
    const view = new DataView(head.buffer);
    const table = head.subarray(SNAPSHOT_DIRECTORY_AT + chunks * CHUNK_ENTRY_BYTES);
    let stored = new Uint8Array(0);
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      const first = chunk * CHUNK_PAGES;
      const raw = bufferFor(first, Math.min(CHUNK_PAGES, pageCount - first));
      const at = SNAPSHOT_DIRECTORY_AT + chunk * CHUNK_ENTRY_BYTES;
      const offset = Number(view.getBigUint64(at, true));
      const length = view.getUint32(at + 8, true);
      let fault: RearmError | null = null;
      try {
        if (offset < headBytes || offset + length > size)
          throw new RearmError('FORMAT_INVALID', `chunk ${chunk} lies outside the file`, {});
        if (view.getUint32(at + 16, true) !== raw.length)
          throw new RearmError('FORMAT_INVALID', `chunk ${chunk} does not have the size of its pages`, {});
        if (stored.length < length) stored = new Uint8Array(length);
        const part = stored.subarray(0, length);
        if (file.read(part, 0, length, offset) < length || xxh64(part) !== view.getBigUint64(at + 24, true))
          throw new RearmError('CHECKSUM_MISMATCH', `chunk ${chunk} does not match its checksum`, {});
        decompress(view.getUint32(at + 12, true), part, raw);
      } catch (error) {
        if (!(error instanceof RearmError) || saysNothing(error) || isUnread(error)) throw error;
        fault = error;
      }
      visit(first, raw, fault, table);
    }
    return table;
  } finally {
    file.close();
  }
}

function load(storage: Storage, path: string, head: TierHead, mark: CheckpointMark, storeId: Uint8Array): TierCopy {
  const pages = new Uint8Array(mark.pageCount * PAGE_BYTES);
  const lost = new Map<number, string>();
  const table = readChunks(
    storage,
    path,
    head,
    mark,
    storeId,
    (first, count) => pages.subarray(first * PAGE_BYTES, (first + count) * PAGE_BYTES),
    (first, raw, fault) => {
      if (fault) for (let page = first; page < first + raw.length / PAGE_BYTES; page += 1) lost.set(page, fault.message);
    },
  );
  const copy = judgeWithTable(head, mark, pages, table);
  if (!copy)
    throw new RearmError('CHECKSUM_MISMATCH', `${head.name}: the page table does not sum to the root of LSN ${mark.lsn}`, { path });
  return lost.size === 0
    ? copy
    : { ...copy, reasons: new Map([...copy.reasons].map(([page, reason]) => [page, lost.get(page) ?? reason])) };
}

/** Whether every page is proven, in the memory of a chunk. */
function proves(storage: Storage, path: string, head: TierHead, mark: CheckpointMark, storeId: Uint8Array): boolean {
  const buffer = new Uint8Array(Math.min(CHUNK_PAGES, mark.pageCount) * PAGE_BYTES);
  let stray = false;
  const table = readChunks(
    storage,
    path,
    head,
    mark,
    storeId,
    (_first, count) => buffer.subarray(0, count * PAGE_BYTES),
    (first, raw, fault, entries) => {
      stray ||= fault !== null || strayPage(entries, raw, first) >= 0;
    },
  );
  return !stray && isTableOf(mark, table);
}
