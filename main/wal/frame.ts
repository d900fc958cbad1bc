/**
 * The frame: a group of operations written at once; the unit of checksum, of the hash chain and of syncing. Little-endian.
 *
 * | offset | size | field | |
 * |---|---|---|---|
 * | 0 | 8 | checksum | XXH64 (seed 0) of bytes 8 to the end of the payload; also the frame's hash in the chain |
 * | 8 | 4 | magic | "RFRM" |
 * | 12 | 2 | version | {@link FRAME_VERSION} |
 * | 14 | 2 | zero | |
 * | 16 | 16 | store id | |
 * | 32 | 4 | epoch | |
 * | 36 | 4 | segment | number of the segment file in its epoch |
 * | 40 | 8 | offset | of this frame in its file |
 * | 48 | 8 | first LSN | |
 * | 56 | 4 | count | records; the last LSN is first + count - 1 |
 * | 60 | 4 | payload bytes | a multiple of 8 |
 * | 64 | 8 | durable LSN | what was known to be durable when the frame was written |
 * | 72 | 8 | previous hash | checksum of the frame before it, across segments and epochs; 0 before the first |
 * | 80 | | payload | `count` records (Records and changes), without gaps; behind the last one nothing, or zeros: below |
 *
 * The next frame begins where the payload ends. After the last one the segment is zero. A frame is valid where magic, version,
 * checksum, store id, epoch, segment and offset are right; a frame takes at most 64 MiB.
 *
 * A writer may align its frames: each then fills whole blocks of 4096 bytes, with fewer than 4096 zeros behind its last record. No
 * block is written a second time once its frame was acknowledged, so that a disk that destroys what it is writing when the power
 * fails destroys no acknowledged frame.
 */

import { xxh64 } from '@node-rs/xxhash';

export const FRAME_MAGIC = 0x4d524652;
export const FRAME_VERSION = 1;
export const FRAME_HEADER_BYTES = 80;
/** A reader refuses more: a damaged length must not make it allocate. */
export const FRAME_BYTES_MAX = 64 << 20;
/** What an aligned frame takes whole. */
export const FRAME_BLOCK_BYTES = 4096;

export interface FrameHeader {
  readonly checksum: bigint;
  readonly epoch: number;
  readonly segment: number;
  readonly offset: number;
  readonly firstLsn: number;
  readonly count: number;
  readonly payloadBytes: number;
  readonly durableLsn: number;
  readonly previousHash: bigint;
}

/** What identifies the frames of one segment. */
export interface FrameIdentity {
  readonly storeId: Uint8Array;
  readonly epoch: number;
  readonly segment: number;
}

/** Completes the frame at [start, start + 80 + payload) in place, whose payload is written; returns its checksum. */
export function sealFrame(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  identity: FrameIdentity,
  header: Omit<FrameHeader, 'checksum' | 'epoch' | 'segment'>,
): bigint {
  view.setUint32(start + 8, FRAME_MAGIC, true);
  view.setUint16(start + 12, FRAME_VERSION, true);
  view.setUint16(start + 14, 0, true);
  bytes.set(identity.storeId, start + 16);
  view.setUint32(start + 32, identity.epoch, true);
  view.setUint32(start + 36, identity.segment, true);
  view.setBigUint64(start + 40, BigInt(header.offset), true);
  view.setBigUint64(start + 48, BigInt(header.firstLsn), true);
  view.setUint32(start + 56, header.count, true);
  view.setUint32(start + 60, header.payloadBytes, true);
  view.setBigUint64(start + 64, BigInt(header.durableLsn), true);
  view.setBigUint64(start + 72, header.previousHash, true);
  const checksum = xxh64(bytes.subarray(start + 8, start + FRAME_HEADER_BYTES + header.payloadBytes));
  view.setBigUint64(start, checksum, true);
  return checksum;
}

export type FrameFault =
  /** No magic: nothing was written here, or nothing that can be recognised. */
  | 'absent'
  /** Fewer bytes than the frame claims. */
  | 'short'
  | 'newerVersion'
  /** Another store, epoch or segment, or another place in the file. */
  | 'misplaced'
  | 'checksum'
  /** The lengths or numbers make no sense. */
  | 'malformed';

export type FrameReading =
  | { readonly ok: true; readonly header: FrameHeader }
  | { readonly ok: false; readonly fault: FrameFault; readonly need: number };

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Judges the frame at `start` of `bytes`, of which [start, end) is there and which lies at `fileOffset` of its file. The checksum is
 * verified over the whole frame. `need` is how many bytes the frame claims, for a caller that reads piece by piece.
 */
export function readFrame(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  fileOffset: number,
  identity: FrameIdentity,
): FrameReading {
  const no = (fault: FrameFault, need = FRAME_HEADER_BYTES): FrameReading => ({ ok: false, fault, need });
  if (end - start < FRAME_HEADER_BYTES) return no('short');
  if (view.getUint32(start + 8, true) !== FRAME_MAGIC) return no('absent');
  if (view.getUint16(start + 12, true) > FRAME_VERSION) return no('newerVersion');
  const payloadBytes = view.getUint32(start + 60, true);
  const count = view.getUint32(start + 56, true);
  const need = FRAME_HEADER_BYTES + payloadBytes;
  if (need > FRAME_BYTES_MAX || payloadBytes % 8 !== 0 || count === 0 || count * 24 > payloadBytes) return no('malformed');
  if (end - start < need) return no('short', need);
  const checksum = view.getBigUint64(start, true);
  if (xxh64(bytes.subarray(start + 8, start + need)) !== checksum) return no('checksum', need);
  const offset = view.getBigUint64(start + 40, true);
  const firstLsn = view.getBigUint64(start + 48, true);
  const durableLsn = view.getBigUint64(start + 64, true);
  if (offset > SAFE || firstLsn > SAFE || durableLsn > SAFE || firstLsn === 0n) return no('malformed', need);
  const header: FrameHeader = {
    checksum,
    epoch: view.getUint32(start + 32, true),
    segment: view.getUint32(start + 36, true),
    offset: Number(offset),
    firstLsn: Number(firstLsn),
    count,
    payloadBytes,
    durableLsn: Number(durableLsn),
    previousHash: view.getBigUint64(start + 72, true),
  };
  if (header.epoch !== identity.epoch || header.segment !== identity.segment || header.offset !== fileOffset) return no('misplaced', need);
  for (let i = 0; i < 16; i += 1) if (bytes[start + 16 + i] !== identity.storeId[i]) return no('misplaced', need);
  return { ok: true, header };
}
