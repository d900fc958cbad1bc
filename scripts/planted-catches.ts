/** Which check caught a planted bug the last time, and what it said: docs/figures/planted.json. It is tried first the next time. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run.ts';

export interface Catch {
  /** Name of the check. */
  readonly by: string;
  /** File of the test that failed; null where the check is none of tests. */
  readonly test: string | null;
  readonly words: string;
}

const FILE = join(ROOT, 'docs/figures/planted.json');

/** Lines move. */
const keyOf = (bug: string): string => bug.replace(/(\.ts):\d+/, '$1');

const all = (): Record<string, Catch> => (existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Catch>) : {});

export const lastCatch = (bug: string): Catch | undefined => all()[keyOf(bug)];

export function keepCatch(bug: string, caught: Catch): void {
  const catches = Object.entries({ ...all(), [keyOf(bug)]: caught }).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(catches), null, 1)}\n`);
}
