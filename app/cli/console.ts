/** Opening the console from a command, and keeping it open until the person ends it. */

import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import { launch } from '../launch.ts';
import { openServices } from '../open-services.ts';
import type { StoreTarget } from '../services.ts';
import { note } from './output.ts';

/** With its venue configuration: as given, or `venues.json` beside the store. */
function targetOf(store: string, venues: string | undefined): StoreTarget {
  const path = resolve(store);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new RearmError('STORE_MISSING', `there is no directory ${path}`, { path });
  if (venues !== undefined) {
    const named = resolve(venues);
    if (!existsSync(named)) throw new RearmError('NOT_FOUND', `there is no venue configuration ${named}`, { path: named });
    return { path, venues: named };
  }
  const beside = join(dirname(path), 'venues.json');
  return { path, venues: existsSync(beside) ? beside : null };
}

/** The stores that a console is asked to show, each once. A directory without a store is shown: the venues may be all that is left. */
export function targetsOf(stores: readonly string[], venues: string | undefined): StoreTarget[] {
  const targets = stores.map((store) => targetOf(store, venues));
  const paths = targets.map(({ path }) => realpathSync(path));
  const twice = targets.find((_, index) => paths.indexOf(paths[index]!) !== index);
  if (twice) throw new RearmError('USAGE', `${twice.path} is given twice`, { path: twice.path });
  return targets;
}

export interface ConsoleRequest {
  readonly stores: readonly StoreTarget[];
  readonly host?: 'electron' | 'web' | undefined;
  readonly port?: number | undefined;
  readonly environment: { readonly name: string; readonly colour: 'production' | 'test' | 'demo' };
}

/** Resolves when the console was closed, or after SIGINT or SIGTERM; everything that it started has ended then. */
export async function runConsole(request: ConsoleRequest): Promise<void> {
  // From here on, also while it opens: nothing that was started is left behind. A second signal ends the process at once.
  const interrupted = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done());
  });
  const launched = await launch({
    stores: request.stores,
    host: request.host,
    port: request.port,
    environment: request.environment,
    openServices,
    print: note,
  });
  for (const { path, venues } of request.stores)
    if (venues === null) note(`No venues.json lies beside ${path}, and --venues names none: no venue is asked.`);
  await Promise.race([launched.closed, interrupted]);
  await launched.close();
}
