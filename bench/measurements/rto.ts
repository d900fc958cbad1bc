/** From the start of a process to the validated state, with L1 and L2 gone; and what that time depends on. */

import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../main/storage/native.ts';
import { buildAll } from '../../scripts/build.ts';
import { bundleNode } from '../../scripts/bundle.ts';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { parseTime } from '../../shared/units.ts';
import { openDesk } from '../desk.ts';
import { type History, historyOf, RECOVERED, words } from '../history.ts';
import { answerOf, fresh } from '../processes/fresh.ts';
import { replayOf } from '../report.ts';
import { type Row, rowOf } from '../row.ts';
import { median, spreadOf } from '../statistics.ts';
import { pairedRatios, takeTurns } from '../turns.ts';
import { type Bench, type Measurement, REPETITIONS } from './measurement.ts';

const OPERATIONS = 1_000_000;
const REPETITIONS_SHORT = 1;
const RTO_MS_MAX = 1_000;
const PHASES_MAX = 1.02;
const SCALE_MAX = 1.5;
/** With ten times the log before it, a snapshot costs the same, but for what the machine does meanwhile. */
const HISTORY_MAX = 1.1;

const TERMINAL = fileURLToPath(new URL('../../dist/cli/rearm.js', import.meta.url));

/** What one process took: to the first step of the recovery, in its steps up to the validated state, and in all. */
interface Course {
  readonly startMs: number;
  readonly phasesMs: number;
  /** Of that, the probes of all tiers. */
  readonly probesMs: number;
  readonly rtoMs: number;
}

const sumOf = (steps: RecoveryReport['steps']): number => steps.reduce((sum, { ms }) => sum + ms, 0);

/** Starts a program that prints a report. @param count operations that it must have replayed; any where it is left out */
function courseOf(file: string, args: readonly string[], count?: number): Course {
  const spawnedNs = systemClock.wallNs();
  const report = answerOf<RecoveryReport>(file, args);
  if (count !== undefined) replayOf(report, count);
  return {
    startMs: Number(parseTime(report.startedAt) - spawnedNs) / 1e6,
    phasesMs: sumOf(report.steps.filter(({ afterRto }) => !afterRto)),
    probesMs: sumOf(report.steps.filter(({ step }) => step.startsWith('probe.'))),
    rtoMs: report.rtoMs,
  };
}

/** In which the programs are started: as they are installed, bundled, without types to strip. */
interface Program {
  readonly name: string;
  readonly file: string;
  readonly args: (root: string) => readonly string[];
}

async function programsOf(directory: string): Promise<Program[]> {
  const bundles = join(directory, 'bundles');
  await bundleNode(bundles, { recover: fileURLToPath(new URL('../processes/recover.ts', import.meta.url)) });
  await buildAll(['cli'], true);
  return [
    { name: 'a process that calls recover', file: join(bundles, 'recover.js'), args: (root) => [root] },
    { name: 'rearm recover --json', file: TERMINAL, args: (root) => ['recover', root, '--json'] },
  ];
}

const repetitionsOf = ({ short }: Bench): number => (short ? REPETITIONS_SHORT : REPETITIONS);

async function whole(bench: Bench, history: History, programs: readonly Program[]): Promise<Row[]> {
  history.arrange(OPERATIONS);
  const courses = new Map<string, Course[]>(programs.map(({ name }) => [name, []]));
  const samples = await takeTurns(
    Object.fromEntries(
      programs.map(({ name, file, args }) => [
        name,
        () => {
          const course = courseOf(file, args(history.root), OPERATIONS);
          courses.get(name)!.push(course);
          return course.startMs + course.rtoMs;
        },
      ]),
    ),
    repetitionsOf(bench),
  );
  const { positions, orders } = RECOVERED;
  const size = `${words(positions)} positions, ${words(orders)} orders, ${words(OPERATIONS)} operations`;
  const all = [...courses.values()].flat();
  return [
    ...programs.map(({ name }) =>
      rowOf({
        name: `RTO, ${name}`,
        unit: 'ms',
        ours: spreadOf(samples[name]!),
        targets: [{ against: 'bound', bound: RTO_MS_MAX }],
        note: `${size}; of that ${Math.round(median(courses.get(name)!.map(({ startMs }) => startMs)))} ms to the first step of the recovery`,
      }),
    ),
    rowOf({
      name: 'RTO, in all by its phases',
      unit: 'times',
      ours: spreadOf(all.map(({ rtoMs, phasesMs }) => rtoMs / phasesMs)),
      targets: [{ against: 'bound', bound: PHASES_MAX }],
      note: 'the time of the report by the sum of its steps',
    }),
  ];
}

