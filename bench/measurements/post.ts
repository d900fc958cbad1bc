/** An operation that nobody waits for: what it takes of the caller's thread, from when it was due, while every tier runs. */

import fs from 'node:fs';
import { join } from 'node:path';
import { Day, ORDINARY, openDesk } from '../desk.ts';
import { collectGarbage } from '../garbage.ts';
import { rowOf } from '../row.ts';
import { onSchedule } from '../schedule.ts';
import { quantile, spreadOf } from '../statistics.ts';
import { cadences, TierRuns } from '../tiers.ts';
import { BareRing } from './bare-ring.ts';
import { type Measurement, REPETITIONS } from './measurement.ts';
import { meanBytesOf, recordsOfDay } from './records.ts';

/** The busiest of desks. */
const PER_SECOND = 10_000;
const SECONDS = 10;
const SECONDS_SHORT = 0.6;
const COPIES = 1_000_000;
const WARM_UP = 10_000;

const P50_NS_MAX = 500;
const P999_US_MAX = 20;

export const post: Measurement = {
  name: 'post',
  async run({ directory, limit, short, tell }) {
    const seconds = short ? SECONDS_SHORT : SECONDS;
    const count = PER_SECOND * seconds;
    const bytes = new Uint8Array(meanBytesOf(await recordsOfDay(directory, ORDINARY, 1_200))).fill(7);
    tell(`a record has ${bytes.length} bytes; ${PER_SECOND} a second`);
    const root = join(directory, 'post');
    const engine = await openDesk({ root, size: ORDINARY, config: { commit: 'threaded', ...cadences(1, seconds * 1_000) } });
    const ring = new BareRing(bytes);
    const day = new Day(ORDINARY);
    day.prepare(WARM_UP, PER_SECOND);
    await onSchedule({ count: WARM_UP, perSecond: PER_SECOND }, () => engine.post(day.take()));
    await onSchedule({ count: WARM_UP, perSecond: PER_SECOND }, () => ring.copy());
    const ours: Float64Array[] = [];
    const bare: Float64Array[] = [];
    const copies: number[] = [];
    const runs = new TierRuns(engine);
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      day.prepare(count, PER_SECOND);
      collectGarbage();
      ours.push(await onSchedule({ count, perSecond: PER_SECOND }, () => engine.post(day.take())));
      await engine.flush();
      collectGarbage();
      bare.push(await onSchedule({ count, perSecond: PER_SECOND }, () => ring.copy()));
      copies.push(limit.copy(ring.target, bytes, COPIES));
    }
    const words = runs.stop();
    await engine.close();
    fs.rmSync(root, { recursive: true });
    const spread = (samples: readonly Float64Array[], fraction: number, unit: number) =>
      spreadOf(samples.map((us) => quantile(us, fraction) * unit));
    const setOnSchedule = 'Uint8Array.set on the same schedule (what clock and schedule take is in both), the engine having nothing to do';
    return [
      rowOf({
        name: 'post, p50',
        unit: 'ns',
        ours: spread(ours, 0.5, 1_000),
        limit: { by: limit.by, spread: spreadOf(copies) },
        peers: { 'bare Uint8Array.set': spread(bare, 0.5, 1_000) },
        targets: [{ against: 'bound', bound: P50_NS_MAX }],
        note: `limit: memcpy of the ${bytes.length} bytes of a record, in a loop; beside it a ${setOnSchedule}; ${words}`,
      }),
      rowOf({
        name: 'post, p99.9',
        unit: 'us',
        ours: spread(ours, 0.999, 1),
        limit: { by: 'bare Node', spread: spread(bare, 0.999, 1) },
        targets: [{ against: 'bound', bound: P999_US_MAX }],
        note: `limit: ${setOnSchedule}; ${words}`,
      }),
    ];
  },
};
