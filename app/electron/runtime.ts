/**
 * Which Electron runs the program: the one that the variable names, the one that the package downloaded, or one that stands
 * under /opt. This module does not import electron; the launcher and the tests ask it.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Runtime {
  readonly executable: string;
  /** For example `45.4.1`; null where nothing says. */
  readonly version: string | null;
  readonly directory: string;
}

const EXECUTABLES: Readonly<Record<string, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
};

/** The directory of the electron package, or null where it is not installed. */
export function electronPackage(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  } catch {
    return null;
  }
}

function runtimeIn(directory: string): Runtime | null {
  const executable = join(directory, EXECUTABLES[process.platform] ?? 'electron');
  if (!existsSync(executable)) return null;
  const versionFile = join(directory, 'version');
  const version = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim().replace(/^v/, '') : null;
  return { executable, version, directory };
}

/** Directories that may hold a runtime, the best first. */
function candidates(): string[] {
  const named = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  const own = electronPackage();
  const shared = existsSync('/opt') ? readdirSync('/opt').filter((name) => /^electron-\d/.test(name)) : [];
  const newestFirst = shared.sort((a, b) => b.localeCompare(a, 'en', { numeric: true })).map((name) => join('/opt', name));
  return [...(named ? [named] : []), ...(own ? [join(own, 'dist')] : []), ...newestFirst];
}

export function findRuntime(): Runtime | null {
  for (const directory of candidates()) {
    const runtime = runtimeIn(directory);
    if (runtime) return runtime;
  }
  return null;
}

/** Switches without which Chromium does not start here: root has no sandbox of the system, a virtual display no graphics card. */
export function runtimeSwitches(): string[] {
  const root = process.platform === 'linux' && process.getuid?.() === 0;
  return root ? ['--no-sandbox', '--disable-gpu'] : [];
}
