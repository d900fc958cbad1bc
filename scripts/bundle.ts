/**
 * The bundles: the page (vite.config.ts), the bridge of the web host, and what runs under Node and Electron.
 *
 * Node bundles lie flat in one directory, for an old runtime (Node 20.18 inside Electron 33), with every package of
 * `dependencies` left outside: native ones cannot be bundled, the others need not be. What is started as a thread or a process
 * is a bundle of its own beside them: every *-thread.ts, and the demo's processes by the names that app/demo asks for.
 */

import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type InlineConfig } from 'vite';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const NODE_TARGET = 'node20.18';

const manifest = (): { readonly dependencies: Record<string, string> } => JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

const common = (outDir: string): InlineConfig => ({
  configFile: false,
  root: ROOT,
  logLevel: 'warn',
  build: { outDir, emptyOutDir: true },
});

/** The page that is shipped, whoever builds it: a test runner's NODE_ENV would make it the development build of React. */
export async function bundlePage(outDir: string): Promise<void> {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    await build({ configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn', build: { outDir } });
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}

export async function bundleBridge(outDir: string): Promise<void> {
  const config = common(outDir);
  await build({
    ...config,
    build: {
      ...config.build,
      target: ['chrome120', 'firefox121', 'safari17'],
      lib: { entry: join(ROOT, 'app/web/bridge-entry.ts'), formats: ['iife'], name: 'rearmBridge', fileName: () => 'bridge.js' },
    },
  });
}

/**
 * Bundles for Node and Electron: `entries` by the name of their bundle.
 * @param format `cjs` where the entry must have run before anything else does: Electron's main program
 */
export async function bundleNode(outDir: string, entries: Readonly<Record<string, string>>, format: 'es' | 'cjs' = 'es'): Promise<void> {
  const extension = format === 'es' ? 'js' : 'cjs';
  const config = common(outDir);
  await build({
    ...config,
    ssr: { target: 'node', external: ['electron', ...Object.keys(manifest().dependencies)] },
    build: {
      ...config.build,
      emptyOutDir: false,
      ssr: true,
      target: NODE_TARGET,
      minify: false,
      sourcemap: true,
      rolldownOptions: {
        input: { ...entries },
        output: { format, entryFileNames: `[name].${extension}`, chunkFileNames: `[name]-[hash].${extension}` },
      },
    },
  });
}

/** The threads of these folders, by the names that whoever starts them asks for. */
export const threadEntries = (...folders: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    globSync(
      folders.map((folder) => `${folder}/**/*-thread.ts`),
      { cwd: ROOT },
    ).map((path) => [basename(path, '.ts'), join(ROOT, path)]),
  );

/** A sandboxed preload is one CommonJS file that requires nothing but electron. */
export async function bundlePreload(outDir: string): Promise<void> {
  const config = common(outDir);
  await build({
    ...config,
    ssr: { target: 'node', noExternal: true, external: ['electron'] },
    build: {
      ...config.build,
      emptyOutDir: false,
      ssr: true,
      target: NODE_TARGET,
      minify: false,
      rolldownOptions: {
        input: join(ROOT, 'app/electron/preload.ts'),
        output: { format: 'cjs', entryFileNames: 'preload.cjs', codeSplitting: false },
      },
    },
  });
}

/** What of `entries` is there. */
export const present = (entries: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(entries)
      .map(([name, path]) => [name, join(ROOT, path)] as const)
      .filter(([, path]) => existsSync(path)),
  );
