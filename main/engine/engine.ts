/**
 * The engine as a trading process embeds it: one live image, changed by operations, every one of them in the log.
 *
 * All calls come from one thread. See docs/EMBEDDING.md for a whole example.
 */

import { RearmError } from '../../shared/errors.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { TABLE_LIST, TABLES } from '../../shared/model/tables.ts';
import { lsn as asLsn, type Lsn } from '../../shared/units.ts';
import { CanonicalReader, type CanonicalRow, type CanonicalState, canonicalState } from '../image/canonical.ts';
import type { Image } from '../image/image.ts';
import { apply } from '../operations/apply.ts';
import { formatOf, intentBytesMax } from '../operations/codec.ts';
import { LiveState } from '../operations/live-state.ts';
import { findRow, keyValue } from '../operations/lookup.ts';
import { RECORD_BYTES_MAX } from '../operations/record.ts';
import { Transaction } from '../operations/transaction.ts';
import type { Clock, HeldLock, Scheduler } from '../storage/storage.ts';
import type { EngineConfig } from './config.ts';
import type { Health } from './health.ts';
import type { Permission } from './permission.ts';
import type { RecordPipe } from './pipe.ts';
import type { SideRecords } from './side-records.ts';

/** An operation that was applied and is about to be handed to the writer. */
export interface Submission {
  readonly lsn: number;
  readonly posted: boolean;
  readonly timeNs: bigint;
  readonly intent: Intent;
}

export interface EngineParts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly config: EngineConfig;
  readonly image: Image;
  readonly pipe: RecordPipe;
  readonly lock: HeldLock;
  readonly side: SideRecords;
  readonly health: Health;
  readonly epoch: number;
  readonly storeId: string;
  /** Sees every operation, the engine's own too, before the writer does. What it throws refuses the operation. */
  readonly observer?: ((submission: Submission) => void) | undefined;
  readonly permission?: Permission | undefined;
}

/** Rows that one call prunes of a table: some tens of microseconds of the caller's thread. */
const PRUNE_AT_ONCE = 64;
const PRUNE_AGAIN_MS = 1;

const toNs = (ms: number) => BigInt(Math.round(ms * 1e6));

export class Engine {
  readonly #parts: EngineParts;
  readonly #state: LiveState;
  readonly #transaction: Transaction;
  readonly #stops: (() => void)[] = [];
  #lastMarkLsn: number;
  /** Of the rows that are pruned a moment later. */
  #stopPruning = (): void => {};
  /** `epoch.close` was handed over: nothing may follow it in the log. */
  #closing = false;
  #closed = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#state = new LiveState(parts.image);
    this.#transaction = new Transaction(this.#state);
    this.#lastMarkLsn = parts.image.lsn;
    const { scheduler, config } = parts;
    this.#stops.push(
      scheduler.every(config.markMs, () => this.#background(() => this.markRoot())),
      scheduler.every(config.pruneMs, () => this.#background(() => this.pruneDue())),
      () => this.#stopPruning(),
    );
  }

  #background(work: () => void): void {
    // It was due in the same moment in which it was stopped.
    if (this.#closing || this.#closed) return;
    try {
      work();
    } catch (error) {
      this.#parts.health.failed(error as RearmError);
    }
  }

  get epoch(): number {
    return this.#parts.epoch;
  }

  get storeId(): string {
    return this.#parts.storeId;
  }

