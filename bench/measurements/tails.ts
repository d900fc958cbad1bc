/**
 * The slow ones among many: a day in which every order is committed and everything else is posted, while every tier runs ten times as often as is
 * normal; and what pruning adds. Threaded: inline, the caller waits for the disk, and everything behind it does.
 */

import fs from 'node:fs';
import { join } from 'node:path';
import { type EngineConfig, parseEngineConfig } from '../../main/engine/config.ts';
import type { Engine } from '../../main/engine/engine.ts';
import { FRAME_HEADER_BYTES } from '../../main/wal/frame.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { DAY, Day, ORDINARY, openDesk } from '../desk.ts';
import { collectGarbage } from '../garbage.ts';
import { watchingPauses } from '../pauses.ts';
import { type Row, rowOf } from '../row.ts';
import { onSchedule } from '../schedule.ts';
import { quantile, type Spread, spreadOf } from '../statistics.ts';
import { cadences, TierRuns } from '../tiers.ts';
import { BareFile } from './bare-file.ts';
import { BareRing } from './bare-ring.ts';
import { BareWorker } from './bare-worker.ts';
import { type Bench, type Measurement, REPETITIONS } from './measurement.ts';
import { meanBytesOf, recordsOfDay } from './records.ts';

const PER_SECOND = 10_000;
/** Of ours, all repetitions together. */
const SECONDS = 60;
const SECONDS_SHORT = 5;
const SECONDS_PRUNING = 30;
const SECONDS_PRUNING_SHORT = 2;
/** How many times as often as is normal. */
const TIMES = 10;
const WARM_UP_SECONDS = 1;

const POST_P999_US_MAX = 20;
const PAUSE_MS_MAX = 20;

/** One repetition: microseconds of each operation, and the longest pause of the thread. */
interface Stretch {
  readonly commits: Float64Array;
  readonly posts: Float64Array;
  readonly pauseMs: number;
}

const isCommit = (n: number): boolean => DAY[n % DAY.length] === 'order.submit';

/** Of whole days, so that each begins with an order. */
const operationsIn = (seconds: number): number => Math.floor((PER_SECOND * seconds) / DAY.length) * DAY.length;

/** @param work the n-th operation; a promise where it is a commit */
async function stretch(count: number, work: (n: number) => unknown): Promise<Stretch> {
  collectGarbage();
  const { value, longestMs } = await watchingPauses(() => onSchedule({ count, perSecond: PER_SECOND }, work));
  return { commits: value.filter((_, n) => isCommit(n)), posts: value.filter((_, n) => !isCommit(n)), pauseMs: longestMs };
}

/** What the bare thread is handed at once, at most. */
const BARE_GROUP_MAX = 1_000;

/** The same day with nothing behind it: bytes are copied into memory, and what waits is written and synced together by a bare thread. */
class BareDay {
  readonly #ring: BareRing;
  readonly #frameBytes: number;
  readonly #frames: Uint8Array;
  readonly #file: BareFile;
  readonly #worker: BareWorker;
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  private constructor(recordBytes: number, file: BareFile, worker: BareWorker, frames: Uint8Array) {
    this.#ring = new BareRing(new Uint8Array(recordBytes).fill(7));
    this.#frameBytes = frames.length / BARE_GROUP_MAX;
    this.#frames = frames;
    this.#file = file;
    this.#worker = worker;
  }

  static async open(directory: string): Promise<BareDay> {
    const recordBytes = meanBytesOf(await recordsOfDay(directory, ORDINARY, 1_200));
    const frames = new Uint8Array((FRAME_HEADER_BYTES + recordBytes) * BARE_GROUP_MAX).fill(7);
    const file = new BareFile(join(directory, 'bare'));
    return new BareDay(recordBytes, file, await BareWorker.start(file.fd, frames.length), frames);
  }

  readonly work = (n: number): Promise<void> | undefined => {
    if (isCommit(n)) return this.#commit();
    this.#ring.copy();
    return undefined;
  };

  #commit(): Promise<void> {
    const committed = new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (!this.#busy) void this.#writeWaiting();
    return committed;
  }

  async #writeWaiting(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, BARE_GROUP_MAX);
      const bytes = this.#frames.subarray(0, group.length * this.#frameBytes);
      await this.#worker.commit(bytes, this.#file.place(bytes.length));
      for (const resolve of group) resolve();
    }
    this.#busy = false;
  }

  async close(): Promise<void> {
    await this.#worker.stop();
    this.#file.close();
  }
}

