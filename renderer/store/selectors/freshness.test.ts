import { describe, expect, it } from 'vitest';
import { ageOf, isStale, runningAge, STALE_AFTER_MS } from './freshness.ts';

describe('freshness', () => {
  it('ages a figure from the moment that it names', () => {
    const now = Date.parse('2026-01-31T09:31:14Z');
    expect(ageOf('2026-01-31T09:31:04.000000000Z', now)).toBe(10_000);
    expect(ageOf('2026-01-31T09:31:20Z', now)).toBe(0);
    expect(ageOf(null, now)).toBeNull();
  });

  it('calls a figure stale only after the limit, and never one without an age', () => {
    expect(isStale(STALE_AFTER_MS)).toBe(false);
    expect(isStale(STALE_AFTER_MS + 1)).toBe(true);
    expect(isStale(null)).toBe(false);
  });

  it('carries an age on from when it arrived, by the host clock', () => {
    expect(runningAge(2_400, 1_000, 6_000, 0)).toBe(7_400);
    // The host runs 3 s ahead of this page: the page received it at 1 s, the host's clock says 6 s.
    expect(runningAge(2_400, 1_000, 6_000, 3_000)).toBe(4_400);
    expect(runningAge(null, 1_000, 6_000, 0)).toBeNull();
  });
});
