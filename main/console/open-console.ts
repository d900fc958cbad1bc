/** Opens the console's services on stores: what a host shows. */

import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import type { ConsoleView, EventName, Events, Handlers } from '../../shared/contract/contract.ts';
import type { AuditOrigin } from '../../shared/contract/gate.ts';
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
  /** For the user of this process. */
  readonly handlers: Handlers;
  /** For one session of a host: the audit log names it with everything done through them. */
  handlersFor(origin: AuditOrigin): Handlers;
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
  const user = userInfo().username;
  const description = {
    version: options.version,
    host: options.host,
    environment: options.environment,
    user,
    now: () => new Date().toISOString(),
  };
  const handlersFor = (origin: AuditOrigin): Handlers => makeHandlers(sessions, description, origin);
  for (const session of sessions) session.start();
  return {
    handlers: handlersFor({ host: options.host, session: user }),
    handlersFor,
    on: (name, listener) => hub.on(name, listener),
    close: async () => {
      await Promise.all(sessions.map((session) => session.close()));
    },
  };
}
