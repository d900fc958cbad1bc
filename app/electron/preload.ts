/**
 * The window's side of the contract: `window.rearm` over IPC. Runs sandboxed, in its own context; the page sees two functions
 * and never ipcRenderer. A name that is not in the contract has no channel, so it reaches nobody.
 */

import { contextBridge, ipcRenderer } from 'electron';
import type { Bridge, EventName, Reply } from '../../shared/contract/contract.ts';
import type { ErrorData } from '../../shared/errors.ts';
import { EVENT_CHANNEL, requestChannel } from './channels.ts';

type Listener = (event: never) => void;

const listeners = new Map<EventName, Set<Listener>>();

ipcRenderer.on(EVENT_CHANNEL, (_event, name: EventName, payload: unknown) => {
  for (const listener of [...(listeners.get(name) ?? [])]) listener(payload as never);
});

const refused = (name: unknown): ErrorData => ({
  code: 'PAYLOAD_INVALID',
  message: `The request ${String(name)} was not served.`,
  remedy: 'Ask for a request that the contract names.',
  context: {},
});

const bridge = {
  request: async (name, payload) => {
    try {
      return (await ipcRenderer.invoke(requestChannel(name), payload)) as Reply<typeof name>;
    } catch {
      return { ok: false, error: refused(name) };
    }
  },
  subscribe: (name, listener) => {
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set);
    set.add(listener as Listener);
    return () => {
      set.delete(listener as Listener);
    };
  },
} satisfies Bridge;

contextBridge.exposeInMainWorld('rearm', bridge);
