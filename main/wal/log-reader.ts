/**
 * Reads the log of one lineage, segment by segment, as one chain of frames.
 *
 * Where frames stop, the reader says which it is: the end, a torn tail (bytes behind the last valid frame, nothing valid after
 * them), or damage (a valid frame or a whole segment follows). It never skips over damage.
 */

import type { Storage } from '../storage/storage.ts';
import { SEGMENT_HEADER_BYTES } from './segment.ts';
import { durableBefore, type FrameView, type LogSegment, SegmentReader, type Stop, type Verdict } from './segment-reader.ts';

export interface LogEnd {
  readonly kind: 'end' | 'tornTail' | 'damaged';
  /** Last LSN that the log proves. */
  readonly lastLsn: number;
  /** Checksum of the frame that ends there. */
  readonly headHash: bigint;
  /** Bytes from the last valid frame to the last byte that is not zero, where no valid frame follows. */
  readonly tornBytes: number;
  readonly at: { readonly file: string; readonly offset: number } | null;
  readonly reason: string;
  /** Highest LSN that a frame says was durable when it was written. */
  readonly durableSeen: number;
  /** First LSN of the first valid frame behind damage; null where none. */
  readonly resumesAt: number | null;
  /** Damage that lies wholly before `fromLsn`: passed over, because nothing of it was asked for. */
  readonly passedOver: readonly { readonly file: string; readonly offset: number; readonly reason: string }[];
  /** Ends of segments that do not count: the next one was written in their place, or goes on from before them. */
  readonly superseded: readonly { readonly file: string; readonly offset: number }[];
}

export interface ReadLogOptions {
  readonly storage: Storage;
  readonly storeId: Uint8Array;
  readonly segments: readonly LogSegment[];
  /** Frames that end before this LSN are verified and not shown. */
  readonly fromLsn: number;
  /** First LSN that is needed, where that is above `fromLsn`: damage wholly before it is passed over. */
  readonly neededFrom?: number;
  /** Called per frame in order; false ends the reading there, and so does a text: what is wrong with what the frame holds. */
  readonly visit: (frame: FrameView) => boolean | string | undefined;
  /** Called now and then with the bytes read so far. May throw CANCELLED. */
  readonly progress?: ((bytes: number, total: number) => void) | undefined;
}

/** The segment in which `lsn` must lie: the last one that begins at or before it; -1 where the log begins later. */
export function segmentOf(segments: readonly LogSegment[], lsn: number): number {
  for (let i = segments.length - 1; i >= 0; i -= 1) if (segments[i]!.firstLsn <= lsn) return i;
  return -1;
}

