/** Where the writer's L2 jobs go: straight into a checkpointer, or to the tier thread. */

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Checkpointer } from '../tiers/checkpointer.ts';
import type { CheckpointJob } from '../tiers/slots.ts';
import type { CheckpointOutcome, CheckpointSink } from './writer.ts';

export class DirectSink implements CheckpointSink {
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

  constructor(port: MessagePort) {
    this.#port = port;
  }

  submit(job: CheckpointJob): void {
    this.#port.postMessage({ type: 'job', job }, [job.pages.buffer as ArrayBuffer, job.bytes.buffer as ArrayBuffer]);
  }

  poll(): readonly CheckpointOutcome[] {
    const outcomes: CheckpointOutcome[] = [];
    for (let received = receiveMessageOnPort(this.#port); received; received = receiveMessageOnPort(this.#port)) {
      outcomes.push(received.message as CheckpointOutcome);
    }
    return outcomes;
  }
}
