/** Which dialect speaks to which ccxt exchange. To add one: a file here and a row in this table; see the README. */

import { binance, binanceFutures } from './binance.ts';
import { bybit } from './bybit.ts';
import type { Dialect } from './dialect.ts';
import { generic } from './generic.ts';

const DIALECTS: Readonly<Record<string, Dialect>> = {
  binance,
  binanceusdm: binanceFutures,
  binancecoinm: binance,
  bybit,
};

export const dialectOf = (ccxtId: string): Dialect => DIALECTS[ccxtId] ?? generic;
