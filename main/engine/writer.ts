/**
 * The writer: the log, the shadow image behind it, and the tiers that are copied from the shadow. Write-ahead by construction: a
 * frame is written (and synced where somebody waits), only then applied to the shadow; no tier ever holds what the log does not.
 *
 * It has no thread and no timer of its own: `write` and `tick` are called by the inline pipe, by the writer thread, or, step by
 * step, by the simulation.
 */

import { type ErrorData, RearmError } from '../../shared/errors.ts';
import { OPERATIONS } from '../../shared/model/operations.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import type { Image } from '../image/image.ts';
import { PageSet } from '../image/page-set.ts';
import { RECORD_HEADER_BYTES, redo } from '../operations/record.ts';
import type { Clock } from '../storage/storage.ts';
import type { CheckpointMark } from '../tiers/checkpoint.ts';
import type { TierEvent } from '../tiers/checkpointer.ts';
import type { MappedTier } from '../tiers/mapped.ts';
import type { CheckpointJob } from '../tiers/slots.ts';
import { FRAME_HEADER_BYTES } from '../wal/frame.ts';
import type { FrameBuffer } from '../wal/frame-buffer.ts';
import type { LogWriter } from '../wal/log-writer.ts';
import type { EngineConfig } from './config.ts';

/** What became of a job: why it failed, or null. */
export interface CheckpointOutcome {
  readonly slot: 0 | 1;
  readonly error: ErrorData | null;
}

/** Where L2's jobs go. One is under way at a time. */
export interface CheckpointSink {
  /** Why no job is taken any more, and none is worth its pages; null where they are. */
  readonly refusal: ErrorData | null;
  submit(job: CheckpointJob): void;
  /** Outcomes since the last call. */
  poll(): readonly CheckpointOutcome[];
}

export interface WriterOptions {
  readonly clock: Clock;
  readonly config: Pick<EngineConfig, 'syncMs' | 'l1Ms' | 'l2Ms'>;
  readonly log: LogWriter;
  readonly shadow: Image;
  readonly l1: MappedTier | undefined;
  readonly sink: CheckpointSink | undefined;
  readonly report: (
    event:
      | TierEvent
      | { readonly tier: 'L1'; readonly lsn: number; readonly bytes: number; readonly ms: number; readonly error: TierEvent['error'] },
  ) => void;
}

const ROOT_MARK = OPERATIONS['root.mark'].id;
const toNs = (ms: number) => BigInt(Math.round(ms * 1e6));

export class Writer {
  readonly #clock: Clock;
  readonly #log: LogWriter;
  readonly #shadow: Image;
  readonly #l1: MappedTier | undefined;
  readonly #sink: CheckpointSink | undefined;
  readonly #report: WriterOptions['report'];
  readonly #syncNs: bigint;
  readonly #l1Ns: bigint;
  readonly #l2Ns: bigint;
  readonly #l2Pending: readonly [PageSet, PageSet];
  #l2Slot: 0 | 1 = 0;
  #l2Busy = false;
  #l2Failure: ErrorData | null = null;
  #lastSyncNs: bigint;
  #lastL1Ns: bigint;
  #lastL2Ns: bigint;
  #lastL2Lsn = -1;
  #acknowledgedLsn: number;
  #l1Head: bigint | undefined;

  constructor(options: WriterOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#shadow = options.shadow;
    this.#l1 = options.l1;
    this.#sink = options.sink;
    this.#report = options.report;
    this.#syncNs = toNs(options.config.syncMs);
    this.#l1Ns = toNs(options.config.l1Ms);
    this.#l2Ns = toNs(options.config.l2Ms);
    this.#l2Pending = [new PageSet(options.shadow.pagesMax), new PageSet(options.shadow.pagesMax)];
    for (const set of this.#l2Pending) set.addRange(options.shadow.pageCount);
    this.#acknowledgedLsn = options.log.durableLsn;
    this.#lastSyncNs = options.clock.monotonicNs();
    this.#lastL1Ns = this.#lastSyncNs;
    this.#lastL2Ns = this.#lastSyncNs;
  }

  get log(): LogWriter {
    return this.#log;
  }

  /**
   * Writes a frame, syncs it where it is urgent, applies it to the shadow and stores the acknowledged LSN in L1. When this
   * returns for an urgent frame, its operations survive a power loss and the caller may be told. The frame is cleared.
   *
   * @throws RearmError WRITER_POISONED, WRITER_FENCED, INTERNAL where the shadow and the caller's image differ
   */
  write(frame: FrameBuffer): void {
    if (frame.count === 0) return;
    this.#log.write(frame);
    if (frame.urgent) this.#sync();
    this.#apply(frame);
    this.#acknowledge();
    frame.clear();
  }

  #sync(): void {
    this.#log.sync();
    this.#lastSyncNs = this.#clock.monotonicNs();
  }

  /** Before anybody is told, whatever made it durable: a full segment and a rewritten one sync what nobody waited for, too. */
  #acknowledge(): void {
    const { durableLsn } = this.#log;
    if (durableLsn === this.#acknowledgedLsn) return;
    this.#acknowledgedLsn = durableLsn;
    this.#l1?.acknowledge(durableLsn);
  }

