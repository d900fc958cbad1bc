/**
 * `npm run reliability [-- --only PART] [--minutes N] [--fresh] [--list]`: the long profile, what docs/RELIABILITY.md has its figures from. Hours;
 * it goes on where it was stopped, as long as the sources of a part are the same, and writes down what came of each share.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { machineOf } from '../bench/machine.ts';
import { provideTools } from './packages.ts';
import { isSource, PARTS, type Part } from './reliability-parts.ts';
import { type PartResult, readResults, resultsTable, writeResults } from './reliability-results.ts';
import { ROOT } from './run.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    minutes: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

const git = (...args: string[]): string => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();

/** What a part is of, in short, and the last commit that changed it. */
function sourcesOf({ name, shares, command, sources, withTests }: Part): { readonly commit: string; readonly sources: string } {
  const entries = git('ls-tree', '-r', 'HEAD', '--', ...sources)
    .split('\n')
    .map((line) => ({ line, file: line.split('\t')[1]! }))
    .filter(({ file }) => isSource(file, sources, withTests));
  const hash = createHash('sha256').update([name, shares, ...command, ...entries.map(({ line }) => line)].join('\n'));
  const commit = git('log', '-1', '--format=%h', '--', ...entries.map(({ file }) => file));
  return { commit, sources: hash.digest('hex').slice(0, 16) };
}

async function runAll(): Promise<void> {
  const chosen = PARTS.filter(({ name }) => !values.only || values.only.includes(name));
  if (chosen.length === 0) throw new Error(`--only is one of: ${PARTS.map(({ name }) => name).join('; ')}`);
  const judged = [...new Set(chosen.flatMap((part) => part.sources))];
  const changed = git('status', '--porcelain', '--', ...judged);
  if (changed !== '') throw new Error(`commit what was changed first, the figures name a commit:\n${changed}`);
  const { cpu, cores, memoryBytes, system, node } = machineOf(ROOT);
  const machine = `${cpu}, ${cores} cores, ${Math.round(memoryBytes / 2 ** 30)} GiB, ${system}, Node ${node}`;
  await provideTools();

  const ended = new AbortController();
  process.once('SIGINT', () => ended.abort());
  const until = performance.now() + Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  for (const part of chosen) {
    const { name, shares, run } = part;
    const { commit, sources } = sourcesOf(part);
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
