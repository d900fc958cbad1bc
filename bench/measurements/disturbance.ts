/** What the caller feels of a tier that runs behind it: the tail of `post` and of `commit` in turns with and without it. */

import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../../main/engine/engine.ts';
import { Day, type DeskOptions, type DeskSize, openDesk } from '../desk.ts';
import { type Row, rowOf } from '../row.ts';
import { quantile, spreadOf } from '../statistics.ts';
import { takeTurns } from '../turns.ts';
import { type Bench, REPETITIONS } from './measurement.ts';

const COST_MAX = 2;
const TAIL = 0.999;
const POST_EVERY_MS = 0.1;
/** Between looks at what the threads have to say. */
const POSTS_AT_ONCE = 100;
const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/**
 * Microseconds of `count` posts, one every 0.1 ms. The caller sleeps in between, as one does who waits for a market: its waking is
 * nobody's fault. A post that comes late because the one before took so long counts from when it was to be.
 */
async function posts(engine: Engine, day: Day, count: number): Promise<Float64Array> {
  day.prepare(count);
  const samples = new Float64Array(count);
  let [intended, ended] = [performance.now(), 0];
  for (let i = 0; i < count; i += 1) {
    const intent = day.take();
    if (i % POSTS_AT_ONCE === 0) {
      await setImmediate();
      intended = performance.now();
    }
    const early = intended - performance.now();
    if (early > 0) Atomics.wait(PAUSE, 0, 0, early);
    const start = ended > intended ? intended : performance.now();
    engine.post(intent);
    ended = performance.now();
    samples[i] = (ended - start) * 1_000;
    intended += POST_EVERY_MS;
  }
  return samples;
}

/** Microseconds of `count` commits, one after the other. */
async function commits(engine: Engine, day: Day, count: number): Promise<Float64Array> {
  day.prepare(count);
  const samples = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    const intent = day.take();
    const start = performance.now();
    await engine.commit(intent);
    samples[i] = (performance.now() - start) * 1_000;
  }
  return samples;
}

/** Runs the tier again and again while the work is done. */
async function during<T>(tier: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  let over = false;
  const running = (async () => {
    while (!over) await tier();
  })();
  try {
    return await work();
  } finally {
    over = true;
    await running;
  }
}

export interface Disturbance {
  /** As in "while L3 runs". */
  readonly name: string;
  /** Of the desk, whose log and tiers have threads of their own. */
  readonly config: DeskOptions['config'];
  readonly tier: (engine: Engine) => Promise<void>;
}

/** Rows of the tails of a desk of this size. */
export async function disturbanceRows({ directory, short }: Bench, size: DeskSize, { name, config, tier }: Disturbance): Promise<Row[]> {
  const engine = await openDesk({ root: join(directory, 'felt'), size, config: { ...config, commit: 'threaded' } });
  await engine.checkpoint();
  const day = new Day(size);
  const rows: Row[] = [];
  for (const [what, work, count] of [
    ['post', posts, short ? 3_000 : 20_000],
    ['commit', commits, short ? 300 : 3_000],
  ] as const) {
    const tail = async (): Promise<number> => quantile(await work(engine, day, count), TAIL);
    await tail();
    const tails = await takeTurns({ without: tail, during: () => during(() => tier(engine), tail) }, REPETITIONS);
    rows.push(
      rowOf({
        name: `${name}, ${what} meanwhile, p99.9`,
        unit: 'us',
        ours: spreadOf(tails.during),
        peers: { 'without it': spreadOf(tails.without) },
        targets: [{ against: 'bestPeer', costMax: COST_MAX }],
        note: `${count} a repetition; the peer is ours while no tier but L1 and L2 runs`,
      }),
    );
  }
  await engine.close();
  return rows;
}
