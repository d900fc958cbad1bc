/** Who may import whom. The table is the rule; a line that breaks it is named with its file. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FOLDERS, type Folder, folderOf, type Import, importsIn, importsUnder, isTest, ROOT } from './support/imports.ts';

interface Rule {
  /** Folders of ours that its files may import, besides itself. */
  readonly folders: readonly string[];
  readonly node: boolean;
  /** Packages it may import; null: any that package.json lists. */
  readonly packages: readonly string[] | null;
  readonly never: readonly string[];
}

const RULES: Readonly<Record<Folder, Rule>> = {
  shared: { folders: [], node: false, packages: ['zod'], never: [] },
  main: { folders: ['shared'], node: true, packages: null, never: ['electron', 'react', 'react-dom'] },
  renderer: {
    folders: ['shared'],
    node: false,
    packages: null,
    never: ['electron', 'ws', 'ccxt', 'koffi', 'better-sqlite3', '@node-rs/xxhash', 'commander'],
  },
  simulation: { folders: ['main', 'shared'], node: true, packages: ['@node-rs/xxhash'], never: ['electron', 'react', 'react-dom'] },
  app: { folders: ['main', 'shared', 'simulation'], node: true, packages: null, never: ['react', 'react-dom'] },
};

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Record<string, string>
>;
/** The renderer is bundled; everything else of what runs is imported where it is installed. */
const installed = new Set(Object.keys(manifest.dependencies));
const listed = new Set([...installed, ...Object.keys(manifest.devDependencies)]);
/** This file holds imports as text. */
const SELF = 'tests/boundaries.test.ts';
const told = (entry: Import): string => `${entry.file} imports ${entry.specifier}`;

/** Tests may use what tests need: vitest, the helpers of tests/, Node. */
const TEST_PACKAGES = ['vitest', 'fast-check', 'playwright-core', 'axe-core'];

function broken(folder: Folder): string[] {
  const rule = RULES[folder];
  return importsUnder(folder)
    .filter((entry) => {
      const test = isTest(entry.file);
      if (entry.target !== null) {
        const target = folderOf(entry.target);
        return target !== folder && !rule.folders.includes(target) && !(test && ['tests', 'simulation'].includes(target));
      }
      if (entry.package!.startsWith('node:')) return !rule.node && !test;
      if (rule.never.includes(entry.package!)) return true;
      if (test && TEST_PACKAGES.includes(entry.package!)) return false;
      return rule.packages !== null && !rule.packages.includes(entry.package!);
    })
    .map(told);
}

test.each(FOLDERS)('%s/ imports only what it may', (folder) => {
  expect(broken(folder)).toEqual([]);
});

test('no file outside app/electron/ imports electron', () => {
  const outside = [...FOLDERS, 'scripts', 'bench']
    .flatMap(importsUnder)
    .filter((entry) => entry.package === 'electron' && !entry.file.startsWith('app/electron/'));
  expect(outside.map(told)).toEqual([]);
});

test('nothing that runs imports tests, scripts or benches', () => {
  const wrong = FOLDERS.flatMap(importsUnder).filter(
    (entry) => entry.target !== null && ['tests', 'scripts', 'bench'].includes(folderOf(entry.target)) && !isTest(entry.file),
  );
  expect(wrong.map(told)).toEqual([]);
});

test('no test of one file is imported by a file that is no test', () => {
  const wrong = FOLDERS.flatMap(importsUnder).filter((entry) => entry.target !== null && isTest(entry.target) && !isTest(entry.file));
  expect(wrong.map(told)).toEqual([]);
});

test('the reference model shares nothing with the engine', () => {
  const shared = importsUnder('simulation/model').filter(
    ({ file, target }) => !isTest(file) && target !== null && !target.startsWith('simulation/model/'),
  );
  expect(importsUnder('simulation/model').length).toBeGreaterThan(0);
  expect(shared.map(told)).toEqual([]);
});

test('the top folders import each other in one direction only', () => {
  const edges = new Map<string, Set<string>>(FOLDERS.map((folder) => [folder, new Set()]));
  for (const entry of FOLDERS.flatMap(importsUnder).filter(({ file }) => !isTest(file))) {
    const to = entry.target === null ? null : folderOf(entry.target);
    if (to !== null && to !== folderOf(entry.file) && edges.has(to)) edges.get(folderOf(entry.file))!.add(to);
  }
  const order: string[] = [];
  while (order.length < FOLDERS.length) {
    const free = FOLDERS.find((folder) => !order.includes(folder) && [...edges.get(folder)!].every((to) => order.includes(to)));
    if (!free) break;
    order.push(free);
  }
  expect([...order].sort(), `a cycle among ${FOLDERS.filter((folder) => !order.includes(folder)).join(', ')}`).toEqual([...FOLDERS].sort());
});

test('every package that is imported is listed, and what runs outside a bundle is installed with the program', () => {
  const unlisted = [...FOLDERS, 'scripts', 'tests', 'bench']
    .flatMap(importsUnder)
    .filter((entry) => entry.package && !entry.package.startsWith('node:') && !listed.has(entry.package) && entry.file !== SELF);
  expect(unlisted.map(told)).toEqual([]);
  const absent = ['main', 'app', 'shared']
    .flatMap(importsUnder)
    .filter(
      (entry) =>
        entry.package &&
        !entry.package.startsWith('node:') &&
        entry.package !== 'electron' &&
        !isTest(entry.file) &&
        !installed.has(entry.package),
    );
  expect(absent.map(told)).toEqual([]);
});

test('the reader of imports sees every form, and no comment', () => {
  const text = `import a from 'a';\nimport type { B } from "./b.ts";\nexport * from '../c.ts';\nimport 'd/sub';\nexport { e } from '@s/e/deep';
import {\n  f,\n  g,\n} from 'f';\nconst h = await import('h');\nconst i = require('i');\nnew Worker(new URL('./j.ts', import.meta.url));\nimport fs from 'fs';
// import k from 'k';\n/* import l from 'l'; */\nconst text = "from 'm'";`;
  expect(
    importsIn('main/x/y.ts', text)
      .map((entry) => entry.target ?? entry.package)
      .sort(),
  ).toEqual(['@s/e', 'a', 'd', 'f', 'h', 'i', 'main/c.ts', 'main/x/b.ts', 'main/x/j.ts', 'node:fs'].sort());
});
