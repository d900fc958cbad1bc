/**
 * Instruments: linear perpetuals against USDT. One price unit is one tick and one quantity unit is one step; both are powers
 * of ten at these venues, so a notional is exact in money of eight places.
 */

import { formatUnits, MONEY_SCALE, powerOfTen } from './decimal.ts';

export interface Instrument {
  /** The venue's name of it, for example BTCUSDT. */
  readonly id: string;
  /** The unified name, for example BTC/USDT:USDT. */
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  /** Decimal places of a price unit (the tick). */
  readonly priceScale: number;
  /** Decimal places of a quantity unit (the step). */
  readonly quantityScale: number;
  /** Quantity units. */
  readonly quantityMin: bigint;
  readonly quantityMax: bigint;
  /** Money units. */
  readonly notionalMin: bigint;
  /** In RATE_SCALE units. */
  readonly makerRate: bigint;
  readonly takerRate: bigint;
  readonly maintenanceRate: bigint;
  readonly leverage: bigint;
}

/** Where the walk of each asset starts, in USDT. */
export const START_PRICES: Readonly<Record<string, string>> = {
  BTC: '97250.0',
  ETH: '3380.00',
  SOL: '188.00',
  XRP: '2.3100',
  DOGE: '0.32500',
  ADA: '0.9400',
};

const USDT = powerOfTen(MONEY_SCALE);

/** base: [decimals of the tick, decimals of the step, largest quantity in coins, smallest notional in USDT, maintenance rate] */
type Terms = Readonly<Record<string, readonly [number, number, bigint, bigint, bigint]>>;

const BINANCE_TERMS: Terms = {
  BTC: [1, 3, 1_000n, 100n, 400_000n],
  ETH: [2, 3, 10_000n, 20n, 500_000n],
  SOL: [2, 2, 100_000n, 5n, 1_000_000n],
  XRP: [4, 1, 10_000_000n, 5n, 1_000_000n],
  DOGE: [5, 0, 50_000_000n, 5n, 1_000_000n],
  ADA: [4, 0, 10_000_000n, 5n, 1_000_000n],
};

const BYBIT_TERMS: Terms = {
  BTC: [1, 3, 1_000n, 5n, 500_000n],
  ETH: [2, 2, 10_000n, 5n, 500_000n],
  SOL: [2, 1, 100_000n, 5n, 1_000_000n],
  XRP: [4, 1, 10_000_000n, 5n, 1_000_000n],
  DOGE: [5, 0, 50_000_000n, 5n, 1_000_000n],
  ADA: [4, 0, 10_000_000n, 5n, 1_000_000n],
};

function build(terms: Terms, makerRate: bigint, takerRate: bigint, leverage: bigint): Instrument[] {
  return Object.entries(terms).map(([base, [priceScale, quantityScale, coinsMax, notionalMin, maintenanceRate]]) => ({
    id: `${base}USDT`,
    symbol: `${base}/USDT:USDT`,
    base,
    quote: 'USDT',
    priceScale,
    quantityScale,
    quantityMin: 1n,
    quantityMax: coinsMax * powerOfTen(quantityScale),
    notionalMin: notionalMin * USDT,
    makerRate,
    takerRate,
    maintenanceRate,
    leverage,
  }));
}

export const BINANCE_INSTRUMENTS: readonly Instrument[] = build(BINANCE_TERMS, 20_000n, 50_000n, 20n);
export const BYBIT_INSTRUMENTS: readonly Instrument[] = build(BYBIT_TERMS, 20_000n, 55_000n, 10n);

/** Exact: no instrument here has more than MONEY_SCALE places in price and quantity together. */
export function notional(instrument: Instrument, price: bigint, quantity: bigint): bigint {
  return price * quantity * powerOfTen(MONEY_SCALE - instrument.priceScale - instrument.quantityScale);
}

export const formatPrice = (instrument: Instrument, price: bigint): string => formatUnits(price, instrument.priceScale);
export const formatQuantity = (instrument: Instrument, quantity: bigint): string => formatUnits(quantity, instrument.quantityScale);
