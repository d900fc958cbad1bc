/** Entry of a fuzzing thread: one piece after the other. */

import { parentPort } from 'node:worker_threads';
import type { Damage } from './damage.ts';
import { choose } from './depth.ts';
import { FUZZ_SEED, type FuzzCounts, type FuzzFailure, type FuzzPiece } from './fuzz.ts';
import { judgeDamage } from './judge-damage.ts';
import { type DamageSubject, damagesOf, subjectOf } from './subject.ts';

export interface FuzzTold {
  readonly piece: FuzzPiece;
  readonly kind: Damage['kind'];
  readonly counts: Partial<Record<keyof FuzzCounts, number>>;
  readonly failures: readonly FuzzFailure[];
}

const subjects = new Map<string, Promise<DamageSubject>>();

// Errors are part of what is judged, by the thousand: their stacks cost more than what they tell.
Error.stackTraceLimit = 3;

parentPort!.on('message', async (piece: FuzzPiece) => {
  const { subject: name, depth, enumeration: index, from, to } = piece;
  const making = subjects.get(name) ?? subjectOf(name, FUZZ_SEED);
  subjects.set(name, making);
  const subject = await making;
  const enumeration = damagesOf(subject)[index]!;
  const choice = choose(enumeration, depth, subject.tree.bytes(enumeration.path), index);
  const counts: Partial<Record<keyof FuzzCounts, number>> = {};
  const failures: FuzzFailure[] = [];
  const count = (what: keyof FuzzCounts): void => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  for (let n = from; n < to; n += 1) {
    const number = choice.at(n);
    const judged = judgeDamage(subject, enumeration.at(number), depth === 'exhaustive');
    if (!judged) continue;
    const { verdict, damage, words, missed } = judged;
    count('damages');
    count(verdict);
    if (missed) count('missed');
    if (missed || (verdict !== 'right' && verdict !== 'refused'))
      failures.push({ subject: name, enumeration: index, number, verdict: missed ? 'missed' : verdict, damage, words });
  }
  parentPort!.postMessage({ piece, kind: enumeration.kind, counts, failures } satisfies FuzzTold);
});
