/**
 * What a host needs from the engine's side: the handlers of the contract and its events. Hosts know nothing else of main/.
 * The real ones come from open-services.ts; tests bring a small one of their own.
 */

import type { EventName, Events, Handlers } from '../shared/contract/contract.ts';

export type HostName = 'electron' | 'web' | 'cli';

/** A store that the console shall show, and the file that says how its venues are asked. */
export interface StoreTarget {
  readonly path: string;
  readonly venues: string | null;
}

export interface ConsoleOptions {
  readonly host: HostName;
  readonly stores: readonly StoreTarget[];
  readonly environment: { readonly name: string; readonly colour: 'production' | 'test' | 'demo' };
}

/** Who asks: one window, or one browser session of the web host. Two signatures from one session are one pair of eyes. */
export interface Caller {
  readonly host: HostName;
  /** `window` in Electron; `S1`, `S2`, ... in the web host. Never a secret. */
  readonly session: string;
}

export interface Services {
  readonly handlers: Handlers;
  /** Where the caller matters (the audit log), handlers that know who asks; hosts use `handlers` where this is absent. */
  handlersFor?(caller: Caller): Handlers;
  /** Calls the listener on every event from now on; the function that comes back ends it. */
  on<E extends EventName>(name: E, listener: (event: Events[E]) => void): () => void;
  /** Ends what the services started. Idempotent. */
  close(): Promise<void>;
}

export type OpenServices = (options: ConsoleOptions) => Promise<Services>;
