/**
 * Branded scalars, so that an LSN is never passed where a byte offset is meant.
 *
 * One decision about number or bigint, for the whole project:
 * - LSN, byte offsets, sizes and counts are `number`. They are exact up to 2^53 - 1: at ten million operations a second an
 *   LSN lasts 28 years. Codecs refuse a stored value above that limit (`VALUE_OUT_OF_RANGE`).
 * - Amounts (prices, quantities, money) and hashes are `bigint`: they use all 64 or 128 bits.
 * - Times are `bigint` nanoseconds since the Unix epoch, UTC; `0n` means "never". A time is a label, never an order.
 */

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** Log sequence number of an operation: 1, 2, 3 ... per store; 0 means "before the first". */
export type Lsn = Branded<number, 'Lsn'>;

/** Nanoseconds since the Unix epoch, UTC. `0n` means "never". */
export type TimeNs = Branded<bigint, 'TimeNs'>;

export const lsn = (value: number): Lsn => value as Lsn;
export const timeNs = (value: bigint): TimeNs => value as TimeNs;

export const LSN_NONE = lsn(0);
export const TIME_NONE = timeNs(0n);

/** The last second that was formatted, and its text: rows of one state share their seconds, and a date is most of the cost of a time. */
const last = { second: -1n, text: '1969-12-31T23:59:59' };

/** ISO 8601 in UTC with nanoseconds, `2026-01-31T09:31:04.112000000Z`; null for "never". */
export function formatTime(value: bigint): string | null {
  if (value === 0n) return null;
  const seconds = value / 1_000_000_000n;
  const nanos = value % 1_000_000_000n;
  if (seconds !== last.second) {
    last.text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
    last.second = seconds;
  }
  return `${last.text}.${nanos.toString().padStart(9, '0')}Z`;
}

/** The inverse of {@link formatTime}; also takes whole milliseconds or seconds (`...04Z`, `...04.112Z`). */
export function parseTime(text: string | null): TimeNs {
  if (text === null || text === '') return TIME_NONE;
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/.exec(text);
  const seconds = match ? Date.parse(`${match[1]}Z`) : Number.NaN;
  if (!match || Number.isNaN(seconds)) throw new RangeError(`not a UTC time: ${JSON.stringify(text)}`);
  return timeNs(BigInt(seconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0')));
}
