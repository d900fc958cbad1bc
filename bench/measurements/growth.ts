/** What must not grow with the state: a commit, a post, and a checkpoint of ten rows, in desks of a thousand to a million rows. */

import { join } from 'node:path';
import type { Engine } from '../../main/engine/engine.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { amendment, boundsOf, Day, type DeskSize, openDesk, spreadOrders } from '../desk.ts';
import { type Row, rowOf } from '../row.ts';
import { median, spreadOf } from '../statistics.ts';
import { HeldSink, SteppedTiers } from '../stepped-tiers.ts';
import { SteppedWriter } from '../stepped-writer.ts';
import { type Contestant, takeTurns } from '../turns.ts';
import { type Bench, clear, count, type Measurement, repetitions, timedMs } from './measurement.ts';

const ROWS = [1_000, 10_000, 100_000, 1_000_000] as const;
const ROWS_SHORT = ROWS.slice(0, 3);
const GROWTH_MAX = 3;
const ROWS_CHANGED = 10;
/** Posts of one sample: half of them of the day, half on orders that lie anywhere in the state. */
const POSTS = 100;
const WARM_UP = 20;

const sizeOf = (rows: number): DeskSize => ({ positions: rows / 2, orders: rows / 2 });
const us = (work: () => void): number => timedMs(work) * 1_000;

/** Amendments of orders that lie far apart, a few at a time. */
class Amendments {
  readonly #size: DeskSize;
  #round = 0;

  constructor(size: DeskSize) {
    this.#size = size;
  }

  take(rows: number): Intent[] {
    const round = this.#round++;
    const time = nativePlatform.clock.wallNs();
    return spreadOrders(round * rows, rows, this.#size).map((row) => amendment(row, round, time));
  }
}

const postsOf = (engine: Engine, size: DeskSize): Contestant => {
  const [day, amendments] = [new Day(size), new Amendments(size)];
  return () => {
    day.prepare(POSTS / 2);
    const intents = Array.from({ length: POSTS / ROWS_CHANGED / 2 }, () => amendments.take(ROWS_CHANGED)).flatMap((amended) => [
      ...amended,
      ...amended.map(() => day.take()),
    ]);
    const whole = us(() => {
      for (const intent of intents) engine.post(intent);
    });
    return whole / POSTS;
  };
};

const commitsOf = (engine: Engine, size: DeskSize): Contestant => {
  const amendments = new Amendments(size);
  return () => {
    const [intent] = amendments.take(1);
    return us(() => void engine.commitSync(intent!));
  };
};

/** A writer with its tiers on the desk's state: ten rows are changed, then a checkpoint is taken. */
class Tiers {
  readonly #writer: SteppedWriter;
  readonly #sink = new HeldSink();
  readonly #tiers: SteppedTiers;
  readonly #amendments: Amendments;

  constructor(root: string, image: SteppedWriter['live'], size: DeskSize) {
    const bounds = boundsOf(size);
    this.#writer = new SteppedWriter({ root, image, bounds, sink: this.#sink });
    this.#tiers = new SteppedTiers(this.#writer.layout, bounds);
    this.#amendments = new Amendments(size);
  }

  #change(): void {
    this.#writer.apply(this.#amendments.take(ROWS_CHANGED));
    this.#writer.write();
  }

  readonly l1: Contestant = () => {
    this.#change();
    return us(() => this.#writer.writer.checkpointL1());
  };

  readonly l2: Contestant = () => {
    this.#change();
    if (this.#writer.writer.l2Busy) throw new Error('the last job was not taken');
    return us(() => {
      this.#writer.writer.checkpointL2();
      this.#sink.taken(this.#tiers.checkpointer.take(this.#sink.job));
    });
  };

  close(): void {
    this.#tiers.checkpointer.close();
    this.#writer.close();
  }
}

/** A row for each size, and one for how the largest stands to the smallest. */
async function rowsOf(what: string, contestants: Readonly<Record<number, Contestant>>, rounds: number): Promise<Row[]> {
  const samples = await takeTurns(contestants, WARM_UP + rounds);
  const sizes = Object.keys(contestants).map(Number);
  const medians = (rows: number): number[] => repetitions(samples[rows]!.subarray(WARM_UP)).map(median);
  const [smallest, largest] = [medians(sizes[0]!), medians(sizes.at(-1)!)];
  return [
    ...sizes.map((rows) => rowOf({ name: `growth, ${what}, ${count(rows)} rows`, unit: 'us', ours: spreadOf(medians(rows)), targets: [] })),
    rowOf({
      name: `growth, ${what}, ${count(sizes.at(-1)!)} rows against ${count(sizes[0]!)}`,
      unit: 'times',
      ours: spreadOf(largest.map((value, i) => value / smallest[i]!)),
      targets: [{ against: 'bound', bound: GROWTH_MAX }],
    }),
  ];
}

export const growth: Measurement = {
  name: 'growth',
  async run({ directory, short, tell }: Bench) {
    const sizes = (short ? ROWS_SHORT : ROWS).map(sizeOf);
    const engines: { readonly rows: number; readonly size: DeskSize; readonly engine: Engine }[] = [];
    for (const size of sizes) {
      const rows = size.positions + size.orders;
      tell(`a desk of ${count(rows)} rows`);
      const config = { commit: 'inline', tiers: 'off', l1: false } as const;
      engines.push({ rows, size, engine: await openDesk({ root: join(directory, `desk-${rows}`), size, config }) });
    }
    const by = (contestantOf: (engine: Engine, size: DeskSize) => Contestant): Record<number, Contestant> =>
      Object.fromEntries(engines.map(({ rows, engine, size }) => [rows, contestantOf(engine, size)]));
    tell('commit');
    const commits = await rowsOf('commit', by(commitsOf), short ? 100 : 1_000);
    tell('post');
    const posts = await rowsOf('post', by(postsOf), short ? 100 : 500);
    const tiers: [number, Tiers][] = [];
    for (const { rows, size, engine } of engines) {
      await engine.abandon();
      tiers.push([rows, new Tiers(join(directory, `tiers-${rows}`), engine.state.image, size)]);
    }
    const each = (tier: 'l1' | 'l2'): Record<number, Contestant> => Object.fromEntries(tiers.map(([rows, taken]) => [rows, taken[tier]]));
    tell('L1');
    const l1 = await rowsOf('L1', each('l1'), short ? 300 : 3_000);
    tell('L2');
    const l2 = await rowsOf('L2', each('l2'), short ? 30 : 300);
    for (const [, taken] of tiers) taken.close();
    clear(directory);
    return [...commits, ...posts, ...l1, ...l2];
  },
};