/** Reads forward from the segment that holds `fromLsn`. */
export function readLog(options: ReadLogOptions): LogEnd {
  const { storage, storeId, segments, fromLsn, neededFrom = fromLsn } = options;
  const start = Math.max(0, segmentOf(segments, fromLsn));
  if (segments.length === 0)
    return {
      kind: 'end',
      lastLsn: 0,
      headHash: 0n,
      tornBytes: 0,
      at: null,
      reason: 'there is no log',
      durableSeen: 0,
      resumesAt: null,
      passedOver: [],
      superseded: [],
    };
  const reader = new SegmentReader(storage, storeId);
  let lastLsn = segments[start]!.firstLsn - 1;
  let headHash = segments[start]!.previousHash;
  let durableSeen = 0;
  let done = 0;
  const total = segments.slice(start).reduce((sum, segment) => sum + segment.bytes, 0);
  const ended = (
    kind: LogEnd['kind'],
    reason: string,
    at: LogEnd['at'] = null,
    tornBytes = 0,
    resumesAt: number | null = null,
  ): LogEnd => ({
    kind,
    lastLsn,
    headHash,
    tornBytes,
    at,
    reason,
    durableSeen,
    resumesAt,
    passedOver,
    superseded,
  });
  const passedOver: { file: string; offset: number; reason: string }[] = [];
  const superseded: { file: string; offset: number }[] = [];
  /** Damage ends the reading, not the knowledge: what the frames behind it say was durable was acknowledged. */
  const survey = (from: number, offset: number) => {
    for (let i = from; i < segments.length; i += 1) {
      if (i > from || offset === SEGMENT_HEADER_BYTES) durableSeen = Math.max(durableSeen, durableBefore(segments[i]!));
      for (let at: number | null = i === from ? offset : SEGMENT_HEADER_BYTES; at !== null; ) {
        const stop: Stop = reader.read(segments[i]!, at, ({ header }) => {
          durableSeen = Math.max(durableSeen, Math.min(header.durableLsn, segments[i]!.lastLsnAllowed));
          return 'go';
        });
        at = stop.resumesAt && stop.resumesAt.offset > at ? stop.resumesAt.offset : null;
      }
    }
  };
  for (let i = start; i < segments.length; i += 1) {
    const segment = segments[i]!;
    if (segment.firstLsn !== lastLsn + 1 || segment.previousHash !== headHash) {
      const why =
        segment.firstLsn > lastLsn + 1
          ? `LSN ${lastLsn + 1} to ${segment.firstLsn - 1} are missing before it`
          : 'it does not continue the chain';
      survey(i, SEGMENT_HEADER_BYTES);
      return ended('damaged', `${segment.name}: ${why}`, { file: segment.name, offset: 0 }, 0, segment.firstLsn);
    }
    const next = segments[i + 1];
    /** Nothing is missing between what was read of this segment and the next one, whatever else lies here. */
    const goesOn = () => next?.firstLsn === lastLsn + 1 && next.previousHash === headHash;
    /** A valid frame behind a fault, unless the next segment holds that anew. */
    const behind = ({ resumesAt }: Stop) => (resumesAt && (!next || resumesAt.lsn < next.firstLsn) ? resumesAt : null);
    let stopped = false;
    let resumed = false;
    let wrong: { readonly offset: number; readonly reason: string } | undefined;
    const visit = (frame: FrameView): Verdict => {
      if (resumed) {
        resumed = false;
        lastLsn = frame.header.firstLsn - 1;
        headHash = frame.header.previousHash;
      }
      const { header } = frame;
      if (next && header.firstLsn >= next.firstLsn) return 'stop';
      if (header.previousHash !== headHash || header.firstLsn !== lastLsn + 1) return 'broken';
      if (header.firstLsn + header.count - 1 > segment.lastLsnAllowed) return 'stop';
      const said = header.firstLsn + header.count - 1 >= fromLsn ? options.visit(frame) : undefined;
      if (typeof said === 'string') wrong = { offset: frame.offset, reason: said };
      if (said === false || wrong) {
        stopped = true;
        return 'stop';
      }
      lastLsn = header.firstLsn + header.count - 1;
      headHash = header.checksum;
      if (header.durableLsn > durableSeen) durableSeen = header.durableLsn;
      options.progress?.(done + frame.offset, total);
      return 'go';
    };
    let stop = reader.read(segment, SEGMENT_HEADER_BYTES, visit);
    for (let to = behind(stop); to && !goesOn() && to.lsn <= neededFrom && to.offset > stop.offset; to = behind(stop)) {
      passedOver.push({ file: segment.name, offset: stop.offset, reason: `a frame is bad (${stop.fault})` });
      resumed = true;
      stop = reader.read(segment, to.offset, visit);
    }
    done += segment.bytes;
    if (wrong) {
      survey(i, wrong.offset);
      return ended(
        'damaged',
        `${segment.name}: the frame at ${wrong.offset} has a right checksum and holds what no engine writes: ${wrong.reason}`,
        {
          file: segment.name,
          offset: wrong.offset,
        },
      );
    }
    if (stopped) return ended('end', 'stopped on request');
    // What lies behind the fork of the next epoch belongs to nobody.
    if (lastLsn >= segment.lastLsnAllowed) continue;
    if (goesOn()) {
      const rest = stop.kind === 'stopped' || stop.tornBytes > 0 || stop.resumesAt !== null;
      if (rest && next!.epoch === segment.epoch) superseded.push({ file: segment.name, offset: stop.offset });
      continue;
    }
    if (stop.kind === 'stopped') continue;
    if (next && next.firstLsn <= neededFrom) {
      passedOver.push({ file: segment.name, offset: stop.offset, reason: `its end is bad or missing (${stop.fault})` });
      lastLsn = next.firstLsn - 1;
      headHash = next.previousHash;
      continue;
    }
    if (stop.kind === 'broken') {
      survey(i, stop.offset);
      return ended(
        'damaged',
        `${segment.name}: a frame at ${stop.offset} does not continue the chain`,
        { file: segment.name, offset: stop.offset },
        0,
        behind(stop)?.lsn ?? null,
      );
    }
    const resumesAt = behind(stop);
    if (resumesAt !== null) {
      survey(i, resumesAt.offset);
      return ended(
        'damaged',
        `${segment.name}: the frame at ${stop.offset} is bad (${stop.fault}) and valid frames follow`,
        { file: segment.name, offset: stop.offset },
        0,
        resumesAt.lsn,
      );
    }
    if (next && next.firstLsn !== lastLsn + 1) {
      survey(i + 1, SEGMENT_HEADER_BYTES);
      return ended(
        'damaged',
        `${segment.name}: frames after LSN ${lastLsn} are bad or missing (${stop.fault}) and ${next.name} goes on at LSN ${next.firstLsn}`,
        {
          file: segment.name,
          offset: stop.offset,
        },
        0,
        next.firstLsn,
      );
    }
    if (!next && stop.tornBytes > 0) {
      return ended(
        'tornTail',
        `${stop.tornBytes} bytes behind the last valid frame (${stop.fault})`,
        { file: segment.name, offset: stop.offset },
        stop.tornBytes,
      );
    }
  }
  return ended('end', 'every frame is valid');
}

