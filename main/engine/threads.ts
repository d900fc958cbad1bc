/**
 * Starts the threads of the engine and of the console. From source Node strips the types of the entry itself; in a bundle the entries stand beside the
 * bundle as `.js`: whoever bundles says so with {@link useBundledEntries}.
 */

import { Worker } from 'node:worker_threads';
import { ERROR_CODES, type ErrorCode, RearmError } from '../../shared/errors.ts';

/** Entries by name, with the folder of their source. */
const ENTRIES = { 'tier-thread': './', 'writer-thread': './', 'store-thread': '../console/' } as const;
export type ThreadEntry = keyof typeof ENTRIES;

let resolveEntry = (entry: ThreadEntry): URL => new URL(`${ENTRIES[entry]}${entry}.ts`, import.meta.url);

/** `directory` is the URL of the folder that holds `tier-thread.js` and its siblings. */
export function useBundledEntries(directory: URL): void {
  resolveEntry = (entry) => new URL(`${entry}.js`, directory);
}

/** @throws RearmError INTERNAL where the system gives no thread */
export function startThread(entry: ThreadEntry, workerData: unknown, transferList: readonly (ArrayBuffer | MessagePort)[] = []): Worker {
  try {
    return new Worker(resolveEntry(entry), { workerData, transferList: transferList as never, name: entry });
  } catch (error) {
    throw fromThread(error);
  }
}

/** What a thread threw: between threads an error loses its class, and keeps what it says. What is not ours is a defect and says so. */
function fromThread(thrown: unknown): RearmError {
  const { code = '', message, context } = thrown as { code?: string; message: string; context?: Record<string, unknown> };
  return new RearmError(Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'INTERNAL', message, { ...context }, thrown);
}

/**
 * Resolves when a thread says that it is ready, with where the system lists it (task.ts); rejects where it ends before.
 *
 * @param heard is given every other message
 * @param ended is told when a thread that was ready is no more: why, or null where it ended by itself
 */
export function whenReady<Message>(
  worker: Worker,
  heard: (message: Message) => void,
  ended: (why: RearmError | null) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let ready = false;
    let thrown: RearmError | null = null;
    worker.on('error', (error) => {
      thrown = fromThread(error);
    });
    worker.once('exit', (status) => {
      const why = thrown ?? (status === 0 ? null : new RearmError('INTERNAL', `somebody ended it, with status ${status}`, { status }));
      if (ready) ended(why);
      else reject(why ?? new RearmError('INTERNAL', 'a thread of the engine ended before it was ready', {}));
    });
    worker.on('message', (message: Message & { readonly type: string; readonly task?: string }) => {
      if (message.type !== 'ready') return heard(message);
      ready = true;
      resolve(message.task!);
    });
  });
}
