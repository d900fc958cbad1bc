/** Threaded commit: records go through a ring in shared memory to the writer thread; the caller never waits for the disk. */

import { MessageChannel, type Worker } from 'node:worker_threads';
import { type ErrorData, RearmError } from '../../shared/errors.ts';
import type { RecordTarget } from '../operations/transaction.ts';
import type { TierEvent } from '../tiers/checkpointer.ts';
import {
  CONSUMED,
  DURABLE,
  DURABLE_SIGNAL,
  distance,
  HEAD_HASH,
  IDLE,
  makeRing,
  PRODUCED,
  type Ring,
  SIGNAL,
  SLEEPING,
  STATE,
  STATE_CLOSED,
  STATE_CLOSING,
  STATE_FAILED,
  STATE_OPEN,
  URGED,
  WRAP,
  WRITTEN,
} from '../wal/ring.ts';
import type { RecordPipe } from './pipe.ts';
import { isListed } from './task.ts';
import { startThread, whenReady } from './threads.ts';
import type { TierControl } from './tier-control.ts';
import type { WriterThreadData } from './writer-thread.ts';

/** Whoever waits so long without a sign looks whether the thread is there. */
const SIGN_MS = 1_000;

interface Waiter {
  readonly lsn: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class RingPipe implements RecordPipe {
  readonly #ring: Ring;
  readonly #worker: Worker;
  readonly #tiers: TierControl | undefined;
  /** Asks for a checkpoint: why it failed, or null. */
  readonly #ask: () => Promise<ErrorData | null>;
  readonly #failed: (error: RearmError) => void;
  /** Where the system lists the writer thread. */
  #task = '';
  /** Bytes since the beginning; what the ring tells of it is modulo 2^32. */
  #produced = 0;
  /** Where the record lies that was reserved last. */
  #start = 0;
  /** Last operation that the writer syncs of itself. */
  #urgentLsn = 0;
  readonly #waiters: Waiter[] = [];
  #failure: RearmError | undefined;

  private constructor(
    ring: Ring,
    worker: Worker,
    tiers: TierControl | undefined,
    ask: () => Promise<ErrorData | null>,
    failed: (error: RearmError) => void,
  ) {
    this.#ring = ring;
    this.#worker = worker;
    this.#tiers = tiers;
    this.#ask = ask;
    this.#failed = failed;
  }

  /** Starts the writer thread; resolves when its files are there. */
  static async start(
    data: Omit<WriterThreadData, 'ring' | 'port'>,
    ringBytes: number,
    tiers: TierControl | undefined,
    report: (event: TierEvent) => void,
    failed: (error: RearmError) => void,
  ): Promise<RingPipe> {
    const ring = makeRing(ringBytes);
    Atomics.store(ring.counters, DURABLE, BigInt(data.start.lsn));
    Atomics.store(ring.counters, WRITTEN, BigInt(data.start.lsn));
    const channel = new MessageChannel();
    const transfer = [channel.port1, ...(data.tierLink ? [data.tierLink.port] : [])];
    const worker = startThread('writer-thread', { ...data, ring: ring.shared, port: channel.port1 }, transfer as never);
    const askOnce = () =>
      new Promise<ErrorData | null>((resolve) => {
        const answered = (failure: ErrorData | null = null): void => {
          channel.port2.off('message', answered).off('close', closed);
          worker.off('exit', ended);
          channel.port2.unref();
          resolve(failure);
        };
        const closed = (): void => void worker.ref();
        const ended = (): void => answered();
        // A writer that ends meanwhile closes its port without an answer; once its thread is no more, the next call says why.
        channel.port2.once('message', answered).once('close', closed);
        worker.once('exit', ended);
        channel.port2.postMessage('checkpoint');
      });
    // One after the other: an answer does not say whose it is.
    let last: Promise<unknown> = Promise.resolve();
    const ask = () => {
      const asked = last.then(askOnce);
      last = asked;
      return asked;
    };
    channel.port2.unref();
    const pipe = new RingPipe(ring, worker, tiers, ask, failed);
    pipe.#task = await whenReady(
      worker,
      (message: { type: string; event?: TierEvent; error?: ErrorData }) => {
        if (message.type === 'event') report(message.event!);
        else if (message.type === 'alarm') failed(RearmError.fromData(message.error!));
        else if (message.type === 'failed') {
          pipe.#failure = RearmError.fromData(message.error!);
          failed(pipe.#failure);
        }
      },
      (why) => pipe.#ended(why),
    );
    worker.unref();
    return pipe;
  }

  /** The thread is no more. Where it did not say why (no memory, an error that nothing caught), everybody who waits learns it here. */
  #ended(why: RearmError | null): void {
    const { control } = this.#ring;
    if (this.#failure || Atomics.load(control, STATE) === STATE_CLOSED) return;
    this.#failure = new RearmError('WRITER_POISONED', `the writer thread ended${why ? `: ${why.message}` : ''}`, {}, why ?? undefined);
    Atomics.store(control, STATE, STATE_FAILED);
    Atomics.add(control, DURABLE_SIGNAL, 1);
    Atomics.notify(control, DURABLE_SIGNAL);
    this.#failed(this.#failure);
  }

  /** Somebody blocks this thread, so that no event says that another one ended. A disk may take any time: that a writer is slow says nothing. */
  #look(): void {
    this.#tiers?.look();
    if (!isListed(this.#task)) this.#ended(null);
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
    if (Atomics.load(this.#ring.control, STATE) !== STATE_OPEN) {
      throw new RearmError('WRITER_POISONED', 'the writer thread has ended: nothing more is accepted', {});
    }
  }

  get target(): RecordTarget {
    return this.#ring;
  }

  reserve(bytes: number): number {
    this.#check();
    const { capacity, control, quads } = this.#ring;
    const at = this.#produced % capacity;
    const rest = capacity - at;
    const skip = bytes > rest ? rest : 0;
    const used = distance(this.#produced, Atomics.load(control, CONSUMED));
    if (bytes > capacity) {
      throw new RearmError('OPERATION_INVALID', `a record of ${bytes} bytes does not fit the ring of ${capacity}: configure a larger one`, {
        capacity,
      });
    }
    if (used === 0 && skip + bytes > capacity) return this.#reserveAtStart(at);
    if (used + skip + bytes > capacity) {
      throw new RearmError('RING_FULL', `the writer is ${used} bytes behind and ${bytes} more do not fit the ring of ${capacity}`, {
        used,
        capacity,
      });
    }
    if (skip > 0) {
      quads[at >> 2] = WRAP;
      this.#produced += skip;
    }
    this.#start = this.#produced % capacity;
    return this.#start;
  }

  /** An empty ring whose rest is too short for a long record: the writer skips the rest first, which takes it a moment. */
  #reserveAtStart(at: number): number {
    const { capacity, control, quads } = this.#ring;
    quads[at >> 2] = WRAP;
    this.#produced += capacity - at;
    Atomics.store(control, PRODUCED, this.#produced | 0);
    this.#signal();
    while (distance(this.#produced, Atomics.load(control, CONSUMED)) > 0) {
      this.#check();
      Atomics.wait(control, IDLE, 0, 1);
      this.#look();
    }
    this.#start = 0;
    return 0;
  }

  push(end: number, lsn: number, urgent: boolean): void {
    const { control } = this.#ring;
    this.#produced += end - this.#start;
    Atomics.store(control, PRODUCED, this.#produced | 0);
    // A posted operation waits for the writer's next look (1 ms at most): waking a thread costs the caller ten times the record.
    if (!urgent) return;
    this.#urgentLsn = lsn;
    this.#signal();
  }

  /** Wakes the writer where it sleeps, and keeps it from going to sleep. */
  #signal(): void {
    const { control } = this.#ring;
    Atomics.add(control, SIGNAL, 1);
    if (Atomics.load(control, SLEEPING) === 1) Atomics.notify(control, SIGNAL);
  }

  /** Somebody waits for `lsn`: what was only posted is not left to the cadence of syncs. */
  #urge(lsn: number): void {
    if (lsn <= this.#urgentLsn) return;
    this.#urgentLsn = lsn;
    Atomics.store(this.#ring.control, URGED, 1);
    this.#signal();
  }

  waitSync(lsn: number): void {
    this.#urge(lsn);
    for (;;) {
      const signal = Atomics.load(this.#ring.control, DURABLE_SIGNAL);
      if (this.durableLsn >= lsn) return;
      this.#check();
      if (Atomics.wait(this.#ring.control, DURABLE_SIGNAL, signal, SIGN_MS) === 'timed-out') this.#look();
    }
  }

  wait(lsn: number): Promise<void> {
    if (this.durableLsn >= lsn) return Promise.resolve();
    this.#urge(lsn);
    return new Promise((resolve, reject) => {
      // LSNs only rise: whoever comes later waits for as much or more.
      this.#waiters.push({ lsn, resolve, reject });
      if (this.#waiters.length === 1) void this.#follow();
    });
  }

  /** Follows what becomes durable as long as somebody waits: one wait for all, since each of its own would be woken by every sync. */
  async #follow(): Promise<void> {
    // A pending wait does not keep a process alive by itself: the writer thread does, as long as somebody waits.
    this.#worker.ref();
    try {
      for (;;) {
        const signal = Atomics.load(this.#ring.control, DURABLE_SIGNAL);
        const durable = this.durableLsn;
        const waiting = this.#waiters.findIndex(({ lsn }) => lsn > durable);
        for (const { resolve } of this.#waiters.splice(0, waiting < 0 ? this.#waiters.length : waiting)) resolve();
        if (waiting < 0) return;
        if (Atomics.load(this.#ring.control, STATE) === STATE_FAILED && !this.#failure)
          await new Promise((resolve) => setImmediate(resolve));
        this.#check();
        const waited = Atomics.waitAsync(this.#ring.control, DURABLE_SIGNAL, signal, SIGN_MS);
        if (waited.async) await waited.value;
      }
    } catch (error) {
      for (const { reject } of this.#waiters.splice(0)) reject(error);
    } finally {
      this.#worker.unref();
    }
  }

  get durableLsn(): number {
    return Number(Atomics.load(this.#ring.counters, DURABLE));
  }

  get writtenLsn(): number {
    return Number(Atomics.load(this.#ring.counters, WRITTEN));
  }

  get headHash(): bigint {
    return BigInt.asUintN(64, Atomics.load(this.#ring.counters, HEAD_HASH));
  }

  async checkpoint(): Promise<void> {
    this.#check();
    const failure = await this.#ask();
    if (failure) throw RearmError.fromData(failure);
    this.#check();
  }

  async snapshot(archive: boolean): Promise<void> {
    await this.#tiers?.snapshot(archive);
  }

  async close(): Promise<void> {
    try {
      await this.#closeWriter();
    } finally {
      await this.#tiers?.close();
    }
  }

  async #closeWriter(): Promise<void> {
    const { control } = this.#ring;
    if (this.#failure || Atomics.load(control, STATE) !== STATE_OPEN) return;
    // The log is whole without the checkpoint; what failed was told.
    await this.#ask();
    // A thread that ended meanwhile does not end again.
    if (!this.#failure) {
      const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
      this.#worker.ref();
      Atomics.store(control, STATE, STATE_CLOSING);
      this.#signal();
      await ended;
    }
    if (Atomics.load(control, STATE) !== STATE_CLOSED) {
      throw this.#failure ?? new RearmError('WRITER_POISONED', 'the writer thread did not close in order', {});
    }
  }
}