/** A thread that does nothing, from its start to its first word: what is probed in a thread is not known earlier. */
async function bareThreadMs(): Promise<number> {
  const start = performance.now();
  const worker = new Worker('require("node:worker_threads").parentPort.postMessage(0)', { eval: true });
  await once(worker, 'message');
  const ms = performance.now() - start;
  await worker.terminate();
  return ms;
}

/** The probes of a store that has every tier, beside the least that a thread for each would take. */
async function probing(bench: Bench, { file, args }: Program): Promise<Row> {
  const root = join(bench.directory, 'every-tier');
  const engine = await openDesk({ root, size: RECOVERED, config: {} });
  await engine.checkpoint();
  await engine.snapshot(true);
  await engine.abandon();
  const { ours, limit } = await takeTurns({ ours: () => courseOf(file, args(root)).probesMs, limit: bareThreadMs }, REPETITIONS);
  fs.rmSync(root, { recursive: true });
  return rowOf({
    name: 'RTO, probing every tier, one after the other',
    unit: 'ms',
    ours: spreadOf(ours),
    limit: { by: 'bare Node', spread: spreadOf(limit) },
    targets: [{ against: 'limit', costMax: 1 }],
    note: 'limit: a thread that starts and says so, the least that probing side by side takes',
  });
}

/** Time per operation over distances that differ a thousandfold: the slowest by the fastest, compiled code in fresh processes. */
async function scale(bench: Bench, { root, lastLsn, since }: History): Promise<Row> {
  const nsOf = new Map<number, number[]>(since.map((count) => [count, []]));
  const ratios = Array.from({ length: repetitionsOf(bench) }, (_, round) => {
    const counts = since.map((_, i) => since[(i + round) % since.length]!);
    const ns = fresh<number[]>('scale', root, lastLsn, ...counts);
    for (const [i, count] of counts.entries()) nsOf.get(count)!.push(ns[i]!);
    return Math.max(...ns) / Math.min(...ns);
  });
  return rowOf({
    name: `RTO, an operation's share from ${words(since[0]!)} to ${words(since.at(-1)!)}`,
    unit: 'times',
    ours: spreadOf(ratios),
    targets: [{ against: 'bound', bound: SCALE_MAX }],
    note: [...nsOf].map(([count, ns]) => `${words(count)}: ${Math.round(median(ns))} ns each`).join('; '),
  });
}

/** The same state, with ten times the log before the snapshot. */
async function inHistory(bench: Bench, history: History, { file, args }: Program): Promise<Row> {
  const count = history.since.at(-2)!;
  const before = history.lastLsn - count;
  const rtoWith = (operations: number) => () => {
    history.arrange(count, operations);
    return courseOf(file, args(history.root), count).rtoMs;
  };
  const { long, short } = await takeTurns({ long: rtoWith(before), short: rtoWith(before / 10) }, repetitionsOf(bench));
  return rowOf({
    name: 'RTO, with ten times the log before the snapshot',
    unit: 'times',
    ours: spreadOf(pairedRatios(long, short)),
    targets: [{ against: 'bound', bound: HISTORY_MAX }],
    note: `${words(count)} operations since the snapshot, ${words(before)} before it`,
  });
}

export const rto: Measurement = {
  name: 'RTO',
  async run(bench) {
    const history = await historyOf(bench);
    const programs = await programsOf(bench.directory);
    bench.tell('whole');
    const rows = await whole(bench, history, programs);
    bench.tell('probing');
    rows.push(await probing(bench, programs[0]!));
    bench.tell('with more operations');
    rows.push(await scale(bench, history));
    bench.tell('with a longer past');
    rows.push(await inHistory(bench, history, programs[0]!));
    return rows;
  },
};
