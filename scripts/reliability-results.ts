/** What the long profile came to, by part: docs/figures/reliability.json, and the table that docs/RELIABILITY.md shows of it. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Figures, PARTS, sumOf } from './reliability-parts.ts';
import { ROOT } from './run.ts';

export interface ShareResult {
  readonly share: number;
  readonly seconds: number;
  readonly figures: Figures;
}

export interface PartResult {
  /** Commit of the engine and of what judges it. */
  readonly commit: string;
  /** Of their sources: shares of other sources are not summed up. */
  readonly sources: string;
  readonly machine: string;
  /** Day of the last share. */
  readonly day: string;
  readonly shares: readonly ShareResult[];
}

export type Results = Readonly<Record<string, PartResult>>;

const FILE = join(ROOT, 'docs/figures/reliability.json');

export const readResults = (): Results => (existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : {});

export function writeResults(results: Results): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(results, null, 1)}\n`);
}

const duration = (seconds: number): string =>
  seconds < 5400 ? `${Math.max(1, Math.round(seconds / 60))} min` : `${(seconds / 3600).toFixed(1)} h`;

/** One row for each part. */
export function resultsTable(results: Results = readResults()): string {
  const rows = PARTS.map(({ name, shares, words }) => {
    const result = results[name];
    if (!result || result.shares.length === 0) return `| ${name} | not run yet | | |`;
    const part = result.shares.length < shares ? ` (${result.shares.length} of ${shares} shares)` : '';
    const seconds = result.shares.reduce((sum, share) => sum + share.seconds, 0);
    return `| ${name} | ${words(sumOf(result.shares.map(({ figures }) => figures)))}${part} | ${duration(seconds)} | \`${result.commit}\`, ${result.day} |`;
  });
  const machines = [...new Set(Object.values(results).map(({ machine }) => machine))];
  return `| part | what came of it | took | engine of |\n|---|---|---|---|\n${rows.join('\n')}\n${machines.length > 0 ? `\nOn: ${machines.join('; ')}.\n` : ''}`;
}
