/**
 * `npm run package [-- ARGS]`: builds dist/ and packages it; ARGS go to electron-builder. With `--here` it packages a directory for
 * this machine with the Electron that is on it, downloading nothing.
 */

import { findRuntime } from '../app/electron/runtime.ts';
import { buildAll, CONSOLE_PARTS } from './build.ts';
import { run } from './run.ts';

/** Packages into `output`. @returns electron-builder's status */
export async function packageHere(output: string): Promise<number> {
  const runtime = findRuntime();
  if (!runtime?.version) throw new Error('no Electron runtime of a known version is on this machine');
  await buildAll(CONSOLE_PARTS, true);
  return run('electron-builder', [
    '--dir',
    '--publish=never',
    `-c.electronDist=${runtime.directory}`,
    `-c.electronVersion=${runtime.version}`,
    `-c.directories.output=${output}`,
  ]);
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  if (args.includes('--here')) process.exitCode = await packageHere('release');
  else {
    await buildAll(CONSOLE_PARTS, true);
    process.exitCode = await run('electron-builder', ['--publish=never', ...args]);
  }
}
