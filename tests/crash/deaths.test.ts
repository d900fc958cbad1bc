/**
 * kill -9, many times: as kill.test.ts, without damage on top, so that ten thousand deaths are a matter of an hour. Stores die side by side,
 * each many times; most lives are short, for what a process does when it opens a store is cut as often as what it does later.
 */

import { availableParallelism } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { type Random, randomOf } from '../../simulation/model/random.ts';
import { amount, LONG, leaveFigures, SEED } from '../support/profile.ts';
import { Lives } from './lives.ts';
import { Tally } from './tally.ts';

const DEATHS = amount(8, 10_000);
const DEATHS_PER_STORE = LONG ? 25 : 4;
const SIDE_BY_SIDE = Math.min(availableParallelism(), DEATHS / DEATHS_PER_STORE);
const PER_ROUND = SIDE_BY_SIDE * DEATHS_PER_STORE;

const tally = new Tally();
afterAll(() => {
  console.log(`kill -9, many times: ${tally}`);
  leaveFigures(tally.figures);
});

/** What opening and accepting take, and some more. */
const OPENING_MS = 80;

const lifeMs = (random: Random): number => (random.chance(0.3) ? random.below(20) : random.below(300));

async function dieOften(store: number): Promise<void> {
  const lives = new Lives(tally, SEED * 1_000_000 + store);
  for (let death = 0; death < DEATHS_PER_STORE; death += 1) {
    const random = randomOf(SEED, store, death, 815);
    // A store that is only being made is nobody's: its first life is not cut short there.
    if (death > 0 && random.chance(0.25)) await lives.die(random, random.below(OPENING_MS), 'opening');
    else await lives.die(random, lifeMs(random));
    if (random.chance(0.25)) await lives.dieAccepting(random.below(OPENING_MS));
    await lives.accept();
  }
  lives.dispose();
}

describe('stores whose process is killed again and again', () => {
  for (let round = 0; round * PER_ROUND < DEATHS; round += 1) {
    it(`lose nothing and invent nothing: deaths ${round * PER_ROUND + 1} to ${(round + 1) * PER_ROUND}`, { timeout: 600_000 }, async () => {
      const stores = Array.from({ length: SIDE_BY_SIDE }, (_, lane) => dieOften(round * SIDE_BY_SIDE + lane));
      await Promise.all(stores);
    });
  }

  it('died as often as it says, and lost, invented and mistook nothing', () => {
    expect(tally.runs).toBeGreaterThanOrEqual(DEATHS);
    expect(tally.failures).toEqual({ lost: 0, invented: 0, wrong: 0, crashed: 0 });
  });
});
