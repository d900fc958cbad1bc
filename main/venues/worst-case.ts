/**
 * Exposure now, and where it can go: all working orders filled against us, and venues that are silent at what we last knew of them.
 * Exact; in the reporting currency. What is not known is null, never zero.
 */

import type { Answer, ExposureRange, VenueOrder, VenuePosition, VenueReport } from '../../shared/contract/venues.ts';
import { at, isLiveHere, type Ours } from '../reconcile/ours.ts';
import { isWhole } from './answer.ts';
import { absolute, ONE, textOf, times, unitsOf, unitsOrZero } from './decimal.ts';
import type { InstrumentTerms } from './instruments.ts';

/** What is held and working in one instrument of one account. */
interface Stake {
  readonly venue: string;
  readonly symbol: string;
  position: bigint;
  /** Quantities that would add to it, if filled; protective orders only take away and are not in here. */
  buys: bigint;
  sells: bigint;
  /** null: no price is known. */
  price: bigint | null;
}

export interface Exposure {
  readonly range: ExposureRange;
  /** What a move of 1 % against us costs, each underlying by itself; null where exposure is not known. */
  readonly lossPerPercent: string | null;
  /** Oldest mark that went in, milliseconds; null where none did or its age is not known. */
  readonly markAgeMs: number | null;
}

/** The last whole answers of a venue; null where it gave none yet. */
export interface HeardVenue {
  readonly positions: Answer<VenuePosition> | null;
  readonly openOrders: Answer<VenueOrder> | null;
}

export interface ExposureInput {
  readonly venues: readonly VenueReport[];
  /** The recovered state; null: there is none. */
  readonly ours: Ours | null;
  /** What a venue said when it last answered whole, by name: newer than any recovered state. */
  readonly heard?: ReadonlyMap<string, HeardVenue> | undefined;
  /** Of instruments that the state does not know, by `venue symbol`. */
  readonly terms?: ReadonlyMap<string, InstrumentTerms>;
}

/** A venue's side is taken where it was answered whole, now or last; else our own knowledge of it. */
class Stakes {
  readonly all = new Map<string, Stake>();
  readonly words: string[] = [];
  readonly #input: ExposureInput;
  /** Something is at stake that nobody can put a number on. */
  unknown = false;
  readonly marksMs: number[] = [];

  constructor(input: ExposureInput) {
    this.#input = input;
    for (const report of input.venues) this.#venue(report);
    const asked = new Set(input.venues.map(({ name }) => name));
    for (const venue of input.ours?.venues ?? []) if (!asked.has(venue)) this.#ours(venue, 'not configured');
  }

  #stake(venue: string, account: string, symbol: string): Stake {
    const key = `${venue} ${account} ${symbol}`;
    const known = this.all.get(key);
    if (known) return known;
    const stake: Stake = { venue, symbol, position: 0n, buys: 0n, sells: 0n, price: this.#priceOf(venue, symbol) };
    this.all.set(key, stake);
    return stake;
  }