  /** LSN that the next operation will get. */
  get nextLsn(): Lsn {
    return asLsn(this.#parts.image.lsn + 1);
  }

  /** Last operation that is durable. */
  get durableLsn(): Lsn {
    return asLsn(this.#parts.pipe.durableLsn);
  }

  /** Checksum of the last frame that was written. */
  get headHash(): bigint {
    return this.#parts.pipe.headHash;
  }

  /** Read-only access to the live state for lookups by row; valid until the next operation. */
  get state(): LiveState {
    return this.#state;
  }

  /** What the gate lets this process send; undefined for an engine that is not to send anything. */
  get permission(): Permission | undefined {
    return this.#parts.permission;
  }

  get health(): Health {
    return this.#parts.health;
  }

  /**
   * Applies an operation and resolves when it is durable: it survives a power loss from then on. Inline commit blocks the thread
   * for the disk; threaded commit does not.
   *
   * @throws RearmError OPERATION_INVALID, NOT_FOUND, AMOUNT_INVALID, AMOUNT_OVERFLOW, TEXT_TOO_LONG, GATE_CLOSED, STATE_BOUND:
   *   refused, nothing changed; RING_FULL: not taken, try again; WRITER_POISONED, WRITER_FENCED: nothing more is accepted
   */
  async commit(intent: Intent): Promise<Lsn> {
    const lsn = this.#submit(intent, false);
    await this.#parts.pipe.wait(lsn);
    return lsn;
  }

  /** As {@link commit}, blocking in both modes. */
  commitSync(intent: Intent): Lsn {
    const lsn = this.#submit(intent, false);
    this.#parts.pipe.waitSync(lsn);
    return lsn;
  }

  /**
   * Applies an operation and returns at once; durable within the configured `syncMs`, or with the next commit. A crash before
   * that may lose it, together with every operation after it: never one without the others.
   *
   * @throws RearmError as {@link commit}
   */
  post(intent: Intent): Lsn {
    return this.#submit(intent, true);
  }

  /** Resolves when everything up to now is durable. */
  async flush(): Promise<Lsn> {
    const lsn = asLsn(this.#parts.image.lsn);
    await this.#parts.pipe.wait(lsn);
    return lsn;
  }

  #submit(intent: Intent, posted: boolean): Lsn {
    if (this.#closing || this.#closed) throw new RearmError('WRITER_POISONED', 'the engine is closed', {});
    const { clock, image, pipe } = this.#parts;
    const transaction = this.#transaction;
    const lsn = image.lsn + 1;
    transaction.begin(lsn, clock.wallNs());
    let end: number;
    try {
      const format = formatOf(intent.type);
      if (intent.type === 'order.submit') this.#parts.permission?.require(intent);
      apply(transaction, intent);
      const bytes = transaction.recordBytesMax(intentBytesMax(intent, format));
      if (bytes > RECORD_BYTES_MAX)
        throw new RearmError('OPERATION_INVALID', `the record would take ${bytes} bytes, more than ${RECORD_BYTES_MAX}`, {});
      const start = pipe.reserve(bytes);
      const { observer } = this.#parts;
      end = transaction.record(
        intent,
        format,
        posted,
        pipe.target,
        start,
        observer && (() => observer({ lsn, posted, timeNs: transaction.timeNs, intent })),
      );
    } catch (error) {
      transaction.rollback();
      if (error instanceof RearmError) throw error;
      throw new RearmError('OPERATION_INVALID', `${intent.type}: ${(error as Error).message}`, { type: intent.type }, error);
    }
    pipe.push(end, lsn, !posted);
    return asLsn(lsn);
  }

  /** Logs the image root, so that every replay is compared with the original at this point. */
  markRoot(): void {
    const { image } = this.#parts;
    if (image.lsn === this.#lastMarkLsn) return;
    image.takeChanged();
    this.#lastMarkLsn = this.post({ type: 'root.mark', root: image.root });
    this.#parts.health.measure(this.#state);
  }

  /**
   * Prunes what has outlived its retention, a bounded number of rows per call: what is left is due a moment later, so that nobody waits for
   * all of it.
   */
  pruneDue(): void {
    let more = false;
    const { clock, config } = this.#parts;
    const now = clock.wallNs();
    const before = {
      fills: toNs(config.retentionMs),
      orders: toNs(config.retentionMs),
      books: toNs(config.marketRetentionMs),
      trades: toNs(config.marketRetentionMs),
    };
    for (const [table, age] of Object.entries(before)) {
      const name = table as keyof typeof before;
      const due = now - age;
      if (due <= 0n || !this.#isOlder(name, due)) continue;
      this.post({ type: 'prune', table: name, before: due, count: PRUNE_AT_ONCE });
      more ||= this.#isOlder(name, due);
    }
    if (!more) return;
    this.#stopPruning();
    this.#stopPruning = this.#parts.scheduler.after(PRUNE_AGAIN_MS, () => this.#background(() => this.pruneDue()));
  }

  /** Whether a table has a row to be pruned that is older. */
  #isOlder(name: string, than: bigint): boolean {
    const queue = this.#state.agesOf(name)!;
    const { oldest } = queue;
    return oldest >= 0 && queue.timeOf(oldest) < than;
  }

  /**
   * A row by key, canonical; null where there is none. Each part is given as the row has it: texts, references and enums as strings,
   * links as `VENUE:SYMBOL`, times as ISO 8601; null as "".
   */
  row(tableName: keyof typeof TABLES, ...key: readonly string[]): CanonicalRow | null {
    const table = TABLES[tableName];
    const [first, second, third] = table.key.map((name, i) => keyValue(this.#state, table.byName.get(name)!, key[i] ?? ''));
    const row = first === undefined ? (this.#state.used(table) > 0 ? 0 : -1) : findRow(this.#state, table, first, second, third);
    return row < 0 ? null : new CanonicalReader(this.#parts.image).row(table, row);
  }

  /** Every row of a table, canonical, sorted by key. */
  rows(tableName: keyof typeof TABLES): CanonicalRow[] {
    return new CanonicalReader(this.#parts.image).rows(TABLES[tableName]);
  }

  /** The whole state, canonical, with its digest; its cost follows the size of the state. */
  canonical(): CanonicalState {
    return canonicalState(this.#parts.image);
  }

  /** Rows in use and their bound, per table. */
  usage(): { table: string; used: number; rowsMax: number }[] {
    return TABLE_LIST.map((table) => ({ table: table.name, used: this.#state.used(table), rowsMax: this.#state.rowsMax(table) }));
  }

  /** An asynchronous side record (log line, metric, analytic): its own segments, may be lost. */
  side(kind: 'log' | 'metric' | 'analytic', record: Readonly<Record<string, unknown>>): void {
    this.#parts.side.append(kind, record);
  }

  /** Takes L1 and L2 now; resolves when L2 is durable. Rejects with DISK_FULL, IO_FAILED ... where it is not. */
  async checkpoint(): Promise<void> {
    this.markRoot();
    await this.#parts.pipe.checkpoint();
  }

  /** Takes L3 (and L4) from the newest L2 now; resolves when it is durable. Rejects as {@link checkpoint} does; NOT_FOUND where L2 has none. */
  async snapshot(archive = false): Promise<void> {
    await this.#parts.pipe.snapshot(archive);
  }

  /** Ends the epoch in order: the next opening needs no recovery. Everything is durable on return. */
  async close(): Promise<void> {
    if (this.#closed) return;
    for (const stop of this.#stops) stop();
    this.markRoot();
    const lsn = this.#submit({ type: 'epoch.close', time: this.#parts.clock.wallNs() }, false);
    this.#closing = true;
    await this.#parts.pipe.wait(lsn);
    this.#closed = true;
    await this.#end();
  }

  /** Lets go without closing the epoch, as a crash would. Everything is durable on return; where it throws, that is not known, and all is let go. */
  async abandon(): Promise<void> {
    if (this.#closed) return;
    for (const stop of this.#stops) stop();
    try {
      await this.flush();
    } finally {
      this.#closed = true;
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    try {
      await this.#parts.pipe.close();
    } finally {
      this.#parts.side.close();
      this.#parts.lock.release();
    }
  }
}
