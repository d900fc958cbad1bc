import { describe, expect, it } from 'vitest';
import type { Timeline } from '../../../shared/contract/postmortem.ts';
import { lsnOfText, lsnOfTime, missingRecord, nextStop, pointAt, timeOfLsn, windowOf } from './timeline.ts';

const point = (lsn: number, atMs: number) => ({ lsn, at: '', atMs, gross: 0, net: 0, realised: 0, unrealised: 0, liveOrders: 0 });
const timeline: Timeline = {
  from: 1,
  to: 300,
  crashedAtMs: null,
  points: [point(1, 1000), point(101, 2000), point(300, 2500)],
  lanes: [
    {
      lane: 'Rejects',
      marks: [
        { lsn: 50, atMs: 0, label: '' },
        { lsn: 200, atMs: 0, label: '' },
      ],
    },
    { lane: 'Fills', marks: Array.from({ length: 150 }, (_, lsn) => ({ lsn, atMs: 0, label: '' })) },
  ],
};

describe('the timeline', () => {
  it('finds the time of an LSN between its points, and back', () => {
    expect(timeOfLsn(timeline, 51)).toBe(1500);
    expect(timeOfLsn(timeline, 300)).toBe(2500);
    expect(timeOfLsn(timeline, 0)).toBe(1000);
    expect(lsnOfTime(timeline, 1500)).toBe(51);
    expect(lsnOfTime(timeline, 99)).toBe(1);
    expect(lsnOfTime({ ...timeline, points: [] }, 1)).toBeNull();
    expect(pointAt(timeline, 150)?.lsn).toBe(101);
  });

  it('goes to an LSN or to a time of day', () => {
    expect(lsnOfText(timeline, '1,234')).toBe(1234);
    expect(lsnOfText(timeline, '00:00:01.5')).toBe(51);
    expect(lsnOfText(timeline, '00:00')).toBe(1);
    expect(lsnOfText(timeline, 'noon')).toBeNull();
    expect(lsnOfText(null, '00:00:01')).toBeNull();
  });

  it('stops at marks and at sparse lanes only', () => {
    expect(nextStop(timeline, [120], 60, false)).toBe(120);
    expect(nextStop(timeline, [], 60, false)).toBe(200);
    expect(nextStop(timeline, [], 60, true)).toBe(50);
    expect(nextStop(timeline, [], 50, true)).toBeNull();
  });

  it('scrolls a short log whole, and a stretch of a long one that holds the cursor', () => {
    expect(windowOf(1, 1000, 500)).toEqual({ from: 1, count: 1000 });
    expect(windowOf(5, 4, 5).count).toBe(0);
    const last = 48_000_000;
    for (const cursor of [1, 300_000, 600_000, 24_000_000, last]) {
      const { from, count } = windowOf(1, last, cursor);
      expect(from).toBeGreaterThanOrEqual(1);
      expect(from + count - 1).toBeLessThanOrEqual(last);
      expect(cursor >= from && cursor < from + count).toBe(true);
    }
    expect(windowOf(1, last, 24_000_000)).toEqual(windowOf(1, last, 24_000_100));
  });

  it('says why a record is missing', () => {
    const wal = { status: 'whole', segments: 1, bytes: 0, firstLsn: 1_000, lastLsn: 2_000, tornBytes: 0, tornAt: null } as const;
    expect(missingRecord(999, wal)).toBe('the log begins at LSN 1,000: it was freed');
    expect(missingRecord(2_001, wal)).toBe('the log ends at LSN 2,000: only a copy of the state goes further');
    expect(missingRecord(2_001, { ...wal, status: 'damaged' })).toBe(
      'the log ends at LSN 2,000, before damage: only a copy of the state goes further',
    );
    expect(missingRecord(1_500, wal)).toBe('the log cannot be read there');
    expect(missingRecord(1, { ...wal, firstLsn: null, lastLsn: 0 })).toBe('nothing is left of the log');
  });
});
