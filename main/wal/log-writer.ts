/**
 * Writes frames into segments. One frame is in flight at a time.
 *
 * After a failed write or sync nothing of the segment counts behind its last completed sync: a later sync may report success without
 * having written, and reading back shows the page cache. Every frame since then is still in memory and is written anew, into a
 * new segment; only when that is durable does the acknowledged LSN go on. Where that fails too, the writer is poisoned for good.
 */

import { join } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import type { Clock, HeldLock, Storage, StoredFile } from '../storage/storage.ts';
import type { StoreLayout } from '../store/layout.ts';
import { FRAME_HEADER_BYTES, sealFrame } from './frame.ts';
import { type BackloggedFrame, FrameBacklog } from './frame-backlog.ts';
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
  /** Frames end at multiples of this: 8, or 4096 for a disk that may destroy what it is writing when the power fails. */
  readonly frameAlignmentBytes: number;
  readonly start: LogPosition;
  /** Told of what failed and was survived: LOG_REWRITTEN, or why the next segment could not be prepared. */
  readonly tell: (trouble: RearmError) => void;
}

/** New segments that are tried after a failure, before the writer is poisoned. */
const REWRITES_MAX = 3;

/** For a file that is given up: its failure was told already, and nothing depends on it any more. */
function quietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof RearmError)) throw error;
  }
}

