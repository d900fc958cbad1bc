/** A store with a long log: a desk of ordinary size that traded for long, with snapshots as often as they come in a day, and died. */

import { setImmediate } from 'node:timers/promises';
import { Day, ORDINARY, openDesk } from '../desk.ts';

/** Between two snapshots: five minutes of more than three thousand operations a second. */
const SNAPSHOT_OPERATIONS = 1_000_000;
const BATCH = 10_000;

/**
 * @param records of the log, at least
 * @returns its last LSN; the first is 1
 */
export async function makeLongLog(root: string, records: number, tell: (words: string) => void): Promise<number> {
  const engine = await openDesk({
    root,
    size: ORDINARY,
    // What ended is pruned as fast as it comes here, so that the state is that of an hour and not of all that was ever traded.
    config: { retentionMs: 500, pruneMs: 25, l3Keep: 20, archive: false },
  });
  const day = new Day(ORDINARY);
  let snapshotAt = SNAPSHOT_OPERATIONS;
  while (engine.nextLsn <= records) {
    day.prepare(BATCH);
    for (let i = 0; i < BATCH; i += 1) engine.post(day.take());
    await engine.flush();
    // Lets the timers of the engine run: marks, pruning, checkpoints.
    await setImmediate();
    if (engine.nextLsn > snapshotAt) {
      await engine.checkpoint();
      await engine.snapshot();
      tell(`${snapshotAt.toLocaleString('en-US')} records written`);
      snapshotAt += SNAPSHOT_OPERATIONS;
    }
  }
  const lastLsn = engine.nextLsn - 1;
  await engine.abandon();
  return lastLsn;
}
