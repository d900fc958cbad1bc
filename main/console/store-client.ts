/** The console's end of a store's thread. */

import type { Worker } from 'node:worker_threads';
import type { RecoveryProgress } from '../../shared/contract/recovery.ts';
import { type ErrorData, RearmError } from '../../shared/errors.ts';
import { startThread } from '../engine/threads.ts';
import { makeCancelFlag, setCancel } from './cancel-flag.ts';
import type { StoreThreadMethods } from './store-thread.ts';

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

export class StoreClient {
  readonly #worker: Worker;
  readonly #cancel = makeCancelFlag();
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #ended: RearmError | undefined;

  constructor(root: string, progress: (progress: RecoveryProgress) => void) {
    this.#worker = startThread('store-thread', { root, cancel: this.#cancel });
    this.#worker.unref();
    this.#worker.on('message', (message: { id?: number; value?: unknown; error?: ErrorData; progress?: RecoveryProgress }) => {
      if (message.progress) {
        progress(message.progress);
        return;
      }
      const waiting = this.#waiting.get(message.id!);
      this.#waiting.delete(message.id!);
      if (message.error) waiting?.reject(RearmError.fromData(message.error));
      else waiting?.resolve(message.value as never);
    });
    const ended = (why: string) => {
      this.#ended = new RearmError('INTERNAL', `the thread that reads the store ended: ${why}`, {});
      for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
      this.#waiting.clear();
    };
    this.#worker.on('error', (error) => ended(error.message));
    this.#worker.on('exit', () => ended('closed'));
  }

  ask<M extends keyof StoreThreadMethods>(
    method: M,
    ...params: Parameters<StoreThreadMethods[M]>
  ): Promise<ReturnType<StoreThreadMethods[M]>> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (method === 'recover') setCancel(this.#cancel, false);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as never, reject });
      this.#worker.postMessage({ id, method, params: params[0] ?? null });
    });
  }

  /** Asks a running recovery to stop; it ends with CANCELLED. */
  cancel(): void {
    setCancel(this.#cancel, true);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
