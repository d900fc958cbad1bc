/** Reads the frames of one segment after the other, through one reused buffer, and says where and why they stop. */

import { PAGE_BYTES } from '../../shared/model/schema.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { isZero } from '../storage/zeros.ts';
import { FRAME_HEADER_BYTES, FRAME_MAGIC, type FrameHeader, readFrame } from './frame.ts';

export interface LogSegment {
  /** Of its records and their row layout, too. */
  readonly version: number;
  readonly name: string;
  readonly path: string;
  readonly epoch: number;
  readonly segment: number;
  readonly firstLsn: number;
  /** Its header is bad, and so is the frame that it named: it began before this. */
  readonly beginsEarlier?: boolean;
  readonly previousHash: bigint;
  readonly createdNs: bigint;
  readonly bytes: number;
  /** Frames above this LSN belong to an abandoned branch. */
  readonly lastLsnAllowed: number;
}

/** The LSN that the segment's beginning shows to have been durable: one is begun only after everything before it was synced. */
export const durableBefore = ({ firstLsn, beginsEarlier }: LogSegment): number => (beginsEarlier ? 0 : firstLsn - 1);

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

/** It stays in the cache of one core between the copy of the system and the look of the reader. */
const BUFFER_BYTES = 1 << 20;

export type Verdict = 'go' | 'stop' | 'broken';
export interface Stop {
  readonly kind: 'end' | 'stopped' | 'broken';
  readonly offset: number;
  readonly tornBytes: number;
  readonly fault: string;
  /** The first valid frame behind the fault. */
  readonly resumesAt: { readonly lsn: number; readonly offset: number } | null;
}

/** Reads the frames of one segment after the other through one buffer. */
export class SegmentReader {
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
      if (isZero(this.#bytes.subarray(0, this.#have))) {
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
