/** The checkpointer as its owner steers it, in this thread or in its own. */

import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { RearmError } from '../../shared/errors.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import { Checkpointer, type CheckpointerOptions, type TierEvent } from '../tiers/checkpointer.ts';
import { DirectSink } from './sinks.ts';
import { startThread } from './threads.ts';
import type { CheckpointSink } from './writer.ts';

export interface TierControl {
  /** Takes L3, and L4 where asked, from the newest L2. */
  snapshot(archive: boolean): Promise<void>;
  close(): Promise<void>;
}

export function directTiers(
  storage: Storage,
  clock: Clock,
  options: CheckpointerOptions,
  report: (event: TierEvent) => void,
): { control: TierControl; sink: CheckpointSink } {
  const checkpointer = new Checkpointer(storage, clock, options, report);
  const control: TierControl = {
    async snapshot(archive) {
      checkpointer.snapshot();
      if (archive) checkpointer.archive();
    },
    async close() {
      checkpointer.close();
    },
  };
  return { control, sink: new DirectSink(checkpointer) };
}

/** Starts the tier thread; resolves when it has made its files. The port is the writer's end. */
export async function threadedTiers(
  options: CheckpointerOptions,
  report: (event: TierEvent) => void,
  failed: (error: RearmError) => void,
): Promise<{ control: TierControl; port: MessagePort }> {
  const channel = new MessageChannel();
  const worker: Worker = startThread('tier-thread', { options, port: channel.port1 }, [channel.port1 as never]);
  const waiting: (() => void)[] = [];
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: { type: string; event?: TierEvent }) => {
      if (message.type === 'event') report(message.event!);
      else if (message.type === 'ready') resolve();
      else waiting.shift()?.();
    });
  });
  // It ends by itself only where it fails: whoever waits for it is not kept waiting, and somebody is told.
  let ended = false;
  worker.on('error', (error) => failed(new RearmError('INTERNAL', `the thread of the tiers ended: ${error.message}`, {}, error)));
  worker.once('exit', () => {
    ended = true;
    for (const resolve of waiting.splice(0)) resolve();
  });
  worker.unref();
  const ask = (request: object) =>
    new Promise<void>((resolve) => {
      if (ended) return resolve();
      worker.ref();
      waiting.push(resolve);
      worker.postMessage(request);
    });
  const control: TierControl = {
    async snapshot(archive) {
      await ask({ type: 'snapshot', archive });
      worker.unref();
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
