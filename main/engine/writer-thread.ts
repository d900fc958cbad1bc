/** Entry of the writer thread: takes records from the ring, in groups as they come, and runs the writer. */

import { join } from 'node:path';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { RearmError } from '../../shared/errors.ts';
import { Image, type RowBounds } from '../image/image.ts';
import { isPosted } from '../operations/record.ts';
import { NativeStorage, systemClock } from '../storage/native.ts';
import { mappedFileName, storeLayout } from '../store/layout.ts';
import { MappedTier } from '../tiers/mapped.ts';
import { FRAME_HEADER_BYTES } from '../wal/frame.ts';
import { FrameBuffer } from '../wal/frame-buffer.ts';
import { type LogPosition, LogWriter } from '../wal/log-writer.ts';
import {
  CONSUMED,
  DURABLE,
  DURABLE_SIGNAL,
  distance,
  HEAD_HASH,
  openRing,
  PRODUCED,
  SIGNAL,
  SLEEPING,
  STATE,
  STATE_CLOSED,
  STATE_CLOSING,
  STATE_FAILED,
  URGED,
  WRAP,
  WRITTEN,
} from '../wal/ring.ts';
import type { EngineConfig } from './config.ts';
import { PortSink, type TierLink } from './sinks.ts';
import { ownTask } from './task.ts';
import { Writer } from './writer.ts';

export interface WriterThreadData {
  readonly ring: SharedArrayBuffer;
  readonly root: string;
  readonly storeId: Uint8Array;
  readonly bootId: string;
  readonly start: LogPosition;
  readonly config: EngineConfig;
  readonly rowsMax: RowBounds;
  /** The pages of the image at the start, and its LSN. */
  readonly pages: Uint8Array;
  readonly imageLsn: number;
  readonly tierLink: TierLink | null;
  /** Polled: checkpoint requests. */
  readonly port: MessagePort;
}

const data = workerData as WriterThreadData;
const storage = new NativeStorage();
const layout = storeLayout(data.root);
const ring = openRing(data.ring);
const shadow = new Image(data.rowsMax);
shadow.bytes.set(data.pages);
shadow.mapPages(data.pages.length / 4096);
shadow.lsn = data.imageLsn;

const log = new LogWriter({
  storage,
  clock: systemClock,
  layout,
  storeId: data.storeId,
  lock: storage.followLock(layout.lock),
  segmentBytes: data.config.segmentBytes,
  frameAlignmentBytes: data.config.frameAlignmentBytes,
  start: data.start,
  tell: (trouble) => parentPort!.postMessage({ type: 'alarm', error: trouble.toData() }),
});
const l1 = data.config.l1
  ? new MappedTier(
      storage,
      layout.l1,
      join(layout.l1, mappedFileName(data.start.epoch)),
      data.storeId,
      data.start.epoch,
      data.bootId,
      shadow,
      data.config.l1Msync,
    )
  : undefined;
const sink = data.tierLink ? new PortSink(data.tierLink) : undefined;
const writer = new Writer({
  clock: systemClock,
  config: data.config,
  log,
  shadow,
  l1,
  sink,
  report: (event) => parentPort!.postMessage({ type: 'event', event }),
});

/** A frame takes at most this much of the ring at once. */
const GROUP_BYTES_MAX = 1 << 20;
/** How long the writer sleeps where nothing comes: the tiers' cadence is looked at this often. */
const SLEEP_MS = 1;

const frame = new FrameBuffer();
let lsn = data.start.lsn;
/** Bytes since the beginning; what the ring tells of it is modulo 2^32. */
let consumed = 0;
/** Somebody waits for what was produced up to here. */
let urgedTo: number | undefined;

/** Moves records from the ring into the frame, stretch by stretch; whether there were any. */
function take(): boolean {
  let left = distance(Atomics.load(ring.control, PRODUCED), consumed);
  if (left === 0) return false;
  while (left > 0 && frame.end - FRAME_HEADER_BYTES < GROUP_BYTES_MAX) {
    const from = consumed % ring.capacity;
    const end = Math.min(from + left, ring.capacity, from + GROUP_BYTES_MAX);
    let at = from;
    let count = 0;
    let urgent = false;
    let skipped = 0;
    while (at < end) {
      const bytes = ring.quads[at >> 2]!;
      if (bytes === WRAP) {
        skipped = ring.capacity - at;
        break;
      }
      urgent ||= !isPosted(ring.bytes, at);
      count += 1;
      at += bytes;
    }
    if (count > 0) {
      frame.reserve(at - from);
      frame.bytes.set(ring.bytes.subarray(from, at), frame.end);
      frame.added(frame.end + at - from, lsn + 1, urgent, count);
      lsn += count;
    }
    consumed += at - from + skipped;
    left -= at - from + skipped;
  }
  Atomics.store(ring.control, CONSUMED, consumed | 0);
  return true;
}

function publish(): void {
  Atomics.store(ring.counters, HEAD_HASH, BigInt.asIntN(64, log.headHash));
  Atomics.store(ring.counters, WRITTEN, BigInt(log.writtenLsn));
  const durable = BigInt(log.durableLsn);
  if (Atomics.load(ring.counters, DURABLE) === durable) return;
  Atomics.store(ring.counters, DURABLE, durable);
  Atomics.add(ring.control, DURABLE_SIGNAL, 1);
  Atomics.notify(ring.control, DURABLE_SIGNAL);
}

function fail(error: unknown): void {
  const known =
    error instanceof RearmError ? error : new RearmError('INTERNAL', (error as Error).message, { stack: (error as Error).stack });
  parentPort!.postMessage({ type: 'failed', error: known.toData() });
  Atomics.store(ring.control, STATE, STATE_FAILED);
  Atomics.add(ring.control, DURABLE_SIGNAL, 1);
  Atomics.notify(ring.control, DURABLE_SIGNAL);
}

function requests(): void {
  for (let received = receiveMessageOnPort(data.port); received; received = receiveMessageOnPort(data.port)) {
    // Whoever asks has handed over what is in the ring.
    while (take()) writer.write(frame);
    while (writer.l2Busy) Atomics.wait(ring.control, 15, 0, 1);
    writer.checkpointL1();
    writer.checkpointL2();
    while (writer.l2Busy) Atomics.wait(ring.control, 15, 0, 1);
    publish();
    data.port.postMessage(writer.l2Failure);
  }
}

/** Runs until the ring is closed and empty. */
function run(): void {
  try {
    for (;;) {
      const signal = Atomics.load(ring.control, SIGNAL);
      if (Atomics.exchange(ring.control, URGED, 0) === 1) urgedTo = Atomics.load(ring.control, PRODUCED);
      const some = take();
      if (some) {
        writer.write(frame);
        publish();
      }
      // What was produced when somebody began to wait is written: in two's complement, how far it is behind what was consumed.
      if (urgedTo !== undefined && ((consumed - urgedTo) | 0) >= 0) {
        writer.flush();
        publish();
        urgedTo = undefined;
      }
      writer.tick();
      publish();
      requests();
      if (some) continue;
      if (Atomics.load(ring.control, STATE) === STATE_CLOSING) break;
      Atomics.store(ring.control, SLEEPING, 1);
      Atomics.wait(ring.control, SIGNAL, signal, SLEEP_MS);
      Atomics.store(ring.control, SLEEPING, 0);
    }
    writer.close();
    Atomics.store(ring.control, STATE, STATE_CLOSED);
  } catch (error) {
    fail(error);
  }
  data.tierLink?.port.close();
  data.port.close();
}

parentPort!.postMessage({ type: 'ready', task: ownTask() });
run();
