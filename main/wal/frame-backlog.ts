/** Whole frames, one behind the other, that no completed sync covers yet: what a new segment is written from where theirs fails. */

import { FRAME_HEADER_BYTES } from './frame.ts';

export interface BackloggedFrame {
  readonly start: number;
  readonly bytes: number;
  readonly firstLsn: number;
  readonly count: number;
}

export class FrameBacklog implements Iterable<BackloggedFrame> {
  bytes = new Uint8Array(1 << 16);
  view = new DataView(this.bytes.buffer);
  end = 0;

  /** Copies the first `length` bytes of `frame`, which is sealed. */
  add(frame: Uint8Array, length: number): void {
    if (this.end + length > this.bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.end + length));
      grown.set(this.bytes.subarray(0, this.end));
      this.bytes = grown;
      this.view = new DataView(grown.buffer);
    }
    this.bytes.set(frame.subarray(0, length), this.end);
    this.end += length;
  }

  clear(): void {
    this.end = 0;
  }

  *[Symbol.iterator](): Iterator<BackloggedFrame> {
    for (let start = 0; start < this.end; ) {
      const bytes = FRAME_HEADER_BYTES + this.view.getUint32(start + 60, true);
      yield { start, bytes, firstLsn: Number(this.view.getBigUint64(start + 48, true)), count: this.view.getUint32(start + 56, true) };
      start += bytes;
    }
  }
}
