/** Every kind of damage to every file of small stores, side by side in threads: the right state or a refusal by name, and no flip missed. */

import { RearmError } from '../shared/errors.ts';
import { DAMAGE_KINDS, type Damage, describeDamage } from './damage.ts';
import { choose, type Depth } from './depth.ts';
import type { FuzzTold } from './fuzz-thread.ts';
import type { Verdict } from './judge.ts';
import { type JudgedDamage, judgeDamage } from './judge-damage.ts';
import { overThreads } from './pool.ts';
import { damagesOf, SUBJECTS, type SubjectName, subjectOf } from './subject.ts';

/** Some of the damages of one enumeration. */
export interface FuzzPiece {
  readonly subject: SubjectName;
  readonly depth: Depth;
  /** Place of the enumeration among those of its subject. */
  readonly enumeration: number;
  readonly from: number;
  readonly to: number;
}

/** One damage by number: the same in every run of the same commit. */
export interface FuzzCase {
  readonly subject: SubjectName;
  readonly enumeration: number;
  readonly number: number;
}

/** The n-th of `of`, from 1. */
export interface Share {
  readonly n: number;
  readonly of: number;
}

export const FUZZ_SEED = 1;
const PIECE = 400;

export type FuzzCounts = Readonly<Record<Verdict | 'damages' | 'missed', number>>;

export interface FuzzFailure extends FuzzCase {
  /** `missed`: what was recovered is right, and verify does not show the flip. */
  readonly verdict: Verdict | 'missed';
  readonly damage: string;
  readonly words: string;
}

export interface Fuzzing {
  /** Damaged stores that were recovered and judged; a damage that changes nothing is none. */
  readonly damages: number;
  readonly lost: number;
  readonly invented: number;
  readonly wrong: number;
  readonly crashed: number;
  /** Not the right state, and said so: what a damage may come to. */
  readonly refused: number;
  /** Flipped bits that verify does not find, or not with their file and the page, frame or chunk that holds them. */
  readonly missed: number;
  readonly byKind: Readonly<Partial<Record<Damage['kind'], FuzzCounts>>>;
  readonly failures: readonly FuzzFailure[];
  readonly damagesPerSecond: number;
  readonly seconds: number;
  readonly cancelled: boolean;
}

export interface FuzzOptions {
  readonly depth: Depth;
  /** Of the subjects; all where it is left out. */
  readonly subjects?: readonly SubjectName[] | undefined;
  /** One of so many parts, every one a little of everything. */
  readonly share?: Share | undefined;
  /** Stops at the first failure. */
  readonly bail?: boolean | undefined;
  readonly threads?: number | undefined;
  readonly progress?: ((fraction: number, words: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const NOTHING: FuzzCounts = { damages: 0, right: 0, refused: 0, lost: 0, invented: 0, wrong: 0, crashed: 0, missed: 0 };
const FAILURES_MAX = 100;

export async function runFuzzing({
  depth,
  subjects = SUBJECTS,
  share = { n: 1, of: 1 },
  bail = false,
  threads,
  progress,
  signal,
}: FuzzOptions): Promise<Fuzzing> {
  const started = performance.now();
  const pieces: FuzzPiece[] = [];
  let total = 0;
  let number = 0;
  for (const subject of subjects) {
    const made = await subjectOf(subject, FUZZ_SEED);
    for (const [index, enumeration] of damagesOf(made).entries()) {
      const { count } = choose(enumeration, depth, made.tree.bytes(enumeration.path), index);
      for (let from = 0; from < count; from += PIECE) {
        number += 1;
        if (number % share.of !== share.n % share.of) continue;
        const to = Math.min(count, from + PIECE);
        total += to - from;
        pieces.push({ subject, depth, enumeration: index, from, to });
      }
    }
  }
  const byKind = new Map<Damage['kind'], Record<keyof FuzzCounts, number>>();
  const failures: FuzzFailure[] = [];
  const failed = new AbortController();
  let tried = 0;
  await overThreads<FuzzPiece, FuzzTold>({
    entry: './fuzz-thread',
    threads,
    pieces,
    signal: AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]),
    told: ({ kind, counts, failures: found, piece }) => {
      const sum = byKind.get(kind) ?? { ...NOTHING };
      byKind.set(kind, sum);
      for (const [name, count] of Object.entries(counts)) sum[name as keyof FuzzCounts] += count;
      failures.push(...found.slice(0, FAILURES_MAX - failures.length));
      if (bail && failures.length > 0) failed.abort();
      tried += piece.to - piece.from;
      progress?.(tried / total, `${tried.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}: ${kind}, ${piece.subject} store`);
      return true;
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const sum = (name: keyof FuzzCounts): number => [...byKind.values()].reduce((all, counts) => all + counts[name], 0);
  return {
    damages: sum('damages'),
    lost: sum('lost'),
    invented: sum('invented'),
    wrong: sum('wrong'),
    crashed: sum('crashed'),
    refused: sum('refused'),
    missed: sum('missed'),
    byKind: Object.fromEntries(DAMAGE_KINDS.flatMap((kind) => (byKind.has(kind) ? [[kind, byKind.get(kind)!]] : []))),
    failures,
    damagesPerSecond: Math.round(sum('damages') / seconds),
    seconds: Math.round(seconds * 10) / 10,
    cancelled: signal?.aborted === true,
  };
}

/** One damage again. @throws RearmError NOT_FOUND where there is none of this number */
export async function judgeCase({ subject: name, enumeration: index, number }: FuzzCase): Promise<JudgedDamage> {
  const subject = await subjectOf(name, FUZZ_SEED);
  const enumeration = damagesOf(subject)[index];
  if (!enumeration || number >= enumeration.count)
    throw new RearmError('NOT_FOUND', `the ${name} store has no damage ${number} of enumeration ${index}`, { index, number });
  const damage = enumeration.at(number);
  return judgeDamage(subject, damage) ?? { verdict: 'right', damage: describeDamage(damage), words: 'it changes nothing', missed: false };
}
