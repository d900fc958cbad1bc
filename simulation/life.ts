/** A trading process on an empty simulated disk: what it does follows from the seed alone. */

import { createStore } from '../main/engine/create.ts';
import { FileTree } from './file-tree.ts';
import { randomOf } from './model/random.ts';
import { ReferenceModel } from './model/reference.ts';
import { Recorder } from './recorder.ts';
import { SteppedClock, SteppedScheduler } from './stepped.ts';
import type { Fault } from './storage.ts';
import { trade } from './trading.ts';
import { BOOT, configurationOf, type Recording, ROOT, ROWS_MAX } from './workload.ts';

export interface LifeOptions {
  readonly seed: number;
  readonly steps: number;
  /** Steps that are left out, for shrinking. */
  readonly without?: ReadonlySet<number>;
  readonly fault?: Fault | undefined;
}

/** Of two lives, one ends in order. */
export const isClosed = (seed: number): boolean => seed % 2 === 0;

/** Runs the process; a failing call of the storage ends it when the engine stops. */
export async function record({ seed, steps, without, fault }: LifeOptions): Promise<Recording> {
  const random = randomOf(seed, 0, 17);
  const configured = configurationOf(random);
  // A desk that aligns its frames has a disk that makes it worth it.
  const aligned = random.chance(0.25);
  const config = { ...configured, frameAlignmentBytes: aligned ? 4096 : 8 } as const;
  const clock = new SteppedClock();
  const scheduler = new SteppedScheduler(clock);
  const recorder = new Recorder({ tree: new FileTree(), fault, opening: [{ type: 'epoch.open', reason: 'created' }] });
  const ended = await recorder.ended(async () => {
    const engine = await createStore({
      platform: { storage: recorder.storage, clock, scheduler, bootId: BOOT },
      root: ROOT,
      name: 'simulated desk',
      config,
      rowsMax: ROWS_MAX,
      storeId: seed.toString(16).padStart(32, 'a'),
      observer: recorder.observer,
    });
    recorder.acknowledged(engine.durableLsn);
    const model = new ReferenceModel({ fillsMax: ROWS_MAX.fills });
    await trade({ seed, engine, recorder, model, clock, scheduler, from: 0, to: steps, without });
    if (!isClosed(seed)) return;
    await engine.close();
    recorder.acknowledged(engine.durableLsn);
  });
  return { events: recorder.events, ...recorder.calls, ended, clock, bootId: BOOT, powersafe: !aligned };
}
