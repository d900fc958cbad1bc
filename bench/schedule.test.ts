/** What keeps the thread is counted against everything that was due meanwhile, and against the waiting of what is asynchronous. */

import { expect, it } from 'vitest';
import { onSchedule } from './schedule.ts';

/** Microseconds that an operation keeps the thread, or is under way. */
const LONG_US = 20_000;

function keepThread(us: number): void {
  const untilMs = performance.now() + us / 1_000;
  while (performance.now() < untilMs);
}

it('work that keeps the thread makes what was due meanwhile late', async () => {
  const begun: number[] = [];
  const us = await onSchedule({ count: 40, perSecond: 1_000 }, (n) => {
    begun.push(n);
    if (n === 5) keepThread(LONG_US);
  });
  expect(begun).toEqual(Array.from({ length: 40 }, (_, n) => n));
  expect(us[5]).toBeGreaterThanOrEqual(LONG_US);
  // Each is due a millisecond after the one before it, and cannot begin before the sixth is done.
  for (const later of [1, 5, 15]) expect(us[5 + later]).toBeGreaterThanOrEqual(LONG_US - later * 1_000);
});

it('what is asynchronous is done when it resolves, and keeps nothing waiting', async () => {
  let most = 0;
  let open = 0;
  const us = await onSchedule({ count: 20, perSecond: 1_000 }, async () => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setTimeout(resolve, LONG_US / 1_000));
    open -= 1;
  });
  // Timers count in whole milliseconds.
  expect(Math.min(...us)).toBeGreaterThanOrEqual(LONG_US - 1_000);
  expect(most).toBeGreaterThan(1);
});

it('what throws and what rejects ends it', async () => {
  const failing = (): never => {
    throw new Error('refused');
  };
  await expect(onSchedule({ count: 3, perSecond: 1_000 }, failing)).rejects.toThrow('refused');
  await expect(onSchedule({ count: 3, perSecond: 1_000 }, async () => failing())).rejects.toThrow('refused');
});
