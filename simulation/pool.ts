/** Work spread over threads: each takes the next piece when it has done one. */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

export interface PoolOptions<Piece, Told> {
  /** The thread's module without its ending: source here, a bundle where it is installed. */
  readonly entry: string;
  /** One per core where it is left out; never more than there are pieces. */
  readonly threads?: number | undefined;
  readonly pieces: Iterable<Piece>;
  readonly signal?: AbortSignal | undefined;
  /** @returns whether that was the end of its piece */
  readonly told: (told: Told) => boolean;
}

const ENDING = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** Resolves when every piece is done, or when it was stopped. @throws what a thread throws */
export async function overThreads<Piece, Told>({ entry, threads, pieces, signal, told }: PoolOptions<Piece, Told>): Promise<void> {
  const left = pieces[Symbol.iterator]();
  let next = left.next();
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(`${entry}${ENDING}`, import.meta.url));
      const stop = (): void => void worker.terminate();
      signal?.addEventListener('abort', stop);
      const give = (): void => {
        if (next.done || signal?.aborted) stop();
        else {
          worker.postMessage(next.value);
          next = left.next();
        }
      };
      worker.on('message', (message: Told) => {
        if (told(message)) give();
      });
      worker.once('error', reject);
      worker.once('exit', () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      give();
    });
  const all: Promise<void>[] = [];
  for (let count = threads ?? availableParallelism(); count > 0 && !next.done; count -= 1) all.push(one());
  await Promise.all(all);
}
