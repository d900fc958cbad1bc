/**
 * The segment: one preallocated file of the log, named by its epoch and number, never reused. Little-endian.
 *
 * | offset | size | field | |
 * |---|---|---|---|
 * | 0 | 8 | checksum | XXH64 (seed 0) of bytes 8 to 4095 |
 * | 8 | 4 | magic | "RSEG" |
 * | 12 | 2 | version | {@link SEGMENT_VERSION}; of the frames, the records and the row layout that they were written in as well |
 * | 14 | 2 | zero | |
 * | 16 | 16 | store id | |
 * | 32 | 4 | epoch | |
 * | 36 | 4 | segment | 1, 2, 3 ... in its epoch |
 * | 40 | 8 | first LSN | of the first frame that it may hold |
 * | 48 | 8 | previous hash | checksum of the frame before its first; what lies behind that frame in an earlier segment is superseded |
 * | 56 | 8 | created | wall time, i64 nanoseconds |
 * | 64 | 8 | bytes | size of the file as preallocated |
 * | 72 | | zero | to 4096 |
 * | 4096 | | frames | |
 *
 * A header that is zero from end to end, whole or not, is a segment that was prepared and not yet used, or whose frames were not yet durable: see below.
 *
 * Frames follow each other from 4096 on. Each is valid by itself (Frames), goes on where the one before it ended (first LSN, previous
 * hash), and the first one is the one that the header names. Each of these ends a segment, tried in this order:
 *
 * - the next segment of the lineage begins with exactly the LSN that is expected here, and names the last frame as its previous one: what
 *   lies from here on is superseded, be it valid frames or not, and nothing is lost with it;
 * - the frame is not valid, and a valid frame of this segment, of an LSN before the next segment's first, begins at a later multiple of 8
 *   bytes: damage;
 * - the frame is not valid, and there is a next segment: damage;
 * - every byte from there on is zero: the end of the log;
 * - it is not valid, and there is no next segment: a torn tail, left by a crash; its operations were never acknowledged, unless the durable LSN of a frame,
 *   the acknowledged LSN in L1 or the mark of a synced tier is above the last valid frame: then it is damage.
 *
 * A segment is superseded in part after a write or a sync of it failed. Its frames behind the last completed sync are written anew into
 * the next segment (same LSNs, same records; place, previous hash and checksum are others), synced there, and only then is that segment's
 * header written and synced: while the header is zero the old frames count, from then on the new ones do. Several segments may
 * begin with the same LSN; the one with the highest number counts.
 */

import { xxh64 } from '@node-rs/xxhash';
import { RearmError } from '../../shared/errors.ts';
import type { StoredFile } from '../storage/storage.ts';
import { isZero } from '../storage/zeros.ts';
import { climb, type Rung } from '../store/ladder.ts';

export const SEGMENT_MAGIC = 0x47455352;
export const SEGMENT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 4096;
/** Of its last field. */
export const SEGMENT_SIZE_AT = 64;

/** Steps between versions of the header, which is all that climbs: records stay in the layout of their day (cascade/replay.ts). */
export const SEGMENT_RUNGS: Rung<Uint8Array>[] = [];

export interface SegmentHeader {
  /** As stored: that of its frames, of their records and of the row layout that those were written in. */
  readonly version: number;
  readonly storeId: Uint8Array;
  readonly epoch: number;
  readonly segment: number;
  readonly firstLsn: number;
  readonly previousHash: bigint;
  readonly createdNs: bigint;
  readonly bytes: number;
}

const digits = (value: number) => value.toString().padStart(8, '0');
export const segmentName = (epoch: number, segment: number): string => `${digits(epoch)}-${digits(segment)}.wal`;
const NAME = /^(\d{8})-(\d{8})\.wal$/;

/** Epoch and number of a segment's file name; null for any other name. */
export function parseSegmentName(name: string): { epoch: number; segment: number } | null {
  const match = NAME.exec(name);
  return match ? { epoch: Number(match[1]), segment: Number(match[2]) } : null;
}

export function encodeSegmentHeader(header: Omit<SegmentHeader, 'version'>): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, SEGMENT_MAGIC, true);
  view.setUint16(12, SEGMENT_VERSION, true);
  bytes.set(header.storeId, 16);
  view.setUint32(32, header.epoch, true);
  view.setUint32(36, header.segment, true);
  view.setBigUint64(40, BigInt(header.firstLsn), true);
  view.setBigUint64(48, header.previousHash, true);
  view.setBigInt64(56, header.createdNs, true);
  view.setBigUint64(SEGMENT_SIZE_AT, BigInt(header.bytes), true);
  view.setBigUint64(0, xxh64(bytes.subarray(8)), true);
  return bytes;
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Reads and judges a segment's header; null where what is there of it is zero: it was prepared, and not begun.
 *
 * @throws RearmError FORMAT_INVALID, CHECKSUM_MISMATCH, VERSION_NEWER, VERSION_OLDER, STORE_FOREIGN
 */
export function readSegmentHeader(file: StoredFile, storeId: Uint8Array): SegmentHeader | null {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const context = { path: file.path };
  const length = file.read(bytes, 0, bytes.length, 0);
  // Before it is whole too: an engine that dies while it prepares a segment leaves nothing, or a few zeros.
  if (isZero(bytes)) return null;
  if (length < bytes.length) throw new RearmError('FORMAT_INVALID', `${file.path} is shorter than its header`, context);
  const view = new DataView(bytes.buffer);
  if (view.getUint32(8, true) !== SEGMENT_MAGIC) throw new RearmError('FORMAT_INVALID', `${file.path} is not a log segment`, context);
  if (xxh64(bytes.subarray(8)) !== view.getBigUint64(0, true)) {
    throw new RearmError('CHECKSUM_MISMATCH', `the header of ${file.path} does not match its checksum`, context);
  }
  const version = view.getUint16(12, true);
  const present = climb(file.path, SEGMENT_RUNGS, SEGMENT_VERSION, version, bytes);
  for (let i = 0; i < 16; i += 1) {
    if (present[16 + i] !== storeId[i]) throw new RearmError('STORE_FOREIGN', `${file.path} belongs to another store`, context);
  }
  const fields = new DataView(present.buffer, present.byteOffset);
  const [firstLsn, size] = [fields.getBigUint64(40, true), fields.getBigUint64(SEGMENT_SIZE_AT, true)];
  if (firstLsn > SAFE || size > SAFE)
    throw new RearmError('FORMAT_INVALID', `${file.path} names an LSN or a size that no number holds`, context);
  return {
    version,
    storeId,
    epoch: fields.getUint32(32, true),
    segment: fields.getUint32(36, true),
    firstLsn: Number(firstLsn),
    previousHash: fields.getBigUint64(48, true),
    createdNs: fields.getBigInt64(56, true),
    bytes: Number(size),
  };
}
