/**
 * Three times of the simulated world:
 * - wall: the machine's clock. Signatures are checked against it, and the venues tell it as their server time;
 * - stamp: when something happened at a venue. Strictly increasing. In stepped mode it comes from the ticks alone, so that two
 *   runs with the same calls give the same times;
 * - market: runs only while the market does. Countdowns are measured in it, and stand still while it is frozen.
 * All in nanoseconds since the Unix epoch.
 */

export interface ClockOptions {
  readonly stepped: boolean;
  readonly tickMs: number;
  /** Stamp of tick 0 in stepped mode. */
  readonly epochMs: number;
}

export const NS_PER_MS = 1_000_000n;

export class Clock {
  readonly stepped: boolean;
  #epochNs: bigint;
  readonly #tickNs: bigint;
  readonly #wall: () => bigint;
  #ticks = 0n;
  #lastStampNs = 0n;
  #frozenSinceNs: bigint | null = null;
  #frozenTotalNs = 0n;

  constructor(options: ClockOptions, wall: () => bigint = () => BigInt(Date.now()) * NS_PER_MS) {
    this.stepped = options.stepped;
    this.#tickNs = BigInt(options.tickMs) * NS_PER_MS;
    this.#epochNs = BigInt(options.epochMs) * NS_PER_MS;
    this.#wall = wall;
  }

  state() {
    return {
      epochNs: this.#epochNs,
      ticks: this.#ticks,
      lastStampNs: this.#lastStampNs,
      frozenSinceNs: this.#frozenSinceNs,
      frozenTotalNs: this.#frozenTotalNs,
    };
  }

  restore(state: ReturnType<Clock['state']>): void {
    this.#epochNs = state.epochNs;
    this.#ticks = state.ticks;
    this.#lastStampNs = state.lastStampNs;
    this.#frozenSinceNs = state.frozenSinceNs;
    this.#frozenTotalNs = state.frozenTotalNs;
  }

  get ticks(): number {
    return Number(this.#ticks);
  }

  get frozen(): boolean {
    return this.#frozenSinceNs !== null;
  }

  wallNs(): bigint {
    return this.#wall();
  }

  nowNs(): bigint {
    return this.stepped ? this.#epochNs + this.#ticks * this.#tickNs : this.#wall();
  }

  stampNs(): bigint {
    const now = this.nowNs();
    this.#lastStampNs = now > this.#lastStampNs ? now : this.#lastStampNs + 1n;
    return this.#lastStampNs;
  }

  marketNs(): bigint {
    if (this.stepped) return this.nowNs();
    return (this.#frozenSinceNs ?? this.#wall()) - this.#frozenTotalNs;
  }

  advance(): void {
    this.#ticks += 1n;
  }

  setFrozen(frozen: boolean): void {
    if (frozen && this.#frozenSinceNs === null) this.#frozenSinceNs = this.#wall();
    if (!frozen && this.#frozenSinceNs !== null) {
      this.#frozenTotalNs += this.#wall() - this.#frozenSinceNs;
      this.#frozenSinceNs = null;
    }
  }
}

/** One venue's clocks: the world's, off by a settable amount, as a real venue's are. */
export class VenueClock {
  readonly world: Clock;
  #offsetNs = 0n;

  constructor(world: Clock) {
    this.world = world;
  }

  get offsetMs(): number {
    return Number(this.#offsetNs / NS_PER_MS);
  }

  setOffsetMs(offsetMs: number): void {
    this.#offsetNs = BigInt(offsetMs) * NS_PER_MS;
  }

  serverMs(): number {
    return Number((this.world.wallNs() + this.#offsetNs) / NS_PER_MS);
  }

  nowNs(): bigint {
    return this.world.nowNs() + this.#offsetNs;
  }

  stampNs(): bigint {
    return this.world.stampNs() + this.#offsetNs;
  }
}

export const toMs = (timeNs: bigint): number => Number(timeNs / NS_PER_MS);
