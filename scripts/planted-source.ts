/**
 * Bugs that the source itself names, found in its syntax tree: every sync and every check of the engine, each taken out alone. A check is an
 * `if` whose branch ends in a throw, in a call that refuses or tells of a finding, or returns the words of one, or `null` where a reader takes
 * no part of what it read.
 */

import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Expression,
  isArrowFunction,
  isBlock,
  isCallExpression,
  isExpressionStatement,
  isFunctionDeclaration,
  isFunctionExpression,
  isIfStatement,
  isMethodDeclaration,
  isNewExpression,
  isNoSubstitutionTemplateLiteral,
  isNullLiteral,
  isPropertyAccessExpression,
  isReturnStatement,
  isStringLiteral,
  isTemplateExpression,
  isThrowStatement,
  isVariableDeclaration,
  type Node,
  type SourceFile,
  type Statement,
} from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import type { PlantedBug } from './planted-bugs.ts';

/** Of main/: what the promises of docs/RELIABILITY.md are kept by. */
const ENGINE = ['cascade', 'engine', 'gate', 'image', 'operations', 'storage', 'store', 'tiers', 'wal'];
/** What a sync is called. `msync` is compared with the zero that it gives. */
const SYNCS = new Set(['sync', 'syncDirectory', 'fdatasyncSync', 'fsyncSync', 'msync']);
/** What waits in the engine for a sync that somebody else does. */
const WAITS = new Set(['wait', 'waitSync', 'flush']);
/** Side records may be lost. */
const SIDE = 'main/engine/side-records.ts';

const whatGoes = (file: string, name: string): 'sync' | 'wait' | null =>
  SYNCS.has(name) ? 'sync' : WAITS.has(name) && file.startsWith('main/engine/') && file !== SIDE ? 'wait' : null;

/** Of functions that tell a finding, and go on; those that never return are found by their type. */
const TELLING = new Set(['no', 'bad', 'badHead', 'ended', 'refuse', 'differs', 'findings.add', 'findings.push']);
/** Where `null` is a file, a page or a frame that is not taken. */
const READERS = /^main\/(cascade|image|store|tiers|wal)\//;
const WORDS_MAX = 70;

type Parsed = readonly (readonly [file: string, source: SourceFile])[];

/** The sources under main/, as the compiler parses them: alone, nothing that they import is looked for. */
function parse<T>(root: string, folders: readonly string[], visit: (files: Parsed) => T): T {
  const files = folders
    .flatMap((folder) => globSync(`main/${folder}/**/*.ts`, { cwd: root }))
    .filter((file) => !/\.test(-support)?\.ts$/.test(file))
    .sort();
  const directory = mkdtempSync(join(tmpdir(), 'rearm-sources-'));
  const config = join(directory, 'tsconfig.json');
  const compilerOptions = { noLib: true, noResolve: true, types: [] };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: files.map((file) => join(root, file)) }));
  const api = new API({ cwd: root });
  try {
    const { program } = api.updateSnapshot({ openProjects: [config] }).getProjects()[0]!;
    return visit(files.map((file) => [file, program.getSourceFile(join(root, file))!]));
  } finally {
    api.close();
    rmSync(directory, { recursive: true });
  }
}

function walk(node: Node, visit: (node: Node, within: Node | null) => void, within: Node | null = null): void {
  visit(node, within);
  const isFunction = isFunctionDeclaration(node) || isMethodDeclaration(node) || isArrowFunction(node) || isFunctionExpression(node);
  node.forEachChild((child) => walk(child, visit, isFunction ? node : within));
}

const lineOf = (source: SourceFile, at: number): number => source.text.slice(0, at).split('\n').length;
const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** Every sync and directory sync of what runs, one at a time: of the engine, the gate, and of the storage itself. */
export const syncs = (root: string): PlantedBug[] =>
  parse(root, ['*'], (files) =>
    files.flatMap(([file, source]) => {
      const bugs: PlantedBug[] = [];
      walk(source, (node) => {
        if (!isCallExpression(node) || !isPropertyAccessExpression(node.expression)) return;
        const what = whatGoes(file, node.expression.name.text);
        if (what === null || node.expression.expression.getText(source) === 'Atomics') return;
        const at = node.getStart(source);
        const from = source.text.slice(at, node.end);
        bugs.push({ name: `no ${what}: ${file}:${lineOf(source, at)}: ${inOneLine(from)}`, file, edits: [{ from, to: '0', at }] });
      });
      return bugs;
    }),
  );

export interface RemovedCheck extends PlantedBug {
  /** Of EQUIVALENT: the file and the first words of the condition, with a number where they are not the first in the file. */
  readonly key: string;
}

const typeOf = (node: Node | null, source: SourceFile): string => {
  const type = node && 'type' in node ? (node.type as Node | undefined) : undefined;
  return type?.getText(source) ?? '';
};

/** Names of the functions whose result is `never`. */
function refusing(files: Parsed): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [, source] of files)
    walk(source, (node) => {
      const named = isArrowFunction(node) && isVariableDeclaration(node.parent) ? node.parent : node;
      if (typeOf(node, source) === 'never' && 'name' in named && named.name) names.add((named.name as Node).getText(source));
    });
  return names;
}

function isRefusal(branch: Statement, within: Node | null, file: string, source: SourceFile, never: ReadonlySet<string>): boolean {
  const last = isBlock(branch) ? branch.statements.at(-1) : branch;
  if (!last) return false;
  if (isThrowStatement(last)) return isNewExpression(last.expression!) || isCallExpression(last.expression!);
  const refuses = (expression: Expression | undefined): boolean => {
    if (!expression || !isCallExpression(expression)) return false;
    const called = expression.expression.getText(source).replace(/^this\./, '');
    return never.has(called) || TELLING.has(called);
  };
  if (isExpressionStatement(last)) return refuses(last.expression);
  if (!isReturnStatement(last) || !last.expression) return false;
  const result = typeOf(within, source);
  const { expression } = last;
  if (isNullLiteral(expression)) return READERS.test(file) && result.includes('null');
  // A text among other results is a finding in words, or its name.
  if (isStringLiteral(expression) || isNoSubstitutionTemplateLiteral(expression) || isTemplateExpression(expression))
    return /\||^Verdict$/.test(result);
  return refuses(expression);
}

/** Every check of the engine, one at a time. */
export const checks = (root: string): RemovedCheck[] =>
  parse(root, ENGINE, (files) => {
    const never = refusing(files);
    return files.flatMap(([file, source]) => {
      const seen = new Map<string, number>();
      const bugs: RemovedCheck[] = [];
      walk(source, (node, within) => {
        if (!isIfStatement(node) || !isRefusal(node.thenStatement, within, file, source, never)) return;
        const at = node.expression.getStart(source);
        const from = source.text.slice(at, node.expression.end);
        const words = inOneLine(from).slice(0, WORDS_MAX);
        const number = (seen.get(words) ?? 0) + 1;
        seen.set(words, number);
        const key = `${file}: ${words}${number > 1 ? ` #${number}` : ''}`;
        const name = `no check: ${file}:${lineOf(source, at)}: ${words}`;
        bugs.push({ name, key, file, edits: [{ from, to: `false && (${from})`, at }] });
      });
      return bugs;
    });
  });
