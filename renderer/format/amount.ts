/**
 * Amounts on the screen. They arrive as exact decimal strings and stay strings: nothing here goes through a floating point
 * number. On the screen the minus is U+2212 and thousands are grouped; `raw` is what a copy yields.
 */

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;
export const MINUS = '\u2212';

export interface AmountText {
  readonly text: string;
  /** ASCII, ungrouped, every digit that arrived. */
  readonly raw: string;
  /** -1, 0 or 1 of the exact value, not of the rounded one. */
  readonly sign: -1 | 0 | 1;
}

export interface AmountOptions {
  /** Show a plus before positive values. */
  readonly signed?: boolean | undefined;
  /** Round half away from zero to this many places, and pad to them. Absent: the digits as they came. */
  readonly places?: number | undefined;
}

/** Groups the digits of a whole number by threes. */
export function groupDigits(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Rounds |value| = whole.fraction half away from zero to `places`. */
function roundDigits(whole: string, fraction: string, places: number): { whole: string; fraction: string } {
  if (fraction.length <= places) return { whole, fraction: fraction.padEnd(places, '0') };
  let units = BigInt(whole + fraction.slice(0, places));
  if (fraction.charCodeAt(places) >= 53) units += 1n;
  const digits = units.toString().padStart(places + 1, '0');
  return places === 0 ? { whole: digits, fraction: '' } : { whole: digits.slice(0, -places), fraction: digits.slice(-places) };
}

const isZero = (digits: string): boolean => /^0*$/.test(digits);

/** Formats a decimal string; text that is not one is shown as it came, so that nothing is hidden. */
export function formatAmount(value: string, options: AmountOptions = {}): AmountText {
  const match = DECIMAL.exec(value);
  if (!match) return { text: value, raw: value, sign: 0 };
  const exactFraction = match[3] ?? '';
  const exactZero = isZero(match[2]!) && isZero(exactFraction);
  const sign = exactZero ? 0 : match[1] === '-' ? -1 : 1;
  const shown =
    options.places === undefined ? { whole: match[2]!, fraction: exactFraction } : roundDigits(match[2]!, exactFraction, options.places);
  const whole = groupDigits(shown.whole.replace(/^0+(?=\d)/, ''));
  const digits = shown.fraction === '' ? whole : `${whole}.${shown.fraction}`;
  // Never "-0.00": a value that rounds to nothing carries no sign.
  const shownZero = isZero(shown.whole) && isZero(shown.fraction);
  const prefix = shownZero || sign === 0 ? '' : sign < 0 ? MINUS : options.signed ? '+' : '';
  return { text: prefix + digits, raw: match[1] === '+' ? value.slice(1) : value, sign };
}

/** The first `digits` digits of a decimal string, at least two places of it; cut off, never rounded. `cut`: something other than zeros went. */
export function cutDigits(value: string, digits: number): { readonly value: string; readonly cut: boolean } {
  const match = DECIMAL.exec(value);
  const fraction = match?.[3] ?? '';
  const places = Math.max(2, digits - (match?.[2]?.length ?? 0));
  if (!match || fraction.length <= places) return { value, cut: false };
  return { value: value.slice(0, places - fraction.length), cut: !isZero(fraction.slice(places)) };
}

/** Money in the reporting currency: two places on the screen, every digit on copy. */
export const formatMoney = (value: string, signed = false): AmountText => formatAmount(value, { places: 2, signed });

/** A whole number such as an LSN or a count. */
export function formatCount(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = groupDigits(String(Math.abs(Math.trunc(value))));
  return value < 0 ? `${MINUS}${digits}` : digits;
}

/** Compares decimal strings exactly. Text that is no number sorts before every number. */
export function compareAmounts(a: string, b: string): number {
  // Rounding to a double keeps the order, so that unequal doubles decide at once: a hundred thousand breaks sort in time.
  const [roughLeft, roughRight] = [Number(a), Number(b)];
  if (roughLeft !== roughRight && !Number.isNaN(roughLeft) && !Number.isNaN(roughRight)) return roughLeft < roughRight ? -1 : 1;
  const left = DECIMAL.exec(a);
  const right = DECIMAL.exec(b);
  if (!left || !right) return Number(left !== null) - Number(right !== null);
  const places = Math.max(left[3]?.length ?? 0, right[3]?.length ?? 0);
  const units = (m: RegExpExecArray): bigint => {
    const magnitude = BigInt(m[2]! + (m[3] ?? '').padEnd(places, '0'));
    return m[1] === '-' ? -magnitude : magnitude;
  };
  const difference = units(left) - units(right);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** |value|, as a decimal string. */
export const absoluteAmount = (value: string): string => value.replace(/^[+-]/, '');

/** Exact sum of decimal strings; text that is no number is left out. */
export function sumAmounts(values: readonly string[]): string {
  const matches = values.map((value) => DECIMAL.exec(value)).filter((match) => match !== null);
  const places = matches.reduce((most, match) => Math.max(most, match[3]?.length ?? 0), 0);
  let total = 0n;
  for (const match of matches) {
    const magnitude = BigInt(match[2]! + (match[3] ?? '').padEnd(places, '0'));
    total += match[1] === '-' ? -magnitude : magnitude;
  }
  const negative = total < 0n;
  const digits = (negative ? -total : total).toString().padStart(places + 1, '0');
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return negative ? `-${text}` : text;
}

/** used / limit as a fraction for a bar; null where either is unknown or the limit is zero. For drawing only, never for a decision. */
export function fractionOf(used: string | null, limit: string | null): number | null {
  if (used === null || limit === null) return null;
  const whole = Number(limit);
  if (!Number.isFinite(whole) || whole === 0) return null;
  return Math.abs(Number(used)) / Math.abs(whole);
}
