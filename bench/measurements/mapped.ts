/** L1: a checkpoint of ten changed rows, on ten pages, in desks of three sizes. */

import { join } from 'node:path';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { amendment, boundsOf, type DeskSize, imageOfDesk, LARGEST, SIZES, spreadOrders } from '../desk.ts';
import { type CheckpointLimit, compareMapped, slotHeader } from '../limit/checkpoint.ts';
import { openSerializers } from '../peers/serializers.ts';
import { type Row, rowOf, type Target } from '../row.ts';
import { median, quantile, type Spread, spreadOf } from '../statistics.ts';
import { SteppedWriter } from '../stepped-writer.ts';
import { type Contestant, pairedRatios, takeTurns } from '../turns.ts';
import { type Bench, clear, count, type Measurement, REPETITIONS, repetitions } from './measurement.ts';

const ROWS_CHANGED = 10;
const US_MAX = 10;
const GROWTH_MAX = 3;
const SERIALIZER_COST_MAX = 1 / 1_000;

const ROUNDS = 5_000;
const ROUNDS_SHORT = 500;
const WARM_UP = 200;

/** Ours, and the limit behind it: both take the same checkpoints of the same changes. */
class Pair {
  readonly size: DeskSize;
  readonly #ours: SteppedWriter;
  readonly #path: string;
  readonly #limit: CheckpointLimit;
  readonly #image: Uint8Array;
  readonly #root = new BigUint64Array(1);
  readonly #pageCount: number;
  /** Of the limit, by slot: pages as they are in it no more. */
  readonly #lacking: [number[], number[]];
  #rows: readonly number[] = [];
  readonly #taken = { prepared: 0, ours: 0, limit: 0 };

  private constructor(bench: Bench, size: DeskSize, ours: SteppedWriter) {
    this.size = size;
    this.#ours = ours;
    const { live } = ours;
    this.#pageCount = live.pageCount;
    this.#path = join(bench.directory, `limit-${size.positions}`);
    this.#limit = bench.limit.checkpoints(this.#path, live.pageCount);
    this.#image = live.bytes.slice(0, live.pageCount * PAGE_BYTES);
    this.#root[0] = live.hotRoot;
    const hot = Array.from({ length: live.pageCount }, (_, page) => page).filter((page) => live.isHot(page));
    this.#lacking = [hot, [...hot]];
  }

  static async open(bench: Bench, size: DeskSize): Promise<Pair> {
    const image = await imageOfDesk(join(bench.directory, `desk-${size.positions}`), size);
    const ours = new SteppedWriter({ root: join(bench.directory, `ours-${size.positions}`), image, bounds: boundsOf(size) });
    return new Pair(bench, size, ours);
  }

  /** Changes the rows of the present round in the live image, whoever of the two comes first. */
  #prepare(taken: number): void {
    if (taken < this.#taken.prepared) return;
    const round = this.#taken.prepared++;
    this.#rows = spreadOrders(round * ROWS_CHANGED, ROWS_CHANGED, this.size);
    const time = nativePlatform.clock.wallNs();
    this.#ours.apply(this.#rows.map((row) => amendment(row, round, time)));
  }

