/**
 * Starts the threads of the engine and of the console. From source Node strips the types of the entry itself; in a bundle the entries stand beside the
 * bundle as `.js`: whoever bundles says so with {@link useBundledEntries}.
 */

import { Worker } from 'node:worker_threads';

/** Entries by name, with the folder of their source. */
const ENTRIES = { 'tier-thread': './', 'writer-thread': './', 'store-thread': '../console/' } as const;
export type ThreadEntry = keyof typeof ENTRIES;

let resolveEntry = (entry: ThreadEntry): URL => new URL(`${ENTRIES[entry]}${entry}.ts`, import.meta.url);

/** `directory` is the URL of the folder that holds `tier-thread.js` and its siblings. */
export function useBundledEntries(directory: URL): void {
  resolveEntry = (entry) => new URL(`${entry}.js`, directory);
}

export function startThread(entry: ThreadEntry, workerData: unknown, transferList: readonly (ArrayBuffer | MessagePort)[] = []): Worker {
  return new Worker(resolveEntry(entry), { workerData, transferList: transferList as never, name: entry });
}
