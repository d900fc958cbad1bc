/** Reads L2. */

import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { isZero } from '../storage/zeros.ts';
import { requireVersion } from '../store/ladder.ts';
import { parseSlotName, type StoreLayout } from '../store/layout.ts';
import { type CheckpointMark, decodeMark, PAGE_ENTRY_BYTES } from './checkpoint.ts';
import { SLOT_HEADER_BYTES, SLOT_MAGIC, SLOT_MARK_AT, SLOT_UNFINISHED_AT, SLOT_VERSION, slotPageAt } from './slots.ts';
import { judgeWithTable, problemOf, type TierCopy, type TierHead } from './tier-copy.ts';

/** Heads of both slots of every epoch; a slot that was never written has none. */
export function readSlots(storage: Storage, layout: StoreLayout, storeId: Uint8Array): TierHead[] {
  const heads: TierHead[] = [];
  for (const fileName of storage.list(layout.l2)) {
    const parsed = parseSlotName(fileName);
    if (!parsed) continue;
    const path = join(layout.l2, fileName);
    const name = `l2/${fileName}`;
    let file: StoredFile | undefined;
    try {
      file = storage.open(path, 'read');
      const head = readHead(storage, file, name, storeId, parsed);
      if (head) heads.push(head);
    } catch (error) {
      if (!(error instanceof RearmError)) throw error;
      heads.push({
        tier: 'L2',
        name,
        mark: null,
        scope: 'all',
        bytes: 0,
        problem: error.code === 'CHECKSUM_MISMATCH' ? { code: 'torn', message: error.message } : problemOf(error),
        load: () => {
          throw error;
        },
      });
    } finally {
      file?.close();
    }
  }
  return heads;
}

function readHead(
  storage: Storage,
  file: StoredFile,
  name: string,
  storeId: Uint8Array,
  expected: { epoch: number; slot: 0 | 1 },
): TierHead | null {
  const context = { path: file.path };
  const bytes = new Uint8Array(SLOT_HEADER_BYTES);
  const have = file.read(bytes, 0, bytes.length, 0);
  // Never written: its engine may have died while it made the file.
  if (isZero(bytes)) return null;
  const view = new DataView(bytes.buffer);
  // Before anything else of it: whoever dies while it is written leaves a part of it.
  if (have < bytes.length || xxh64(bytes.subarray(8)) !== view.getBigUint64(0, true))
    throw new RearmError('CHECKSUM_MISMATCH', `the header of ${name} does not match its checksum`, context);
  if (view.getUint32(8, true) !== SLOT_MAGIC) throw new RearmError('FORMAT_INVALID', `${name} is not a slot`, context);
  const version = view.getUint16(12, true);
  requireVersion(name, SLOT_VERSION, version);
  if (!storeId.every((byte, i) => bytes[16 + i] === byte))
    throw new RearmError('STORE_FOREIGN', `${name} belongs to another store`, context);
  const pagesMax = view.getUint32(32, true);
  const mark = decodeMark(view, SLOT_MARK_AT);
  if (!mark || mark.pageCount > pagesMax || view.getUint16(14, true) !== expected.slot || mark.epoch !== expected.epoch) {
    throw new RearmError('FORMAT_INVALID', `${name} holds another slot or epoch than its name says`, { ...context, epoch: mark?.epoch });
  }
  const size = file.size();
  const head: TierHead = {
    tier: 'L2',
    name,
    mark,
    scope: 'all',
    bytes: size,
    pageAt: (page) => slotPageAt(pagesMax, page),
    unfinished: bytes[SLOT_UNFINISHED_AT] === 1,
    problem: null,
    load: () => load(storage, file.path, head, mark, pagesMax),
  };
  return head;
}

function load(storage: Storage, path: string, head: TierHead, mark: CheckpointMark, pagesMax: number): TierCopy {
  const table = new Uint8Array(mark.pageCount * PAGE_ENTRY_BYTES);
  const pages = new Uint8Array(mark.pageCount * PAGE_BYTES);
  const file = storage.open(path, 'read');
  try {
    file.read(table, 0, table.length, SLOT_HEADER_BYTES);
    file.read(pages, 0, pages.length, slotPageAt(pagesMax, 0));
  } finally {
    file.close();
  }
  const copy = judgeWithTable(head, mark, pages, table);
  if (!copy)
    throw new RearmError(
      'CHECKSUM_MISMATCH',
      `${head.name}: neither the page table nor the pages sum to the root of LSN ${mark.lsn}: it was being written, or is damaged`,
      { path },
    );
  return copy;
}
