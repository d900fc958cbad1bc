import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTime, parseTime } from './units.ts';

/** One after the other, far apart and close together: what is kept of the last day must not show. */
it('times are formatted as the calendar has them, and parsed back', () => {
  const anywhere = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const nearby = fc.bigInt({ min: 1_767_225_600_000_000_000n - 3_000_000_000n, max: 1_767_225_600_000_000_000n + 3_000_000_000n });
  fc.assert(
    fc.property(fc.oneof(anywhere, nearby), (value) => {
      const nanos = BigInt.asUintN(64, ((value % 1_000_000n) + 1_000_000n) % 1_000_000n);
      const date = new Date(Number((value - nanos) / 1_000_000n)).toISOString();
      const text = formatTime(value);
      if (value === 0n) expect(text).toBeNull();
      else {
        expect(text).toBe(`${date.slice(0, -1)}${`${nanos}`.padStart(6, '0')}Z`);
        expect(parseTime(text)).toBe(value);
      }
    }),
    { numRuns: 2_000 },
  );
});
