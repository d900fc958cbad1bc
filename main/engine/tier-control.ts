/** The checkpointer as its owner steers it, in this thread or in its own. */

import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { type ErrorData, RearmError } from '../../shared/errors.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import { Checkpointer, type CheckpointerOptions, type TierEvent } from '../tiers/checkpointer.ts';
import { DirectSink } from './sinks.ts';
import { startThread } from './threads.ts';
import type { CheckpointSink } from './writer.ts';

export interface TierControl {
  /** Takes L3, and L4 where asked, from the newest L2. Rejects with why there is none. */
  snapshot(archive: boolean): Promise<void>;
  close(): Promise<void>;
}

const throwIf = (failure: ErrorData | null): void => {
  if (failure) throw RearmError.fromData(failure);
};

export function directTiers(
  storage: Storage,
  clock: Clock,
  options: CheckpointerOptions,
  report: (event: TierEvent) => void,
): { control: TierControl; sink: CheckpointSink } {
  const checkpointer = new Checkpointer(storage, clock, options, report);
  const control: TierControl = {
    async snapshot(archive) {
      throwIf(checkpointer.snapshot() ?? (archive ? checkpointer.archive() : null));
    },
    async close() {
      checkpointer.close();
    },
  };
  return { control, sink: new DirectSink(checkpointer) };
}

const ENDED = new RearmError('INTERNAL', 'the thread of the tiers has ended', {}).toData();

/** Starts the tier thread; resolves when it has made its files. The port is the writer's end. */
export async function threadedTiers(
  options: CheckpointerOptions,
  report: (event: TierEvent) => void,
  failed: (error: RearmError) => void,
): Promise<{ control: TierControl; port: MessagePort }> {
  const channel = new MessageChannel();
  const worker: Worker = startThread('tier-thread', { options, port: channel.port1 }, [channel.port1 as never]);
  const waiting: ((error: ErrorData | null) => void)[] = [];
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: { type: string; event?: TierEvent; error?: ErrorData | null }) => {
      if (message.type === 'event') report(message.event!);
      else if (message.type === 'ready') resolve();
      else waiting.shift()?.(message.error ?? null);
    });
  });
  // It ends by itself only where it fails: whoever waits for it is not kept waiting, and somebody is told.
  let ended = false;
  worker.on('error', (error) => failed(new RearmError('INTERNAL', `the thread of the tiers ended: ${error.message}`, {}, error)));
  worker.once('exit', () => {
    ended = true;
    for (const resolve of waiting.splice(0)) resolve(ENDED);
  });
  worker.unref();
  const ask = (request: object) =>
    new Promise<ErrorData | null>((resolve) => {
      if (ended) return resolve(ENDED);
      worker.ref();
      waiting.push(resolve);
      worker.postMessage(request);
    });
  const control: TierControl = {
    async snapshot(archive) {
      const failure = await ask({ type: 'snapshot', archive });
      worker.unref();
      throwIf(failure);
    },
    async close() {
      if (ended) return;
      const over = new Promise((resolve) => worker.once('exit', resolve));
      await ask({ type: 'close' });
      await over;
    },
  };
  return { control, port: channel.port2 };
}
