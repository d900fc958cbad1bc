/** Finding one's way on the timeline: from an LSN to a time and back, and from mark to mark. */

import type { Timeline, TimelinePoint } from '../../../shared/contract/postmortem.ts';
import type { RecoveryReport } from '../../../shared/contract/recovery.ts';
import { formatCount } from '../../format/amount.ts';

/** Index of the last point whose `by` is at most `value`; 0 where all are above. */
function indexAtMost(points: readonly TimelinePoint[], value: number, by: (point: TimelinePoint) => number): number {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (by(points[middle]!) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The time of an LSN, between the points of a decimated timeline; null where there are none. */
export function timeOfLsn(timeline: Timeline, lsn: number): number | null {
  const { points } = timeline;
  if (points.length === 0) return null;
  const index = indexAtMost(points, lsn, (point) => point.lsn);
  const left = points[index]!;
  const right = points[index + 1];
  if (!right || right.lsn === left.lsn) return left.atMs;
  const part = Math.min(1, Math.max(0, (lsn - left.lsn) / (right.lsn - left.lsn)));
  return left.atMs + (right.atMs - left.atMs) * part;
}

/** The LSN nearest to a time. */
export function lsnOfTime(timeline: Timeline, ms: number): number | null {
  const { points } = timeline;
  if (points.length === 0) return null;
  const index = indexAtMost(points, ms, (point) => point.atMs);
  const left = points[index]!;
  const right = points[index + 1];
  if (!right || right.atMs <= left.atMs) return left.lsn;
  const part = Math.min(1, Math.max(0, (ms - left.atMs) / (right.atMs - left.atMs)));
  return Math.round(left.lsn + (right.lsn - left.lsn) * part);
}

/**
 * Where `G` goes: an LSN, or a time of day in UTC (`09:31:04.112`) on the day on which the log ends. null: neither, or nowhere.
 */
export function lsnOfText(timeline: Timeline | null, text: string): number | null {
  const plain = text.replaceAll(',', '').trim();
  if (/^\d{1,15}$/.test(plain)) return Number(plain);
  const time = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?$/.exec(plain);
  const last = timeline?.points.at(-1);
  if (!time || !timeline || !last) return null;
  const day = Math.floor(last.atMs / 86_400_000) * 86_400_000;
  return lsnOfTime(timeline, day + Number(time[1]) * 3_600_000 + Number(time[2]) * 60_000 + Number(time[3] ?? 0) * 1000);
}

export const pointAt = (timeline: Timeline, lsn: number): TimelinePoint | null =>
  timeline.points[indexAtMost(timeline.points, lsn, (point) => point.lsn)] ?? null;

/** Why a page of the log that was read does not hold a record of it. */
export function missingRecord(lsn: number, wal: RecoveryReport['wal'] | null): string {
  if (wal === null) return 'the log does not hold it';
  if (wal.firstLsn === null) return 'nothing is left of the log';
  if (lsn < wal.firstLsn) return `the log begins at LSN ${formatCount(wal.firstLsn)}: it was freed`;
  const damage = wal.status === 'damaged' ? ', before damage' : '';
  if (lsn > wal.lastLsn) return `the log ends at LSN ${formatCount(wal.lastLsn)}${damage}: only a copy of the state goes further`;
  return 'the log cannot be read there';
}

/** Lanes with more marks than this are a texture; `[` and `]` stop at those of the others. */
export const SPARSE_MAX = 40;

/** The next stop of `[` and `]`: the engineer's marks and the marks of sparse lanes. null: there is none that way. */
export function nextStop(timeline: Timeline | null, marks: readonly number[], cursor: number, backwards: boolean): number | null {
  const lanes = (timeline?.lanes ?? []).filter((lane) => lane.marks.length <= SPARSE_MAX);
  const stops = [...marks, ...lanes.flatMap((lane) => lane.marks.map((mark) => mark.lsn))].filter((lsn) =>
    backwards ? lsn < cursor : lsn > cursor,
  );
  if (stops.length === 0) return null;
  return backwards ? stops.reduce((most, lsn) => Math.max(most, lsn)) : stops.reduce((least, lsn) => Math.min(least, lsn));
}

/**
 * Rows in one scroll area; the window moves with the cursor. Browsers place rows by single precision: past sixteen million pixels
 * they would stand off by one.
 */
const WINDOW = 500_000;

/** The rows of the log that one scroll area holds: all of a short one, a stretch around the cursor of a long one. */
export function windowOf(first: number, last: number, cursor: number): { readonly from: number; readonly count: number } {
  const total = Math.max(0, last - first + 1);
  if (total <= WINDOW) return { from: first, count: total };
  const half = WINDOW / 2;
  // Steps of half a window, so that the window stands still under small moves.
  const from = Math.min(Math.max(first, first + Math.floor((cursor - first) / half - 0.5) * half), last - WINDOW + 1);
  return { from, count: WINDOW };
}
