/**
 * The disk under a real ext4, write by write: the machine stops at any of its writes, and of those that no flush covers any may be there or
 * not. What ext4 makes of that is recovered: it holds every acknowledgement from before, and is a prefix of what was submitted.
 */

import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { History } from '../../simulation/model/history.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { runAndKill } from '../crash/run.ts';
import { Tally } from '../crash/tally.ts';
import { SMALL_ROWS, temporaryDirectory } from '../support/desk.ts';
import { amount, LONG, leaveFigures, SEED } from '../support/profile.ts';
import { type DiskWrite, RecordedVolume, recordedVolumeMissing } from './recorded-volume.ts';

const MOMENTS = amount(12, 400);
/** Of so many uncovered writes or fewer every subset is tried; of more, none, all, and some. */
const EVERY_SUBSET_OF = LONG ? 5 : 2;
const SOME = LONG ? 6 : 2;
const MEGABYTES = 160;
const CONFIG = { segmentBytes: 65_536, l1Ms: 5, l2Ms: 20, l3Ms: 100, l4Ms: 300, syncMs: 7, markMs: 40, archive: true };

const tally = new Tally();
let states = 0;
afterAll(() => {
  console.log(`block log of ext4: ${states} states; ${tally}`);
  leaveFigures({ ...tally.figures, states });
});

const bootId = '00000000-0000-4000-8000-000000000001';

test.for(['inline', 'threaded'] as const)(
  'the last write may be any of them (%s commit): nothing acknowledged is lost',
  { timeout: LONG ? 3_600_000 : 120_000 },
  async (commit, context) => {
    const missing = recordedVolumeMissing();
    if (missing) context.skip(missing);
    const volume = await RecordedVolume.make(MEGABYTES);
    const directory = temporaryDirectory();
    context.onTestFinished(() => {
      volume.remove();
      fs.rmSync(directory, { recursive: true, force: true });
    });
    const history = new History({ fillsMax: SMALL_ROWS.fills });
    const startNs = process.hrtime.bigint();
    const death = await runAndKill(
      {
        root: join(volume.path, 'store'),
        submissions: join(directory, 'submissions'),
        history: null,
        seed: SEED,
        firstStep: 0,
        config: { ...CONFIG, commit },
        generator: {},
        rowsMax: SMALL_ROWS,
      },
      600,
      history,
    );
    tally.runs += 1;
    tally.operations += history.lastLsn;
    tally.acknowledgements += death.acknowledgements;
    const events = await volume.end();
    const first = events.findIndex(({ atNs }) => atNs > startNs);
    const random = randomOf(SEED, commit === 'inline' ? 1 : 2);
    const moments = [...new Set(Array.from({ length: MOMENTS }, () => first + random.below(events.length - first + 1)))].sort(
      (a, b) => a - b,
    );

    /** What lies on the disk when it stops before event `moment`, with these of the writes that no flush covers. */
    const look = (moment: number, writes: readonly DiskWrite[]): void => {
      const before = events[moment]?.atNs ?? process.hrtime.bigint();
      const acknowledged = Math.max(0, ...death.times.filter(({ atNs }) => atNs < before).map(({ lsn }) => lsn));
      volume.at(writes, durable, (path) => {
        states += 1;
        const recovery = tally.judge(join(path, 'store'), history, acknowledged, bootId);
        if (acknowledged > 0) expect(recovery?.report, `event ${moment}`).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
      });
    };
    const durable = volume.image();
    let covered = 0;
    let pending: DiskWrite[] = [];
    for (const moment of moments) {
      for (; covered < moment; covered += 1) {
        const event = events[covered]!;
        if (event.kind === 'write') pending.push(event);
        else {
          durable.add(pending);
          pending = [];
        }
      }
      const choices =
        pending.length <= EVERY_SUBSET_OF
          ? Array.from({ length: 2 ** pending.length }, (_, bits) => pending.filter((_write, index) => (bits >> index) & 1))
          : [[], pending, ...Array.from({ length: SOME }, () => pending.filter(() => random.chance(0.5)))];
      for (const writes of choices) look(moment, writes);
    }
    expect(tally.failures).toEqual({ lost: 0, invented: 0, wrong: 0, crashed: 0 });
  },
);
