/** What a measurement gets, and what it gives. */

import fs from 'node:fs';
import { join } from 'node:path';
import type { Limit } from '../limit/limit.ts';
import type { Row } from '../row.ts';

export interface Bench {
  /** Empty, on the disk that is measured, and removed afterwards. */
  readonly directory: string;
  readonly limit: Limit;
  /** A fraction of the rounds: for a look, not for a claim. */
  readonly short: boolean;
  /** Says where it stands. */
  readonly tell: (words: string) => void;
}

export interface Measurement {
  /** With what the names of its rows begin. */
  readonly name: string;
  run(bench: Bench): Promise<Row[]>;
}

/** Repetitions of everything; a row's spread is theirs. */
export const REPETITIONS = 5;

/** Samples cut into repetitions, one after the other. */
export function repetitions(samples: Float64Array): Float64Array[] {
  const size = Math.floor(samples.length / REPETITIONS);
  return Array.from({ length: REPETITIONS }, (_, i) => samples.subarray(i * size, (i + 1) * size));
}

/** Removes what a measurement left in its directory. */
export function clear(directory: string): void {
  for (const name of fs.readdirSync(directory)) fs.rmSync(join(directory, name), { recursive: true });
}

/** A number for people. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** Milliseconds of a piece of work. */
export function timedMs(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
