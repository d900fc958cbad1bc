/** Opens the console's services on stores: what a host shows. */

import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import type { ConsoleView, EventName, Events, Handlers } from '../../shared/contract/contract.ts';
import { nativePlatform } from '../engine/native-platform.ts';
import { EventHub } from './events.ts';
import { makeHandlers } from './handlers.ts';
import { StoreSession } from './store-session.ts';

export interface OpenConsoleOptions {
  readonly host: ConsoleView['host'];
  readonly version: string;
  readonly environment: ConsoleView['environment'];
  readonly stores: readonly { readonly path: string; readonly venues: string | null }[];
}

export interface Console {
  readonly handlers: Handlers;
  on<E extends EventName>(name: E, listener: (event: Events[E]) => void): () => void;
  close(): Promise<void>;
}

/** Recovery and venue queries of every store begin at once. */
export function openConsole(options: OpenConsoleOptions): Console {
  const hub = new EventHub();
  const platform = nativePlatform;
  const sessions = options.stores.map(
    ({ path, venues }, index) => new StoreSession({ platform, random: (bytes) => randomBytes(bytes), hub, index, root: path, venues }),
  );
  const handlers = makeHandlers(sessions, {
    version: options.version,
    host: options.host,
    environment: options.environment,
    user: userInfo().username,
    now: () => new Date().toISOString(),
  });
  for (const session of sessions) session.start();
  return {
    handlers,
    on: (name, listener) => hub.on(name, listener),
    close: async () => {
      await Promise.all(sessions.map((session) => session.close()));
    },
  };
}
