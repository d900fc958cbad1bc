/** What is to catch a planted bug, in the order of what it costs, and what it says: the test that fails, or the verdict. */

import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import type { Catch } from './planted-catches.ts';
import { ROOT } from './run.ts';

/** What the checks need of the project. */
export const COPIED = [
  'app',
  'main',
  'shared',
  'simulation',
  'tests',
  'scripts',
  'docs',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
];

export interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** A bug that makes it hang is caught: without it the check ends in this time. */
  readonly secondsMax: number;
  /** It takes seconds, not minutes. */
  readonly quick: boolean;
}

const vitest = (...args: string[]): readonly string[] => ['vitest', 'run', '--bail', '1', ...args];
const rearm = (...args: string[]): readonly string[] => ['node', '--no-warnings', 'app/cli/rearm.ts', ...args, '--bail', '--json'];

/** Of a bug in this file of the project at `root`, first what caught it the last time. The simulation does not run the gate. */
export function checksOf(file: string, root: string, last?: Catch): readonly Check[] {
  const checks = inOrder(file, root);
  if (!last) return checks;
  const test = last.test !== null && existsSync(join(root, last.test)) ? last.test : null;
  const again = test
    ? [{ name: last.by, command: vitest(test), secondsMax: 300, quick: true }]
    : checks.filter(({ name, command }) => name === last.by && command[0] !== 'vitest');
  return [...again, ...checks.filter((check) => !again.includes(check))];
}

function inOrder(file: string, root: string): readonly Check[] {
  const folder = dirname(file);
  const own = file.replace(/\.ts$/, '.test.ts');
  const beside = globSync(`${folder}/*.test.ts`, { cwd: root });
  return [
    ...(beside.includes(own) ? [{ name: 'its own test', command: vitest(own), secondsMax: 120, quick: true }] : []),
    ...(beside.length > (beside.includes(own) ? 1 : 0)
      ? [{ name: 'tests beside it', command: vitest(`${folder}/`), secondsMax: 300, quick: true }]
      : []),
    ...(folder === 'main/gate' ? [] : [{ name: 'simulation', command: rearm('sim', '--seeds', '4'), secondsMax: 300, quick: true }]),
    { name: 'damage', command: rearm('fuzz'), secondsMax: 600, quick: false },
    {
      name: 'unit tests',
      command: vitest(
        'main/',
        'simulation/model/',
        'tests/trace/',
        'tests/flow/reconstruct.test.ts',
        'tests/cli/old-runtime.test.ts',
        'tests/crash/log-failure.test.ts',
      ),
      secondsMax: 900,
      quick: false,
    },
    { name: 'long simulation', command: rearm('sim', '--profile', 'long', '--seeds', '3'), secondsMax: 900, quick: false },
    { name: 'power cuts and deaths', command: vitest('tests/faults/', 'tests/crash/kill.test.ts'), secondsMax: 900, quick: false },
  ];
}

const WORDS_MAX = 160;
const short = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > WORDS_MAX ? `${line.slice(0, WORDS_MAX)}…` : line;
};
const firstLine = (text: string): string => text.split('\n').find((line) => line.trim() !== '') ?? 'it failed without a word';

interface VitestResult {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** @returns the first test file in which something failed, with that */
function failedTest(file: string): { readonly path: string; readonly words: string } | null {
  if (!existsSync(file)) return null;
  for (const { name, message, assertionResults } of (JSON.parse(readFileSync(file, 'utf8')) as VitestResult).testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed || message) return { path: name, words: `${basename(name)}: ${failed?.fullName ?? firstLine(message)}` };
  }
  return null;
}

interface Judged {
  readonly failures: readonly {
    readonly seed?: number;
    readonly story?: string;
    readonly subject?: string;
    readonly damage?: string;
    readonly verdict?: string;
    readonly words?: string;
  }[];
}

function failedVerdict(stdout: string): string | null {
  if (!stdout.startsWith('{')) return null;
  const [failure] = (JSON.parse(stdout) as Judged).failures;
  if (!failure) return null;
  const { seed, story, subject, damage, verdict, words } = failure;
  return story === undefined ? `${subject} store, ${damage}: ${verdict}: ${words}` : `seed ${seed}: ${story}`;
}

/** What the check says in this copy of the project; null where it passes. */
export function failureOf({ name: by, command: [program, ...args], secondsMax }: Check, directory: string): Promise<Catch | null> {
  const result = join(directory, 'planted-result.json');
  rmSync(result, { force: true });
  const isVitest = program === 'vitest';
  const child = spawn(
    join(ROOT, 'node_modules/.bin', program!),
    [...args, ...(isVitest ? ['--reporter=json', `--outputFile=${result}`] : [])],
    {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH}`, REARM_PROFILE: '' },
    },
  );
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, secondsMax * 1000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      if (hangs) return resolve({ by, test: null, words: `it does not end within ${secondsMax} s` });
      if (status === 0) return resolve(null);
      const failed = isVitest ? failedTest(result) : null;
      const said = isVitest ? failed?.words : failedVerdict(output.stdout);
      // Whoever reports the tests has its own words on standard output: they tell nothing where a process was ended from outside.
      const words = short(said ?? firstLine(output.stderr || (isVitest ? '' : output.stdout)));
      resolve({ by, test: failed ? relative(realpathSync(directory), failed.path) : null, words });
    });
  });
}
