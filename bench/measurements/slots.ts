/** L2: a few changed pages, and all of them, made durable; what nobody waits for, but what the log shares its disk with. */

import { join } from 'node:path';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { PAGE_ENTRY_BYTES } from '../../main/tiers/checkpoint.ts';
import { type CheckpointJob, SLOT_HEADER_BYTES } from '../../main/tiers/slots.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { amendment, boundsOf, type DeskSize, imageOfDesk, LARGEST, SIZES, spreadOrders } from '../desk.ts';
import { type Row, rowOf } from '../row.ts';
import { median, spreadOf } from '../statistics.ts';
import { HeldSink, SteppedTiers } from '../stepped-tiers.ts';
import { SteppedWriter } from '../stepped-writer.ts';
import { pairedRatios, takeTurns } from '../turns.ts';
import { BareSlots, publishWhole } from './bare-slots.ts';
import { type Bench, clear, count, type Measurement, repetitions, timedMs } from './measurement.ts';

const ROWS_CHANGED = 10;
const LIMIT_COST_MAX = 1.25;
const RENAME_COST_MAX = 1 / 2;
const CONTESTANTS = 4;
/** Both slots have all pages before anything counts. */
const WARM_UP = 4;

/** Ours, the bare calls and the renamed file, on the jobs of one writer. */
class Slots {
  readonly size: DeskSize;
  readonly #directory: string;
  readonly #sink = new HeldSink();
  readonly #writer: SteppedWriter;
  readonly #tiers: SteppedTiers;
  readonly #bare: BareSlots;
  readonly #unordered: BareSlots;
  #round = 0;

  private constructor(directory: string, size: DeskSize, image: SteppedWriter['live']) {
    const bounds = boundsOf(size);
    this.size = size;
    this.#directory = directory;
    this.#writer = new SteppedWriter({ root: join(directory, `ours-${size.positions}`), image, bounds, sink: this.#sink });
    this.#tiers = new SteppedTiers(this.#writer.layout, bounds);
    const bare = (name: string): BareSlots => new BareSlots(join(directory, `${name}-${size.positions}`), image.pagesMax, image.pageCount);
    this.#bare = bare('bare');
    this.#unordered = bare('unordered');
  }

  static async open({ directory }: Bench, size: DeskSize): Promise<Slots> {
    return new Slots(directory, size, await imageOfDesk(join(directory, `desk-${size.positions}`), size));
  }

  /** The writer's next job, of ten rows more than the last one. */
  #nextJob(): CheckpointJob {
    const round = this.#round++;
    const time = nativePlatform.clock.wallNs();
    if (this.#writer.writer.l2Busy) throw new Error('the last job was not taken');
    this.#writer.apply(spreadOrders(round * ROWS_CHANGED, ROWS_CHANGED, this.size).map((row) => amendment(row, round, time)));
    this.#writer.write();
    this.#writer.writer.checkpointL2();
    return this.#sink.job;
  }

  /** Milliseconds per round of each, and bytes of ours at the end. @param jobOf makes the job of a round */
  async #compete(rounds: number, jobOf: () => CheckpointJob): Promise<Slice> {
    const whole = this.#writer.live.bytes.slice(0, this.#writer.live.pageCount * PAGE_BYTES);
    const path = join(this.#directory, 'whole');
    let [job, asked] = [undefined as CheckpointJob | undefined, 0];
    const prepared = (): CheckpointJob => {
      if (asked++ % CONTESTANTS === 0) job = jobOf();
      return job!;
    };
    const samples = await takeTurns(
      {
        ours: () => {
          const next = prepared();
          return timedMs(() => this.#sink.taken(this.#tiers.checkpointer.take(next)));
        },
        limit: () => {
          const next = prepared();
          return timedMs(() => this.#bare.write(next, true));
        },
        unordered: () => {
          const next = prepared();
          return timedMs(() => this.#unordered.write(next, false));
        },
        rename: () => {
          prepared();
          return timedMs(() => publishWhole(path, whole));
        },
      },
      WARM_UP + rounds,
    );
    return { samples, bytes: this.#tiers.bytes.get('L2')!, wholeBytes: whole.length };
  }

  few(rounds: number): Promise<Slice> {
    return this.#compete(rounds, () => this.#nextJob());
  }

  /** Every page, into each slot in turn. */
  all(rounds: number): Promise<Slice> {
    const { live } = this.#writer;
    const first = this.#nextJob();
    const job = {
      ...{ mark: { ...first.mark, pageCount: live.pageCount }, pages: Uint32Array.from({ length: live.pageCount }, (_, page) => page) },
      bytes: live.bytes.slice(0, live.pageCount * PAGE_BYTES),
    };
    let slot = first.slot;
    return this.#compete(rounds, () => {
      slot = slot === 0 ? 1 : 0;
      return { ...job, slot };
    });
  }

  close(): void {
    this.#tiers.checkpointer.close();
    this.#writer.close();
    this.#bare.close();
    this.#unordered.close();
  }
}

type Contender = 'ours' | 'limit' | 'unordered' | 'rename';

interface Slice {
  readonly samples: Readonly<Record<Contender, Float64Array>>;
  readonly bytes: number;
  readonly wholeBytes: number;
}

function rowFor(name: string, { samples }: Slice, renameCostMax?: number): Row {
  const of = (contestant: Contender): Float64Array => samples[contestant].subarray(WARM_UP);
  const spread = (contestant: Contender) => spreadOf(repetitions(of(contestant)).map(median));
  return rowOf({
    name,
    unit: 'ms',
    ours: spread('ours'),
    limit: { by: 'bare Node', spread: spread('limit') },
    peers: { 'tmp + rename of the whole': spread('rename') },
    pairedCost: median(pairedRatios(of('ours'), of('limit'))),
    targets: [
      { against: 'limit', costMax: LIMIT_COST_MAX },
      ...(renameCostMax === undefined ? [] : [{ against: 'bestPeer', costMax: renameCostMax } as const]),
    ],
    note: `limit: the same bytes into two preallocated files, pages, sync, header, sync; with the last sync alone ${spread('unordered').median.toFixed(2)} ms`,
  });
}

export const slots: Measurement = {
  name: 'L2',
  async run(bench) {
    const rows: Row[] = [];
    for (const size of [SIZES[0]!, bench.short ? SIZES[1]! : LARGEST]) {
      const words = `${count(size.positions)} positions`;
      bench.tell(words);
      const contest = await Slots.open(bench, size);
      const few = await contest.few(bench.short ? 30 : 300);
      rows.push(rowFor(`L2 of ${ROWS_CHANGED} changed rows, ${words}`, few, RENAME_COST_MAX));
      // Those of this checkpoint, and those of the last one, which went into the other slot.
      const bytes = 2 * ROWS_CHANGED * (PAGE_BYTES + PAGE_ENTRY_BYTES) + SLOT_HEADER_BYTES;
      rows.push(
        rowOf({
          name: `L2 of ${ROWS_CHANGED} changed rows, bytes, ${words}`,
          unit: 'bytes',
          ours: spreadOf([few.bytes]),
          peers: { 'tmp + rename of the whole': spreadOf([few.wholeBytes]) },
          targets: [{ against: 'bound', bound: bytes }],
        }),
      );
      // No target against the renamed file: whoever writes everything is bound by the disk, as that is.
      rows.push(rowFor(`L2 of everything, ${words}`, await contest.all(bench.short ? 10 : 50)));
      contest.close();
      clear(bench.directory);
    }
    return rows;
  },
};
