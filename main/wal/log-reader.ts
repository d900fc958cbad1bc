/**
 * Reads the log of one lineage: first its segments by their headers, then frame by frame through one reused buffer.
 *
 * Where frames stop, the reader says which it is: the end, a torn tail (bytes behind the last valid frame, nothing valid after
 * them), or damage (a valid frame or a whole segment follows). It never skips over damage.
 */

import { join } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { sizeOf } from '../storage/publish.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { isUnread, saysNothing } from '../storage/system-errors.ts';
import { ofOtherVersion } from '../store/ladder.ts';
import type { StoreLayout } from '../store/layout.ts';
import type { Stretch } from '../store/lineage.ts';
import { FRAME_HEADER_BYTES, FRAME_MAGIC, type FrameHeader, readFrame } from './frame.ts';
import { parseSegmentName, readSegmentHeader, SEGMENT_HEADER_BYTES, SEGMENT_VERSION } from './segment.ts';

export interface LogSegment {
  /** Of its records and their row layout, too. */
  readonly version: number;
  readonly name: string;
  readonly path: string;
  readonly epoch: number;
  readonly segment: number;
  readonly firstLsn: number;
  readonly previousHash: bigint;
  readonly createdNs: bigint;
  readonly bytes: number;
  /** Frames above this LSN belong to an abandoned branch. */
  readonly lastLsnAllowed: number;
}

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
    return header && header.firstLsn <= stretch.to ? { ...guess, firstLsn: header.firstLsn, previousHash: header.previousHash } : null;
  } catch (error) {
    if (error instanceof RearmError && !saysNothing(error)) return null;
    throw error;
  }
}

/** One frame under the reader's cursor; the views are reused by the next. */
export interface FrameView {
  readonly header: FrameHeader;
  readonly segment: LogSegment;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly quads: Uint32Array;
  readonly words: BigInt64Array;
  /** Where the payload begins in the views. */
  readonly payloadAt: number;
}

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

/** It stays in the cache of one core between the copy of the system and the look of the reader. */
const BUFFER_BYTES = 1 << 20;
const ZEROS = Buffer.alloc(BUFFER_BYTES);

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
      // A segment is begun only after everything before it was synced.
      if (i > from || offset === SEGMENT_HEADER_BYTES) durableSeen = Math.max(durableSeen, segments[i]!.firstLsn - 1);
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

type Verdict = 'go' | 'stop' | 'broken';
interface Stop {
  readonly kind: 'end' | 'stopped' | 'broken';
  readonly offset: number;
  readonly tornBytes: number;
  readonly fault: string;
  /** The first valid frame behind the fault. */
  readonly resumesAt: { readonly lsn: number; readonly offset: number } | null;
}

/** Reads the frames of one segment after the other through one buffer. */
class SegmentReader {
  readonly #storage: Storage;
  readonly #storeId: Uint8Array;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #quads = new Uint32Array(this.#bytes.buffer);
  #words = new BigInt64Array(this.#bytes.buffer);
  /** File offset of the buffer's first byte, and how many bytes are valid. */
  #base = 0;
  #have = 0;

  constructor(storage: Storage, storeId: Uint8Array) {
    this.#storage = storage;
    this.#storeId = storeId;
  }

  #fill(file: StoredFile, offset: number, need: number): void {
    // A short segment needs no large buffer: many of them are read in a row.
    const whole = this.#bytes.length >= BUFFER_BYTES;
    const wanted = Math.max(need, whole ? BUFFER_BYTES : Math.min(BUFFER_BYTES, file.size() - offset));
    if (wanted > this.#bytes.length) {
      const capacity = Math.ceil(wanted / PAGE_BYTES) * PAGE_BYTES;
      this.#bytes = new Uint8Array(capacity);
      this.#view = new DataView(this.#bytes.buffer);
      this.#quads = new Uint32Array(this.#bytes.buffer);
      this.#words = new BigInt64Array(this.#bytes.buffer);
    }
    this.#base = offset;
    this.#have = 0;
    while (this.#have < this.#bytes.length) {
      const read = file.read(this.#bytes, this.#have, this.#bytes.length - this.#have, offset + this.#have);
      if (read === 0) break;
      this.#have += read;
    }
  }

  read(segment: LogSegment, from: number, visit: (frame: FrameView) => Verdict): Stop {
    const file = this.#storage.open(segment.path, 'read');
    try {
      return this.#read(file, segment, from, visit);
    } finally {
      file.close();
    }
  }

