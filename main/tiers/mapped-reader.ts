/** Reads L1 from its file, without mapping it: a reader must not disturb the writer, nor fault on a short file. */

import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLE_BY_ID } from '../../shared/model/tables.ts';
import { readPageHeader } from '../image/page.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { isZero } from '../storage/zeros.ts';
import { requireVersion } from '../store/ladder.ts';
import { parseMappedName, type StoreLayout } from '../store/layout.ts';
import { type CheckpointMark, decodeMark } from './checkpoint.ts';
import {
  acknowledgedAt,
  MAPPED_MAGIC,
  MAPPED_PAGES_AT,
  MAPPED_SLOT_HEADER_BYTES,
  MAPPED_SLOT_MAGIC,
  MAPPED_VERSION,
  mappedPageAt,
  mappedSlotAt,
} from './mapped.ts';
import { judgeByHeaders, problemOf, type TierCopy, type TierHead } from './tier-copy.ts';

/** A file without a whole header: one that was being made when the engine died, before the first operation of its epoch. Or it is damaged. */
export interface UnbegunMap {
  readonly epoch: number;
  /** Why, as in "the file ...". */
  readonly because: string;
}

export interface MappedReading {
  readonly heads: readonly TierHead[];
  /** Highest acknowledged LSN that a valid copy of the watermark names, by epoch; an epoch without a valid one is missing. */
  readonly acknowledged: ReadonlyMap<number, number>;
  readonly unbegun: readonly UnbegunMap[];
  /** Epochs whose file was written in this boot of the machine: what process death leaves of it is exact. */
  readonly ofThisBoot: ReadonlySet<number>;
}

/** Heads of every slot of every epoch's file, newest epoch first. */
export function readMapped(storage: Storage, layout: StoreLayout, storeId: Uint8Array, bootId: string): MappedReading {
  const heads: TierHead[] = [];
  const acknowledged = new Map<number, number>();
  const unbegun: UnbegunMap[] = [];
  const ofThisBoot = new Set<number>();
  const names = storage
    .list(layout.l1)
    .filter((name) => parseMappedName(name) !== null)
    .reverse();
  for (const name of names) {
    const path = join(layout.l1, name);
    let file: StoredFile | undefined;
    try {
      file = storage.open(path, 'read');
      const { boot, watermark, slots, isBlank } = readHeader(storage, file, storeId, bootId, parseMappedName(name)!, `l1/${name}`);
      if (isBlank) unbegun.push({ epoch: parseMappedName(name)!, because: 'holds nothing' });
      if (boot === bootId) ofThisBoot.add(parseMappedName(name)!);
      if (watermark !== null) acknowledged.set(parseMappedName(name)!, watermark);
      heads.push(...slots);
    } catch (error) {
      if (!(error instanceof RearmError)) throw error;
      const torn = error.code === 'CHECKSUM_MISMATCH';
      if (torn) unbegun.push({ epoch: parseMappedName(name)!, because: 'has no whole header' });
      heads.push(torn ? tornHead(`l1/${name}`, error) : badHead(`l1/${name}`, error));
    } finally {
      file?.close();
    }
  }
  return { heads, acknowledged, unbegun, ofThisBoot };
}

/** A header that is not whole: whoever died while it was written left it so, or it is damaged. */
const tornHead = (name: string, error: RearmError, offset = 0): TierHead => ({
  ...badHead(name, error, offset),
  problem: { code: 'torn', message: error.message, offset },
});

function badHead(name: string, error: RearmError, offset = 0): TierHead {
  return {
    tier: 'L1',
    name,
    mark: null,
    scope: 'hot',
    bytes: 0,
    problem: { ...problemOf(error), offset },
    load: () => {
      throw error;
    },
  };
}

