/** The tiers behind the writer, stepped by hand as it is: a job of L2 is held back until it is taken, and nothing else is due by itself. */

import { nativePlatform } from '../main/engine/native-platform.ts';
import type { CheckpointOutcome, CheckpointSink } from '../main/engine/writer.ts';
import type { RowBounds } from '../main/image/image.ts';
import { pagesFor } from '../main/image/image.ts';
import type { StoreLayout } from '../main/store/layout.ts';
import { Checkpointer } from '../main/tiers/checkpointer.ts';
import type { CheckpointJob } from '../main/tiers/slots.ts';
import { EPOCH, NEVER_MS, STORE_ID } from './stepped-writer.ts';

/** Jobs wait here for whoever takes them. */
export class HeldSink implements CheckpointSink {
  readonly refusal = null;
  #job: CheckpointJob | undefined;
  #outcomes: CheckpointOutcome[] = [];

  submit(job: CheckpointJob): void {
    this.#job = job;
  }

  get job(): CheckpointJob {
    if (!this.#job) throw new Error('no job was submitted');
    return this.#job;
  }

  /** The writer's next poll learns it. */
  taken(error: CheckpointOutcome['error']): void {
    this.#outcomes.push({ slot: this.job.slot, error });
  }

  poll(): readonly CheckpointOutcome[] {
    return this.#outcomes.splice(0);
  }
}

export class SteppedTiers {
  readonly checkpointer: Checkpointer;
  /** Bytes that each tier reported last. */
  readonly bytes = new Map<string, number>();

  constructor(layout: StoreLayout, bounds: RowBounds) {
    this.checkpointer = new Checkpointer(
      nativePlatform.storage,
      nativePlatform.clock,
      {
        ...{ layout, storeId: STORE_ID, epoch: EPOCH, pagesMax: pagesFor(bounds), rowsMax: bounds, windowMs: NEVER_MS },
        ...{ l3Ms: NEVER_MS, l3Keep: 2, l4Ms: NEVER_MS, l4Keep: 1, archive: true, archiveFailure: 'keepLog' },
      },
      ({ tier, bytes, error }) => {
        if (error) throw new Error(`${tier}: ${error.message}`);
        this.bytes.set(tier, bytes);
      },
    );
  }
}
