/** Where the writer's L2 jobs go: straight into a checkpointer, or to the tier thread. */

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { RearmError } from '../../shared/errors.ts';
import type { Checkpointer } from '../tiers/checkpointer.ts';
import type { CheckpointJob } from '../tiers/slots.ts';
import type { CheckpointOutcome, CheckpointSink } from './writer.ts';

/** The writer's end of the tier thread. */
export interface TierLink {
  readonly port: MessagePort;
  /** One word, shared: 1 when the thread is no more. The port does not say so. */
  readonly ended: Int32Array;
}

export const TIERS_ENDED = new RearmError('INTERNAL', 'the thread of the tiers has ended', {}).toData();

export class DirectSink implements CheckpointSink {
  readonly refusal = null;
  readonly #checkpointer: Checkpointer;
  #outcomes: CheckpointOutcome[] = [];

  constructor(checkpointer: Checkpointer) {
    this.#checkpointer = checkpointer;
  }

  submit(job: CheckpointJob): void {
    this.#outcomes.push({ slot: job.slot, error: this.#checkpointer.take(job) });
  }

  poll(): readonly CheckpointOutcome[] {
    return this.#outcomes.splice(0);
  }
}

/** Polled, so that a writer thread that blocks on its ring can use it as well. */
export class PortSink implements CheckpointSink {
  readonly #port: MessagePort;
  readonly #ended: Int32Array;
  /** Of the job that is under way. */
  #slot: 0 | 1 | undefined;

  constructor({ port, ended }: TierLink) {
    this.#port = port;
    this.#ended = ended;
  }

  get refusal(): typeof TIERS_ENDED | null {
    return Atomics.load(this.#ended, 0) === 1 ? TIERS_ENDED : null;
  }

  submit(job: CheckpointJob): void {
    this.#slot = job.slot;
    this.#port.postMessage({ type: 'job', job }, [job.pages.buffer as ArrayBuffer, job.bytes.buffer as ArrayBuffer]);
  }

  poll(): readonly CheckpointOutcome[] {
    // Before the port: what the thread answered before it ended is in there.
    const { refusal } = this;
    const outcomes: CheckpointOutcome[] = [];
    for (let received = receiveMessageOnPort(this.#port); received; received = receiveMessageOnPort(this.#port)) {
      outcomes.push(received.message as CheckpointOutcome);
      this.#slot = undefined;
    }
    if (refusal && this.#slot !== undefined) {
      outcomes.push({ slot: this.#slot, error: refusal });
      this.#slot = undefined;
    }
    return outcomes;
  }
}
