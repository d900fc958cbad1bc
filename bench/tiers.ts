/** The tiers while something else is measured: how often they run, and the proof that they did. */

import { type EngineConfig, parseEngineConfig } from '../main/engine/config.ts';
import type { Engine } from '../main/engine/engine.ts';

const NAMES = ['L1', 'L2', 'L3', 'L4'] as const;
/** Shorter than the shortest cadence that is watched. */
const LOOK_MS = 5;

/**
 * Cadences `times` as fast as is normal; L3 and L4, which are minutes and hours apart even then, twice within `repetitionMs`, so that each
 * repetition has some of all.
 */
export function cadences(times: number, repetitionMs: number): Pick<EngineConfig, 'l1Ms' | 'l2Ms' | 'l3Ms' | 'l4Ms'> {
  const normal = parseEngineConfig();
  return {
    l1Ms: normal.l1Ms / times,
    l2Ms: normal.l2Ms / times,
    l3Ms: Math.min(normal.l3Ms / times, repetitionMs / 2),
    l4Ms: Math.min(normal.l4Ms / times, repetitionMs / 2),
  };
}

export type WatchedTier = (typeof NAMES)[number];

/** Counts what the tiers report to the engine's health. */
export class TierRuns {
  readonly #engine: Engine;
  readonly #lastNs = new Map<WatchedTier, bigint>();
  readonly #counts = new Map<WatchedTier, number>();
  readonly #longestMs = new Map<WatchedTier, number>();
  readonly #timer: NodeJS.Timeout;
  #failure: string | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  #look(): void {
    for (const name of NAMES) {
      const run = this.#engine.health.tiers.get(name);
      if (!run || run.atNs === this.#lastNs.get(name)) continue;
      if (run.error) this.#failure ??= `${name} failed while something was measured: ${run.error.message}`;
      this.#lastNs.set(name, run.atNs);
      this.#counts.set(name, this.count(name) + 1);
      this.#longestMs.set(name, Math.max(this.longestMs(name), run.ms));
    }
  }

  count(name: WatchedTier): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Of one run. */
  longestMs(name: WatchedTier): number {
    return this.#longestMs.get(name) ?? 0;
  }

  /** How often each ran, in words. @throws Error where one did not, or failed: what was measured is not what was meant */
  stop(): string {
    clearInterval(this.#timer);
    if (this.#failure) throw new Error(this.#failure);
    for (const name of NAMES) if (!this.#counts.has(name)) throw new Error(`${name} did not run while something was measured`);
    return `runs: ${NAMES.map((name) => `${name} ${this.count(name)}`).join(', ')}`;
  }
}
