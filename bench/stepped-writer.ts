/**
 * The writer as its thread runs it, with its log, its shadow and L1, stepped by hand: an operation goes through the log into the shadow
 * as everywhere, and a checkpoint is taken when it is called. What the threads add to that is in the rows of `commit` and `post`.
 */

import { join } from 'node:path';
import { nativePlatform } from '../main/engine/native-platform.ts';
import { type CheckpointSink, Writer } from '../main/engine/writer.ts';
import { Image, type RowBounds } from '../main/image/image.ts';
import { apply } from '../main/operations/apply.ts';
import { formatOf, intentBytesMax } from '../main/operations/codec.ts';
import { LiveState } from '../main/operations/live-state.ts';
import { Transaction } from '../main/operations/transaction.ts';
import { makeDirectories, mappedFileName, type StoreLayout, storeLayout } from '../main/store/layout.ts';
import { MappedTier } from '../main/tiers/mapped.ts';
import { FrameBuffer } from '../main/wal/frame-buffer.ts';
import { LogWriter } from '../main/wal/log-writer.ts';
import type { Intent } from '../shared/model/operations.ts';
import { PAGE_BYTES } from '../shared/model/schema.ts';

export const STORE_ID = new Uint8Array(16).fill(7);
export const EPOCH = 1;
const SEGMENT_BYTES = 16 << 20;
/** Nothing is due before it is called. */
export const NEVER_MS = 86_400_000;

export interface SteppedWriterOptions {
  /** Empty, or not there yet. */
  readonly root: string;
  /** The state that it begins with; becomes the live image. */
  readonly image: Image;
  readonly bounds: RowBounds;
  readonly sink?: CheckpointSink;
}

/** The image's pages once more, for somebody who changes them himself. */
function copyOf(image: Image, bounds: RowBounds): Image {
  const copy = new Image(bounds);
  copy.bytes.set(image.bytes.subarray(0, image.pageCount * PAGE_BYTES));
  copy.mapPages(image.pageCount);
  copy.lsn = image.lsn;
  return copy;
}

export class SteppedWriter {
  readonly writer: Writer;
  readonly layout: StoreLayout;
  readonly mappedPath: string;
  readonly live: Image;
  /** Bytes of the last checkpoint of L1. */
  l1Bytes = 0;
  readonly #transaction: Transaction;
  readonly #frame = new FrameBuffer();
  readonly #release: () => void;

  constructor({ root, image, bounds, sink }: SteppedWriterOptions) {
    const { storage, clock, bootId } = nativePlatform;
    this.layout = storeLayout(root);
    this.mappedPath = join(this.layout.l1, mappedFileName(EPOCH));
    storage.makeDirectory(root);
    makeDirectories(storage, this.layout);
    const lock = storage.lock(this.layout.lock);
    this.#release = () => lock.release();
    this.live = image;
    this.live.takeChanged();
    this.#transaction = new Transaction(new LiveState(image));
    const shadow = copyOf(image, bounds);
    this.writer = new Writer({
      clock,
      config: { syncMs: NEVER_MS, l1Ms: NEVER_MS, l2Ms: NEVER_MS },
      log: new LogWriter({
        ...{ storage, clock, layout: this.layout, storeId: STORE_ID, lock, segmentBytes: SEGMENT_BYTES, frameAlignmentBytes: 8 },
        start: { epoch: EPOCH, lsn: image.lsn, headHash: 0n },
        tell: (trouble) => {
          throw trouble;
        },
      }),
      shadow,
      l1: new MappedTier(storage, this.layout.l1, this.mappedPath, STORE_ID, EPOCH, bootId, shadow, false),
      sink,
      report: ({ tier, bytes, error }) => {
        if (error) throw new Error(`${tier}: ${error.message}`);
        if (tier === 'L1') this.l1Bytes = bytes;
      },
    });
  }

  /** Applies the operations to the live image; they wait for {@link write}. */
  apply(intents: readonly Intent[]): void {
    const transaction = this.#transaction;
    for (const intent of intents) {
      const lsn = this.live.lsn + 1;
      transaction.begin(lsn, nativePlatform.clock.wallNs());
      apply(transaction, intent);
      this.#frame.reserve(transaction.recordBytesMax(intentBytesMax(intent, formatOf(intent.type))));
      this.#frame.added(transaction.record(intent, formatOf(intent.type), true, this.#frame, this.#frame.end), lsn, false);
    }
  }

  /** Logs what was applied as one frame, and has the shadow follow. Not synced. */
  write(): void {
    this.writer.write(this.#frame);
  }

  close(): void {
    this.writer.close();
    this.#release();
  }
}