interface Run {
  readonly ours: readonly Stretch[];
  readonly bare: readonly Stretch[];
  /** What ran meanwhile. */
  readonly words: string;
}

/** The day on an engine of this configuration, taking turns with the bare one where there is one. */
async function run(root: string, seconds: number, config: Partial<EngineConfig>, bareDay?: BareDay): Promise<Run> {
  const ofOne = seconds / REPETITIONS;
  const engine: Engine = await openDesk({
    root,
    size: ORDINARY,
    config: { commit: 'threaded', ...cadences(TIMES, ofOne * 1_000), ...config },
  });
  const day = new Day(ORDINARY);
  const work = (n: number): unknown => (isCommit(n) ? engine.commit(day.take()) : engine.post(day.take()));
  const turn = (seconds: number): Promise<Stretch> => {
    const count = operationsIn(seconds);
    day.prepare(count, PER_SECOND);
    return stretch(count, work);
  };
  await turn(WARM_UP_SECONDS);
  const [ours, bare]: [Stretch[], Stretch[]] = [[], []];
  const runs = new TierRuns(engine);
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    ours.push(await turn(ofOne));
    await engine.flush();
    if (bareDay) bare.push(await stretch(operationsIn(ofOne / 2), bareDay.work));
  }
  const words = runs.stop();
  const kept = engine.state.used(TABLES.fills);
  await engine.close();
  fs.rmSync(root, { recursive: true });
  return { ours, bare, words: `${words}; ${kept} fills at the end` };
}

/** Of each repetition. */
const tail = (stretches: readonly Stretch[], of: 'commits' | 'posts', fraction: number): Spread =>
  spreadOf(stretches.map((one) => quantile(one[of], fraction)));

/** The longest of all, as everybody waits for it. */
const longest = (stretches: readonly Stretch[]): Spread => {
  const all = stretches.map(({ pauseMs }) => pauseMs);
  return { median: Math.max(...all), min: Math.min(...all), max: Math.max(...all) };
};

function rowsOf(prefix: string, { ours, bare, words }: Run): Row[] {
  const limit = (spread: (of: readonly Stretch[]) => Spread) =>
    bare.length > 0 ? ({ by: 'bare Node', spread: spread(bare) } as const) : undefined;
  const row = (of: 'commits' | 'posts', name: string, fraction: number, boundUs?: number) =>
    rowOf({
      name: `${prefix}, ${of === 'commits' ? 'commit' : 'post'}, ${name}`,
      unit: 'us',
      ours: tail(ours, of, fraction),
      limit: limit((stretches) => tail(stretches, of, fraction)),
      targets: boundUs === undefined ? [] : [{ against: 'bound', bound: boundUs }],
      note: words,
    });
  return [
    row('posts', 'p99', 0.99),
    row('posts', 'p99.9', 0.999, POST_P999_US_MAX),
    row('commits', 'p99', 0.99),
    row('commits', 'p99.9', 0.999),
    rowOf({
      name: `${prefix}, longest pause`,
      unit: 'ms',
      ours: longest(ours),
      limit: limit(longest),
      targets: [{ against: 'bound', bound: PAUSE_MS_MAX }],
      note: words,
    }),
  ];
}

export const tails: Measurement = {
  name: 'tails',
  async run({ directory, short, tell }: Bench) {
    const own = join(directory, 'tails');
    fs.mkdirSync(own);
    const bareDay = await BareDay.open(own);
    tell(`every tier at ${TIMES} times its cadence, ${PER_SECOND} operations a second`);
    const all = await run(join(own, 'store'), short ? SECONDS_SHORT : SECONDS, {}, bareDay);
    await bareDay.close();
    tell('the same with rows to prune');
    const seconds = short ? SECONDS_PRUNING_SHORT : SECONDS_PRUNING;
    const ofOneMs = (seconds * 1_000) / REPETITIONS;
    const pruneMs = Math.min(parseEngineConfig().pruneMs / TIMES, ofOneMs / 2);
    const pruning = await run(join(own, 'store'), seconds, { pruneMs, retentionMs: ofOneMs });
    fs.rmSync(own, { recursive: true });
    return [...rowsOf('tails', all), ...rowsOf('tails, pruning', pruning)];
  },
};
