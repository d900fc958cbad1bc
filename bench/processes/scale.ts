/**
 * A process that recovers one store over different distances, after it has recovered it often enough to be compiled:
 * `scale ROOT LAST-LSN COUNT...`. Prints nanoseconds per operation, by count.
 */

import { recover } from '../../main/cascade/recover.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { History } from '../history.ts';
import { replayOf } from '../report.ts';
import { median } from '../statistics.ts';

/** Operations that the engine's code is warmed up with, and that are timed at least where there are so few. */
const WARM = 300_000;
const TIMED = 50_000;

const { storage, clock, bootId } = nativePlatform;
const [root = '', last, ...rest] = process.argv.slice(2);
const lastLsn = Number(last);
const counts = rest.map(Number);
const history = new History(root, lastLsn, counts);

const replayMs = (at: number, count: number): number =>
  replayOf(recover({ storage, clock, root, bootId, at, brief: true }).report, count).ms;

/**
 * Recovers to the last operation but one, and to the snapshot itself: what is between them is the operations, without the part of the
 * segment that lies before the snapshot and without the zeros behind the end of the log, which cost the same however many there are.
 */
function operationNs(count: number): number {
  history.arrange(count);
  const ms = replayMs(lastLsn - 1, count - 1) - replayMs(lastLsn - count, 0);
  return (ms / (count - 1)) * 1e6;
}

const warming = counts.toSorted((a, b) => a - b)[1] ?? counts[0]!;
for (let done = 0; done < WARM; done += warming) operationNs(warming);
console.log(JSON.stringify(counts.map((count) => median(Array.from({ length: Math.max(1, TIMED / count) }, () => operationNs(count))))));
