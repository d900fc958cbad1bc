/** Disks that destroy what they are writing when the power fails: aligned frames outlive them, others do not. */

import { expect, test } from 'vitest';
import { record } from './life.ts';
import { type Failure, judgeRecording } from './moments.ts';
import { DEATHS } from './scenario.ts';

const STEPS = 20;
const LIMITS = { exhaustive: 4, samples: 6 };
const LIVES = 2;

/** What became of the first lives that align their frames, or that do not, on such a disk. */
async function failures(aligned: boolean): Promise<(Failure | null)[]> {
  const all: (Failure | null)[] = [];
  for (let seed = 2; all.length < LIVES; seed += 1) {
    const recording = await record({ seed, steps: STEPS });
    if (recording.powersafe === aligned) continue;
    all.push(judgeRecording({ ...recording, powersafe: false }, { seed, limits: LIMITS, deaths: DEATHS.life }));
  }
  return all;
}

test('a disk without powersafe overwrite takes nothing from a desk that aligns its frames', async () => {
  expect(await failures(true)).toEqual(Array.from({ length: LIVES }, () => null));
});

test('it takes acknowledged operations from a desk that does not, and the recovery says so', async () => {
  const verdicts = (await failures(false)).map((failure) => failure?.verdict);
  expect(verdicts).toContain('refused');
});
