/**
 * A process of its own that lives through an hour of a desk as fast as it can, and says on standard output what it took of memory and disk on
 * the way. The engine's clock is stepped, a millisecond for each operation, so that the state is pruned by the hour's time; the tiers have threads of
 * their own and run by the real clock, at cadences of the shortened hour.
 */

import fs from 'node:fs';
import { join } from 'node:path';
import { parseEngineConfig } from '../../main/engine/config.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { CANONICAL_TABLES } from '../../main/image/canonical.ts';
import { ARCHIVE_FILE_NAME, parseSnapshotName, storeLayout } from '../../main/store/layout.ts';
import { parseSegmentName } from '../../main/wal/segment.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { DAY, Day, ORDINARY, openDesk } from '../desk.ts';
import { TierRuns } from '../tiers.ts';

export const PER_SECOND = 1_000;
/** The hour lasts about this fraction of itself. */
const SHORTENED = 1 / 120;
/** Of the hour: how long fills and closed orders stay; after two of these the state is as large as it gets. */
const RETENTION = 1 / 12;
export const SAMPLES = 96;

/** What the process was at one moment. */
export interface HourSample {
  readonly ms: number;
  readonly residentBytes: number;
  readonly imageBytes: number;
  /** Log segments that are there, and that were ever made. */
  readonly segments: number;
  readonly segmentsMade: number;
  readonly snapshots: number;
  readonly archiveBytes: number;
  /** Rows that the archive keeps by their key, and those that each of its runs adds. */
  readonly rowsByKey: number;
  readonly rowsOfRuns: number;
  /** Longest run of L3 and L4 so far. */
  readonly tierMsMax: number;
}

/** What the bounds follow from. */
export interface HourCadences {
  readonly l2Ms: number;
  readonly l3Ms: number;
  readonly l3Keep: number;
  readonly l4Ms: number;
  readonly l4Keep: number;
  readonly windowMs: number;
}

export interface Hour {
  readonly cadences: HourCadences;
  readonly operations: number;
  readonly samples: readonly HourSample[];
}

const KEPT_BY_KEY = ['fills', 'orders'];
const BY_KEY_PER_OPERATION = DAY.filter((type) => type === 'order.submit' || type === 'fill').length / DAY.length;

async function live(root: string, seconds: number): Promise<Hour> {
  const clock = new SteppedClock();
  const scheduler = new SteppedScheduler(clock);
  const shortenedMs = seconds * 1_000 * SHORTENED;
  const { l3Keep, l4Keep } = parseEngineConfig();
  const cadences = { l2Ms: 50, l3Ms: shortenedMs / 24, l3Keep, l4Ms: shortenedMs / 6, l4Keep, windowMs: shortenedMs / 12 };
  const config = { commit: 'threaded', segmentBytes: 4 << 20, l1Ms: 10, retentionMs: seconds * 1_000 * RETENTION, ...cadences } as const;
  const platform = { ...nativePlatform, clock, scheduler };
  // Orders of two retentions: some are always due and not pruned yet.
  const moreOrders = 10_000 + 2 * seconds * PER_SECOND * RETENTION;
  const engine = await openDesk({ root, size: ORDINARY, config, moreOrders, platform });
  const runs = new TierRuns(engine);
  const day = new Day(ORDINARY, clock);
  const layout = storeLayout(root);
  const samples: HourSample[] = [];
  const startMs = performance.now();
  let archived = 0;
  let rowsOfRuns = 0;
  const sample = (second: number): void => {
    const used = (kept: boolean) =>
      CANONICAL_TABLES.filter(({ name }) => KEPT_BY_KEY.includes(name) === kept).reduce((sum, table) => sum + engine.state.used(table), 0);
    // One run more than is known: it may be under way.
    rowsOfRuns += (runs.count('L4') + 1 - archived) * used(false);
    archived = runs.count('L4') + 1;
    const segments = fs.readdirSync(layout.wal).flatMap((name) => parseSegmentName(name)?.segment ?? []);
    const archive = fs.statSync(join(layout.l4, ARCHIVE_FILE_NAME), { throwIfNoEntry: false });
    samples.push({
      ms: performance.now() - startMs,
      residentBytes: process.memoryUsage.rss(),
      imageBytes: engine.state.image.pageCount * PAGE_BYTES,
      segments: segments.length,
      segmentsMade: Math.max(...segments),
      snapshots: fs.readdirSync(layout.l3).filter((name) => parseSnapshotName(name)).length,
      archiveBytes: archive?.size ?? 0,
      rowsByKey: ORDINARY.orders + Math.ceil((second + 1) * PER_SECOND * BY_KEY_PER_OPERATION),
      rowsOfRuns,
      tierMsMax: Math.max(runs.longestMs('L3'), runs.longestMs('L4')),
    });
  };
  for (let second = 0; second < seconds; second += 1) {
    day.prepare(PER_SECOND, PER_SECOND);
    for (let i = 0; i < PER_SECOND; i += 1) {
      engine.post(day.take());
      clock.pass(BigInt(1e9 / PER_SECOND));
    }
    scheduler.run();
    await engine.flush();
    await new Promise((resolve) => setImmediate(resolve));
    if (Math.floor(((second + 1) * SAMPLES) / seconds) > samples.length) sample(second);
  }
  runs.stop();
  await engine.close();
  return { cadences, operations: seconds * PER_SECOND, samples };
}

if (process.argv[1] === import.meta.filename) {
  const [root, seconds] = process.argv.slice(2);
  process.stdout.write(JSON.stringify(await live(root!, Number(seconds))));
}
