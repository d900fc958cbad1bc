/**
 * A process that recovers one store over different distances, after it has recovered it often enough to be compiled:
 * `scale ROOT LAST-LSN COUNT...`. Prints the milliseconds of the replay by count.
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
const [root = '', lastLsn, ...rest] = process.argv.slice(2);
const counts = rest.map(Number);
const history = new History(root, Number(lastLsn), counts);

function replayMs(count: number): number {
  history.arrange(count);
  return replayOf(recover({ storage, clock, root, bootId, brief: true }).report, count).ms;
}

const second = counts.toSorted((a, b) => a - b)[1] ?? counts[0]!;
for (let done = 0; done < WARM; done += second) replayMs(second);
const ms = counts.map((count) => median(Array.from({ length: Math.max(1, TIMED / count) }, () => replayMs(count))));
console.log(JSON.stringify(ms));