/** What a log says of an LSN that a copy claims: no copy is taken inside a frame, and `damaged` is behind bytes that cannot be read. */
export type FrameEnd =
  | { readonly kind: 'shown'; readonly hash: bigint }
  | { readonly kind: 'inside' }
  | { readonly kind: 'damaged' }
  /** It lies above the last frame, of `lastLsn`. */
  | { readonly kind: 'beyond'; readonly lastLsn: number }
  /** As beyond; and the frame that the copy names by its hash ends at `lsn`. */
  | { readonly kind: 'elsewhere'; readonly lsn: number };

/** The frame that ends at `lsn`, in a log that begins at or before the LSN after it. @param hash that the copy says it has */
export function frameEndAt(
  storage: Storage,
  storeId: Uint8Array,
  segments: readonly LogSegment[],
  { lsn, headHash }: { readonly lsn: number; readonly headHash: bigint },
): FrameEnd {
  const beginning = segments.find((segment) => segment.firstLsn === lsn + 1);
  if (beginning) return { kind: 'shown', hash: beginning.previousHash };
  const index = segmentOf(segments, lsn);
  let found: FrameEnd | null = null;
  const { kind, lastLsn } = readLog({
    storage,
    storeId,
    segments: segments.slice(index, index + 1),
    fromLsn: lsn,
    neededFrom: lsn + 1,
    visit: ({ header: { firstLsn, count, checksum, previousHash } }) => {
      // The frame itself, or, where it is damaged, the one after it, which names its hash.
      if (firstLsn + count - 1 === lsn) found = { kind: 'shown', hash: checksum };
      else if (firstLsn === lsn + 1) found = { kind: 'shown', hash: previousHash };
      else found = { kind: firstLsn <= lsn ? 'inside' : 'damaged' };
      return false;
    },
  });
  if (found) return found;
  if (kind === 'damaged' || index < segments.length - 1) return { kind: 'damaged' };
  // What claims to be ahead of the log is seldom, and worth reading all of it for.
  readLog({
    storage,
    storeId,
    segments,
    fromLsn: segments[0]!.firstLsn,
    visit: ({ header: { firstLsn, count, checksum } }) => {
      if (checksum !== headHash) return undefined;
      found = { kind: 'elsewhere', lsn: firstLsn + count - 1 };
      return false;
    },
  });
  return found ?? { kind: 'beyond', lastLsn };
}
