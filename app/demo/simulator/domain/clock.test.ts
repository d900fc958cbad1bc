import { expect, test } from 'vitest';
import { Clock, NS_PER_MS, VenueClock } from './clock.ts';

test('stepped time comes from the ticks alone, and stamps strictly increase', () => {
  const clock = new Clock({ stepped: true, tickMs: 100, epochMs: 1_000 });
  expect(clock.stampNs()).toBe(1_000n * NS_PER_MS);
  expect(clock.stampNs()).toBe(1_000n * NS_PER_MS + 1n);
  clock.advance();
  expect(clock.nowNs()).toBe(1_100n * NS_PER_MS);
  expect(clock.marketNs()).toBe(1_100n * NS_PER_MS);
});

test('market time stands still while the market is frozen', () => {
  let wallNs = 10n;
  const clock = new Clock({ stepped: false, tickMs: 100, epochMs: 0 }, () => wallNs);
  const start = clock.marketNs();
  clock.setFrozen(true);
  wallNs = 1_000n;
  expect(clock.marketNs()).toBe(start);
  clock.setFrozen(true);
  clock.setFrozen(false);
  wallNs = 1_005n;
  expect(clock.marketNs()).toBe(start + 5n);
});

test('a clock that is set back gives no stamp twice', () => {
  let wallNs = 1_000n;
  const clock = new Clock({ stepped: false, tickMs: 100, epochMs: 0 }, () => wallNs);
  const first = clock.stampNs();
  wallNs = 500n;
  expect(clock.stampNs()).toBeGreaterThan(first);
});

test('a venue clock is off by what it was told', () => {
  const venue = new VenueClock(new Clock({ stepped: true, tickMs: 100, epochMs: 5_000 }, () => 7_000n * NS_PER_MS));
  venue.setOffsetMs(-1_500);
  expect(venue.serverMs()).toBe(5_500);
  expect(venue.nowNs()).toBe(3_500n * NS_PER_MS);
});
