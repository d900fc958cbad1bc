/**
 * `npm run build [-- --if-changed] [-- PART...]`: builds dist/, part by part. A part remembers the hash of what it was built from;
 * with --if-changed one whose sources are the same is left alone, without loading the bundler. A part is built beside the old
 * one and then takes its place, so that a host that is serving never sees half of it.
 */

import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

interface Part {
  /** What its result depends on; tests do not count. */
  readonly sources: readonly string[];
  /** What it cannot be built without. */
  readonly needs: string;
  build(outDir: string): Promise<void>;
}

const TOOLS = ['package-lock.json', 'vite.config.ts', 'scripts/bundle.ts', 'scripts/build.ts', 'tsconfig.json'];

/** The terminal, and the processes that its demo starts. */
const TERMINAL = {
  rearm: 'app/cli/rearm.ts',
  'app-demo-simulator-main': 'app/demo/simulator/main.ts',
  'app-demo-trader-main': 'app/demo/trader/main.ts',
};

export const PARTS: Readonly<Record<string, Part>> = {
  renderer: {
    sources: ['renderer/**/*', 'shared/**/*', 'resources/icons/*', ...TOOLS],
    needs: 'renderer/index.html',
    build: async (outDir) => (await import('./bundle.ts')).bundlePage(outDir),
  },
  web: {
    sources: ['app/web/*', 'shared/**/*', ...TOOLS],
    needs: 'app/web/bridge-entry.ts',
    build: async (outDir) => (await import('./bundle.ts')).bundleBridge(outDir),
  },
  electron: {
    sources: ['app/**/*', 'main/**/*', 'shared/**/*', ...TOOLS],
    needs: 'app/electron/main.ts',
    build: async (outDir) => {
      const { bundleNode, bundlePreload, present, threadEntries } = await import('./bundle.ts');
      await bundleNode(outDir, present({ main: 'app/electron/main.ts' }), 'cjs');
      await bundleNode(outDir, { ...present({ program: 'app/electron/program.ts' }), ...threadEntries('main') });
      await bundlePreload(outDir);
    },
  },
  cli: {
    sources: ['app/**/*', 'main/**/*', 'shared/**/*', 'simulation/**/*', ...TOOLS],
    needs: 'app/cli/rearm.ts',
    build: async (outDir) => {
      const { bundleNode, present, threadEntries } = await import('./bundle.ts');
      await bundleNode(outDir, { ...present(TERMINAL), ...threadEntries('main', 'simulation') });
    },
  },
};

/** What `npm start` and the end-to-end tests need; the terminal's bundle is for the package only, the checkout runs its source. */
export const CONSOLE_PARTS = ['renderer', 'web', 'electron'] as const;

/** SHA-256 over the paths and the bytes of all sources of a part. */
export function sourceHash(part: Part): string {
  const hash = createHash('sha256');
  const files = globSync(part.sources, { cwd: ROOT, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of [...new Set(files)].sort()) {
    const bytes = readFileSync(file);
    hash.update(`${file.slice(ROOT.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

const stampOf = (name: string): string => join(DIST, `.${name}.stamp`);

/** Whether the part was built. */
async function buildPart(name: string, part: Part, ifChanged: boolean): Promise<boolean> {
  if (!existsSync(join(ROOT, part.needs))) {
    console.error(`${name}: not built, ${part.needs} is not there`);
    return false;
  }
  const hash = sourceHash(part);
  const target = join(DIST, name);
  if (ifChanged && existsSync(target) && existsSync(stampOf(name)) && readFileSync(stampOf(name), 'utf8') === hash) return false;
  const started = performance.now();
  const fresh = join(DIST, `.${name}.${process.pid}`);
  const old = `${fresh}.old`;
  try {
    await part.build(fresh);
    rmSync(stampOf(name), { force: true });
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
    writeFileSync(stampOf(name), hash);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
  console.error(`${name}: built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return true;
}

export async function buildAll(names: readonly string[], ifChanged: boolean): Promise<void> {
  mkdirSync(DIST, { recursive: true });
  for (const name of names) {
    const part = PARTS[name];
    if (!part) throw new Error(`${name} is none of ${Object.keys(PARTS).join(', ')}`);
    await buildPart(name, part, ifChanged);
  }
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const names = args.filter((argument) => !argument.startsWith('-'));
  await buildAll(names.length > 0 ? names : Object.keys(PARTS), args.includes('--if-changed'));
}
