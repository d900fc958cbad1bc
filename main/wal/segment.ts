/**
 * The segment: one preallocated file of the log, named by its epoch and number, never reused. Little-endian.
 *
 * | offset | size | field | |
 * |---|---|---|---|
 * | 0 | 8 | checksum | XXH64 (seed 0) of bytes 8 to 4095 |
 * | 8 | 4 | magic | "RSEG" |
 * | 12 | 2 | version | {@link SEGMENT_VERSION} |
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
 * A header that is zero from end to end is a segment that was prepared and not yet used.
 */

import { xxh64 } from '@node-rs/xxhash';
import { RearmError } from '../../shared/errors.ts';
import type { StoredFile } from '../storage/storage.ts';

export const SEGMENT_MAGIC = 0x47455352;
export const SEGMENT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 4096;

export interface SegmentHeader {
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

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
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
  view.setBigUint64(64, BigInt(header.bytes), true);
  view.setBigUint64(0, xxh64(bytes.subarray(8)), true);
  return bytes;
}

/**
 * Reads and judges a segment's header; null where it is zero from end to end.
 *
 * @throws RearmError FORMAT_INVALID, CHECKSUM_MISMATCH, VERSION_NEWER, STORE_FOREIGN
 */
export function readSegmentHeader(file: StoredFile, storeId: Uint8Array): SegmentHeader | null {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const context = { path: file.path };
  if (file.read(bytes, 0, bytes.length, 0) < bytes.length)
    throw new RearmError('FORMAT_INVALID', `${file.path} is shorter than its header`, context);
  const view = new DataView(bytes.buffer);
  if (bytes.every((byte) => byte === 0)) return null;
  if (view.getUint32(8, true) !== SEGMENT_MAGIC) throw new RearmError('FORMAT_INVALID', `${file.path} is not a log segment`, context);
  if (xxh64(bytes.subarray(8)) !== view.getBigUint64(0, true)) {
    throw new RearmError('CHECKSUM_MISMATCH', `the header of ${file.path} does not match its checksum`, context);
  }
  const version = view.getUint16(12, true);
  if (version > SEGMENT_VERSION)
    throw new RearmError('VERSION_NEWER', `${file.path} has format version ${version}, this release reads ${SEGMENT_VERSION}`, context);
  for (let i = 0; i < 16; i += 1) {
    if (bytes[16 + i] !== storeId[i]) throw new RearmError('STORE_FOREIGN', `${file.path} belongs to another store`, context);
  }
  return {
    storeId,
    epoch: view.getUint32(32, true),
    segment: view.getUint32(36, true),
    firstLsn: Number(view.getBigUint64(40, true)),
    previousHash: view.getBigUint64(48, true),
    createdNs: view.getBigInt64(56, true),
    bytes: Number(view.getBigUint64(64, true)),
  };
}
