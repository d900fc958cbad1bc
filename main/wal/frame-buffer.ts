/** The frame that is being filled: room for its header, then records as they come. Reused; grows to the largest group. */

import { RearmError } from '../../shared/errors.ts';
import type { RecordTarget } from '../operations/transaction.ts';
import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES } from './frame.ts';

export class FrameBuffer implements RecordTarget {
  bytes: Uint8Array;
  view: DataView;
  quads: Uint32Array;
  words: BigInt64Array;
  /** Where the next record goes. */
  end = FRAME_HEADER_BYTES;
  count = 0;
  firstLsn = 0;
  /** Somebody waits for this frame to be durable. */
  urgent = false;

  constructor(capacity = 1 << 20) {
    const buffer = new ArrayBuffer(capacity);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.quads = new Uint32Array(buffer);
    this.words = new BigInt64Array(buffer);
  }

  /** Makes room for `more` bytes. @throws RearmError RING_FULL where the frame would exceed what a reader accepts */
  reserve(more: number): void {
    const need = this.end + more;
    if (need <= this.bytes.length) return;
    if (need > FRAME_BYTES_MAX)
      throw new RearmError('RING_FULL', 'the frame that is being filled is at its bound: the writer is behind', { need });
    let capacity = this.bytes.length;
    while (capacity < need) capacity *= 2;
    const buffer = new ArrayBuffer(capacity);
    new Uint8Array(buffer).set(this.bytes.subarray(0, this.end));
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.quads = new Uint32Array(buffer);
    this.words = new BigInt64Array(buffer);
  }

  /** Takes note of records that were written at `end` and reach to the new one. @param lsn of the first */
  added(end: number, lsn: number, urgent: boolean, count = 1): void {
    if (this.count === 0) this.firstLsn = lsn;
    this.count += count;
    this.end = end;
    this.urgent ||= urgent;
  }

  /** Makes it end at a multiple of `bytes`, a power of two, with zeros behind its last record; nothing is added to it then. */
  align(bytes: number): void {
    const more = -this.end & (bytes - 1);
    this.reserve(more);
    this.bytes.fill(0, this.end, this.end + more);
    this.end += more;
  }

  clear(): void {
    this.end = FRAME_HEADER_BYTES;
    this.count = 0;
    this.urgent = false;
  }

  get lastLsn(): number {
    return this.firstLsn + this.count - 1;
  }
}