  #apply(frame: FrameBuffer): void {
    let at = FRAME_HEADER_BYTES;
    for (let lsn = frame.firstLsn; lsn <= frame.lastLsn; lsn += 1) {
      if (frame.bytes[at + 4] === ROOT_MARK) this.#compareRoot(lsn, frame.view.getBigUint64(at + RECORD_HEADER_BYTES, true));
      redo(this.#shadow, lsn, frame.quads, frame.words, at);
      this.#shadow.lsn = lsn;
      at += frame.quads[at >> 2]!;
    }
  }

  #compareRoot(lsn: number, root: bigint): void {
    this.#shadow.sealChanged();
    if (this.#shadow.root !== root) {
      throw new RearmError('INTERNAL', `before LSN ${lsn} the replayed state differs from the engine's: stop and recover`, {
        lsn,
        engine: root.toString(16),
        replayed: this.#shadow.root.toString(16),
      });
    }
  }

  /** Does whatever is due. Call it between frames, at least every few milliseconds. @throws RearmError WRITER_POISONED */
  tick(): void {
    const now = this.#clock.monotonicNs();
    if (this.#log.durableLsn < this.#log.writtenLsn && now - this.#lastSyncNs >= this.#syncNs) this.flush();
    if (now - this.#lastL1Ns >= this.#l1Ns) {
      this.#lastL1Ns = now;
      this.checkpointL1();
    }
    this.#collect();
    if (this.#sink && !this.#l2Busy && now - this.#lastL2Ns >= this.#l2Ns && this.#log.writtenLsn > this.#lastL2Lsn) {
      this.#lastL2Ns = now;
      this.checkpointL2();
    }
    if (this.#log.wantsNext) this.#log.prepareNext();
  }

  /** Makes every written frame durable. */
  flush(): void {
    if (this.#log.durableLsn < this.#log.writtenLsn) this.#sync();
    this.#acknowledge();
  }

  #mark(): CheckpointMark {
    return {
      epoch: this.#log.epoch,
      lsn: this.#shadow.lsn,
      headHash: this.#log.headHash,
      hotRoot: this.#shadow.hotRoot,
      coldRoot: this.#shadow.coldRoot,
      pageCount: this.#shadow.pageCount,
      takenNs: this.#clock.wallNs(),
    };
  }

  #takeChanged(): void {
    const pages = this.#shadow.takeChanged();
    this.#l1?.changed(pages);
    this.#l2Pending[0].addAll(pages);
    this.#l2Pending[1].addAll(pages);
  }

  /** L1 now; a failure is reported and does not stop the log. */
  checkpointL1(): void {
    if (!this.#l1) return;
    this.#takeChanged();
    // Not the LSN: frames that were written anew bear another checksum, and a mark of the old one would be another history's.
    if (this.#l1Head === this.#log.headHash) return;
    const start = this.#clock.monotonicNs();
    const ms = () => Number(this.#clock.monotonicNs() - start) / 1e6;
    try {
      const pages = this.#l1.checkpoint(this.#mark());
      this.#l1Head = this.#log.headHash;
      this.#report({ tier: 'L1', lsn: this.#shadow.lsn, bytes: pages * PAGE_BYTES, ms: ms(), error: null });
    } catch (error) {
      if (!(error instanceof RearmError)) throw error;
      this.#report({ tier: 'L1', lsn: this.#shadow.lsn, bytes: 0, ms: ms(), error: error.toData() });
    }
  }

  /** Hands L2 its pages; everything in them is durable in the log first. */
  checkpointL2(): void {
    this.flush();
    if (!this.#sink || this.#l2Busy) return;
    if (this.#sink.refusal) {
      this.#l2Failure = this.#sink.refusal;
      return;
    }
    this.#takeChanged();
    const slot = this.#l2Slot;
    const pages = Uint32Array.from(this.#l2Pending[slot].take()).sort();
    const bytes = new Uint8Array(pages.length * PAGE_BYTES);
    for (let i = 0; i < pages.length; i += 1) bytes.set(this.#shadow.pageBytes(pages[i]!), i * PAGE_BYTES);
    this.#l2Busy = true;
    this.#lastL2Lsn = this.#shadow.lsn;
    this.#sink.submit({ mark: this.#mark(), slot, pages, bytes });
    this.#collect();
  }

  #collect(): void {
    for (const { slot, error } of this.#sink?.poll() ?? []) {
      this.#l2Busy = false;
      this.#l2Failure = error;
      if (!error) this.#l2Slot = slot === 0 ? 1 : 0;
      else {
        // The slot is begun anew.
        this.#l2Pending[slot].addRange(this.#shadow.pageCount);
        this.#lastL2Lsn = -1;
      }
    }
  }

  /** Why the last checkpoint of L2 failed; null where it did not. */
  get l2Failure(): ErrorData | null {
    return this.#l2Failure;
  }

  get l2Busy(): boolean {
    this.#collect();
    return this.#l2Busy;
  }

  close(): void {
    this.#log.close();
    this.#l1?.close();
  }
}