function readHeader(
  storage: Storage,
  file: StoredFile,
  storeId: Uint8Array,
  bootId: string,
  epoch: number,
  name: string,
): { boot: string | null; watermark: number | null; slots: TierHead[]; isBlank: boolean } {
  const path = file.path;
  const context = { path };
  const bytes = new Uint8Array(MAPPED_PAGES_AT);
  const have = file.read(bytes, 0, bytes.length, 0);
  // Never written: its engine may have died while it made the file.
  if (isZero(bytes)) return { boot: null, watermark: null, slots: [], isBlank: true };
  if (have < bytes.length) throw new RearmError('FORMAT_INVALID', `${name} has ${have} bytes, less than its header`, context);
  const view = new DataView(bytes.buffer);
  // Before anything else of it, as in L2.
  if (xxh64(bytes.subarray(8, 4096)) !== view.getBigUint64(0, true))
    throw new RearmError('CHECKSUM_MISMATCH', `the header of ${name} does not match its checksum`, context);
  if (view.getUint32(8, true) !== MAPPED_MAGIC) throw new RearmError('FORMAT_INVALID', `${name} is not a mapped tier`, context);
  const version = view.getUint16(12, true);
  requireVersion(name, MAPPED_VERSION, version);
  if (!storeId.every((byte, i) => bytes[16 + i] === byte))
    throw new RearmError('STORE_FOREIGN', `${name} belongs to another store`, context);
  if (view.getUint32(32, true) !== epoch)
    throw new RearmError('FORMAT_INVALID', `${name} holds epoch ${view.getUint32(32, true)}`, { path, epoch: view.getUint32(32, true) });
  const pagesMax = view.getUint32(36, true);
  const boot = new TextDecoder().decode(bytes.slice(40, 76)).replace(/\0+$/, '');
  let watermark: number | null = null;
  for (const copy of [0, 1]) {
    const at = acknowledgedAt(copy);
    const value = view.getBigUint64(at, true);
    if (value !== BigInt.asUintN(64, ~view.getBigUint64(at + 8, true)) || value > BigInt(Number.MAX_SAFE_INTEGER)) continue;
    watermark = Math.max(watermark ?? 0, Number(value));
  }
  const size = file.size();
  const slots = ([0, 1] as const)
    .map((slot) => slotHead(storage, path, name, bytes, view, slot, pagesMax, size, boot === bootId))
    .filter((head) => head !== null);
  return { boot, watermark, slots, isBlank: false };
}

/** Null for a slot that was never written. */
function slotHead(
  storage: Storage,
  path: string,
  fileName: string,
  bytes: Uint8Array,
  view: DataView,
  slot: 0 | 1,
  pagesMax: number,
  size: number,
  sameBoot: boolean,
): TierHead | null {
  const at = mappedSlotAt(slot);
  const name = `${fileName}#${slot}`;
  const header = bytes.subarray(at, at + MAPPED_SLOT_HEADER_BYTES);
  if (isZero(header)) return null;
  const mismatch = (message: string) => new RearmError('CHECKSUM_MISMATCH', message, { path });
  const bad = (message: string): TierHead => badHead(name, mismatch(message), at);
  if (xxh64(header.subarray(8)) !== view.getBigUint64(at, true))
    return { ...tornHead(name, mismatch(`the header of ${name} does not match its checksum`), at), sameBoot };
  if (view.getUint32(at + 8, true) !== MAPPED_SLOT_MAGIC || view.getUint32(at + 12, true) !== slot)
    return bad(`${name} is not slot ${slot}`);
  const mark = decodeMark(view, at + 16);
  if (!mark || mark.pageCount > pagesMax) return bad(`${name} names pages that it cannot hold`);
  const head: TierHead = {
    tier: 'L1',
    name,
    mark,
    scope: 'hot',
    bytes: size,
    pageAt: (page) => mappedPageAt(page, slot),
    sameBoot,
    problem: null,
    load: () => loadSlot(storage, path, head, slot, mark),
  };
  return head;
}

function loadSlot(storage: Storage, path: string, head: TierHead, slot: 0 | 1, mark: CheckpointMark): TierCopy {
  const file = storage.open(path, 'read');
  const pages = new Uint8Array(mark.pageCount * PAGE_BYTES);
  try {
    const chunk = new Uint8Array(Math.min(256, mark.pageCount) * 2 * PAGE_BYTES);
    for (let first = 0; first < mark.pageCount; first += 256) {
      const count = Math.min(256, mark.pageCount - first);
      chunk.fill(0);
      file.read(chunk, 0, count * 2 * PAGE_BYTES, mappedPageAt(first, 0));
      for (let i = 0; i < count; i += 1) {
        const from = (2 * i + slot) * PAGE_BYTES;
        pages.set(chunk.subarray(from, from + PAGE_BYTES), (first + i) * PAGE_BYTES);
      }
    }
  } finally {
    file.close();
  }
  const view = new DataView(pages.buffer);
  const belongs = (page: number) => TABLE_BY_ID.get(readPageHeader(view, page * PAGE_BYTES).table)?.hot === true;
  const copy = judgeByHeaders(head, mark, pages, mark.hotRoot, belongs);
  if (!copy)
    throw new RearmError(
      'CHECKSUM_MISMATCH',
      `${head.name}: the pages do not sum to the root of LSN ${mark.lsn}: it was being written, or is damaged`,
      { path },
    );
  return copy;
}
