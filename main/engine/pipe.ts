/** The way of records from the caller to the writer. Two of them: inline-pipe.ts and ring-pipe.ts. */

import type { RecordTarget } from '../operations/transaction.ts';

export interface RecordPipe {
  /**
   * Makes room for one record of up to `bytes`; returns where in the {@link target} it is to be written.
   *
   * @throws RearmError RING_FULL, WRITER_POISONED, WRITER_FENCED; nothing was taken
   */
  reserve(bytes: number): number;
  /** Of the record that room was made for last. */
  readonly target: RecordTarget;
  /** Hands over the record that ends at `end`. Urgent: somebody waits for it to be durable. */
  push(end: number, lsn: number, urgent: boolean): void;
  /** Blocks until `lsn` is durable. @throws RearmError WRITER_POISONED, WRITER_FENCED */
  waitSync(lsn: number): void;
  /** Resolves when `lsn` is durable. Rejects with WRITER_POISONED, WRITER_FENCED. */
  wait(lsn: number): Promise<void>;
  readonly durableLsn: number;
  readonly writtenLsn: number;
  /** Checksum of the last frame that was written. */
  readonly headHash: bigint;
  /** Takes a checkpoint of L1 and L2 of all that was handed over, and resolves when L2 is durable. Rejects with why it is not. */
  checkpoint(): Promise<void>;
  /** L3 (and L4) from the newest L2 now. Rejects with why there is none. */
  snapshot(archive: boolean): Promise<void>;
  /** Ends the writer and its threads; everything that was handed over must be durable. */
  close(): Promise<void>;
}
