/**
 * Starts the engine's threads. From source Node strips the types of the entry itself; in a bundle the entries stand beside the
 * bundle as `.js`: whoever bundles says so with {@link useBundledEntries}.
 */

import { Worker } from 'node:worker_threads';

export type ThreadEntry = 'tier-thread' | 'writer-thread' | 'probe-thread';

let resolveEntry = (entry: ThreadEntry): URL => {
  const folder = entry === 'probe-thread' ? '../cascade/' : './';
  return new URL(`${folder}${entry}.ts`, import.meta.url);
};

/** `directory` is the URL of the folder that holds `tier-thread.js` and its siblings. */
export function useBundledEntries(directory: URL): void {
  resolveEntry = (entry) => new URL(`${entry}.js`, directory);
}

export function startThread(entry: ThreadEntry, workerData: unknown, transferList: readonly (ArrayBuffer | MessagePort)[] = []): Worker {
  return new Worker(resolveEntry(entry), { workerData, transferList: transferList as never, name: entry });
}
