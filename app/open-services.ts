/** The one place where the hosts meet the engine's console services. */

import { resolve } from 'node:path';
import { openConsole } from '../main/console/open-console.ts';
import { version } from './cli/version.ts';
import type { OpenServices } from './services.ts';

export const openServices: OpenServices = async (options) => {
  const { handlers, handlersFor, on, close } = openConsole({
    host: options.host,
    version: version(),
    environment: options.environment,
    stores: options.stores.map(({ path, venues }) => ({ path: resolve(path), venues: venues === null ? null : resolve(venues) })),
  });
  return { handlers, handlersFor, on, close };
};
