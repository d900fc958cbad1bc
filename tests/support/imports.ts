/** Every import of every source file of the project, static and dynamic, of types too. */

import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const FOLDERS = ['app', 'main', 'renderer', 'shared', 'simulation'] as const;
export type Folder = (typeof FOLDERS)[number];

export interface Import {
  readonly file: string;
  /** What the import names, as written. */
  readonly specifier: string;
  /** The file of ours that it names, relative to the root; null for a package. */
  readonly target: string | null;
  /** The package, or `node:...`; null for a file of ours. */
  readonly package: string | null;
}

/** What an import may name: a path, a package, a builtin. */
const NAME = '([\\w@./:?#-]+)';
const PATTERNS = [
  `(?:^|[\\n;])\\s*(?:import|export)\\s[^'"();]*?\\sfrom\\s*['"]${NAME}['"]`,
  `(?:^|[\\n;])\\s*import\\s*['"]${NAME}['"]`,
  `\\b(?:import|require)\\(\\s*['"]${NAME}['"]\\s*\\)`,
  `\\bnew URL\\(\\s*['"](\\.{1,2}/[^'"\\n]+\\.tsx?)['"]\\s*,\\s*import\\.meta\\.url\\s*\\)`,
].map((pattern) => new RegExp(pattern, 'g'));

/** Comments could name modules that are not imported. */
const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/[^\n]*/g, '$1');

export function importsIn(file: string, text: string): Import[] {
  const specifiers = PATTERNS.flatMap((pattern) => [...withoutComments(text).matchAll(pattern)].map((match) => match[1]!));
  return [...new Set(specifiers)].map((specifier) => {
    if (specifier.startsWith('.')) return { file, specifier, target: normalize(join(dirname(file), specifier)), package: null };
    if (specifier.startsWith('node:') || builtinModules.includes(specifier))
      return { file, specifier, target: null, package: `node:${specifier.replace('node:', '')}` };
    const parts = specifier.split('/');
    return { file, specifier, target: null, package: specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]! };
  });
}

export const isTest = (file: string): boolean => /\.test\.tsx?$|\.test-support\.tsx?$|\/testing\//.test(file);
export const folderOf = (file: string): string => file.split('/')[0]!;

/** The imports of the sources under a folder. */
export const importsUnder = (folder: string): Import[] =>
  globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT, exclude: ['**/node_modules/**'] })
    .sort()
    .flatMap((file) => importsIn(file, readFileSync(join(ROOT, file), 'utf8')));
