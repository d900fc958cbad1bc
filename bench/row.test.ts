/** Verdicts: a row passes where every target of it holds, and what could not be compared has not passed. */

import { describe, expect, it } from 'vitest';
import { type RowInput, rowOf } from './row.ts';
import { quantile, spreadOf } from './statistics.ts';
import { pairedRatios, takeTurns } from './turns.ts';

const of = (...values: number[]) => spreadOf(values);
const row = (input: Partial<RowInput>) => rowOf({ name: 'a row', unit: 'us', ours: of(100), targets: [], ...input });

describe('a row', () => {
  it('of times costs what ours takes of the other', () => {
    const limit = { by: 'C', spread: of(90) } as const;
    expect(row({ limit, targets: [{ against: 'limit', costMax: 1.12 }] })).toMatchObject({ pass: true, ratio: 100 / 90 });
    expect(row({ limit, targets: [{ against: 'limit', costMax: 1.1 }] }).pass).toBe(false);
  });

  it('of rates costs what the other does of ours', () => {
    const peers = { slow: of(20), fast: of(50) };
    expect(row({ unit: 'operations/s', peers, targets: [{ against: 'bestPeer', costMax: 0.5 }] })).toMatchObject({
      pass: true,
      ratio: 0.5,
    });
    expect(row({ unit: 'operations/s', peers, targets: [{ against: 'bestPeer', costMax: 0.4 }] }).pass).toBe(false);
  });

  it('is compared with the best of its peers, whichever way is better', () => {
    const peers = { slow: of(200), fast: of(50) };
    expect(row({ peers, targets: [{ against: 'bestPeer', costMax: 1.9 }] })).toMatchObject({ pass: false, peerRatio: 2 });
  });

  it('has not passed where there was nothing to compare with', () => {
    expect(row({ targets: [{ against: 'limit', costMax: 5 }] }).pass).toBe(false);
    expect(row({ targets: [{ against: 'bestPeer', costMax: 5 }] }).pass).toBe(false);
  });

  it('has a bound of its own, from above or from below', () => {
    expect(row({ targets: [{ against: 'bound', bound: 100 }] }).pass).toBe(true);
    expect(row({ targets: [{ against: 'bound', bound: 99 }] }).pass).toBe(false);
    expect(row({ unit: 'rows/s', targets: [{ against: 'bound', bound: 101 }] }).pass).toBe(false);
  });

  it('misses where one of its targets does', () => {
    const limit = { by: 'C', spread: of(90) } as const;
    const targets = [
      { against: 'limit', costMax: 2 },
      { against: 'bound', bound: 50 },
    ] as const;
    expect(row({ limit, targets })).toMatchObject({ pass: false, target: 'at most 2 x the limit; at most 50 us' });
  });
});

it('quantiles are by nearest rank', () => {
  const samples = Array.from({ length: 1_000 }, (_, i) => 1_000 - i);
  expect([0, 0.5, 0.99, 0.999, 1].map((fraction) => quantile(samples, fraction))).toEqual([1, 500, 990, 999, 1_000]);
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(quantile([], 0.5)).toBeNaN();
});

it('contestants take turns, and their samples stay in pairs', async () => {
  const order: string[] = [];
  const contestant = (name: string, value: number) => () => {
    order.push(name);
    return value * order.length;
  };
  const samples = await takeTurns({ a: contestant('a', 1), b: contestant('b', 2) }, 3);
  expect(order).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
  expect([...pairedRatios(samples.b, samples.a)]).toEqual([4, 6 / 4, 12 / 5]);
});
