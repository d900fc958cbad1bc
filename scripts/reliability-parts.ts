/** The parts of the long profile: each is done in shares, so that it can be stopped and gone on with, and sums its figures up. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { StageResult } from '../tests/support/not-run-reporter.ts';
import { COPIED } from './planted-catch.ts';
import { ROOT } from './run.ts';

/** Sums over shares; what must be zero is under its own name, as `lost`. */
export type Figures = Readonly<Record<string, number>>;

export interface Part {
  readonly name: string;
  readonly shares: number;
  /** What it runs: with another command, or other shares of it, its figures are others. */
  readonly command: readonly string[];
  /** Files, where what it runs begins; all that they import lies within `sources` (reliability.test.ts). */
  readonly entries: readonly string[];
  /** Paths of what is tried and of what tries it: its figures are of these. Of a folder, not the tests in it. */
  readonly sources: readonly string[];
  /** The tests in its folders are what tries. */
  readonly withTests?: boolean;
  /** One line for the table: what was done, in words. */
  readonly words: (figures: Figures) => string;
  /** @param share from 1. @throws Error where a promise did not hold, or where it cannot run here */
  readonly run: (share: number, signal: AbortSignal) => Promise<Figures>;
}

/** Whether a file is one of these sources: of folders everything but tests and documents, where they are not what tries. */
export const isSource = (file: string, sources: readonly string[], withTests = false): boolean =>
  sources.includes(file) || (sources.some((path) => file.startsWith(`${path}/`)) && (withTests || !/\.test\.tsx?$|\.md$/.test(file)));

const BIN = join(ROOT, 'node_modules/.bin');
const count = (value = 0): string => value.toLocaleString('en-US');

