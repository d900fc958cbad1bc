/**
 * Cancel on disconnect: one countdown per instrument, in market time. A heartbeat replaces it, zero stops it; when it elapses
 * all open orders of the instrument are cancelled.
 */

import { NS_PER_MS } from './clock.ts';

export class Countdowns {
  #deadlines = new Map<string, { readonly countdownMs: number; readonly deadlineNs: bigint }>();

  state() {
    return new Map(this.#deadlines);
  }

  restore(state: ReturnType<Countdowns['state']>): void {
    this.#deadlines = new Map(state);
  }

  set(marketId: string, countdownMs: number, marketNs: bigint): void {
    if (countdownMs === 0) this.#deadlines.delete(marketId);
    else this.#deadlines.set(marketId, { countdownMs, deadlineNs: marketNs + BigInt(countdownMs) * NS_PER_MS });
  }

  /** Instruments whose countdown has elapsed; each is told once. */
  elapsed(marketNs: bigint): string[] {
    const over = [...this.#deadlines].filter(([, { deadlineNs }]) => marketNs >= deadlineNs).map(([marketId]) => marketId);
    for (const marketId of over) this.#deadlines.delete(marketId);
    return over;
  }

  running(marketNs: bigint): { marketId: string; countdownMs: number; remainingMs: number }[] {
    return [...this.#deadlines].map(([marketId, { countdownMs, deadlineNs }]) => ({
      marketId,
      countdownMs,
      remainingMs: Number((deadlineNs - marketNs) / NS_PER_MS),
    }));
  }
}