  #read(file: StoredFile, segment: LogSegment, from: number, visit: (frame: FrameView) => Verdict): Stop {
    const identity = { storeId: this.#storeId, epoch: segment.epoch, segment: segment.segment };
    const size = file.size();
    let offset = from;
    this.#fill(file, offset, FRAME_HEADER_BYTES);
    for (;;) {
      if (offset + FRAME_HEADER_BYTES > size) return this.#judgeEnd(file, size, offset, identity, 'end of file');
      let at = offset - this.#base;
      let reading = readFrame(this.#bytes, this.#view, at, this.#have, offset, identity);
      if (!reading.ok && reading.fault === 'short' && offset + reading.need <= size) {
        this.#fill(file, offset, reading.need);
        at = 0;
        reading = readFrame(this.#bytes, this.#view, at, this.#have, offset, identity);
        if (!reading.ok && reading.fault === 'short' && reading.need <= size - offset) {
          this.#fill(file, offset, reading.need);
          reading = readFrame(this.#bytes, this.#view, at, this.#have, offset, identity);
        }
      }
      if (!reading.ok) {
        // What was read ahead may be older than what a living writer has written meanwhile: a fault counts at the second look.
        this.#fill(file, offset, FRAME_HEADER_BYTES);
        at = 0;
        reading = readFrame(this.#bytes, this.#view, at, this.#have, offset, identity);
      }
      if (!reading.ok) {
        const end = this.#judgeEnd(file, size, offset, identity, reading.fault);
        if (end.resumesAt === null || !this.#isThere(file, offset, identity)) return end;
        // It was written while we looked behind it.
        this.#fill(file, offset, FRAME_HEADER_BYTES);
        continue;
      }
      const verdict = visit({
        header: reading.header,
        segment,
        offset,
        bytes: this.#bytes,
        view: this.#view,
        quads: this.#quads,
        words: this.#words,
        payloadAt: at + FRAME_HEADER_BYTES,
      });
      if (verdict === 'stop') return { kind: 'stopped', offset, tornBytes: 0, fault: '', resumesAt: null };
      if (verdict === 'broken')
        return { kind: 'broken', offset, tornBytes: 0, fault: 'chain', resumesAt: { lsn: reading.header.firstLsn, offset } };
      offset += FRAME_HEADER_BYTES + reading.header.payloadBytes;
    }
  }

  /** Whether a valid frame is there now. */
  #isThere(file: StoredFile, offset: number, identity: { storeId: Uint8Array; epoch: number; segment: number }): boolean {
    this.#fill(file, offset, FRAME_HEADER_BYTES);
    let reading = readFrame(this.#bytes, this.#view, 0, this.#have, offset, identity);
    if (!reading.ok && reading.fault === 'short' && offset + reading.need <= file.size()) {
      this.#fill(file, offset, reading.need);
      reading = readFrame(this.#bytes, this.#view, 0, this.#have, offset, identity);
    }
    return reading.ok;
  }

  /** Looks behind a fault: how far the bytes that are not zero reach, and whether a valid frame is among them. */
  #judgeEnd(
    file: StoredFile,
    size: number,
    from: number,
    identity: { storeId: Uint8Array; epoch: number; segment: number },
    fault: string,
  ): Stop {
    let lastByte = -1;
    let position = from;
    while (position < size) {
      this.#fill(file, position, 0);
      if (this.#have === 0) break;
      if (ZEROS.compare(this.#bytes, 0, this.#have, 0, this.#have) === 0) {
        position += this.#have;
        continue;
      }
      for (let i = this.#have - 1; i >= 0; i -= 1) {
        if (this.#bytes[i] !== 0) {
          lastByte = position + i;
          break;
        }
      }
      for (let at = position === from ? 8 : 0; at + FRAME_HEADER_BYTES <= this.#have; at += 8) {
        if (this.#quads[(at + 8) >> 2] !== FRAME_MAGIC) continue;
        let reading = readFrame(this.#bytes, this.#view, at, this.#have, position + at, identity);
        if (!reading.ok && reading.fault === 'short' && position + at + reading.need <= size) {
          const later = new SegmentReader(this.#storage, this.#storeId);
          later.#fill(file, position + at, reading.need);
          reading = readFrame(later.#bytes, later.#view, 0, later.#have, position + at, identity);
        }
        if (reading.ok)
          return { kind: 'end', offset: from, tornBytes: 0, fault, resumesAt: { lsn: reading.header.firstLsn, offset: position + at } };
      }
      // The next buffer overlaps by a header, so that one that straddles the edge is seen.
      if (position + this.#have >= size) break;
      position += this.#have - FRAME_HEADER_BYTES;
    }
    return { kind: 'end', offset: from, tornBytes: lastByte < 0 ? 0 : lastByte - from + 1, fault, resumesAt: null };
  }
}

/** Whether a segment without a header holds a valid frame: one that was being written when the engine died, before it counted. */
export function holdsFrame(storage: Storage, layout: StoreLayout, storeId: Uint8Array, name: string): boolean {
  let held = false;
  const visit = (): Verdict => {
    held = true;
    return 'stop';
  };
  const { resumesAt } = new SegmentReader(storage, storeId).read(unread(layout, name), SEGMENT_HEADER_BYTES, visit);
  return held || resumesAt !== null;
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
