/**
 * The lineage of epochs: one file per epoch, published durably before its first frame. Little-endian.
 *
 * | offset | size | field | |
 * |---|---|---|---|
 * | 0 | 8 | checksum | XXH64 (seed 0) of bytes 8 to 127 |
 * | 8 | 4 | magic | "REPO" |
 * | 12 | 2 | version | {@link EPOCH_VERSION} |
 * | 14 | 2 | reason | 1 created, 2 restarted after a close in order, 3 accepted recovery, 4 released by a token, 5 reconstructed from the venues |
 * | 16 | 16 | store id | |
 * | 32 | 4 | epoch | |
 * | 36 | 4 | parent | 0 for the first, and for a reconstruction: its state has no ancestor |
 * | 40 | 8 | fork LSN | last LSN of the parent that belongs to this lineage |
 * | 48 | 8 | fork hash | checksum of the frame that ends at the fork LSN; 0 for none |
 * | 56 | 8 | created | wall time, i64 nanoseconds |
 * | 64 | 36 | boot id | of the machine, ASCII |
 * | 100 | 28 | zero | |
 *
 * The present epoch is the one with the highest number. It and its ancestors, by parent, are the lineage; of an ancestor only LSNs up to
 * the lowest fork LSN of the epochs after it on the lineage belong to the present, in its segments as in its copies. The rest, and
 * every other epoch, is an abandoned branch.
 */

import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { RearmError } from '../../shared/errors.ts';
import { publish, readWhole } from '../storage/publish.ts';
import type { Storage } from '../storage/storage.ts';
import { isUnread, saysNothing } from '../storage/system-errors.ts';
import { ofOtherVersion, requireVersion } from './ladder.ts';
import { epochFileName, parseEpochName, type StoreLayout } from './layout.ts';

export const EPOCH_VERSION = 1;
const EPOCH_MAGIC = 0x4f504552;
const EPOCH_BYTES = 128;

export const EPOCH_REASONS = ['none', 'created', 'restarted', 'accepted', 'released', 'reconstructed'] as const;
export type EpochReason = (typeof EPOCH_REASONS)[number];

/** Opened by a person's act on a recovery: what an approval can be bound to. */
export const isAcceptance = (reason: string | undefined): boolean => reason === 'accepted' || reason === 'reconstructed';

export interface Epoch {
  readonly epoch: number;
  readonly parent: number;
  readonly forkLsn: number;
  readonly forkHash: bigint;
  readonly reason: EpochReason;
  readonly createdNs: bigint;
  readonly bootId: string;
}

function encode(storeId: Uint8Array, epoch: Epoch): Uint8Array {
  const bytes = new Uint8Array(EPOCH_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, EPOCH_MAGIC, true);
  view.setUint16(12, EPOCH_VERSION, true);
  view.setUint16(14, EPOCH_REASONS.indexOf(epoch.reason), true);
  bytes.set(storeId, 16);
  view.setUint32(32, epoch.epoch, true);
  view.setUint32(36, epoch.parent, true);
  view.setBigUint64(40, BigInt(epoch.forkLsn), true);
  view.setBigUint64(48, epoch.forkHash, true);
  view.setBigInt64(56, epoch.createdNs, true);
  bytes.set(new TextEncoder().encode(epoch.bootId).subarray(0, 36), 64);
  view.setBigUint64(0, xxh64(bytes.subarray(8)), true);
  return bytes;
}

