/**
 * kill -9: a process that trades is killed at random moments. What is recovered must be a prefix of what it submitted that holds
 * everything that was acknowledged, and be what the reference model makes of that prefix; so must it be with files damaged on top of
 * it, or the recovery must refuse. Then the recovery is accepted and the next process goes on from there.
 */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Recovery } from '../../main/cascade/recover.ts';
import { acceptRecovery } from '../../main/engine/accept.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { History } from '../../simulation/model/history.ts';
import { type Random, randomOf } from '../../simulation/model/random.ts';
import type { Operation } from '../../simulation/model/reference.ts';
import { type ConfigInput, SMALL_ROWS, temporaryDirectory } from '../support/desk.ts';
import { copyStore } from '../support/store-files.ts';
import { runAndKill } from './run.ts';
import { logged, Tally } from './tally.ts';
import { type Owed, VARIANTS } from './variants.ts';

const LONG = process.env.REARM_PROFILE === 'long';
const RUNS = LONG ? 200 : 20;
/** A store lives through this many deaths. */
const RUNS_PER_STORE = 4;
const SEED = Number(process.env.REARM_SEED ?? 1);
const VARIANTS_PER_RUN = LONG ? VARIANTS.length : 9;

const CONFIG: ConfigInput = {
  segmentBytes: 65_536,
  l1Ms: 5,
  l2Ms: 20,
  l3Ms: 150,
  l4Ms: 400,
  l3Keep: 2,
  syncMs: 7,
  markMs: 40,
  pruneMs: 50,
  windowMs: 200,
  retentionMs: 400,
  marketRetentionMs: 200,
};

const tally = new Tally();
afterAll(() => console.log(`kill -9: ${tally}`));

const plain = (text: unknown) =>
  typeof text === 'string' && /^[+-]?\d+(\.\d+)?$/.test(text)
    ? text
        .replace(/^\+/, '')
        .replace(/^(-?)0+(?=\d)/, '$1')
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '')
        .replace(/^-0$/, '0')
    : text;
const comparable = ({ lsn, type, class: how, time, intent }: Operation) =>
  JSON.stringify([
    lsn,
    type,
    how,
    time,
    Object.entries(intent)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, plain(value)]),
  ]);

/** What the log says was done is what was submitted. */
function compareLog(root: string, history: History, from: number, to: number): void {
  for (const line of logged(root, from)) {
    if (line.lsn > to) break;
    expect(comparable(line)).toBe(comparable(history.lines[line.lsn - 1]!));
  }
}

interface Store {
  readonly root: string;
  readonly directory: string;
  readonly history: History;
  /** What did not hold with damage on top; the store itself goes on. */
  readonly failures: Error[];
}

async function oneRun(store: Store, run: number, random: Random): Promise<void> {
  const { root, directory, history } = store;
  const first = run % RUNS_PER_STORE === 0;
  const submissions = join(directory, `submissions-${run}`);
  const before = join(directory, 'history');
  if (!first) fs.writeFileSync(before, history.lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const already = history.lastLsn;
  const death = await runAndKill(
    {
      root,
      submissions,
      history: first ? null : before,
      seed: SEED * 1_000 + run - (run % RUNS_PER_STORE),
      firstStep: (run % RUNS_PER_STORE) * 1_000_000,
      config: { ...CONFIG, commit: random.chance(0.5) ? 'inline' : 'threaded', tiers: random.chance(0.75) ? 'thread' : 'inline' },
      generator: { prunes: random.chance(0.5) },
      rowsMax: SMALL_ROWS,
    },
    random.chance(0.2) ? random.below(60) : 100 + random.below(1_300),
    history,
  );
  expect(death.alarms).toEqual([]);
  tally.runs += 1;
  tally.operations += history.lastLsn - already;
  tally.acknowledgements += death.acknowledgements;
  const acknowledged = Math.max(death.acknowledged, already);

  const recovery = tally.judge(root, history, acknowledged);
  expect(recovery, 'a store that only died is recovered').not.toBeNull();
  const { report } = recovery!;
  expect(report.outcome).toBe('recovered');
  expect(report.lostAcknowledged).toBe(0);
  // No process was told of more than the report knows of.
  expect(report.acknowledgedLsn).toBeGreaterThanOrEqual(death.acknowledged);
  history.cut(report.lsn);
  tally.rowsPruned += history.lines.slice(already).filter((line) => line.type === 'prune').length;
  const oldest = report.wal.firstLsn!;
  if (oldest > 1) tally.segmentsFreed += 1;
  compareLog(root, history, oldest, report.lsn);

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
      store.failures.push(new Error(`run ${run}, ${variant.name}${kept}: ${(error as Error).message}`, { cause: error }));
    }
  }

  const accepted = await acceptRecovery({ platform: nativePlatform, root, by: 'the test' });
  for (const line of logged(root, report.lsn + 1)) {
    expect(['epoch.open', 'risk.halt', 'root.mark']).toContain(line.type);
    history.add(line);
  }
  expect(accepted.lsn).toBe(history.lastLsn);
  const after = tally.judge(root, history, accepted.lsn);
  expect(after?.report.lsn).toBe(accepted.lsn);
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
  const stores: Store[] = [];
  afterAll(() => {
    if (!process.env.REARM_KEEP) for (const { directory } of stores) fs.rmSync(directory, { recursive: true, force: true });
  });

  for (let group = 0; group * RUNS_PER_STORE < RUNS; group += 1) {
    it(`loses nothing and invents nothing: deaths ${group * RUNS_PER_STORE + 1} to ${Math.min(RUNS, (group + 1) * RUNS_PER_STORE)}`, {
      timeout: 120_000,
    }, async () => {
      const directory = temporaryDirectory();
      const store: Store = {
        root: join(directory, 'store'),
        directory,
        history: new History({ fillsMax: SMALL_ROWS.fills }),
        failures: [],
      };
      stores.push(store);
      for (let run = group * RUNS_PER_STORE; run < Math.min(RUNS, (group + 1) * RUNS_PER_STORE); run += 1) {
        await oneRun(store, run, randomOf(SEED, run, 4711));
      }
      if (!process.env.REARM_KEEP) fs.rmSync(dirname(store.root), { recursive: true, force: true });
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
