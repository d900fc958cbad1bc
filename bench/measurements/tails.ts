/**
 * The slow ones among many: a day in which every order is committed and everything else is posted, while every tier runs ten times as often as is
 * normal; and what pruning adds. Threaded: inline, the caller waits for the disk, and everything behind it does.
 */

import fs from 'node:fs';
import { join } from 'node:path';
import { type EngineConfig, parseEngineConfig } from '../../main/engine/config.ts';
import type { Engine } from '../../main/engine/engine.ts';
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
import { frameBytesOf, meanBytesOf, recordsOfDay } from './records.ts';

const PER_SECOND = 10_000;
/** Of ours, all repetitions together. */
const SECONDS = 60;
const SECONDS_SHORT = 5;
const SECONDS_PRUNING = 30;
const SECONDS_PRUNING_SHORT = 2;
/** How many times as often as is normal. */
const TIMES = 10;
const WARM_UP = 1_500 * DAY.length;

const POST_P999_US_MAX = 20;
const PAUSE_MS_MAX = 20;

/** One repetition: microseconds of each operation, and the longest pause of the thread. */
interface Stretch {
  readonly commits: Float64Array;
  readonly posts: Float64Array;
  readonly pauseMs: number;
}

const isCommit = (n: number): boolean => DAY[n % DAY.length] === 'order.submit';

/** @param work the n-th operation; a promise where it is a commit */
async function stretch(seconds: number, work: (n: number) => unknown): Promise<Stretch> {
  collectGarbage();
  const { value, longestMs } = await watchingPauses(() =>
    onSchedule({ count: Math.round(PER_SECOND * seconds), perSecond: PER_SECOND }, work),
  );
  return { commits: value.filter((_, n) => isCommit(n)), posts: value.filter((_, n) => !isCommit(n)), pauseMs: longestMs };
}

/** The same day with nothing behind it: bytes are copied into memory, and written and synced by a bare thread, one after the other. */
class BareDay {
  readonly #ring: BareRing;
  readonly #bytes: Uint8Array;
  readonly #file: BareFile;
  readonly #worker: BareWorker;
  #last: Promise<void> = Promise.resolve();

  private constructor(record: Uint8Array, frame: Uint8Array, file: BareFile, worker: BareWorker) {
    this.#ring = new BareRing(record);
    this.#bytes = frame;
    this.#file = file;
    this.#worker = worker;
  }

  static async open(directory: string): Promise<BareDay> {
    const records = await recordsOfDay(directory, ORDINARY, 1_200);
    const record = new Uint8Array(meanBytesOf(records)).fill(7);
    const frame = new Uint8Array(frameBytesOf([record])).fill(7);
    const file = new BareFile(join(directory, 'bare'));
    return new BareDay(record, frame, file, await BareWorker.start(file.fd, frame.length));
  }

  readonly work = (n: number): Promise<void> | undefined => {
    if (!isCommit(n)) {
      this.#ring.copy();
      return undefined;
    }
    // The bare thread takes one at a time.
    this.#last = this.#last.then(() => this.#worker.commit(this.#bytes, this.#file.place(this.#bytes.length)));
    return this.#last;
  };

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
  day.prepare(WARM_UP, PER_SECOND);
  await stretch(WARM_UP / PER_SECOND, work);
  const [ours, bare]: [Stretch[], Stretch[]] = [[], []];
  const runs = new TierRuns(engine);
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    day.prepare(PER_SECOND * ofOne, PER_SECOND);
    ours.push(await stretch(ofOne, work));
    await engine.flush();
    if (bareDay) bare.push(await stretch(ofOne / 2, bareDay.work));
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
