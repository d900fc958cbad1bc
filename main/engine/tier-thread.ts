/** Entry of the tier thread: a checkpointer behind a message port. */

import os from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { NativeStorage, systemClock } from '../storage/native.ts';
import { Checkpointer, type CheckpointerOptions } from '../tiers/checkpointer.ts';
import type { CheckpointJob } from '../tiers/slots.ts';
import { ownTask } from './task.ts';
import type { CheckpointOutcome } from './writer.ts';

export interface TierThreadData {
  readonly options: CheckpointerOptions;
  /** Jobs come and outcomes go here: the writer's end is polled. */
  readonly port: MessagePort;
}

export type TierRequest =
  | { readonly type: 'job'; readonly job: CheckpointJob }
  | { readonly type: 'snapshot'; readonly archive: boolean }
  | { readonly type: 'close' };

/** Levels of niceness below the caller and the writer: a tier that takes longer is late, a caller that waits for a core trades late. */
const NICER = 10;
const NICEST = 19;

// Of this thread alone, where a system counts its threads as processes.
if (process.platform === 'linux') os.setPriority(0, Math.min(NICEST, os.getPriority(0) + NICER));

const { options, port } = workerData as TierThreadData;
const checkpointer = new Checkpointer(new NativeStorage(), systemClock, options, (event) =>
  parentPort!.postMessage({ type: 'event', event }),
);

port.on('message', (request: TierRequest) => {
  if (request.type === 'job')
    port.postMessage({ slot: request.job.slot, error: checkpointer.take(request.job) } satisfies CheckpointOutcome);
});

parentPort!.on('message', (request: TierRequest) => {
  if (request.type === 'snapshot') {
    parentPort!.postMessage({ type: 'done', error: checkpointer.snapshot() ?? (request.archive ? checkpointer.archive() : null) });
  } else if (request.type === 'close') {
    checkpointer.close();
    parentPort!.postMessage({ type: 'done', error: null });
    process.exit(0);
  }
});
parentPort!.postMessage({ type: 'ready', task: ownTask() });