export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly epoch: number;
  #file: StoredFile | undefined;
  #segment = 0;
  #segmentSize = 0;
  #position = 0;
  #prepared: StoredFile | undefined;
  #unpreparable = false;
  /** Frames from `durableLsn` on. Bounded by a segment and a frame: a segment is synced before the next is begun. */
  readonly #unproven = new FrameBacklog();
  /** Checksum of the frame that ends at `durableLsn`. */
  #durableHash: bigint;
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
    this.#durableHash = options.start.headHash;
    try {
      this.#begin(0);
      this.#writeHeader();
    } catch (error) {
      this.#letGo();
      throw error;
    }
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
    const path = this.#path(segment);
    const file = storage.open(path, 'create');
    try {
      file.allocate(bytes);
      file.sync();
      storage.syncDirectory(layout.wal);
    } catch (error) {
      file.close();
      // Nothing was ever in it. Half a segment would read as a damaged one, and a full disk needs the room.
      quietly(() => storage.remove(path));
      throw error;
    }
    return file;
  }

  /** Allocates the next segment ahead of its need; call it where nobody waits. A failure is told, and costs the roll its head start. */
  prepareNext(): void {
    if (this.#poison) return;
    try {
      this.#prepared ??= this.#allocate(this.#segment + 1, this.#options.segmentBytes);
    } catch (error) {
      if (!(error instanceof RearmError)) throw error;
      this.#unpreparable = true;
      this.#options.tell(error);
    }
  }

  /** Whether the next segment should be prepared: the present one is half full. */
  get wantsNext(): boolean {
    return !this.#prepared && !this.#unpreparable && this.#position * 2 > this.#segmentSize;
  }

  /** Makes the next segment the present one, with room for `bytes` of frames; its header is zero still. */
  #begin(bytes: number): void {
    const { segmentBytes } = this.#options;
    const need = Math.max(segmentBytes, Math.ceil((SEGMENT_HEADER_BYTES + bytes) / 4096) * 4096);
    const prepared = this.#prepared;
    this.#prepared = undefined;
    this.#unpreparable = false;
    // A number that failed is not tried again.
    this.#segment += 1;
    if (prepared) {
      this.#file = prepared;
      if (need > segmentBytes) prepared.allocate(need);
    } else {
      if (this.#segment > 1) this.unprepared += 1;
      this.#file = this.#allocate(this.#segment, need);
    }
    this.#segmentSize = need;
    this.#position = SEGMENT_HEADER_BYTES;
  }

  /** Says that the segment goes on from the last durable frame. */
  #writeHeader(): void {
    const header = {
      storeId: this.#options.storeId,
      epoch: this.epoch,
      segment: this.#segment,
      firstLsn: this.durableLsn + 1,
      previousHash: this.#durableHash,
      createdNs: this.#options.clock.wallNs(),
      bytes: this.#segmentSize,
    };
    this.#file!.write(encodeSegmentHeader(header), 0, SEGMENT_HEADER_BYTES, 0);
  }

  #letGo(): void {
    const file = this.#file;
    this.#file = undefined;
    quietly(() => file?.close());
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
    if (!this.#holdsLock()) {
      this.#poison = new RearmError('WRITER_FENCED', 'the lock of the store is no longer ours: another process took it over', {});
      throw this.#poison;
    }
  }

  #holdsLock(): boolean {
    try {
      return this.#options.lock.holds();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /**
   * Writes the frame. On return it is in the page cache, and nothing more.
   *
   * @throws RearmError WRITER_POISONED, WRITER_FENCED; the writer stays poisoned
   */
  write(frame: FrameBuffer): void {
    this.check();
    frame.align(this.#options.frameAlignmentBytes);
    const bytes = frame.end;
    if (this.#position + bytes > this.#segmentSize) {
      this.sync();
      this.#orRewrite(bytes, () => {
        this.#letGo();
        this.#begin(bytes);
        this.#writeHeader();
      });
    }
    const placed = { start: 0, bytes, firstLsn: frame.firstLsn, count: frame.count };
    const checksum = this.#seal(frame.bytes, frame.view, placed);
    this.#unproven.add(frame.bytes, bytes);
    this.#orRewrite(0, () => this.#put(frame.bytes, placed, checksum));
  }

  /** Completes the frame for the place at which the next one goes; returns its checksum. */
  #seal(bytes: Uint8Array, view: DataView, frame: BackloggedFrame): bigint {
    return sealFrame(
      bytes,
      view,
      frame.start,
      { storeId: this.#options.storeId, epoch: this.epoch, segment: this.#segment },
      {
        offset: this.#position,
        firstLsn: frame.firstLsn,
        count: frame.count,
        payloadBytes: frame.bytes - FRAME_HEADER_BYTES,
        durableLsn: this.durableLsn,
        previousHash: this.headHash,
      },
    );
  }

  #put(bytes: Uint8Array, frame: BackloggedFrame, checksum: bigint): void {
    this.#file!.write(bytes, frame.start, frame.bytes, this.#position);
    this.#position += frame.bytes;
    this.headHash = checksum;
    this.writtenLsn = frame.firstLsn + frame.count - 1;
  }

  /**
   * Makes everything written durable: on return it survives a power loss.
   *
   * @throws RearmError WRITER_POISONED: a sync that failed is never tried again on the same file
   */
  sync(): void {
    if (this.#poison) this.check();
    if (this.durableLsn === this.writtenLsn) return;
    this.#orRewrite(0, () => {
      this.#file!.sync();
      this.#proven();
    });
  }

  #proven(): void {
    this.durableLsn = this.writtenLsn;
    this.#durableHash = this.headHash;
    this.#unproven.clear();
  }

  /** Does `work`; where it fails, everything unproven is durable in a new segment on return, with room for `more` bytes behind it. */
  #orRewrite(more: number, work: () => void): void {
    try {
      work();
    } catch (failure) {
      if (!(failure instanceof RearmError)) throw this.#fail(failure);
      const failed = segmentName(this.epoch, this.#segment);
      for (let tries = 1; ; tries += 1) {
        this.check();
        try {
          this.#rewrite(more);
          break;
        } catch (error) {
          if (tries === REWRITES_MAX || !(error instanceof RearmError)) throw this.#fail(error);
        }
      }
      const segment = segmentName(this.epoch, this.#segment);
      const why = `${failed} failed and was given up; ${segment} holds all of it that was not proven, durable up to LSN ${this.durableLsn}: ${failure.message}`;
      this.#options.tell(new RearmError('LOG_REWRITTEN', why, { ...failure.context, segment }, failure));
    }
  }

  /**
   * The header comes last, when the frames are durable: until then the segment counts as never used and the old one's frames stand,
   * from then on it supersedes them, whole. There is no moment at which neither is true.
   */
  #rewrite(more: number): void {
    this.#letGo();
    this.#begin(this.#unproven.end + more);
    this.writtenLsn = this.durableLsn;
    this.headHash = this.#durableHash;
    const { bytes, view } = this.#unproven;
    for (const frame of this.#unproven) this.#put(bytes, frame, this.#seal(bytes, view, frame));
    this.#file!.sync();
    this.#writeHeader();
    this.#file!.sync();
    this.#proven();
  }

  #fail(error: unknown): RearmError {
    const cause = error instanceof RearmError ? error : new RearmError('IO_FAILED', String(error), {}, error);
    this.#poison ??= cause;
    return new RearmError('WRITER_POISONED', `the log could not be written: ${cause.message}`, { ...cause.context }, cause);
  }

  close(): void {
    this.#prepared?.close();
    this.#prepared = undefined;
    this.#letGo();
    this.#poison ??= new RearmError('WRITER_POISONED', 'the log was closed in order', {});
  }
}
