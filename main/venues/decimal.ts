/**
 * Exact arithmetic on the decimal strings of venues, at one scale: money's 18 places. Prices, quantities and money are all
 * `bigint` in units of 10^-18 here; the state's own scales are finer than no venue's and coarser than none of theirs.
 */

import { absolute, formatDecimal, MONEY_SCALE, powerOfTen, roundDivide } from '../../shared/amounts.ts';

export { absolute };

export const ONE = powerOfTen(MONEY_SCALE);

const PLAIN = /^([+-])?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Units of a decimal as a venue or its client library writes it ("1.50", ".5", "5e-8", 3). Places beyond the 18th, which only
 * derived figures such as average prices have, are rounded half away from zero. null where it is not a number at all.
 */
export function unitsOf(value: unknown): bigint | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const match = PLAIN.exec(String(value).trim());
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (!match || whole + fraction === '' || whole.length + fraction.length > 80) return null;
  const places = MONEY_SCALE - fraction.length + Number(match[4] ?? 0);
  if (Math.abs(places) > 120) return null;
  const digits = BigInt(whole + fraction);
  const units = places >= 0 ? digits * 10n ** BigInt(places) : roundDivide(digits, 10n ** BigInt(-places));
  return match[1] === '-' ? -units : units;
}

/** As {@link unitsOf}; zero where it is not a number. For amounts that a side does not have. */
export const unitsOrZero = (value: unknown): bigint => unitsOf(value) ?? 0n;

/** The shortest exact decimal string. */
export const textOf = (units: bigint): string => formatDecimal(units, MONEY_SCALE);

/** What a venue wrote, as a plain decimal string: unchanged where it is one already. null where it is none. */
export function decimalText(value: unknown): string | null {
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return value;
  const units = unitsOf(value);
  return units === null ? null : textOf(units);
}

/** As {@link decimalText}; null for zero too: how venues write "no price". */
export function priceText(value: unknown): string | null {
  const text = decimalText(value);
  return text === null || unitsOf(text) === 0n ? null : text;
}

/** Product of two amounts, rounded half away from zero at the 18th place: exact for prices and quantities of instruments. */
export const times = (a: bigint, b: bigint): bigint => roundDivide(a * b, ONE);

/** Quotient, rounded half away from zero at the 18th place. */
export const over = (a: bigint, b: bigint): bigint => roundDivide(a * ONE, b);

/** To `places` decimals, half away from zero. */
export const roundTo = (units: bigint, places: number): bigint =>
  places >= MONEY_SCALE ? units : roundDivide(units, powerOfTen(MONEY_SCALE - places)) * powerOfTen(MONEY_SCALE - places);

export const equal = (a: string | null, b: string | null): boolean => (a === null || b === null ? a === b : unitsOf(a) === unitsOf(b));
