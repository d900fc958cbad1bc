/** Inline commit: the caller's thread writes and syncs. Lowest latency; the caller waits for the disk. */

import { RearmError } from '../../shared/errors.ts';
import type { RecordTarget } from '../operations/transaction.ts';
import type { Scheduler } from '../storage/storage.ts';
import { FrameBuffer } from '../wal/frame-buffer.ts';
import type { RecordPipe } from './pipe.ts';
import type { TierControl } from './tier-control.ts';
import type { Writer } from './writer.ts';

/** A group is written at this size even where nobody waits. */
const GROUP_BYTES = 256 * 1024;

export class InlinePipe implements RecordPipe {
  readonly #writer: Writer;
  readonly #frame = new FrameBuffer();
  readonly #tiers: TierControl | undefined;
  readonly #stop: () => void;
  readonly #failed: (error: RearmError) => void;
  #failure: RearmError | undefined;

  /**
   * @param failed told once, when nothing more is accepted
   * @param flushMs how often posted operations are written and the tiers are looked at; null: only when {@link tick} is called
   */
  constructor(
    writer: Writer,
    tiers: TierControl | undefined,
    scheduler: Scheduler,
    flushMs: number | null,
    failed: (error: RearmError) => void,
  ) {
    this.#writer = writer;
    this.#tiers = tiers;
    this.#failed = failed;
    const task = () => {
      try {
        this.tick();
      } catch {
        // Told already, and thrown to everybody who comes.
        this.#stop();
      }
    };
    this.#stop = flushMs === null ? () => {} : scheduler.every(flushMs, task);
  }

  /** Writes what was posted, and does whatever is due. @throws RearmError WRITER_POISONED, WRITER_FENCED, INTERNAL */
  tick(): void {
    this.#guard(() => {
      this.#writer.write(this.#frame);
      this.#writer.tick();
    });
  }

  #guard<T>(work: () => T): T {
    if (this.#failure) throw this.#failure;
    try {
      return work();
    } catch (error) {
      this.#failure = error instanceof RearmError ? error : new RearmError('INTERNAL', (error as Error).message, {}, error);
      this.#failed(this.#failure);
      throw this.#failure;
    }
  }

  get target(): RecordTarget {
    return this.#frame;
  }

  reserve(bytes: number): number {
    if (this.#failure) throw this.#failure;
    if (this.#frame.end > GROUP_BYTES) this.#guard(() => this.#writer.write(this.#frame));
    this.#frame.reserve(bytes);
    return this.#frame.end;
  }

  push(end: number, lsn: number, urgent: boolean): void {
    this.#frame.added(end, lsn, urgent);
  }

  waitSync(lsn: number): void {
    if (this.durableLsn >= lsn) return;
    this.#guard(() => {
      this.#writer.write(this.#frame);
      if (this.durableLsn < lsn) this.#writer.flush();
      this.#writer.tick();
    });
  }

  async wait(lsn: number): Promise<void> {
    this.waitSync(lsn);
  }

  get durableLsn(): number {
    return this.#writer.log.durableLsn;
  }

  get writtenLsn(): number {
    return this.#writer.log.writtenLsn;
  }

  get headHash(): bigint {
    return this.#writer.log.headHash;
  }

  async checkpoint(): Promise<void> {
    await this.#checkpoint();
    const failure = this.#writer.l2Failure;
    if (failure) throw RearmError.fromData(failure);
  }

  async #checkpoint(): Promise<void> {
    this.#guard(() => this.#writer.write(this.#frame));
    while (this.#writer.l2Busy) await new Promise((resolve) => setImmediate(resolve));
    this.#guard(() => {
      this.#writer.checkpointL1();
      this.#writer.checkpointL2();
    });
    while (this.#writer.l2Busy) await new Promise((resolve) => setImmediate(resolve));
  }

  async snapshot(archive: boolean): Promise<void> {
    await this.#tiers?.snapshot(archive);
  }

  async close(): Promise<void> {
    this.#stop();
    try {
      // The log is whole without it; what failed was told.
      if (!this.#failure) await this.#checkpoint();
    } finally {
      this.#writer.close();
      await this.#tiers?.close();
    }
  }
}
