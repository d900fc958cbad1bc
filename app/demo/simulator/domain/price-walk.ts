/**
 * The fair price of each asset, shared by all venues, as a seeded random walk: one common factor moves them together, one
 * factor each apart. Prices are integers of WALK_SCALE places.
 */

import { larger, parseUnits, smaller } from './decimal.ts';
import { BELL_DEVIATION, Random } from './random.ts';

export const WALK_SCALE = 8;

export class PriceWalk {
  readonly #random: Random;
  #start = new Map<string, bigint>();
  #price = new Map<string, bigint>();
  readonly #deviationPpm: bigint;

  /** @param deviationPpm standard deviation of one tick's move, in millionths of the price */
  constructor(seed: number, startPrices: Readonly<Record<string, string>>, deviationPpm: number) {
    this.#random = new Random(seed, 'walk');
    this.#deviationPpm = BigInt(deviationPpm);
    for (const [base, text] of Object.entries(startPrices)) {
      const price = parseUnits(text, WALK_SCALE);
      if (typeof price !== 'bigint') throw new RangeError(`the start price of ${base} is not a decimal: ${text}`);
      this.#start.set(base, price);
      this.#price.set(base, price);
    }
  }

  state() {
    return { random: this.#random.state(), start: new Map(this.#start), price: new Map(this.#price) };
  }

  restore(state: ReturnType<PriceWalk['state']>): void {
    this.#random.restore(state.random);
    this.#start = new Map(state.start);
    this.#price = new Map(state.price);
  }

  price(base: string): bigint {
    const price = this.#price.get(base);
    if (price === undefined) throw new RangeError(`no price for ${base}`);
    return price;
  }

  /** A jump, told from outside. The walk goes on from there. */
  set(base: string, price: bigint): void {
    this.#start.set(base, price);
    this.#price.set(base, price);
  }

  step(): void {
    const common = this.#random.bell();
    for (const [base, price] of this.#price) {
      const factor = BigInt(7 * common + 7 * this.#random.bell());
      const move = (price * this.#deviationPpm * factor) / (10n * BigInt(BELL_DEVIATION) * 1_000_000n);
      const start = this.#start.get(base)!;
      this.#price.set(base, smaller(larger(price + move, start / 5n), start * 5n));
    }
  }
}
