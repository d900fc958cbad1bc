/**
 * Exact amounts: decimal strings at the edges, integers of a fixed scale inside.
 *
 * A scale is the number of decimal places of one unit: at scale 2 the integer 12345n is "123.45". Nothing here rounds: text
 * that has more places than the scale is refused, and so is a value that does not fit its column.
 */

import { RearmError } from './errors.ts';

export const INT64_MAX = (1n << 63n) - 1n;
export const INT64_MIN = -(1n << 63n);
export const INT128_MAX = (1n << 127n) - 1n;
export const INT128_MIN = -(1n << 127n);

/** Decimal places of money: P&L, cost, exposure. Sums of price x quantity x multiplier are exact at this scale. */
export const MONEY_SCALE = 18;
/** Decimal places of a conversion rate from an asset to the reporting currency. */
export const RATE_SCALE = 9;
/** Decimal places of an instrument's contract multiplier. */
export const MULTIPLIER_SCALE = 6;

const POWERS: bigint[] = [1n];
for (let i = 1; i <= 40; i += 1) POWERS.push(POWERS[i - 1]! * 10n);

/** 10^exponent, for exponents in [0, 40]. */
export function powerOfTen(exponent: number): bigint {
  const power = POWERS[exponent];
  if (power === undefined) throw new RearmError('AMOUNT_INVALID', `a scale of ${exponent} is outside 0 to 40`, {});
  return power;
}

const DECIMAL = /^([+-])?(\d{1,39})(?:\.(\d{1,39}))?$/;

/** Digits that a double holds exactly whatever they are. */
const SAFE_DIGITS = 15;
const SAFE_POWERS = Array.from({ length: SAFE_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/**
 * Units of `scale` as a double, where text and scale are short enough for it to be exact; NaN otherwise, also for what is no decimal
 * number: {@link parseDecimal} says what it is. Most amounts are short, and a regular expression costs ten times as much.
 */
export function parseShortDecimal(text: string, scale: number): number {
  const { length } = text;
  if (length > SAFE_DIGITS + 1) return Number.NaN;
  const first = text.charCodeAt(0);
  let at = first === 45 || first === 43 ? 1 : 0;
  let units = 0;
  let digits = 0;
  let places = -1;
  for (; at < length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit === -2 && places < 0 && digits > 0) places = 0;
    else if (digit < 0 || digit > 9) return Number.NaN;
    else {
      units = units * 10 + digit;
      digits += 1;
      if (places >= 0) places += 1;
    }
  }
  const more = scale - Math.max(places, 0);
  if (digits === 0 || places === 0 || more < 0 || digits + more > SAFE_DIGITS) return Number.NaN;
  units *= SAFE_POWERS[more]!;
  return first === 45 && units !== 0 ? -units : units;
}

/**
 * Parses a decimal string into units of `scale`.
 *
 * @throws RearmError AMOUNT_INVALID for anything but plain decimal notation, or for more places than `scale` (trailing
 *   zeros do not count), so that nothing is ever rounded on the way in.
 */
export function parseDecimal(text: string, scale: number): bigint {
  const short = parseShortDecimal(text, scale);
  if (!Number.isNaN(short)) return BigInt(short);
  const match = DECIMAL.exec(text);
  if (!match) throw new RearmError('AMOUNT_INVALID', `${JSON.stringify(text)} is not a plain decimal number`, { text });
  const fraction = match[3] ?? '';
  let kept = fraction;
  if (fraction.length > scale) {
    kept = fraction.slice(0, scale);
    if (!/^0*$/.test(fraction.slice(scale))) {
      throw new RearmError('AMOUNT_INVALID', `${text} has more than ${scale} decimal places`, { text, scale });
    }
  }
  const units = BigInt(match[2]! + kept.padEnd(scale, '0'));
  return match[1] === '-' ? -units : units;
}

/** Formats units of `scale` as the shortest exact decimal string; never "-0", never an exponent. */
export function formatDecimal(units: bigint, scale: number): string {
  if (scale === 0 || units === 0n) return units.toString();
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const fraction = digits.slice(-scale).replace(/0+$/, '');
  const whole = digits.slice(0, -scale);
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Formats with exactly `places` decimals where the value has no more than that, for columns that line up. */
export function formatFixed(units: bigint, scale: number, places: number): string {
  const text = formatDecimal(units, scale);
  const dot = text.indexOf('.');
  const have = dot < 0 ? 0 : text.length - dot - 1;
  if (have >= places) return text;
  return `${text}${dot < 0 ? '.' : ''}${'0'.repeat(places - have)}`;
}

/** Changes the scale exactly. @throws RearmError AMOUNT_INVALID where digits would be lost. */
export function rescale(units: bigint, from: number, to: number): bigint {
  if (to >= from) return units * powerOfTen(to - from);
  const divisor = powerOfTen(from - to);
  if (units % divisor !== 0n) {
    throw new RearmError('AMOUNT_INVALID', `${formatDecimal(units, from)} has more than ${to} decimal places`, {});
  }
  return units / divisor;
}

/** Division that rounds towards negative infinity. */
export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor !== 0n && dividend < 0n !== divisor < 0n ? quotient - 1n : quotient;
}

/** Division that rounds half away from zero. */
export function roundDivide(dividend: bigint, divisor: bigint): bigint {
  const negative = dividend < 0n !== divisor < 0n;
  const n = dividend < 0n ? -dividend : dividend;
  const d = divisor < 0n ? -divisor : divisor;
  // Half of an odd divisor is between two integers: what is above it rounds up, as what is half of an even one does.
  const rounded = (n + (d >> 1n)) / d;
  return negative ? -rounded : rounded;
}

export const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

/** @throws RearmError AMOUNT_OVERFLOW: an overflow is an error, never a wrap. */
export function checkInt64(value: bigint, what: string): bigint {
  if (value > INT64_MAX || value < INT64_MIN) {
    throw new RearmError('AMOUNT_OVERFLOW', `${what} does not fit 64 bits: ${value}`, { what });
  }
  return value;
}

/** @throws RearmError AMOUNT_OVERFLOW */
export function checkInt128(value: bigint, what: string): bigint {
  if (value > INT128_MAX || value < INT128_MIN) {
    throw new RearmError('AMOUNT_OVERFLOW', `${what} does not fit 128 bits: ${value}`, { what });
  }
  return value;
}
