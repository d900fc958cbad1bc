/** What a trading process asks its engine for, step by step: it follows from the seed, the step and what was submitted before. */

import type { Engine } from '../main/engine/engine.ts';
import { intentFromJson } from '../shared/model/json.ts';
import { Generator } from './model/generator.ts';
import { randomOf } from './model/random.ts';
import type { ReferenceModel } from './model/reference.ts';
import type { Recorder } from './recorder.ts';
import type { SteppedClock, SteppedScheduler } from './stepped.ts';
import { isRefusal } from './workload.ts';

export interface Trading {
  readonly seed: number;
  readonly engine: Engine;
  readonly recorder: Recorder;
  /** As it is before the first step; follows. */
  readonly model: ReferenceModel;
  readonly clock: SteppedClock;
  readonly scheduler: SteppedScheduler;
  /** Steps [from, to). */
  readonly from: number;
  readonly to: number;
  /** Steps that are left out, for shrinking. */
  readonly without?: ReadonlySet<number> | undefined;
}

export async function trade(trading: Trading): Promise<void> {
  const { seed, recorder, model, clock, scheduler, from, to, without } = trading;
  const generator = new Generator(seed, { prunes: true, accounts: 2, blobBytes: 900 });
  for (let step = from; step < to; step += 1) {
    recorder.follow(model);
    if (!without?.has(step)) await one(trading, generator, step);
    clock.pass(BigInt(500_000 + randomOf(seed, step, 29).below(4_000_000)));
    // The engine's own timers: groups are written, tiers taken, rows pruned.
    scheduler.run();
  }
  recorder.follow(model);
}

async function one({ seed, engine, recorder, model, clock }: Trading, generator: Generator, step: number): Promise<void> {
  const json = generator.intent(step, model, clock.wallNs());
  try {
    const intent = intentFromJson(json);
    recorder.asked = intent;
    const how = randomOf(seed, step, 23).next();
    if (how < 0.15) recorder.acknowledged(engine.commitSync(intent));
    else if (how < 0.3) recorder.acknowledged(await engine.commit(intent));
    else engine.post(intent);
    if (how > 0.97) recorder.acknowledged(await engine.flush());
  } catch (error) {
    if (!isRefusal(error)) throw error;
  } finally {
    recorder.asked = null;
  }
}
