/** What is installed is what was reviewed: exact versions, one lock file, no install script that nobody looked at. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { marked, PREBUILT } from '../scripts/lock.ts';
import { ROOT } from './support/imports.ts';

interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly inBundle?: boolean;
  readonly optionalDependencies?: Record<string, string>;
}

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  allowScripts: Record<string, boolean>;
};
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockEntry> };
const installed = Object.entries(lock.packages).filter(([path]) => path !== '');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

test('every version is exact, and the lock file holds the same', () => {
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
  }
});

test('everything comes from the registry, with its hash', () => {
  // What a package carries inside itself is covered by the package's own hash.
  for (const [path, entry] of installed.filter(([, inner]) => !inner.inBundle)) {
    expect(entry.integrity, path).toMatch(/^sha512-/);
    expect(entry.resolved ?? 'https://registry.npmjs.org/', path).toMatch(/^https:\/\/registry\.npmjs\.org\//);
  }
});

test('every package that would run something when it is installed was decided about, and only node may', () => {
  const scripted = installed.filter(([, entry]) => entry.hasInstallScript).map(([path]) => nameOf(path));
  for (const name of scripted) expect(Object.keys(manifest.allowScripts), name).toContain(name);
  expect(Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name])).toEqual(['node']);
});

test('npm 10 compiles nothing: what ships prebuilt is marked in the lock file (npm run lock)', () => {
  expect(read('package-lock.json')).toBe(marked(read('package-lock.json')));
  const unmarked = globSync('node_modules/{*,@*/*}/binding.gyp', { cwd: ROOT })
    .map((file) => file.slice('node_modules/'.length, -'/binding.gyp'.length))
    .filter((name) => {
      const scripts = (JSON.parse(read(`node_modules/${name}/package.json`)) as { scripts?: Record<string, string> }).scripts ?? {};
      return !scripts.install && !scripts.preinstall && !(PREBUILT as readonly string[]).includes(name);
    });
  expect(unmarked).toEqual([]);
});

test('the lock file serves every platform: no optional package of one is left out', () => {
  const missing = installed.flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`])
      .map((name) => `${path} -> ${name}`),
  );
  expect(missing).toEqual([]);
});
