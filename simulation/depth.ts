/** Which of the damages of an enumeration are done: all of them, or a choice that is the same in every run. */

import type { Damage, Enumeration } from './damage.ts';
import { randomOf } from './model/random.ts';

export const DEPTHS = ['short', 'long', 'exhaustive'] as const;
/**
 * `short`: some of each kind to each file. `long`: every bit of every byte that is not zero, every truncation at one, every sector and file;
 * of the zeros, one bit in 64 bytes. `exhaustive`: everything that there is.
 */
export type Depth = (typeof DEPTHS)[number];

/** Of each kind, per file (per two files where sectors are swapped). */
const SHORT: Readonly<Record<Damage['kind'], number>> = {
  bit: 30,
  truncated: 12,
  'zeroed sector': 12,
  'swapped sectors': 3,
  'swapped blocks': 15,
  'stale sector': 10,
  'stale block': 10,
  'deleted file': 1,
  'renamed file': 6,
  'duplicated file': 6,
  'foreign file': 1,
  'older file': 10,
  'forged field': 30,
};
/** Swapped sectors of two files, in the long run: most pairs are of zeros. */
const SWAPPED_LONG = 200;
const ZEROS_PER_BIT = 64;

export interface Choice {
  readonly count: number;
  /** Number of the n-th chosen damage in its enumeration. */
  at(n: number): number;
}

const whole = ({ count }: Enumeration): Choice => ({ count, at: (n) => n });

function spread(enumeration: Enumeration, count: number, seed: number): Choice {
  if (enumeration.count <= count) return whole(enumeration);
  const stride = enumeration.count / count;
  const at = (n: number): number => Math.min(enumeration.count - 1, Math.floor((n + randomOf(seed, n).next()) * stride));
  return { count, at };
}

/** @param bytes of the file that is damaged @param seed of the choice, another one for another enumeration */
export function choose(enumeration: Enumeration, depth: Depth, bytes: Uint8Array, seed: number): Choice {
  const { kind } = enumeration;
  if (depth === 'exhaustive') return whole(enumeration);
  if (depth === 'short') return spread(enumeration, SHORT[kind], seed);
  if (kind === 'swapped sectors') return spread(enumeration, SWAPPED_LONG, seed);
  if (kind !== 'bit' && kind !== 'truncated') return whole(enumeration);
  const chosen: number[] = [];
  let zeros = 0;
  for (const [offset, byte] of bytes.entries()) {
    if (byte === 0 && zeros++ % ZEROS_PER_BIT > 0) continue;
    if (kind === 'truncated') chosen.push(offset);
    else if (byte === 0) chosen.push(offset * 8 + randomOf(seed, offset).below(8));
    else for (let bit = 0; bit < 8; bit += 1) chosen.push(offset * 8 + bit);
  }
  return { count: chosen.length, at: (n) => chosen[n]! };
}
