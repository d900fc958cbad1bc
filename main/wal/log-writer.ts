/**
 * Writes frames into segments. One frame is in flight at a time; after a failed write or sync the writer is poisoned and refuses
 * everything: what the page cache would then read back proves nothing (see docs/RELIABILITY.md).
 */

import { join } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import type { Clock, HeldLock, Storage, StoredFile } from '../storage/storage.ts';
import type { StoreLayout } from '../store/layout.ts';
import { FRAME_HEADER_BYTES, sealFrame } from './frame.ts';
import type { FrameBuffer } from './frame-buffer.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentName } from './segment.ts';

export interface LogPosition {
  readonly epoch: number;
  /** Last LSN before the first that this writer will write. */
  readonly lsn: number;
  /** Checksum of the frame that ends there. */
  readonly headHash: bigint;
}

export interface LogWriterOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly layout: StoreLayout;
  readonly storeId: Uint8Array;
  readonly lock: HeldLock;
  readonly segmentBytes: number;
  readonly start: LogPosition;
}

export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly epoch: number;
  #file: StoredFile | undefined;
  #segment = 0;
  #segmentSize = 0;
  #position = 0;
  #prepared: { segment: number; file: StoredFile } | undefined;
  #poison: RearmError | undefined;
  /** Last LSN that was written. */
  writtenLsn: number;
  /** Last LSN that a completed sync covers. */
  durableLsn: number;
  /** Checksum of the last frame that was written. */
  headHash: bigint;
  /** Segments that were not prepared in time: each cost its caller the preallocation. */
  unprepared = 0;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.epoch = options.start.epoch;
    this.writtenLsn = options.start.lsn;
    this.durableLsn = options.start.lsn;
    this.headHash = options.start.headHash;
    this.#roll(0);
  }

  get poisoned(): RearmError | undefined {
    return this.#poison;
  }

  /** File and offset at which the next frame goes. */
  get position(): { readonly segment: number; readonly offset: number } {
    return { segment: this.#segment, offset: this.#position };
  }

  #path(segment: number): string {
    return join(this.#options.layout.wal, segmentName(this.epoch, segment));
  }

  /** A zero-filled file with a zero header, durable with its name. */
  #allocate(segment: number, bytes: number): StoredFile {
    const { storage, layout } = this.#options;
    const file = storage.open(this.#path(segment), 'create');
    file.allocate(bytes);
    file.sync();
    storage.syncDirectory(layout.wal);
    return file;
  }

  /** Allocates the next segment ahead of its need; call it where nobody waits. */
  prepareNext(): void {
    if (this.#prepared || this.#poison) return;
    const segment = this.#segment + 1;
    this.#prepared = { segment, file: this.#allocate(segment, this.#options.segmentBytes) };
  }

  /** Whether the next segment should be prepared: the present one is half full. */
  get wantsNext(): boolean {
    return !this.#prepared && this.#position * 2 > this.#segmentSize;
  }

  #roll(frameBytes: number): void {
    const { clock, segmentBytes, storeId } = this.#options;
    const need = Math.max(segmentBytes, Math.ceil((SEGMENT_HEADER_BYTES + frameBytes) / 4096) * 4096);
    if (this.#file) {
      if (this.durableLsn < this.writtenLsn) this.sync();
      this.#file.close();
    }
    const segment = this.#segment + 1;
    const prepared = this.#prepared;
    this.#prepared = undefined;
    let file: StoredFile;
    if (prepared) {
      file = prepared.file;
      if (need > segmentBytes) file.allocate(need);
    } else {
      if (segment > 1) this.unprepared += 1;
      file = this.#allocate(segment, need);
    }
    this.#file = file;
    this.#segment = segment;
    this.#segmentSize = need;
    this.#position = SEGMENT_HEADER_BYTES;
    const header = {
      storeId,
      epoch: this.epoch,
      segment,
      firstLsn: this.writtenLsn + 1,
      previousHash: this.headHash,
      createdNs: clock.wallNs(),
      bytes: need,
    };
    file.write(encodeSegmentHeader(header), 0, SEGMENT_HEADER_BYTES, 0);
  }

  /** @throws RearmError WRITER_POISONED, WRITER_FENCED */
  check(): void {
    if (this.#poison) {
      throw new RearmError(
        'WRITER_POISONED',
        `the log is closed since a failure: ${this.#poison.message}`,
        { ...this.#poison.context },
        this.#poison,
      );
    }
    if (!this.#options.lock.holds()) {
      this.#poison = new RearmError('WRITER_FENCED', 'the lock of the store is no longer ours: another process took it over', {});
      throw this.#poison;
    }
  }

  /**
   * Writes the frame. On return it is in the page cache, and nothing more.
   *
   * @throws RearmError WRITER_POISONED, WRITER_FENCED; the writer stays poisoned
   */
  write(frame: FrameBuffer): void {
    this.check();
    const bytes = frame.end;
    try {
      if (this.#position + bytes > this.#segmentSize) this.#roll(bytes);
      const checksum = sealFrame(
        frame.bytes,
        frame.view,
        0,
        { storeId: this.#options.storeId, epoch: this.epoch, segment: this.#segment },
        {
          offset: this.#position,
          firstLsn: frame.firstLsn,
          count: frame.count,
          payloadBytes: bytes - FRAME_HEADER_BYTES,
          durableLsn: this.durableLsn,
          previousHash: this.headHash,
        },
      );
      this.#file!.write(frame.bytes, 0, bytes, this.#position);
      this.#position += bytes;
      this.headHash = checksum;
      this.writtenLsn = frame.lastLsn;
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /**
   * Makes everything written durable: on return it survives a power loss.
   *
   * @throws RearmError WRITER_POISONED: a sync that failed is never tried again on the same file
   */
  sync(): void {
    if (this.#poison) this.check();
    try {
      this.#file!.sync();
    } catch (error) {
      throw this.#fail(error);
    }
    this.durableLsn = this.writtenLsn;
  }

  #fail(error: unknown): RearmError {
    const cause = error instanceof RearmError ? error : new RearmError('IO_FAILED', String(error), {}, error);
    this.#poison ??= cause;
    return new RearmError('WRITER_POISONED', `the log could not be written: ${cause.message}`, { ...cause.context }, cause);
  }

  close(): void {
    this.#prepared?.file.close();
    this.#prepared = undefined;
    this.#file?.close();
    this.#file = undefined;
    this.#poison ??= new RearmError('WRITER_POISONED', 'the log was closed in order', {});
  }
}
