/**
 * Ids in the shape of the real ones: numbers at Binance (some of them above 2^53, as the real ones of ETHUSDT are), UUIDs at
 * Bybit. They follow from the seed and the order of acceptance.
 */

import { createHash } from 'node:crypto';

/** How many of each were given out. */
export interface IdentitiesState {
  readonly counts: ReadonlyMap<string, bigint>;
  /** Left out in every id space. */
  readonly skipped: bigint;
}

export interface Identities {
  state(): IdentitiesState;
  restore(state: IdentitiesState): void;
  /** Leaves ids out, so that those that were given and then forgotten do not come again. */
  skip(count: number): void;
  orderId(marketId: string): string;
  /** null: the venue has no id space of its own for conditional orders. */
  algoId(): string | null;
  tradeId(marketId: string): string;
  /** What the venue calls an order that came without a client id. */
  clientId(): string;
}

const BINANCE_ORDER_BASE: Readonly<Record<string, bigint>> = {
  BTCUSDT: 745_300_000_000n,
  ETHUSDT: 8_389_765_900_000_000_000n,
  SOLUSDT: 131_200_000_000n,
  XRPUSDT: 98_700_000_000n,
  DOGEUSDT: 74_100_000_000n,
  ADAUSDT: 53_900_000_000n,
};

class Counters {
  #counts = new Map<string, bigint>();
  #skipped = 0n;

  /** 1n, 2n, 3n ... in each space. */
  next(space: string): bigint {
    const count = (this.#counts.get(space) ?? 0n) + 1n;
    this.#counts.set(space, count);
    return count + this.#skipped;
  }

  state(): IdentitiesState {
    return { counts: new Map(this.#counts), skipped: this.#skipped };
  }

  restore(state: IdentitiesState): void {
    this.#counts = new Map(state.counts);
    this.#skipped = state.skipped;
  }

  skip(count: number): void {
    this.#skipped += BigInt(count);
  }
}

export class NumericIdentities extends Counters implements Identities {
  readonly #seed: number;

  constructor(seed: number) {
    super();
    this.#seed = seed;
  }

  orderId(marketId: string): string {
    return ((BINANCE_ORDER_BASE[marketId] ?? 10_000_000_000n) + this.next(`order/${marketId}`)).toString();
  }

  algoId(): string {
    return (2_148_000n + this.next('algo')).toString();
  }

  tradeId(marketId: string): string {
    return (6_050_000_000n + this.next(`trade/${marketId}`)).toString();
  }

  clientId(): string {
    const number = this.next('client');
    const digest = createHash('sha256').update(`${this.#seed}/client/${number}`).digest('base64url');
    return `web_${digest.replace(/[-_]/g, '').slice(0, 20)}`;
  }
}

export class UuidIdentities extends Counters implements Identities {
  readonly #seed: number;

  constructor(seed: number) {
    super();
    this.#seed = seed;
  }

  #uuid(label: string): string {
    const hex = createHash('sha256')
      .update(`${this.#seed}/${label}/${this.next('uuid')}`)
      .digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }

  orderId(): string {
    return this.#uuid('order');
  }

  algoId(): null {
    return null;
  }

  tradeId(): string {
    return this.#uuid('trade');
  }

  clientId(): string {
    return '';
  }
}
