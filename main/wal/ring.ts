/**
 * A ring of records in shared memory: one producer (the caller's thread), one consumer (the writer thread).
 *
 * Control words (i32): 0 signal to the writer, 1 writer sleeps, 2 state (0 open, 1 closing, 2 failed, 3 closed), 3 signal to waiters, 4 bytes
 * produced, 5 bytes consumed (both modulo 2^32: a big integer for each record would cost as much as the record), 6 somebody waits for what was
 * posted, 15 never changes. Counters (i64): 0 durable LSN, 1 written LSN, 2 checksum of the last frame.
 * Records lie one behind the other as in a frame (main/operations/record.ts), so that the writer takes all that came at once; the LSNs count up
 * from the first. A record stands whole: where it does not fit before the end, {@link WRAP} in place of its size says "go on at the start".
 */

export const RING_CONTROL_BYTES = 256;

export const SIGNAL = 0;
export const SLEEPING = 1;
export const STATE = 2;
export const DURABLE_SIGNAL = 3;
export const PRODUCED = 4;
export const CONSUMED = 5;
export const URGED = 6;
/** A word that never changes: waiting on it is a short sleep. */
export const IDLE = 15;

export const STATE_OPEN = 0;
export const STATE_CLOSING = 1;
export const STATE_FAILED = 2;
export const STATE_CLOSED = 3;

export const DURABLE = 0;
export const WRITTEN = 1;
export const HEAD_HASH = 2;

/** A skipped rest of the ring. */
export const WRAP = 0xffff_ffff;

export interface Ring {
  readonly shared: SharedArrayBuffer;
  readonly control: Int32Array;
  readonly counters: BigInt64Array;
  readonly capacity: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly quads: Uint32Array;
}

export function openRing(shared: SharedArrayBuffer): Ring {
  const capacity = shared.byteLength - RING_CONTROL_BYTES;
  return {
    shared,
    control: new Int32Array(shared, 0, 16),
    counters: new BigInt64Array(shared, 64, 8),
    capacity,
    bytes: new Uint8Array(shared, RING_CONTROL_BYTES, capacity),
    view: new DataView(shared, RING_CONTROL_BYTES, capacity),
    quads: new Uint32Array(shared, RING_CONTROL_BYTES, capacity / 4),
  };
}

/** Bytes between two counters of {@link PRODUCED} and {@link CONSUMED}. */
export const distance = (to: number, from: number): number => (to - from) >>> 0;

export const makeRing = (capacity: number): Ring => openRing(new SharedArrayBuffer(capacity + RING_CONTROL_BYTES));
