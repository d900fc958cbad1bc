/**
 * Brings package-lock.json up to date and marks the packages that ship prebuilt native code, so that no npm compiles them.
 *
 * npm 10 rebuilds every package that holds a binding.gyp and no install script of its own, unless its manifest says
 * `gypfile: false`; but under `npm ci` it reads the manifest from the lock file, where npm does not write that field.
 * tests/supply-chain.test.ts fails when the mark is missing.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

/** Packages with a binding.gyp whose own manifest says `gypfile: false`. */
export const PREBUILT = ['better-sqlite3'] as const;

interface Lock {
  readonly packages: Record<string, Record<string, unknown>>;
}

/** The lock file's text with every prebuilt package marked. */
export function marked(text: string): string {
  const lock = JSON.parse(text) as Lock;
  for (const name of PREBUILT) {
    const entry = lock.packages[`node_modules/${name}`];
    if (!entry) throw new Error(`${name} is not in package-lock.json`);
    entry.gypfile = false;
  }
  return `${JSON.stringify(lock, null, 2)}\n`;
}

if (import.meta.main) {
  const file = new URL('../package-lock.json', import.meta.url);
  const npm = spawnSync('npm', ['install', '--package-lock-only'], { stdio: 'inherit' });
  if (npm.status !== 0) process.exit(npm.status ?? 1);
  writeFileSync(file, marked(readFileSync(file, 'utf8')));
}
