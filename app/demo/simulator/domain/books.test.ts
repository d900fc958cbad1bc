/** Conservation: whatever clients, outsiders and the market do, the books of a venue agree. */

import fc from 'fast-check';
import { test } from 'vitest';
import { activity, perform } from '../testing/activity.ts';
import { bench } from '../testing/exchange.ts';
import { checkBooks } from '../testing/invariants.ts';

test('the books agree after any sequence of requests and ticks, at either venue', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.constantFrom(0 as const, 1 as const),
      fc.array(activity, { minLength: 10, maxLength: 80, size: 'max' }),
      (seed, venue, steps) => {
        const world = bench(seed, venue);
        for (const [index, step] of steps.entries()) {
          perform(world, step, `c-${index}`);
          checkBooks(world);
        }
      },
    ),
    { numRuns: 80 },
  );
});
