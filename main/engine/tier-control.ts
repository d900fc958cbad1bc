/** The checkpointer as its owner steers it, in this thread or in its own. */

import { MessageChannel, type Worker } from 'node:worker_threads';
import { type ErrorData, RearmError } from '../../shared/errors.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import { Checkpointer, type CheckpointerOptions, type TierEvent } from '../tiers/checkpointer.ts';
import { DirectSink, TIERS_ENDED, type TierLink } from './sinks.ts';
import { isListed } from './task.ts';
import { startThread, whenReady } from './threads.ts';
import type { CheckpointSink } from './writer.ts';

export interface TierControl {
  /** Takes L3, and L4 where asked, from the newest L2. Rejects with why there is none. */
  snapshot(archive: boolean): Promise<void>;
  /** Looks whether its thread is there: somebody blocks the caller's, so that no event says so. */
  look(): void;
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
    look() {},
    async close() {
      checkpointer.close();
    },
  };
  return { control, sink: new DirectSink(checkpointer) };
}

/** Starts the tier thread; resolves when it has made its files. */
export async function threadedTiers(
  options: CheckpointerOptions,
  report: (event: TierEvent) => void,
  failed: (error: RearmError) => void,
): Promise<{ control: TierControl; link: TierLink }> {
  const channel = new MessageChannel();
  const worker: Worker = startThread('tier-thread', { options, port: channel.port1 }, [channel.port1 as never]);
  const waiting: ((error: ErrorData | null) => void)[] = [];
  const link: TierLink = { port: channel.port2, ended: new Int32Array(new SharedArrayBuffer(4)) };
  const hasEnded = (): boolean => Atomics.load(link.ended, 0) === 1;
  let closing = false;
  /** Unasked, it ends only where it fails: whoever waits for it is not kept waiting, the writer learns it, and somebody is told. */
  const end = (why: RearmError | null): void => {
    if (hasEnded()) return;
    Atomics.store(link.ended, 0, 1);
    for (const resolve of waiting.splice(0)) resolve(TIERS_ENDED);
    if (closing && !why) return;
    failed(new RearmError('INTERNAL', `the thread of the tiers ended${why ? `: ${why.message}` : ''}`, {}, why ?? undefined));
  };
  const task = await whenReady(
    worker,
    (message: { type: string; event?: TierEvent; error?: ErrorData | null }) => {
      if (message.type === 'event') report(message.event!);
      else waiting.shift()?.(message.error ?? null);
    },
    end,
  );
  worker.unref();
  const ask = (request: object) =>
    new Promise<ErrorData | null>((resolve) => {
      if (hasEnded()) return resolve(TIERS_ENDED);
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
    look() {
      if (!isListed(task)) end(null);
    },
    async close() {
      if (hasEnded()) return;
      closing = true;
      const over = new Promise((resolve) => worker.once('exit', resolve));
      await ask({ type: 'close' });
      await over;
    },
  };
  return { control, link };
}
