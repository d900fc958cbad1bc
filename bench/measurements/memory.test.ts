/** The bounds of memory and disk: what stays inside passes, what grows does not. */

import { describe, expect, it } from 'vitest';
import { type Hour, type HourSample, SAMPLES } from './hour.ts';
import { memoryRows } from './memory.ts';

const cadences = { l2Ms: 50, l3Ms: 1_000, l3Keep: 3, l4Ms: 4_000, l4Keep: 2, windowMs: 2_000 };

/** One segment each 500 ms; as much of everything as its bound says, or less. */
const steady = (index: number): HourSample => ({
  ms: index * 500,
  residentBytes: 200e6,
  imageBytes: 10e6,
  segments: Math.min(index + 1, 14),
  segmentsMade: index + 1,
  snapshots: 4,
  archiveBytes: 25e6,
  rowsByKey: index * 1_000,
  rowsOfRuns: 0,
  tierMsMax: 200,
});

function missed(change: (index: number) => Partial<HourSample>): string[] {
  const hour: Hour = {
    cadences,
    operations: 1,
    samples: Array.from({ length: SAMPLES }, (_, index) => ({ ...steady(index), ...change(index) })),
  };
  return memoryRows(hour, 100e6).flatMap(({ name, pass }) => (pass ? [] : [name]));
}

describe('an hour', () => {
  it('that stays as it is is within its bounds', () => {
    expect(missed(() => ({}))).toEqual([]);
  });

  it('whose memory grows by a fifth in its second half is not flat', () => {
    expect(missed((index) => ({ residentBytes: index < SAMPLES / 2 ? 200e6 : 240e6 }))).toEqual([
      'memory, resident size, last quarter against the second',
    ]);
  });

  it('whose log is never freed is not bounded', () => {
    expect(missed((index) => ({ segments: index + 1 }))).toEqual(['memory, log against its bound']);
  });

  it('that keeps a snapshot too many for one moment is not bounded', () => {
    expect(missed((index) => ({ snapshots: index === 50 ? 6 : 4 }))).toEqual(['memory, snapshots against its bound']);
  });

  it('whose archive keeps every image is not bounded', () => {
    expect(missed((index) => ({ archiveBytes: 10e6 * index }))).toEqual(['memory, archive against its bound']);
  });
});
