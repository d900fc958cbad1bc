/**
 * Decimal text and integers of a fixed scale. A scale is the number of decimal places of one unit.
 *
 * The simulator has its own arithmetic on purpose: it stands for somebody else's computer, and a defect in the arithmetic
 * of the console must not be mirrored by the venue that the console is checked against.
 */

/** Decimal places of money at a venue: wallets, fees, realised P&L, funding. Real venues book eight. */
export const MONEY_SCALE = 8;
/** Divisor of rates: fees, margin and funding rates are integers in parts per hundred million. */
export const RATE_SCALE = 8;

const POWERS: bigint[] = [1n];
for (let i = 1; i <= 64; i += 1) POWERS.push(POWERS[i - 1]! * 10n);

/** 10^exponent for exponents in [0, 64]. */
export function powerOfTen(exponent: number): bigint {
  const power = POWERS[exponent];
  if (power === undefined) throw new RangeError(`no power of ten for the exponent ${exponent}`);
  return power;
}

export type DecimalProblem = 'malformed' | 'tooPrecise';

/** Units of `scale`, or why the text is none. Zeros behind the last place are no digits lost. */
export function parseUnits(text: string, scale: number): bigint | DecimalProblem {
  const match = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text);
  if (!match) return 'malformed';
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > scale) return 'tooPrecise';
  const units = BigInt(match[2]! + fraction.padEnd(scale, '0'));
  return match[1] === '-' ? -units : units;
}

/** Exactly `scale` places, as venues print amounts: `0.10`, `-3.00000000`. */
export function formatUnits(units: bigint, scale: number): string {
  const sign = units < 0n ? '-' : '';
  const digits = absolute(units)
    .toString()
    .padStart(scale + 1, '0');
  if (scale === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The shortest exact text: `0.1`, `-3`. */
export function formatShort(units: bigint, scale: number): string {
  const text = formatUnits(units, scale);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

export const formatMoney = (units: bigint): string => formatUnits(units, MONEY_SCALE);

export const absolute = (value: bigint): bigint => (value < 0n ? -value : value);
export const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Rounds half away from zero. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const negative = dividend < 0n !== divisor < 0n;
  const n = absolute(dividend);
  const d = absolute(divisor);
  const rounded = (2n * n + d) / (2n * d);
  return negative ? -rounded : rounded;
}

/** Rounds up, for dividends that are not negative: margin is never understated. */
export function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** amount x rate, rate in units of RATE_SCALE, rounded half away from zero. */
export function applyRate(amount: bigint, rate: bigint): bigint {
  return divideRounded(amount * rate, powerOfTen(RATE_SCALE));
}
