/** Times as the gate writes them: ISO 8601 in UTC with exactly nine decimals, so that a time has one spelling. */

import { formatTime, parseTime } from '../../shared/units.ts';

/** A wall clock may stand this far before the time in a record; further back it counts as wrong. */
export const CLOCK_TOLERANCE_NS = 5_000_000_000n;

/** The wall clock's time as text. A clock at or before 1970 is wrong but must not stop a halt: it reads as 1970. */
export const timeText = (ns: bigint): string => formatTime(ns > 0n ? ns : 0n) ?? '1970-01-01T00:00:00.000000000Z';

/** The inverse; the epoch itself is 0n. @throws RangeError */
export const timeOf = (text: string): bigint => parseTime(text);

export function isTimeText(text: string): boolean {
  try {
    return timeText(timeOf(text)) === text;
  } catch {
    return false;
  }
}
