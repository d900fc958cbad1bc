/**
 * kill -9: a process that trades is killed at random moments. What is recovered must be a prefix of what it submitted that holds
 * everything that was acknowledged, and be what the reference model makes of that prefix; so must it be with files damaged on top of
 * it, or the recovery must refuse. Then the recovery is accepted and the next process goes on from there.
 */

import { afterAll, describe, expect, it } from 'vitest';
import type { Recovery } from '../../main/cascade/recover.ts';
import { type Random, randomOf } from '../../simulation/model/random.ts';
import { amount, LONG, leaveFigures, SEED } from '../support/profile.ts';
import { copyStore } from '../support/store-files.ts';
import { Lives } from './lives.ts';
import { Tally } from './tally.ts';
import { type Owed, VARIANTS } from './variants.ts';

const RUNS = amount(20, 200);
/** A store lives through this many deaths. */
const RUNS_PER_STORE = 4;
const VARIANTS_PER_RUN = LONG ? VARIANTS.length : 9;

const tally = new Tally();
afterAll(() => {
  console.log(`kill -9: ${tally}`);
  leaveFigures(tally.figures);
});

interface Store {
  readonly lives: Lives;
  /** What did not hold with damage on top; the store itself goes on. */
  readonly failures: Error[];
}

async function oneRun({ lives, failures }: Store, run: number, random: Random): Promise<void> {
  const { root, history } = lives;
  const { report, acknowledged } = await lives.die(random, random.chance(0.2) ? random.below(60) : 100 + random.below(1_300));

  const start = random.below(VARIANTS.length);
  for (let i = 0; i < VARIANTS_PER_RUN; i += 1) {
    const variant = VARIANTS[(start + i * 2) % VARIANTS.length]!;
    const copy = copyStore(root, 'copy');
    const owed = variant.apply(copy, random);
    if (owed === null) continue;
    try {
      fulfil(owed, tally.judge(copy, history, acknowledged), report.lsn);
    } catch (error) {
      const kept = process.env.REARM_KEEP ? `; kept in ${copyStore(copy, `kept-${run}-${variant.name.replaceAll(' ', '-')}`)}` : '';
      failures.push(new Error(`run ${run}, ${variant.name}${kept}: ${(error as Error).message}`, { cause: error }));
    }
  }

  await lives.accept();
  expect(tally.judge(root, history, history.lastLsn)?.report.lsn).toBe(history.lastLsn);
}

function fulfil(owed: Owed, recovery: Recovery | null, lsn: number): void {
  if (owed.kind === 'judged') return;
  if (!recovery) throw new Error('refused, and everything that is needed was there');
  const { report } = recovery;
  if (report.lsn !== lsn) throw new Error(`recovered to LSN ${report.lsn}, not to ${lsn}: ${report.sentence}`);
  if (owed.kind === 'whole' && report.outcome !== 'recovered') throw new Error(`${report.outcome}: ${report.sentence}`);
  if (owed.kind === 'whole' && owed.base && report.base !== owed.base) {
    // The highest LSN is the base, whatever its tier: a later tier may have been taken last.
    const best = Math.max(-1, ...report.copies.filter((copy) => copy.tier === owed.base && copy.usable).map((copy) => copy.lsn));
    if ((report.baseLsn ?? -1) <= best) throw new Error(`the base is ${report.base}, not ${owed.base}, which reaches LSN ${best}`);
  }
  if (owed.kind === 'salvaged' && report.outcome !== 'salvaged') throw new Error(`${report.outcome}, not salvaged: ${report.sentence}`);
}

describe('a trading process that is killed', () => {
  for (let group = 0; group * RUNS_PER_STORE < RUNS; group += 1) {
    it(`loses nothing and invents nothing: deaths ${group * RUNS_PER_STORE + 1} to ${Math.min(RUNS, (group + 1) * RUNS_PER_STORE)}`, {
      timeout: 120_000,
    }, async () => {
      const store: Store = { lives: new Lives(tally, SEED * 1_000 + group * RUNS_PER_STORE), failures: [] };
      for (let run = group * RUNS_PER_STORE; run < Math.min(RUNS, (group + 1) * RUNS_PER_STORE); run += 1)
        await oneRun(store, run, randomOf(SEED, run, 4711));
      store.lives.dispose();
      if (store.failures.length > 0) throw new AggregateError(store.failures, store.failures.map((failure) => failure.message).join('\n'));
    });
  }

  it('was recovered from each tier, past pruned rows and freed segments', () => {
    expect([...tally.bases.keys()].sort()).toEqual(['L1', 'L2', 'L3', 'L4']);
    expect(tally.rowsPruned).toBeGreaterThan(0);
    expect(tally.segmentsFreed).toBeGreaterThan(0);
    expect(tally.failures).toEqual({ lost: 0, invented: 0, wrong: 0, crashed: 0 });
  });
});
