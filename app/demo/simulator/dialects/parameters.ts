/** Reading request parameters: what is there, as what type. Each dialect says what a missing or malformed one costs. */

import { type DecimalProblem, parseUnits } from '../domain/decimal.ts';
import { Refusal, type RefusalReason } from '../domain/refusal.ts';
import type { Params } from './dialect.ts';

/** Only what is not empty: venues treat an empty parameter as none. */
export function paramsOf(entries: Iterable<readonly [string, string]>): Params {
  const params = new Map<string, string>();
  for (const [name, value] of entries) if (value !== '') params.set(name, value);
  return params;
}

/** A whole number in [min, max]; `fallback` when it is not there; undefined when it is something else. */
export function integer(params: Params, name: string, min: number, max: number, fallback: number): number | undefined {
  const text = params.get(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  return /^-?\d{1,16}$/.test(text) && value >= min && value <= max ? value : undefined;
}

/** Units of `scale`, or the refusal that the problem means. */
export function units(text: string, scale: number, refusals: Readonly<Record<DecimalProblem, RefusalReason>>): bigint {
  const value = parseUnits(text, scale);
  if (typeof value !== 'bigint') throw new Refusal(refusals[value], text);
  return value;
}

export const QUANTITY_REFUSALS = { malformed: 'quantityInvalid', tooPrecise: 'quantityPrecision' } as const;
export const PRICE_REFUSALS = { malformed: 'priceInvalid', tooPrecise: 'pricePrecision' } as const;
