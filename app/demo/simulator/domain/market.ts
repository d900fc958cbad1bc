/**
 * One instrument at one venue: the outside liquidity, the client's resting orders, last price, mark and funding rate.
 * It finds who would trade with whom; the exchange books it.
 */

import { divideRounded, larger, powerOfTen, smaller } from './decimal.ts';
import type { Instrument } from './instrument.ts';
import { type Order, opposite, remaining, type Side } from './order.ts';
import { type Level, OutsideBook } from './outside-book.ts';
import { WALK_SCALE } from './price-walk.ts';
import { Random } from './random.ts';
import { crosses, RestingOrders } from './resting-orders.ts';

export interface Slice {
  readonly price: bigint;
  readonly quantity: bigint;
}

export interface Flow {
  readonly side: Side;
  readonly quantity: bigint;
}

/** One tick in four sees an outside order large enough to reach behind the best level. */
const FLOW_PERCENT = 25;

export class Market {
  readonly instrument: Instrument;
  readonly outside: OutsideBook;
  readonly resting = new RestingOrders();
  readonly #random: Random;
  /** The venue's distance from the fair price, in billionths. */
  #basisPpb = 0;
  #last: bigint;
  /** First, highest and lowest traded price since the start: what tickers show for the day. */
  open: bigint;
  high: bigint;
  low: bigint;
  mark: bigint;
  /** In RATE_SCALE units, per funding interval. */
  fundingRate: bigint;
  /** Traded by everybody else, quantity units: the public volume. */
  volume = 0n;

  constructor(instrument: Instrument, seed: number, venue: string, fair: bigint) {
    this.instrument = instrument;
    this.#random = new Random(seed, `${venue}/${instrument.id}/market`);
    this.outside = new OutsideBook(instrument, new Random(seed, `${venue}/${instrument.id}/book`));
    this.fundingRate = this.#drawFundingRate();
    this.outside.renew(fair);
    this.open = this.outside.best('buy')!.price;
    this.#last = this.open;
    this.high = this.open;
    this.low = this.open;
    this.mark = this.#unitsOf(fair);
  }

  /** Without the resting orders: they follow from the orders. */
  state() {
    return {
      random: this.#random.state(),
      outside: this.outside.state(),
      basisPpb: this.#basisPpb,
      last: this.#last,
      open: this.open,
      high: this.high,
      low: this.low,
      mark: this.mark,
      fundingRate: this.fundingRate,
      volume: this.volume,
    };
  }

  restore(state: ReturnType<Market['state']>): void {
    this.#random.restore(state.random);
    this.outside.restore(state.outside);
    this.#basisPpb = state.basisPpb;
    this.#last = state.last;
    this.open = state.open;
    this.high = state.high;
    this.low = state.low;
    this.mark = state.mark;
    this.fundingRate = state.fundingRate;
    this.volume = state.volume;
  }

  get last(): bigint {
    return this.#last;
  }

  set last(price: bigint) {
    this.#last = price;
    this.high = larger(this.high, price);
    this.low = smaller(this.low, price);
  }

  #unitsOf(fair: bigint): bigint {
    return divideRounded(fair, powerOfTen(WALK_SCALE - this.instrument.priceScale));
  }

  #drawFundingRate(): bigint {
    return BigInt(10_000 + this.#random.below(8_001) - 4_000);
  }

  renewFundingRate(): void {
    this.fundingRate = this.#drawFundingRate();
  }

  /**
   * The market moves one tick: new levels, new mark, and the outside order of this tick. The number of draws is always the
   * same, so that what clients do never bends the path.
   */
  move(fair: bigint): Flow {
    this.#basisPpb += this.#random.bell() - Math.trunc(this.#basisPpb / 50);
    const middle = fair + (fair * BigInt(this.#basisPpb)) / 1_000_000_000n;
    this.outside.renew(middle);
    this.mark = divideRounded(3n * this.mark + this.#unitsOf(middle), 4n);
    const large = this.#random.below(100) < FLOW_PERCENT;
    const side: Side = this.#random.below(2) === 0 ? 'buy' : 'sell';
    const percent = BigInt(20 + this.#random.below(331));
    const best = this.outside.best(opposite(side))!;
    this.last = best.price;
    const quantity = (best.quantity * percent) / 100n;
    return { side, quantity: large ? quantity : 0n };
  }

  /** The next resting order that the moved market has crossed, with the level that trades against it; null: none is left. */
  crossed(): { readonly order: Order; readonly level: Level } | null {
    for (const side of ['buy', 'sell'] as const) {
      const order = this.resting.best(side);
      const level = this.outside.best(opposite(side));
      if (order !== null && level !== null && crosses(side, order.price, level.price)) return { order, level };
    }
    return null;
  }

  /** What an outside order of `side` meets first: a level, or an own order that is better priced. At one price the level was there first. */
  facing(side: Side): { readonly level: Level } | { readonly order: Order } | null {
    const level = this.outside.best(opposite(side));
    const order = this.resting.best(opposite(side));
    if (order === null) return level === null ? null : { level };
    if (level === null || (side === 'sell' ? order.price! > level.price : order.price! < level.price)) return { order };
    return { level };
  }

  /** What an own order of `side` could take at once: slices, best first, not more than `quantity`. Takes nothing. */
  available(side: Side, quantity: bigint, limit: bigint | null): Slice[] {
    const slices: Slice[] = [];
    let left = quantity;
    for (const level of this.outside.facing(side, limit)) {
      if (left === 0n) break;
      const taken = level.quantity < left ? level.quantity : left;
      slices.push({ price: level.price, quantity: taken });
      left -= taken;
    }
    return slices;
  }

  /** Takes a slice that {@link available} showed. */
  take(side: Side, slice: Slice): void {
    const level = this.outside.facing(side, null).find((candidate) => candidate.price === slice.price);
    if (level === undefined || level.quantity < slice.quantity) throw new RangeError('the slice is not in the book');
    level.quantity -= slice.quantity;
  }

  /** Own orders on the other side that an order of `side` would meet. */
  ownFacing(side: Side, limit: bigint | null): Order[] {
    return this.resting.side(opposite(side)).filter((order) => crosses(side, limit, order.price!));
  }

  /** Price levels with everybody's quantity, best first: what the venue publishes. */
  depth(side: Side): Slice[] {
    const total = new Map<bigint, bigint>();
    const levels = side === 'buy' ? this.outside.bids : this.outside.asks;
    for (const level of levels) if (level.quantity > 0n) total.set(level.price, level.quantity);
    for (const order of this.resting.side(side)) {
      total.set(order.price!, (total.get(order.price!) ?? 0n) + remaining(order));
    }
    const sign = side === 'buy' ? -1 : 1;
    return [...total]
      .map(([price, quantity]) => ({ price, quantity }))
      .sort((a, b) => (a.price < b.price ? -sign : a.price > b.price ? sign : 0));
  }
}