function decode(path: string, bytes: Uint8Array, storeId: Uint8Array, number: number): Epoch {
  const context = { path };
  if (bytes.length !== EPOCH_BYTES)
    throw new RearmError('FORMAT_INVALID', `${path} has ${bytes.length} bytes, not ${EPOCH_BYTES}`, context);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(8, true) !== EPOCH_MAGIC) throw new RearmError('FORMAT_INVALID', `${path} is not an epoch`, context);
  if (xxh64(bytes.subarray(8)) !== view.getBigUint64(0, true))
    throw new RearmError('CHECKSUM_MISMATCH', `${path} does not match its checksum`, context);
  const version = view.getUint16(12, true);
  requireVersion(path, EPOCH_VERSION, version);
  if (!storeId.every((byte, i) => bytes[16 + i] === byte))
    throw new RearmError('STORE_FOREIGN', `${path} belongs to another store`, context);
  if (view.getUint32(32, true) !== number) throw new RearmError('FORMAT_INVALID', `${path} is epoch ${view.getUint32(32, true)}`, context);
  return {
    epoch: number,
    parent: view.getUint32(36, true),
    forkLsn: Number(view.getBigUint64(40, true)),
    forkHash: view.getBigUint64(48, true),
    reason: EPOCH_REASONS[view.getUint16(14, true)] ?? 'none',
    createdNs: view.getBigInt64(56, true),
    bootId: new TextDecoder().decode(bytes.slice(64, 100)).replace(/\0+$/, ''),
  };
}

export interface LineageReading {
  /** Every epoch that could be read, by number. */
  readonly epochs: ReadonlyMap<number, Epoch>;
  readonly errors: readonly RearmError[];
}

/**
 * Reads every epoch; what cannot be read is in `errors`, nothing is thrown for it.
 *
 * @throws RearmError VERSION_NEWER, VERSION_OLDER: another release has written here, and without it nobody can tell what is present;
 *   PERMISSION_DENIED, IO_FAILED: a record that was not read may be whole, and say what is present
 */
export function readLineage(storage: Storage, layout: StoreLayout, storeId: Uint8Array): LineageReading {
  const epochs = new Map<number, Epoch>();
  const errors: RearmError[] = [];
  for (const name of storage.list(layout.lineage)) {
    const number = parseEpochName(name);
    if (number === null) continue;
    const path = join(layout.lineage, name);
    try {
      epochs.set(number, decode(path, readWhole(storage, path, 4096), storeId, number));
    } catch (error) {
      if (!(error instanceof RearmError) || ofOtherVersion(error) || saysNothing(error) || isUnread(error)) throw error;
      errors.push(error);
    }
  }
  return { epochs, errors };
}

/** Whether a recovery of the store was ever accepted; yes also where a record cannot be read and might say so. */
export function everAccepted(storage: Storage, layout: StoreLayout, storeId: Uint8Array): boolean {
  const { epochs, errors } = readLineage(storage, layout, storeId);
  return errors.length > 0 || [...epochs.values()].some(({ reason }) => isAcceptance(reason) || reason === 'released');
}

/** Durable on return. */
export function writeEpoch(storage: Storage, layout: StoreLayout, storeId: Uint8Array, epoch: Epoch): void {
  publish(storage, join(layout.lineage, epochFileName(epoch.epoch)), [encode(storeId, epoch)]);
}

/** One stretch of the lineage: the LSNs (from, to] of an epoch. */
export interface Stretch {
  readonly epoch: number;
  readonly from: number;
  /** Infinity for the last epoch. */
  readonly to: number;
}

/** The path from the first epoch to `head`; shorter where a parent is missing, which the caller reports. */
export function lineageOf(epochs: ReadonlyMap<number, Epoch>, head: number): Stretch[] {
  const path: Stretch[] = [];
  let to = Number.POSITIVE_INFINITY;
  for (let current = epochs.get(head); current; current = epochs.get(current.parent)) {
    // An epoch that forked before its own parent did left that parent's later LSNs behind as well.
    const from = Math.min(current.forkLsn, to);
    path.unshift({ epoch: current.epoch, from, to });
    to = from;
    if (current.parent >= current.epoch) break;
  }
  return path;
}

/** Whether (epoch, lsn) lies on the path. */
export const onLineage = (path: readonly Stretch[], epoch: number, lsn: number): boolean =>
  path.some((stretch) => stretch.epoch === epoch && lsn >= stretch.from && lsn <= stretch.to);