  readonly ours: Contestant = () => {
    const round = this.#taken.ours++;
    this.#prepare(round);
    this.#ours.write();
    const start = performance.now();
    this.#ours.writer.checkpointL1();
    const us = (performance.now() - start) * 1_000;
    // Those of this checkpoint, and those of the last one, which went into the other slot.
    if (round >= 2 && this.#ours.l1Bytes !== 2 * ROWS_CHANGED * PAGE_BYTES) throw new Error(`${this.#ours.l1Bytes} bytes were copied`);
    return us;
  };

  readonly limit: Contestant = () => {
    const round = this.#taken.limit++;
    const slot = (round % 2) as 0 | 1;
    this.#prepare(round);
    const changed = this.#follow();
    for (const pages of this.#lacking) pages.push(...changed);
    const lacking = Uint32Array.from(new Set(this.#lacking[slot]));
    this.#lacking[slot] = [];
    const header = slotHeader(slot, this.#ours.live.lsn, this.#pageCount);
    const work = { image: this.#image, root: this.#root, slot, changed: Uint32Array.from(changed), lacking, header };
    return this.#limit.checkpoint(work) / 1_000;
  };

  /** Brings the changed rows into the limit's image, as redo does; returns their pages. */
  #follow(): number[] {
    const { live } = this.#ours;
    return this.#rows.map((row) => {
      const base = live.rowOffset(TABLES.orders, row);
      this.#image.set(live.bytes.subarray(base, base + TABLES.orders.rowBytes), base);
      const page = Math.floor(base / PAGE_BYTES);
      this.#image.set(live.bytes.subarray(page * PAGE_BYTES + 8, page * PAGE_BYTES + 16), page * PAGE_BYTES + 8);
      return page;
    });
  }

  /** Ends both. @throws Error where they have not done the same work */
  close(): void {
    this.#ours.close();
    this.#limit.close();
    compareMapped(this.#ours.mappedPath, this.#path, this.#pageCount);
  }

  /** Microseconds of the whole state by those who have it as objects. */
  async serialize(directory: string): Promise<Record<string, Spread>> {
    const serializers = openSerializers(directory, this.#ours.live);
    const timed = (work: () => void): Contestant => {
      return () => {
        const start = performance.now();
        work();
        return (performance.now() - start) * 1_000;
      };
    };
    const samples = await takeTurns(Object.fromEntries(serializers.map(({ name, checkpoint }) => [name, timed(checkpoint)])), REPETITIONS);
    for (const serializer of serializers) serializer.close();
    return Object.fromEntries(Object.entries(samples).map(([name, values]) => [name, spreadOf(values)]));
  }
}

export const mapped: Measurement = {
  name: 'L1 checkpoint',
  async run(bench) {
    const pairs: Pair[] = [];
    for (const size of SIZES) {
      bench.tell(`a desk of ${count(size.positions)} positions and ${count(size.orders)} orders`);
      pairs.push(await Pair.open(bench, size));
    }
    const contestants = Object.fromEntries(
      pairs.flatMap(({ size, ours, limit }) => [
        [`ours ${size.positions}`, ours],
        [`limit ${size.positions}`, limit],
      ]),
    );
    const all = await takeTurns(contestants, WARM_UP + (bench.short ? ROUNDS_SHORT : ROUNDS));
    const samples = (name: string): Float64Array => all[name]!.subarray(WARM_UP);
    const medians = (name: string): number[] => repetitions(samples(name)).map(median);
    const rows: Row[] = [];
    for (const pair of pairs) {
      const { positions } = pair.size;
      bench.tell(`serializers, ${count(positions)} positions`);
      const peers = await pair.serialize(bench.directory);
      pair.close();
      const largest = pair.size === LARGEST;
      const targets: Target[] = [{ against: 'bound', bound: US_MAX }];
      if (largest) targets.push({ against: 'limit', costMax: 1 }, { against: 'bestPeer', costMax: SERIALIZER_COST_MAX });
      const [ours, limit] = [`ours ${positions}`, `limit ${positions}`];
      rows.push(
        rowOf({
          name: `L1 checkpoint of ${ROWS_CHANGED} rows, ${count(positions)} positions, p50`,
          unit: 'us',
          ours: spreadOf(medians(ours)),
          limit: { by: bench.limit.by, spread: spreadOf(medians(limit)) },
          peers,
          pairedCost: median(pairedRatios(samples(ours), samples(limit))),
          targets,
          note: `limit: pages hashed and copied into two slots, root and header; p99 ${quantile(samples(ours), 0.99).toFixed(1)} us, the limit's ${quantile(samples(limit), 0.99).toFixed(1)} us; peers: the whole state`,
        }),
      );
    }
    const [smallest, largest] = [medians(`ours ${SIZES[0]!.positions}`), medians(`ours ${LARGEST.positions}`)];
    rows.push(
      rowOf({
        name: `L1 checkpoint of ${ROWS_CHANGED} rows, growth over a hundred times the positions`,
        unit: 'times',
        ours: spreadOf(largest.map((us, i) => us / smallest[i]!)),
        targets: [{ against: 'bound', bound: GROWTH_MAX }],
      }),
    );
    clear(bench.directory);
    return rows;
  },
};
