/**
 * A store with a long past: one log, and snapshots at several places of it. L1 and L2 are removed, so that a recovery begins at a
 * snapshot and replays all that came after it.
 */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Engine } from '../main/engine/engine.ts';
import { nativePlatform } from '../main/engine/native-platform.ts';
import { PRUNE_COUNT_MAX } from '../main/operations/prune.ts';
import { readIdentity, storeIdBytes } from '../main/store/identity.ts';
import { type StoreLayout, snapshotFileName, storeLayout } from '../main/store/layout.ts';
import { readSegmentHeader } from '../main/wal/segment.ts';
import { DAY, Day, type DeskSize, openDesk } from './desk.ts';
import type { Bench } from './measurements/measurement.ts';

/** The desk of the design document's recoveries. */
export const RECOVERED: DeskSize = { positions: 100_000, orders: 50_000 };

const EPOCH = 1;
/** Operations after each snapshot. */
const SINCE = [10_000, 100_000, 1_000_000, 10_000_000];
const SINCE_SHORT = SINCE.slice(0, -1);

/** Not within a run; what a timer takes at most. */
const NEVER_MS = 2 ** 31 - 1;
/** The engine logs its root once a second: a desk of ten thousand operations a second. */
const MARK_EVERY = 10_000;
/** What one operation may free has been closed by then: the state keeps its size, as that of a desk does whose day is long. */
const PRUNE_EVERY = DAY.length * PRUNE_COUNT_MAX;
/** Operations made ahead, posted and synced. */
const GROUP = 10_000;
/** Posted in a row; then the engine's timers come, which write them as one frame. */
const TURN = 25;

const made = new Map<string, Promise<History>>();

/** The history of this run, made when it is first asked for, and shared by all that recover it. */
export function historyOf({ directory, short, tell }: Bench): Promise<History> {
  const root = join(directory, 'history');
  const known = made.get(root);
  if (known) return known;
  const since = short ? SINCE_SHORT : SINCE;
  tell(`making a store of ${words(RECOVERED.positions)} positions, ${words(RECOVERED.orders)} orders, ${words(since.at(-1)!)} operations`);
  const making = History.make(root, since);
  made.set(root, making);
  return making;
}

/** A number of things, for people. */
export const words = (count: number): string => count.toLocaleString('en-US');

export class History {
  readonly root: string;
  /** LSN of the last operation. */
  readonly lastLsn: number;
  /** Operations after each snapshot, ascending. */
  readonly since: readonly number[];
  readonly #layout: StoreLayout;
  readonly #aside: string;

  /** The one that was made there. */
  constructor(root: string, lastLsn: number, since: readonly number[]) {
    this.root = root;
    this.lastLsn = lastLsn;
    this.since = since;
    this.#layout = storeLayout(root);
    this.#aside = `${root}-aside`;
  }

  /** @param since operations after each snapshot, ascending: the last one is the length of the day */
  static async make(root: string, since: readonly number[]): Promise<History> {
    const config = {
      commit: 'inline',
      tiers: 'inline',
      l1: false,
      archive: false,
      l3Keep: since.length + 1,
      markMs: NEVER_MS,
      pruneMs: NEVER_MS,
      l2Ms: NEVER_MS,
      l3Ms: NEVER_MS,
    } as const;
    const engine = await openDesk({ root, size: RECOVERED, config, moreOrders: 10 * PRUNE_COUNT_MAX });
    await snapshot(engine);
    const lastLsn = engine.nextLsn - 1 + since.at(-1)!;
    const course = new Course(engine);
    for (const count of since.slice(0, -1).reverse()) {
      // The checkpoint logs a root, which is the last operation before the snapshot.
      await course.to(lastLsn - count - 1);
      await snapshot(engine);
    }
    await course.to(lastLsn);
    await engine.abandon();
    const { l1, l2 } = storeLayout(root);
    for (const directory of [l1, l2]) for (const name of readdirSync(directory)) rmSync(join(directory, name));
    return new History(root, lastLsn, since);
  }

  /**
   * Leaves of the store what a recovery needs that replays the last `count` operations; what else there is lies aside, until
   * another arrangement wants it.
   *
   * @param before operations that the log holds before the snapshot, within a segment; all that there are where it is left out
   */
  arrange(count: number, before = Number.POSITIVE_INFINITY): void {
    const { wal, l3 } = this.#layout;
    for (const directory of [wal, l3]) {
      const aside = join(this.#aside, directory === wal ? 'wal' : 'l3');
      mkdirSync(aside, { recursive: true });
      for (const name of readdirSync(aside)) renameSync(join(aside, name), join(directory, name));
    }
    const base = this.lastLsn - count;
    const wanted = snapshotFileName(EPOCH, base);
    if (!existsSync(join(l3, wanted))) throw new Error(`there is no snapshot ${count} operations before the end`);
    for (const name of readdirSync(l3)) if (name !== wanted) renameSync(join(l3, name), join(this.#aside, 'l3', name));
    const first = this.#segments();
    for (let i = 0; i + 1 < first.length && first[i + 1]!.firstLsn <= base - before; i += 1)
      renameSync(join(wal, first[i]!.name), join(this.#aside, 'wal', first[i]!.name));
  }

  /** Names of the segments, in order, and where each begins. */
  #segments(): { name: string; firstLsn: number }[] {
    const { storage } = nativePlatform;
    const storeId = storeIdBytes(readIdentity(storage, this.root));
    return storage.list(this.#layout.wal).flatMap((name) => {
      const file = storage.open(join(this.#layout.wal, name), 'read');
      try {
        const header = readSegmentHeader(file, storeId);
        return header ? [{ name, firstLsn: header.firstLsn }] : [];
      } finally {
        file.close();
      }
    });
  }
}

async function snapshot(engine: Engine): Promise<void> {
  await engine.checkpoint();
  await engine.snapshot();
}

/** The day as it goes on, with the roots and the pruning that the engine's timers would bring. */
class Course {
  readonly #engine: Engine;
  readonly #day = new Day(RECOVERED);
  #left = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Posts until the last operation has this LSN. */
  async to(lastLsn: number): Promise<void> {
    const engine = this.#engine;
    while (engine.nextLsn <= lastLsn) {
      const lsn = engine.nextLsn;
      if (lsn % MARK_EVERY === 0) engine.markRoot();
      else if (lsn % PRUNE_EVERY < 2) this.#prune(lsn % PRUNE_EVERY === 0 ? 'fills' : 'orders');
      else engine.post(this.#next());
      if (lsn % TURN === 0) await nextTurn();
      if (lsn % GROUP === 0) await engine.flush();
    }
    await engine.flush();
  }

  #next() {
    if (this.#left === 0) {
      this.#left = GROUP;
      this.#day.prepare(GROUP);
    }
    this.#left -= 1;
    return this.#day.take();
  }

  #prune(table: 'fills' | 'orders'): void {
    this.#engine.post({ type: 'prune', table, before: nativePlatform.clock.wallNs(), count: PRUNE_COUNT_MAX });
  }
}
