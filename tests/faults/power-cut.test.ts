/**
 * A real file system loses its power while a process trades on it: nothing that was not durable in that moment survives. What is recovered
 * holds every acknowledgement all the same, is a prefix of what was submitted, and is what the reference model makes of that.
 */

import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { acceptRecovery } from '../../main/engine/accept.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { History } from '../../simulation/model/history.ts';
import { type Random, randomOf } from '../../simulation/model/random.ts';
import { livelyConfig, runAndKill } from '../crash/run.ts';
import { logged, Tally } from '../crash/tally.ts';
import { SMALL_ROWS, temporaryDirectory } from '../support/desk.ts';
import { amount, LONG, leaveFigures, SEED } from '../support/profile.ts';
import { Volume, volumeMissing } from './volume.ts';

const CUTS = amount(4, 1_000);
/** A store lives through this many cuts. */
const CUTS_PER_STORE = LONG ? 10 : 4;
const MEGABYTES = 320;

describe.each(['ext4', 'xfs'] as const)('%s', (type) => {
  const missing = volumeMissing(type);
  const tally = new Tally();
  afterAll(() => {
    if (missing) return;
    console.log(`power cut on ${type}: ${tally}`);
    leaveFigures({ ...tally.figures, [`cuts of ${type}`]: tally.runs });
  });

  async function life(volume: Volume, directory: string, history: History, number: number, random: Random): Promise<void> {
    const root = join(volume.path, 'store');
    const first = history.lastLsn === 0;
    const before = join(directory, 'history');
    fs.writeFileSync(before, history.lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const already = history.lastLsn;
    // A machine that lost its power is another boot.
    const bootId = (boot: number): string => `00000000-0000-4000-8000-${boot.toString(16).padStart(12, '0')}`;
    const death = await runAndKill(
      {
        root,
        submissions: join(directory, `submissions-${number}`),
        history: first ? null : before,
        seed: SEED * 1_000_000 + number,
        firstStep: number * 1_000_000,
        config: livelyConfig(random),
        generator: { prunes: random.chance(0.5) },
        rowsMax: SMALL_ROWS,
        bootId: bootId(number),
      },
      random.chance(0.2) ? random.below(60) : 50 + random.below(600),
      history,
      { strike: () => volume.cutPower(), thenMs: 0 },
    );
    volume.restart();
    tally.runs += 1;
    tally.operations += history.lastLsn - already;
    tally.acknowledgements += death.acknowledgements;
    const platform = { ...nativePlatform, bootId: bootId(number + 1) };
    const recovery = tally.judge(root, history, Math.max(death.acknowledged, already), platform.bootId);
    expect(recovery, 'a store that only lost its power is recovered').not.toBeNull();
    const { report } = recovery!;
    expect(report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
    history.cut(report.lsn);
    const accepted = await acceptRecovery({ platform, root, by: 'the test' });
    for (const line of logged(root, report.lsn + 1)) history.add(line);
    expect(accepted.lsn).toBe(history.lastLsn);
  }

  for (let store = 0; store * CUTS_PER_STORE < CUTS; store += 1) {
    const from = store * CUTS_PER_STORE;
    const to = Math.min(CUTS, from + CUTS_PER_STORE);
    test(`loses nothing and invents nothing: cuts ${from + 1} to ${to}`, { timeout: 180_000 }, async (context) => {
      if (missing) context.skip(missing);
      const volume = new Volume(type, MEGABYTES);
      const directory = temporaryDirectory();
      context.onTestFinished(() => {
        volume.remove();
        fs.rmSync(directory, { recursive: true, force: true });
      });
      const history = new History({ fillsMax: SMALL_ROWS.fills });
      for (let number = from; number < to; number += 1)
        await life(volume, directory, history, number, randomOf(SEED, number, type === 'ext4' ? 1 : 2));
    });
  }
});
