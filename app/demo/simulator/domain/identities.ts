/**
 * Ids in the shape of the real ones: numbers at Binance (some of them above 2^53, as the real ones of ETHUSDT are), UUIDs at
 * Bybit. They follow from the seed and the order of acceptance.
 */

import { createHash } from 'node:crypto';

export interface Identities {
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

export class NumericIdentities implements Identities {
  readonly #next = new Map<string, bigint>();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  #count(space: string, start: bigint): string {
    const id = this.#next.get(space) ?? start;
    this.#next.set(space, id + 1n);
    return id.toString();
  }

  orderId(marketId: string): string {
    return this.#count(`order/${marketId}`, (BINANCE_ORDER_BASE[marketId] ?? 10_000_000_000n) + 1n);
  }

  algoId(): string {
    return this.#count('algo', 2_148_001n);
  }

  tradeId(marketId: string): string {
    return this.#count(`trade/${marketId}`, 6_050_000_001n);
  }

  clientId(): string {
    const number = this.#count('client', 1n);
    const digest = createHash('sha256').update(`${this.#seed}/client/${number}`).digest('base64url');
    return `web_${digest.replace(/[-_]/g, '').slice(0, 20)}`;
  }
}

export class UuidIdentities implements Identities {
  readonly #seed: number;
  #count = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  #uuid(label: string): string {
    this.#count += 1;
    const hex = createHash('sha256').update(`${this.#seed}/${label}/${this.#count}`).digest('hex');
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
