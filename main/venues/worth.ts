/** What the positions of a state made, realised and not. Two of these, at two moments, tell what was made between them. */

import { at, type Ours } from '../reconcile/ours.ts';
import { times } from './decimal.ts';

/** Units of 10^-18 of the reporting currency, or the first position that nobody can put a number on. */
export type Worth = { readonly units: bigint } | { readonly missing: string };

/** @param priceOf price of one unit; null where none is known. Asked only for what is held. */
export function worthOf(ours: Ours, priceOf: (venue: string, symbol: string) => bigint | null): Worth {
  let units = 0n;
  for (const { venue, symbol, quantity, cost, realised } of ours.positions) {
    const instrument = ours.instruments.get(at(venue, symbol));
    const rate = instrument && ours.rates.get(instrument.settle);
    const price = quantity === 0n ? 0n : priceOf(venue, symbol);
    if (price === null || !instrument || !rate) {
      if (quantity === 0n && cost === 0n && realised === 0n) continue;
      return { missing: `${symbol} at ${venue}` };
    }
    units += times(times(times(quantity, price), instrument.multiplier) - cost + realised, rate);
  }
  return { units };
}

/** At the prices that the state itself knows. */
export const worthInState = (ours: Ours): Worth =>
  worthOf(ours, (venue, symbol) => {
    const price = ours.marks.get(at(venue, symbol))?.price;
    return price === undefined || price === 0n ? null : price;
  });
