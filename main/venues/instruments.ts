/** What arithmetic needs of an instrument, from the venue's own list or from the state. */

import { type CcxtClient, rowAt, textAt } from './ccxt.ts';
import { decimalText, ONE, unitsOf } from './decimal.ts';

export interface InstrumentTerms {
  readonly symbol: string;
  readonly base: string;
  readonly settle: string;
  /** Units of 10^-18: what one contract is of the base. */
  readonly multiplier: bigint;
  readonly spot: boolean;
  /** Settles in the base: its value does not grow in proportion to its price, and is not computed here. */
  readonly inverse: boolean;
  /** ISO; null for what does not expire. */
  readonly expiresAt: string | null;
  /** Smallest steps of price and quantity; null where the venue does not tell them as steps. */
  readonly tick: string | null;
  readonly lot: string | null;
}

/** How ccxt gives precision as the size of a step. */
const TICK_SIZE = 4;

/** The loaded instrument; null where the venue does not list it. */
export function termsOf(client: CcxtClient, symbol: string): InstrumentTerms | null {
  const market = client.markets?.[symbol];
  if (!market) return null;
  const expiry = Number(market.expiry);
  const precision = rowAt(market, 'precision');
  const steps = (client as unknown as { precisionMode?: number }).precisionMode === TICK_SIZE;
  return {
    symbol,
    base: textAt(market, 'base') ?? '',
    settle: textAt(market, 'settle') ?? textAt(market, 'quote') ?? '',
    multiplier: unitsOf(market.contractSize) ?? ONE,
    spot: market.spot === true,
    inverse: market.inverse === true,
    tick: steps ? decimalText(precision.price) : null,
    lot: steps ? decimalText(precision.amount) : null,
    expiresAt: market.expiry && Number.isFinite(expiry) ? new Date(expiry).toISOString() : null,
  };
}
