/** A thread that was kept is a pause of at least that length. */

import { expect, it } from 'vitest';
import { watchingPauses } from './pauses.ts';

const KEPT_MS = 40;
/** Timers begin in whole milliseconds. */
const ROUNDING_MS = 2;

it('what keeps the thread is a pause', async () => {
  const { value, longestMs } = await watchingPauses(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const untilMs = performance.now() + KEPT_MS;
    while (performance.now() < untilMs);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return 'done';
  });
  expect(value).toBe('done');
  expect(longestMs).toBeGreaterThanOrEqual(KEPT_MS - ROUNDING_MS);
});
