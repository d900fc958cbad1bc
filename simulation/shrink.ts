/**
 * A failing scenario made small: fewer operations first (delta debugging over the steps: Zeller and Hildebrandt, "Simplifying and
 * Isolating Failure-Inducing Input", 2002), then fewer exceptions to what survived. The verdict stays what it was.
 */

import { Durability } from './durability.ts';
import type { Verdict } from './judge.ts';
import { type Failure, judgeRecording, sceneOf } from './moments.ts';
import { DEATHS, Recordings, type Scenario } from './scenario.ts';
import type { SeedFailure } from './seed.ts';
import { storyOf } from './story.ts';

export interface ShrinkOptions {
  /** Scenarios that are tried at most. */
  readonly attempts: number;
  /** As in {@link SeedOptions}. */
  readonly recordings?: Recordings;
  readonly progress?: ((attempt: number, steps: number) => void) | undefined;
  readonly cancelled?: (() => boolean) | undefined;
}

export interface Shrunk {
  readonly scenario: Scenario;
  readonly failure: Failure;
  /** Operations that were left out or cut off. */
  readonly stepsBefore: number;
  readonly stepsAfter: number;
  readonly story: string;
}

export async function shrink(found: SeedFailure, options: ShrinkOptions): Promise<Shrunk> {
  const { attempts, recordings = new Recordings(), progress, cancelled } = options;
  let best: SeedFailure = found;
  let tried = 0;
  const stepsOf = ({ steps, without }: Scenario): number => steps - without.length;
  const attempt = async (scenario: Scenario): Promise<boolean> => {
    if (tried >= attempts || cancelled?.()) return false;
    tried += 1;
    progress?.(tried, stepsOf(best.scenario));
    const failure = await failureOf(recordings, scenario, found.verdict);
    if (failure) best = { ...failure, scenario };
    return failure !== null;
  };

  for (let steps = Math.floor(best.scenario.steps / 2); steps < best.scenario.steps; ) {
    if (await attempt({ ...best.scenario, steps, without: best.scenario.without.filter((step) => step < steps) }))
      steps = Math.floor(best.scenario.steps / 2);
    else steps += Math.max(1, Math.floor((best.scenario.steps - steps) / 2));
    if (tried >= attempts || cancelled?.()) break;
  }
  // The number of a failing call, or of an event, means another one where operations before it are left out.
  if (found.scenario.kind === 'life') {
    for (let size = Math.ceil(stepsOf(best.scenario) / 2); size >= 1; size = size === 1 ? 0 : Math.floor(size / 2)) {
      const there = (): number[] =>
        Array.from({ length: best.scenario.steps }, (_, i) => i).filter((i) => !best.scenario.without.includes(i));
      for (let from = 0; from < there().length; ) {
        const left = there();
        const without = [...best.scenario.without, ...left.slice(from, from + size)].sort((a, b) => a - b);
        if (!(await attempt({ ...best.scenario, without }))) from += size;
      }
    }
  }
  const recording = (await recordings.of(best.scenario))!;
  const { seed } = best.scenario;
  const failure = fewerExceptions(recording, seed, best);
  return {
    scenario: best.scenario,
    failure,
    stepsBefore: found.scenario.steps,
    stepsAfter: stepsOf(best.scenario),
    story: storyOf(recording, seed, failure, best.scenario),
  };
}

async function failureOf(recordings: Recordings, scenario: Scenario, verdict: Verdict): Promise<Failure | null> {
  const recording = await recordings.of(scenario);
  if (!recording) return null;
  const { seed, limits, kind } = scenario;
  const failure = judgeRecording(recording, { seed, limits, deaths: DEATHS[kind] });
  return failure?.verdict === verdict ? failure : null;
}

/** Lets survive, or be lost, whatever does not matter for the verdict; the shorter story is kept. */
function fewerExceptions(recording: Parameters<typeof sceneOf>[0], seed: number, failure: Failure): Failure {
  const { moment, verdict } = failure;
  if (!moment.choices) return failure;
  const newest = Durability.choicesOf(sceneOf(recording, seed, moment).pending).map((count) => count - 1);
  const towards = (goal: readonly number[]): Failure => {
    let best = failure;
    for (let i = 0; i < goal.length; i += 1) {
      const { choices } = best.moment;
      if (choices![i] === goal[i]) continue;
      const tried = { ...moment, choices: choices!.map((choice, k) => (k === i ? goal[i]! : choice)) };
      const { judgement } = sceneOf(recording, seed, tried);
      if (judgement.verdict === verdict) best = { ...best, moment: tried, words: judgement.words };
    }
    return best;
  };
  const exceptions = (one: Failure, goal: readonly number[]): number =>
    one.moment.choices!.filter((choice, i) => choice !== goal[i]).length;
  const none = newest.map(() => 0);
  const [kept, lost] = [towards(newest), towards(none)];
  return exceptions(kept, newest) <= exceptions(lost, none) ? kept : lost;
}
