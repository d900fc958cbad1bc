/**
 * Liquidity of everybody else in one instrument: price levels around the middle, drawn anew at every tick. What a client
 * takes out of a level is gone until then.
 */

import { divideRounded, larger, MONEY_SCALE, powerOfTen } from './decimal.ts';
import { type Instrument, notional } from './instrument.ts';
import type { Side } from './order.ts';
import { WALK_SCALE } from './price-walk.ts';
import type { Random } from './random.ts';

export interface Level {
  readonly price: bigint;
  quantity: bigint;
}

export const LEVELS = 12;
/** Distance of best bid and ask, and of neighbouring levels, in millionths of the price; never under a tick. */
const SPREAD_PPM = 20n;
const GAP_PPM = 35n;
/** The best level holds about this much; the n-th level n times as much. */
const BEST_LEVEL_USDT = 4_000n;

export class OutsideBook {
  readonly #instrument: Instrument;
  readonly #random: Random;
  bids: Level[] = [];
  asks: Level[] = [];

  constructor(instrument: Instrument, random: Random) {
    this.#instrument = instrument;
    this.#random = random;
  }

  state() {
    const copy = (levels: readonly Level[]): Level[] => levels.map((level) => ({ ...level }));
    return { random: this.#random.state(), bids: copy(this.bids), asks: copy(this.asks) };
  }

  restore(state: ReturnType<OutsideBook['state']>): void {
    this.#random.restore(state.random);
    this.bids = state.bids;
    this.asks = state.asks;
  }

  /** @param fair fair price in WALK_SCALE units */
  renew(fair: bigint): void {
    const unit = powerOfTen(WALK_SCALE - this.#instrument.priceScale);
    const spread = larger((fair * SPREAD_PPM) / 1_000_000n, unit);
    const gap = larger(divideRounded(fair * GAP_PPM, 1_000_000n * unit), 1n);
    const bid = larger((fair - spread / 2n) / unit, BigInt(LEVELS) * gap + 1n);
    const ask = larger((fair + spread / 2n + unit - 1n) / unit, bid + 1n);
    this.bids = this.#side(bid, -gap);
    this.asks = this.#side(ask, gap);
  }

  #side(best: bigint, gap: bigint): Level[] {
    const levels: Level[] = [];
    for (let i = 0; i < LEVELS; i += 1) {
      const price = best + BigInt(i) * gap;
      const percent = BigInt(30 + this.#random.below(141));
      const money = (BEST_LEVEL_USDT * BigInt(i + 1) * percent * powerOfTen(MONEY_SCALE)) / 100n;
      levels.push({ price, quantity: larger(money / notional(this.#instrument, price, 1n), 1n) });
    }
    return levels;
  }

  /** The best level that still holds something, on the side where `side` orders rest. */
  best(side: Side): Level | null {
    return (side === 'buy' ? this.bids : this.asks).find((level) => level.quantity > 0n) ?? null;
  }

  /** Levels that an order of `side` would meet, best first, up to its limit (null: no limit). */
  facing(side: Side, limit: bigint | null): Level[] {
    const levels = side === 'buy' ? this.asks : this.bids;
    return levels.filter(
      (level) => level.quantity > 0n && (limit === null || (side === 'buy' ? level.price <= limit : level.price >= limit)),
    );
  }
}