  #priceOf(venue: string, symbol: string): bigint | null {
    const report = this.#input.venues.find(({ name }) => name === venue);
    const mark = report?.marks.items.find((entry) => entry.symbol === symbol);
    if (mark && mark.ageMs !== null) this.marksMs.push(mark.ageMs);
    const own = report?.positions.items.find((entry) => entry.symbol === symbol)?.mark;
    const ours = this.#input.ours?.marks.get(at(venue, symbol))?.price;
    return unitsOf(mark?.price) ?? unitsOf(own) ?? (ours === undefined || ours === 0n ? null : ours);
  }

  #venue({ name, ...report }: VenueReport): void {
    const heard = this.#input.heard?.get(name);
    const positions = isWhole(report.positions) ? report.positions : heard?.positions;
    const openOrders = isWhole(report.openOrders) ? report.openOrders : heard?.openOrders;
    const older = (what: string, { askedAt }: Answer<unknown>, status: string): void => {
      this.words.push(`${what} at ${name} (${status}) as it answered at ${askedAt.slice(11, 19)} UTC`);
    };
    if (positions) {
      for (const { account, symbol, quantity } of positions.items) this.#stake(name, account, symbol).position = unitsOrZero(quantity);
      if (positions !== report.positions) older('positions', positions, report.positions.status);
    } else this.#positionsOfOurs(name, report.positions.status);
    if (openOrders) {
      for (const { account, symbol, side, remaining, reduceOnly } of openOrders.items)
        this.#working(this.#stake(name, account, symbol), side, unitsOrZero(remaining), reduceOnly);
      if (openOrders !== report.openOrders) older('orders', openOrders, report.openOrders.status);
    } else this.#ordersOfOurs(name, report.openOrders.status);
  }

  #ours(venue: string, status: string): void {
    this.#positionsOfOurs(venue, status);
    this.#ordersOfOurs(venue, status);
  }

  #positionsOfOurs(venue: string, status: string): void {
    const { ours } = this.#input;
    if (!ours) {
      this.unknown = true;
      this.words.push(`positions at ${venue} are UNKNOWN (${status}), and there is no state to fall back on`);
      return;
    }
    for (const { account, symbol, quantity } of ours.positions.filter((position) => position.venue === venue))
      this.#stake(venue, account, symbol).position = quantity;
    this.words.push(`${venue} (${status}) at its last known positions`);
  }

  #ordersOfOurs(venue: string, status: string): void {
    const { ours } = this.#input;
    if (!ours) {
      this.unknown = true;
      this.words.push(`orders at ${venue} are UNKNOWN (${status})`);
      return;
    }
    const live = ours.orders.filter((order) => order.venue === venue && isLiveHere(order));
    for (const { account, symbol, side, quantity, filled, reduceOnly } of live)
      this.#working(this.#stake(venue, account, symbol), side, quantity - filled, reduceOnly);
    this.words.push(`${live.length === 1 ? 'the order' : `all ${live.length} orders`} that we had at ${venue} (${status})`);
  }

  #working(stake: Stake, side: 'buy' | 'sell', quantity: bigint, reduceOnly: boolean): void {
    if (reduceOnly) return;
    if (side === 'buy') stake.buys += quantity;
    else stake.sells += quantity;
  }

  /** Value of one unit in the reporting currency; null where a price, the instrument or a rate is missing. */
  unitValue({ venue, symbol, price }: Stake): { value: bigint; base: string } | null {
    const { ours, terms } = this.#input;
    const known = ours?.instruments.get(at(venue, symbol));
    const told = terms?.get(at(venue, symbol));
    const settle = known?.settle ?? told?.settle ?? symbol.split(':')[1] ?? '';
    // Without a state the settlement asset is the reporting currency; a state that knows an asset knows its rate.
    const rate = ours === null ? ONE : ours.rates.get(settle);
    if (price === null || rate === undefined || rate === 0n || told?.inverse) return null;
    return {
      value: times(times(price, known?.multiplier ?? told?.multiplier ?? ONE), rate),
      base: known?.base ?? told?.base ?? symbol.split('/')[0] ?? symbol,
    };
  }
}

const largest = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (a > b ? a : b));

/** Venues that are still being asked, or are silent, count by what they said last, or by our own knowledge until they answer. */
export function exposureOf(input: ExposureInput): Exposure {
  const stakes = new Stakes(input);
  let [net, gross, low, high, worst] = [0n, 0n, 0n, 0n, 0n];
  const byBase = new Map<string, bigint>();
  const unpriced: string[] = [];
  for (const stake of stakes.all.values()) {
    const { position, buys, sells } = stake;
    if (position === 0n && buys === 0n && sells === 0n) continue;
    const unit = stakes.unitValue(stake);
    if (unit === null) {
      unpriced.push(`${stake.symbol} at ${stake.venue}`);
      continue;
    }
    const value = (quantity: bigint): bigint => times(quantity, unit.value);
    net += value(position);
    gross += value(absolute(position));
    low += value(position - sells);
    high += value(position + buys);
    worst += value(largest(absolute(position), absolute(position + buys), absolute(position - sells)));
    byBase.set(unit.base, (byBase.get(unit.base) ?? 0n) + value(position));
  }
  if (unpriced.length > 0) stakes.words.push(`no price for ${unpriced.slice(0, 3).join(', ')}`);
  const known = !stakes.unknown && unpriced.length === 0;
  const text = (units: bigint): string | null => (known ? textOf(units) : null);
  const basis = ['every working order filled against us, protective ones not counted', ...stakes.words].join('; ');
  const percent = [...byBase.values()].reduce((sum, value) => sum + absolute(value), 0n) / 100n;
  return {
    range: { net: text(net), gross: text(gross), netWorstLow: text(low), netWorstHigh: text(high), grossWorst: text(worst), basis },
    lossPerPercent: text(percent),
    markAgeMs: stakes.marksMs.length === 0 ? null : Math.max(...stakes.marksMs),
  };
}
