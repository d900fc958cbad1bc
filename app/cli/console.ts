/** Opening the console from a command, and keeping it open until the person ends it. */

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import { launch } from '../launch.ts';
import { openServices } from '../open-services.ts';
import type { StoreTarget } from '../services.ts';
import { note } from './output.ts';

/** The venue configuration of a store: as given, or `venues.json` beside the store. */
export function targetOf(store: string, venues: string | undefined): StoreTarget {
  const path = resolve(store);
  if (!existsSync(path)) throw new RearmError('STORE_MISSING', `there is no directory ${path}`, { path });
  const beside = join(dirname(path), 'venues.json');
  return { path, venues: venues === undefined ? (existsSync(beside) ? beside : null) : resolve(venues) };
}

export interface ConsoleRequest {
  readonly stores: readonly StoreTarget[];
  readonly host?: 'electron' | 'web' | undefined;
  readonly port?: number | undefined;
  readonly environment: { readonly name: string; readonly colour: 'production' | 'test' | 'demo' };
}

/** Resolves when the console was closed, or after SIGINT or SIGTERM; everything that it started has ended then. */
export async function runConsole(request: ConsoleRequest): Promise<void> {
  const launched = await launch({
    stores: request.stores,
    host: request.host,
    port: request.port,
    environment: request.environment,
    openServices,
    print: note,
  });
  const interrupted = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done());
  });
  await Promise.race([launched.closed, interrupted]);
  await launched.close();
}
