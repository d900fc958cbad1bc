/** A desk on a disk that changes what it holds: a cold row that never changes again, and a log that is freed soon. */

import { FileTree } from '../../simulation/file-tree.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { BOOT, LATER_BOOT, ROOT, ROWS_MAX } from '../../simulation/workload.ts';
import { recover } from '../cascade/recover.ts';
import { parseEngineConfig } from '../engine/config.ts';
import { createStore } from '../engine/create.ts';
import type { Engine } from '../engine/engine.ts';
import type { Alarm } from '../engine/health.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { segmentsOf } from '../wal/log.test-support.ts';
import { readSlots } from './slot-reader.ts';
import { readSnapshots } from './snapshot-reader.ts';
import { rowsIn, type TierHead } from './tier-copy.ts';

const LAYOUT = storeLayout(ROOT);
const NEVER_MS = 86_400_000;
/** Enough operations to fill a segment. */
const FILLING = 120;

/** The first page that holds rows of a table. */
export function pageOf(head: TierHead, table: string): number {
  const copy = head.load();
  return Array.from({ length: copy.mark.pageCount }, (_, page) => page).find((page) => rowsIn([copy], page)?.table === table)!;
}

export class Rotting {
  readonly tree: FileTree;
  readonly #storage: SimulatedStorage;
  readonly clock: SteppedClock;
  readonly engine: Engine;
  readonly alarms: Alarm[];

  private constructor(storage: SimulatedStorage, clock: SteppedClock, engine: Engine, alarms: Alarm[]) {
    this.tree = storage.tree;
    this.#storage = storage;
    this.clock = clock;
    this.engine = engine;
    this.alarms = alarms;
  }

  /** A desk whose log is freed soon, with one row that never changes again. */
  static async create(): Promise<Rotting> {
    const clock = new SteppedClock();
    const storage = new SimulatedStorage({ tree: new FileTree() });
    const alarms: Alarm[] = [];
    const engine = await createStore({
      platform: { storage, clock, scheduler: new SteppedScheduler(clock), bootId: BOOT },
      root: ROOT,
      name: 'rotting',
      rowsMax: ROWS_MAX,
      stepped: true,
      alarm: (alarm) => alarms.push(alarm),
      config: {
        ...parseEngineConfig({ tiers: 'inline', archive: false, l1Ms: 5, l2Ms: NEVER_MS, l3Ms: NEVER_MS, l3Keep: 2, windowMs: 10 }),
        segmentBytes: 16_384,
      },
    });
    const desk = new Rotting(storage, clock, engine, alarms);
    await engine.commit({ type: 'configuration.set', scope: 'system', name: 'vital', value: '"x"', time: 1n });
    return desk;
  }

  async work(): Promise<void> {
    for (let day = 1; day <= FILLING; day += 1) {
      await this.engine.commit({ type: 'risk.day', day: 20_260_000 + day, time: 1n });
      this.clock.pass(1_000_000n);
    }
  }

  /** Work, L2 and L3, so many times. */
  async rounds(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      await this.work();
      await this.engine.checkpoint();
      await this.engine.snapshot();
    }
  }

  #storeId(): Uint8Array {
    return storeIdBytes(readIdentity(this.#storage, ROOT));
  }

  slots(): TierHead[] {
    return readSlots(this.#storage, LAYOUT, this.#storeId()).sort((a, b) => b.mark!.lsn - a.mark!.lsn);
  }

  snapshots(): TierHead[] {
    return readSnapshots(this.#storage, LAYOUT, this.#storeId());
  }

  firstLsn(): number {
    return Math.min(...segmentsOf(this.#storage, LAYOUT, this.#storeId()).map(({ firstLsn }) => firstLsn));
  }

  /** A bit of the page that holds rows of this table. */
  rot(head: TierHead, table = 'configurations'): void {
    this.flip(head.name, head.pageAt!(pageOf(head, table)) + 60);
  }

  flip(name: string, at: number): void {
    this.putBack(name, at, Uint8Array.of(this.tree.bytes(`${ROOT}/${name}`)[at]! ^ 4));
  }

  /** Writes into a file behind the back of whoever has it open. */
  putBack(name: string, at: number, bytes: Uint8Array): void {
    this.tree.write(this.tree.entries.get(`${ROOT}/${name}`) as number, at, bytes);
  }

  /** Without the copies of these tiers. */
  recovered(...gone: readonly string[]) {
    const tree = this.tree.copy();
    for (const path of tree.files()) if (gone.some((tier) => path.startsWith(`${ROOT}/${tier}`))) tree.delete(path);
    return recover({ storage: new SimulatedStorage({ tree }), clock: this.clock, root: ROOT, bootId: LATER_BOOT });
  }
}
