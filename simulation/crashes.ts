/** The disks that a power cut may leave at one moment: all of them where they are few, a choice of them where they are many. */

import { DESTROYED, Durability, type Pending } from './durability.ts';
import type { Random } from './model/random.ts';

export interface CrashLimits {
  /** Every combination is tried where there are at most so many. */
  readonly exhaustive: number;
  /** How many are tried where there are more. */
  readonly samples: number;
  /** Where there are more, and no more than so many sectors: besides, every subset of these, each as it was or as it was written last. */
  readonly sectors?: number;
}

/** What survived of each pending change, 0 for nothing. */
export type Choices = readonly number[];

export function* powerCuts(pending: readonly Pending[], limits: CrashLimits, random: Random): Generator<Choices> {
  const counts = Durability.choicesOf(pending);
  const ways = Durability.waysOf(pending, limits.exhaustive + 1);
  if (ways <= limits.exhaustive) {
    const choices = counts.map(() => 0);
    for (;;) {
      yield [...choices];
      let at = 0;
      while (at < counts.length && choices[at] === counts[at]! - 1) choices[at++] = 0;
      if (at === counts.length) return;
      choices[at] = choices[at]! + 1;
    }
  }
  const last = counts.map((count) => count - 1);
  yield* subsets(pending, last, limits.sectors ?? 0, random);
  yield counts.map(() => 0);
  yield last;
  // Names without contents, contents without names.
  yield last.map((choice, i) => (pending[i]!.kind === 'name' ? choice : 0));
  yield last.map((choice, i) => (pending[i]!.kind === 'name' ? 0 : choice));
  for (let sample = 4; sample < limits.samples; sample += 1) {
    const how = random.below(4);
    const cut = random.below(counts.length + 1);
    if (how === 0) yield last.map((choice, i) => (i < cut ? choice : 0));
    else if (how === 1) yield last.map((choice, i) => (i === cut % counts.length ? 0 : choice));
    else if (how === 2) yield last.map((choice, i) => (i === cut % counts.length ? choice : 0));
    else yield counts.map((count) => random.below(count));
  }
}

/** Ways in which names and sizes survive, with each of which every subset of the sectors is tried. */
const OTHERS_MAX = 8;

function* subsets(pending: readonly Pending[], newest: Choices, sectorsMax: number, random: Random): Generator<Choices> {
  const at = [...pending.keys()];
  const sectors = at.filter((i) => pending[i]!.kind === 'sector');
  const others = at.filter((i) => pending[i]!.kind !== 'sector');
  if (sectors.length === 0 || sectors.length > sectorsMax) return;
  const choices = newest.map(() => 0);
  const keep = (some: readonly number[], kept: (i: number) => boolean): void => {
    for (const [i, index] of some.entries()) choices[index] = kept(i) ? newest[index]! : 0;
  };
  const few = 2 ** others.length <= OTHERS_MAX;
  for (let way = 0; way < (few ? 2 ** others.length : OTHERS_MAX); way += 1) {
    // Of many names all are there, none, or some.
    keep(others, (i) => (few ? (way & (1 << i)) !== 0 : way === 0 || (way > 1 && random.chance(0.5))));
    for (let subset = 0; subset < 2 ** sectors.length; subset += 1) {
      keep(sectors, (i) => (subset & (1 << i)) !== 0);
      yield [...choices];
    }
  }
}

/** What became of one pending change, in words. @param choice which version survived */
export function describeChange(pending: Pending, choice: number, nameOf: (inode: number) => string): string {
  const newest = Durability.choicesOf([pending])[0]! - 1;
  const version = choice === 0 ? 'lost' : choice === newest ? 'survived' : `survived in version ${choice} of ${newest}`;
  if (pending.kind === 'sector' && pending.versions[choice - 1] === DESTROYED)
    return `sector ${pending.sector} of ${nameOf(pending.inode)} was destroyed`;
  if (pending.kind === 'sector') return `sector ${pending.sector} of ${nameOf(pending.inode)} ${version}`;
  if (pending.kind === 'size') return `the size of ${nameOf(pending.inode)} ${version}`;
  const { effect } = pending;
  return `${effect.kind} ${effect.kind === 'rename' ? `${effect.from} -> ${effect.to}` : effect.path} ${version}`;
}
