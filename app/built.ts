/** The built console, where it is missing in a checkout: built now, once. An installed or packaged program brings it along. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RearmError } from '../shared/errors.ts';
import { builtPaths, projectRoot } from './paths.ts';

/** @throws RUNTIME_MISSING where it is not there and cannot be built */
export async function ensureBuilt(print: (line: string) => void, root: string = projectRoot()): Promise<void> {
  const paths = builtPaths(root);
  const missing = (): string | undefined =>
    [join(paths.renderer, 'index.html'), paths.bridge, paths.preload].find((path) => !existsSync(path));
  if (missing() === undefined) return;
  const script = join(root, 'scripts/build.ts');
  if (existsSync(script)) {
    print('Building the console, once.');
    const builder = spawn(process.execPath, [script, '--if-changed', 'renderer', 'web', 'electron'], {
      stdio: ['ignore', 'ignore', process.stderr],
    });
    await new Promise<void>((resolve) => {
      builder.on('error', () => resolve());
      builder.on('exit', () => resolve());
    });
  }
  const left = missing();
  if (left !== undefined) throw new RearmError('RUNTIME_MISSING', `The built console is not there: ${left} is missing.`, { path: left });
}
