/**
 * How much a test of chance tries: a little in every run, all of it in the long profile, which may be done in shares (scripts/reliability.ts);
 * and the figures that it leaves for whoever asked for them.
 */

import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const LONG = process.env.REARM_PROFILE === 'long';
/** Of the randomness; another one for each share. */
export const SEED = Number(process.env.REARM_SEED ?? 1);
const SHARES = Number(process.env.REARM_SHARES ?? 1);

/** @param long of all shares together */
export const amount = (short: number, long: number): number => (LONG ? Math.ceil(long / SHARES) : short);

export function leaveFigures(figures: Readonly<Record<string, number>>): void {
  const directory = process.env.REARM_FIGURES;
  if (directory) writeFileSync(join(directory, `${randomUUID()}.json`), JSON.stringify(figures));
}
