/** Time that moves only when told: a clock, and the timers that follow it. */

import type { Clock, Scheduler } from '../main/storage/storage.ts';

export class SteppedClock implements Clock {
  #wall: bigint;
  #monotonic = 1_000_000_000n;

  constructor(wall = 1_767_600_000_000_000_000n) {
    this.#wall = wall;
  }

  pass(ns: bigint): void {
    this.#wall += ns;
    this.#monotonic += ns;
  }

  wallNs(): bigint {
    return this.#wall;
  }

  monotonicNs(): bigint {
    return this.#monotonic;
  }
}

export class SteppedScheduler implements Scheduler {
  readonly #clock: Clock;
  readonly #tasks = new Set<{ dueNs: bigint; everyNs: bigint | null; task: () => void }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  #add(ms: number, task: () => void, again: boolean): () => void {
    const ns = BigInt(Math.round(ms * 1e6));
    const entry = { dueNs: this.#clock.monotonicNs() + ns, everyNs: again ? ns : null, task };
    this.#tasks.add(entry);
    return () => this.#tasks.delete(entry);
  }

  every(ms: number, task: () => void): () => void {
    return this.#add(ms, task, true);
  }

  after(ms: number, task: () => void): () => void {
    return this.#add(ms, task, false);
  }

  /** Runs what is due, each at most once. */
  run(): void {
    const now = this.#clock.monotonicNs();
    for (const entry of [...this.#tasks]) {
      if (entry.dueNs > now) continue;
      if (entry.everyNs === null) this.#tasks.delete(entry);
      else entry.dueNs = now + entry.everyNs;
      entry.task();
    }
  }
}
