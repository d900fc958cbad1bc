/** Where the built files are. The same from source (app/), from a bundle (dist/) and from a packaged archive. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory that holds package.json, from this module upwards. */
export function projectRoot(from: string = dirname(fileURLToPath(import.meta.url))): string {
  for (let directory = from; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (dirname(directory) === directory) throw new Error(`no package.json above ${from}`);
  }
}

export const builtPaths = (root: string = projectRoot()) => ({
  renderer: join(root, 'dist/renderer'),
  bridge: join(root, 'dist/web/bridge.js'),
  preload: join(root, 'dist/electron/preload.cjs'),
});
