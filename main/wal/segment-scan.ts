/** The files of the log, each by itself: by its header, or, where that is not to be had, by its frames. */

import { join } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import { sizeOf } from '../storage/publish.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { isUnread, saysNothing } from '../storage/system-errors.ts';
import { ofOtherVersion } from '../store/ladder.ts';
import type { StoreLayout } from '../store/layout.ts';
import type { Stretch } from '../store/lineage.ts';
import type { FrameHeader } from './frame.ts';
import { parseSegmentName, readSegmentHeader, SEGMENT_HEADER_BYTES, SEGMENT_VERSION } from './segment.ts';
import { type FrameView, type LogSegment, SegmentReader, type Verdict } from './segment-reader.ts';

export interface SegmentScan {
  /** Segments of the lineage in LSN order. */
  readonly segments: readonly LogSegment[];
  /** Segments that were prepared and not used. */
  readonly prepared: readonly string[];
  /** What could not be read as a segment, by name. */
  readonly errors: readonly { readonly name: string; readonly error: RearmError }[];
  /** Names of segments of other branches. */
  readonly abandoned: readonly string[];
  readonly bytes: number;
}

/** Segments that could not be read, and of which nothing is known. */
export const unreadSegments = ({ errors, segments }: SegmentScan): SegmentScan['errors'] =>
  errors.filter(({ name, error }) => isUnread(error) && !segments.some((segment) => segment.name === name));

/**
 * Reads the headers of all segments.
 *
 * @throws RearmError VERSION_NEWER, VERSION_OLDER: another release has written here, and what it wrote is not to be left out
 */
export function scanSegments(storage: Storage, layout: StoreLayout, storeId: Uint8Array, path: readonly Stretch[]): SegmentScan {
  const segments: LogSegment[] = [];
  const prepared: string[] = [];
  const errors: { name: string; error: RearmError }[] = [];
  const abandoned: string[] = [];
  let total = 0;
  for (const name of storage.list(layout.wal)) {
    const parsed = parseSegmentName(name);
    if (!parsed) continue;
    const file = join(layout.wal, name);
    const stretch = path.find((entry) => entry.epoch === parsed.epoch);
    if (!stretch) {
      abandoned.push(name);
      continue;
    }
    let opened: StoredFile | undefined;
    try {
      opened = storage.open(file, 'read');
      const bytes = opened.size();
      const header = readSegmentHeader(opened, storeId);
      if (header === null) {
        prepared.push(name);
        continue;
      }
      if (header.epoch !== parsed.epoch || header.segment !== parsed.segment) {
        throw new RearmError('FORMAT_INVALID', `${name} holds segment ${header.segment} of epoch ${header.epoch}`, { path: file });
      }
      total += bytes;
      if (header.firstLsn > stretch.to) abandoned.push(name);
      else {
        segments.push({
          version: header.version,
          name,
          path: file,
          epoch: parsed.epoch,
          segment: parsed.segment,
          firstLsn: header.firstLsn,
          previousHash: header.previousHash,
          createdNs: header.createdNs,
          bytes,
          lastLsnAllowed: stretch.to,
        });
      }
    } catch (error) {
      if (!(error instanceof RearmError) || ofOtherVersion(error) || saysNothing(error)) throw error;
      errors.push({ name, error });
      const rebuilt = error.code === 'STORE_FOREIGN' ? null : withoutHeader(storage, storeId, file, name, parsed, stretch);
      if (rebuilt) {
        total += rebuilt.bytes;
        segments.push(rebuilt);
      }
    } finally {
      opened?.close();
    }
  }
  return { segments, prepared, errors, abandoned, bytes: total };
}

/** A segment whose header is damaged: its frames name their place, so that its first valid one says what the header said. */
function withoutHeader(
  storage: Storage,
  storeId: Uint8Array,
  path: string,
  name: string,
  { epoch, segment }: { readonly epoch: number; readonly segment: number },
  stretch: Stretch,
): LogSegment | null {
  try {
    const bytes = sizeOf(storage, path);
    const guess = {
      version: SEGMENT_VERSION,
      name,
      path,
      epoch,
      segment,
      firstLsn: 0,
      previousHash: 0n,
      createdNs: 0n,
      bytes,
      lastLsnAllowed: stretch.to,
    };
    const reader = new SegmentReader(storage, storeId);
    let found: FrameHeader | null = null;
    const first = ({ header }: FrameView): Verdict => {
      found = header;
      return 'stop';
    };
    const stop = reader.read(guess, SEGMENT_HEADER_BYTES, first);
    if (!found && stop.resumesAt) reader.read(guess, stop.resumesAt.offset, first);
    const header = found as FrameHeader | null;
    if (!header || header.firstLsn > stretch.to) return null;
    const { firstLsn, previousHash, offset } = header;
    return { ...guess, firstLsn, previousHash, beginsEarlier: offset > SEGMENT_HEADER_BYTES };
  } catch (error) {
    if (error instanceof RearmError && !saysNothing(error)) return null;
    throw error;
  }
}

/** A segment as its name alone tells it. */
function unread(layout: StoreLayout, name: string): LogSegment {
  const path = join(layout.wal, name);
  const rest = { version: SEGMENT_VERSION, firstLsn: 0, previousHash: 0n, createdNs: 0n, bytes: 0 };
  return { ...parseSegmentName(name)!, ...rest, name, path, lastLsnAllowed: Number.POSITIVE_INFINITY };
}

/** Highest LSN that anything of the log shows, of whatever branch and behind whatever damage; 0 for none. */
export function highestLsn(storage: Storage, layout: StoreLayout, storeId: Uint8Array): number {
  const reader = new SegmentReader(storage, storeId);
  let highest = 0;
  const visit = ({ header }: FrameView): Verdict => {
    highest = Math.max(highest, header.firstLsn + header.count - 1);
    return 'go';
  };
  for (const name of storage.list(layout.wal)) {
    if (!parseSegmentName(name)) continue;
    try {
      const segment = unread(layout, name);
      for (let at: number | undefined = SEGMENT_HEADER_BYTES; at !== undefined; ) at = reader.read(segment, at, visit).resumesAt?.offset;
      const file = storage.open(segment.path, 'read');
      try {
        // Begun only after everything before it was written.
        highest = Math.max(highest, (readSegmentHeader(file, storeId)?.firstLsn ?? 1) - 1);
      } finally {
        file.close();
      }
    } catch (error) {
      if (!(error instanceof RearmError) || saysNothing(error) || isUnread(error)) throw error;
    }
  }
  return highest;
}
