/**
 * Branded scalars, so that an LSN is never passed where a byte offset is meant.
 *
 * One decision about number or bigint, for the whole project:
 * - LSN, byte offsets, sizes and counts are `number`. They are exact up to 2^53 - 1: at ten million operations a second an
 *   LSN lasts 28 years. Codecs refuse a stored value above that limit (`VALUE_OUT_OF_RANGE`).
 * - Amounts (prices, quantities, money) and hashes are `bigint`: they use all 64 or 128 bits.
 * - Times are `bigint` nanoseconds since the Unix epoch, UTC; `0n` means "never". A time is a label, never an order.
 */

import { floorDivide } from './amounts.ts';

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

const DAY_NS = 86_400_000_000_000n;
/** The last day that was formatted, and its text: rows of one state share their days, and a date is most of the cost of a time. */
const last = { startNs: 0n, text: '1970-01-01' };
const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);

/** ISO 8601 in UTC with nanoseconds, `2026-01-31T09:31:04.112000000Z`; null for "never". */
export function formatTime(value: bigint): string | null {
  if (value === 0n) return null;
  let sinceStart = Number(value - last.startNs);
  if (sinceStart < 0 || sinceStart >= 86_400e9) {
    const days = floorDivide(value, DAY_NS);
    last.startNs = days * DAY_NS;
    last.text = new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);
    sinceStart = Number(value - last.startNs);
  }
  const nanos = sinceStart % 1e9;
  const seconds = (sinceStart - nanos) / 1e9;
  const minutes = Math.floor(seconds / 60);
  return `${last.text}T${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}.${`${nanos}`.padStart(9, '0')}Z`;
}

/** The inverse of {@link formatTime}; also takes whole milliseconds or seconds (`...04Z`, `...04.112Z`). */
export function parseTime(text: string | null): TimeNs {
  if (text === null || text === '') return TIME_NONE;
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/.exec(text);
  const seconds = match ? Date.parse(`${match[1]}Z`) : Number.NaN;
  if (!match || Number.isNaN(seconds)) throw new RangeError(`not a UTC time: ${JSON.stringify(text)}`);
  return timeNs(BigInt(seconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0')));
}