/** Runs a program of the project, its progress on the terminal; its standard output, and how it ended. */
function output(
  [program, ...args]: readonly string[],
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly stdout: string; readonly status: number }> {
  // A group of its own: what it starts ends with it.
  const child = spawn(join(BIN, program!), args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
    env: { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`, ...env },
  });
  const stop = (): void => void process.kill(-child.pid!, 'SIGINT');
  signal.addEventListener('abort', stop);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      signal.removeEventListener('abort', stop);
      resolve({ stdout, status: status ?? 1 });
    });
  });
}

/** A command of the terminal that prints one document; a failure of it is told whole. */
async function rearm(args: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const { stdout, status } = await output(['node', '--no-warnings', 'app/cli/rearm.ts', ...args, '--json'], signal);
  if (status !== 0) throw new Error(`rearm ${args.join(' ')} ended with ${status}:\n${stdout}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function numbersOf(document: Readonly<Record<string, unknown>>, names: readonly string[]): Figures {
  const missing = names.filter((name) => !Number.isFinite(document[name]));
  if (missing.length > 0) throw new Error(`there are no figures called ${missing.join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, document[name] as number]));
}

/** Before the name of a class, in the figures. */
const CLASS = 'class: ';

/** How many there were of each class: of `counted` in the counts by class. */
const byClass = (counts: unknown, counted: string): Figures =>
  Object.fromEntries(
    Object.entries(counts as Readonly<Record<string, Readonly<Record<string, number>>>>).map(([name, of]) => [
      `${CLASS}${name}`,
      numbersOf(of, [counted])[counted]!,
    ]),
  );

const classWords = (figures: Figures): string =>
  Object.entries(figures)
    .flatMap(([name, value]) => (name.startsWith(CLASS) ? [`${name.slice(CLASS.length)} ${count(value)}`] : []))
    .join(', ');

export function sumOf(all: readonly Figures[]): Figures {
  const sum: Record<string, number> = {};
  for (const figures of all) for (const [name, value] of Object.entries(figures)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

const ENGINE = ['main', 'shared', 'package-lock.json'];
/** What submits to a process that is going to die, and what judges it then. */
const LIVES = [
  ...ENGINE,
  ...[
    'model',
    'stepped.ts',
    'workload.ts',
    'content.ts',
    'durability.ts',
    'effect.ts',
    'event.ts',
    'file-tree.ts',
    'storage.ts',
    'without.ts',
  ].map((name) => `simulation/${name}`),
  'tests/crash',
  'tests/faults',
  'tests/support',
];
const SIMULATION = [
  ...ENGINE,
  'simulation',
  'app/cli/commands/sim.ts',
  'app/cli/commands/fuzz.ts',
  'app/cli/options.ts',
  'app/cli/output.ts',
];

/** A test file in its long profile. */
function tests(name: string, shares: number, file: string, words: Part['words'], filter?: string): Part {
  const command = ['vitest', 'run', file, ...(filter ? ['-t', filter] : [])];
  return {
    name,
    shares,
    command,
    entries: [file, 'tests/crash/worker.ts', 'tests/faults/racer.ts'],
    sources: [...LIVES, file],
    words,
    run: async (share, signal) => {
      const directory = mkdtempSync(join(tmpdir(), 'rearm-figures-'));
      const result = join(directory, 'result');
      try {
        const figures = join(directory, 'figures-');
        const { stdout, status } = await output(command, signal, {
          REARM_PROFILE: 'long',
          REARM_SEED: String(share),
          REARM_SHARES: String(shares),
          REARM_FIGURES: directory,
          REARM_TEST_RESULT: result,
        });
        if (status !== 0) throw new Error(`${file} ended with ${status}:\n${stdout}`);
        const { notRun } = JSON.parse(readFileSync(result, 'utf8')) as StageResult;
        if (notRun.length > 0) throw new Error(`${file} cannot run here: ${notRun[0]!.reason}`);
        const left = readdirSync(directory).filter((entry) => entry.endsWith('.json'));
        if (left.length === 0) throw new Error(`${file} left no figures in ${figures}`);
        return sumOf(left.map((entry) => JSON.parse(readFileSync(join(directory, entry), 'utf8')) as Figures));
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  };
}

const verdict = ({ lost, invented, wrong, crashed }: Figures): string =>
  `lost ${count(lost)}, invented ${count(invented)}, silently wrong ${count(wrong)}, ended by a defect ${count(crashed)}`;
const lives = (figures: Figures): string =>
  `${count(figures.operations)} operations, ${count(figures.acknowledgements)} acknowledgements, ${count(figures.recoveries)} recoveries; ${verdict(figures)}`;

/** Of each share: some twenty thousand states a seed, ten million in all. */
const SEEDS_PER_SHARE = 16;

const simulation = ['sim', '--profile', 'long', '--seeds', String(SEEDS_PER_SHARE)];

/** Every kind of damage to these stores. */
function damage(name: string, shares: number, profile: string, subjects: readonly string[], what: string): Part {
  const command = ['fuzz', '--profile', profile, '--subject', ...subjects];
  return {
    name,
    shares,
    command,
    entries: ['app/cli/commands/fuzz.ts'],
    sources: SIMULATION,
    words: (figures) =>
      `${count(figures.damages)} damaged stores, ${what}: ${classWords(figures)}; ${verdict(figures)}; ` +
      `refused by name ${count(figures.refused)}; flips that verify did not show ${count(figures.missed)}`,
    run: async (share, signal) => {
      const document = await rearm([...command, '--share', `${share}/${shares}`], signal);
      const figures = numbersOf(document, ['damages', 'refused', 'lost', 'invented', 'wrong', 'crashed', 'missed']);
      return { ...figures, ...byClass(document.byKind, 'damages') };
    },
  };
}

const PLANTED_SHARES = 24;

export const PARTS: readonly Part[] = [
  tests(
    'two writers',
    1,
    'tests/faults/two-writers.test.ts',
    (figures) =>
      `${count(figures.races)} races of 4 processes for one store, ${count(figures.holdersKilled)} holders killed; never two at once`,
  ),
  tests(
    'writes under ext4',
    16,
    'tests/faults/block-log.test.ts',
    (figures) => `${count(figures.states)} disks of a recorded ext4, any subset of the writes that no flush covers; ${verdict(figures)}`,
  ),
  tests('deaths with damage on top', 4, 'tests/crash/kill.test.ts', (figures) => `${count(figures.runs)} kill -9: ${lives(figures)}`),
  tests('power cuts, ext4', 10, 'tests/faults/power-cut.test.ts', (figures) => `${count(figures.runs)} cuts: ${lives(figures)}`, 'ext4'),
  tests('power cuts, xfs', 10, 'tests/faults/power-cut.test.ts', (figures) => `${count(figures.runs)} cuts: ${lives(figures)}`, 'xfs'),
  tests(
    'deaths',
    20,
    'tests/crash/deaths.test.ts',
    (figures) =>
      `${count(figures.runs)} kill -9, ${count(figures.opening)} of them while the store was opened, ${count(figures.accepting)} while it was accepted: ${lives(figures)}`,
  ),
  {
    name: 'planted bugs',
    shares: PLANTED_SHARES,
    command: ['node', '--no-warnings', 'scripts/planted.ts'],
    entries: ['scripts/planted.ts'],
    // Not the documents: the figures themselves are among them.
    sources: [...COPIED.filter((path) => path !== 'docs'), 'package-lock.json'],
    withTests: true,
    words: (figures) => `${count(figures.caught)} of ${count(figures.planted)} caught: ${classWords(figures)}`,
    run: async (share, signal) => {
      const directory = mkdtempSync(join(tmpdir(), 'rearm-figures-'));
      const file = join(directory, 'planted.json');
      try {
        const { stdout, status } = await output(
          ['node', '--no-warnings', 'scripts/planted.ts', '--share', `${share}/${PLANTED_SHARES}`, '--json', file],
          signal,
        );
        process.stderr.write(stdout);
        if (status !== 0) throw new Error('a planted bug was not caught, or could not be planted');
        const { by, ...document } = JSON.parse(readFileSync(file, 'utf8')) as { readonly by: Figures };
        const caughtBy = Object.entries(by).map(([name, value]) => [`${CLASS}by ${name}`, value]);
        return { ...numbersOf(document, ['planted', 'caught']), ...Object.fromEntries(caughtBy) };
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
  },
  damage(
    'damage',
    40,
    'exhaustive',
    ['tiny', 'released'],
    'every bit, length, sector and pair of sectors of a store with a page for each table, and of what the gate wrote of another',
  ),
  damage(
    'damage, more stores',
    8,
    'long',
    ['young', 'cut', 'accepted'],
    'every bit that is set and every bit beside it, of a larger store, of one after a power cut and of one with two epochs',
  ),
  damage(
    'damage, a freed log',
    8,
    'long',
    ['freed'],
    'every bit that is set and every bit beside it, of a store whose log goes back to its snapshots only; of one damaged copy none refused',
  ),
  {
    name: 'simulated disks',
    shares: 30,
    command: simulation,
    entries: ['app/cli/commands/sim.ts'],
    sources: SIMULATION,
    words: (figures) =>
      `${count(figures.states)} distinct disks of ${count(figures.seeds)} seeds: ${classWords(figures)}; ${verdict(figures)}; ` +
      `refused ${count(figures.refused)}`,
    run: async (share, signal) => {
      const document = await rearm([...simulation, '--from', String(1 + (share - 1) * SEEDS_PER_SHARE)], signal);
      const figures = numbersOf(document, ['states', 'seeds', 'lost', 'invented', 'wrong', 'refused', 'crashed']);
      return { ...figures, ...byClass(document.byFault, 'states') };
    },
  },
];
