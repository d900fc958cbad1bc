/**
 * `npm run reliability [-- --only PART] [--minutes N] [--fresh] [--list]`: the long profile, what docs/RELIABILITY.md has its figures from. Hours;
 * it goes on where it was stopped, as long as the engine and what judges it are the same, and writes down what came of each share.
 */

import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { machineOf } from '../bench/machine.ts';
import { provideTools } from './packages.ts';
import { PARTS } from './reliability-parts.ts';
import { type PartResult, readResults, resultsTable, writeResults } from './reliability-results.ts';
import { ROOT } from './run.ts';

/** What is tried, and what tries it. */
const JUDGED = ['main', 'shared', 'simulation', 'tests/crash', 'tests/faults'];

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    minutes: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();

async function runAll(): Promise<void> {
  const chosen = PARTS.filter(({ name }) => !values.only || values.only.includes(name));
  if (chosen.length === 0) throw new Error(`--only is one of: ${PARTS.map(({ name }) => name).join('; ')}`);
  if (git('status', '--porcelain', '--', ...JUDGED) !== '')
    throw new Error(`commit what was changed in ${JUDGED.join(', ')} first: the figures name a commit`);
  const sources = git('rev-parse', ...JUDGED.map((path) => `HEAD:${path}`)).replaceAll('\n', ' ');
  const commit = git('log', '-1', '--format=%h', '--', ...JUDGED);
  const { cpu, cores, memoryBytes, system, node } = machineOf(ROOT);
  const machine = `${cpu}, ${cores} cores, ${Math.round(memoryBytes / 2 ** 30)} GiB, ${system}, Node ${node}`;
  await provideTools();

  const ended = new AbortController();
  process.once('SIGINT', () => ended.abort());
  const until = performance.now() + Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  for (const { name, shares, run } of chosen) {
    for (let share = 1; share <= shares; share += 1) {
      const before = readResults();
      const known = before[name];
      const same = known?.sources === sources && !(values.fresh && share === 1);
      const done: PartResult['shares'] = same ? known.shares : [];
      if (done.some((entry) => entry.share === share)) continue;
      if (performance.now() > until || ended.signal.aborted) return;
      process.stderr.write(`\n== ${name}, ${share} of ${shares}\n`);
      const started = performance.now();
      const figures = await run(share, ended.signal);
      const seconds = Math.round((performance.now() - started) / 1000);
      const day = new Date().toISOString().slice(0, 10);
      // Another part may have been written meanwhile.
      writeResults({ ...readResults(), [name]: { commit, sources, machine, day, shares: [...done, { share, seconds, figures }] } });
    }
  }
}

if (!values.list) await runAll();
console.log(resultsTable());
