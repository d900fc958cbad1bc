/** What became of one damage: by the rule, and by verify where a bit was flipped. */

import { verify } from '../main/verify/verify.ts';
import { RearmError } from '../shared/errors.ts';
import { type Damage, damaged, describeDamage } from './damage.ts';
import type { FileTree } from './file-tree.ts';
import { judge, type Verdict } from './judge.ts';
import { isNamed, Places } from './places.ts';
import { permitted } from './released.ts';
import { SimulatedStorage } from './storage.ts';
import type { DamageSubject } from './subject.ts';
import { ROOT } from './workload.ts';

export interface JudgedDamage {
  readonly verdict: Verdict;
  /** What was done, in words. */
  readonly damage: string;
  readonly words: string;
  /** A flipped bit that verify does not show. */
  readonly missed: boolean;
}

/**
 * null where the damage leaves every file as it was: two sectors of zeros that were swapped.
 *
 * @param alone verify looks at the damaged file by itself first, and at the whole store only where that shows nothing: what a file
 *   shows by itself it shows among others too
 */
export function judgeDamage(subject: DamageSubject, damage: Damage, alone = false): JudgedDamage | null {
  const tree = damaged(subject, damage);
  if (isSame(subject.tree, tree, damage)) return null;
  const forged = damage.kind === 'forged field';
  let { verdict, words } = judge(tree, subject.expected, forged);
  const stopped = forged ? verifyStops(subject, tree) : null;
  if (stopped) [verdict, words] = ['crashed', stopped];
  if (verdict === 'refused' && isOfOneCopy(subject, damage))
    [verdict, words] = ['wrong', `every other copy is whole, and it is refused: ${words}`];
  const wrong = subject.accepted && permitted(tree, subject.expected.clock, subject.accepted);
  if (wrong) [verdict, words] = ['wrong', wrong];
  const missed = damage.kind === 'bit' && !(alone && shows(subject, tree, damage, damage.path)) && !shows(subject, tree, damage);
  return { verdict, words, damage: describeDamage(damage), missed };
}

const isOfTier = (path: string): boolean => /^\/store\/l[123]\//.test(path);

/** Whether it is of one file of one tier: each other one and the log cover it, and nothing may be refused. Not a forged field, which may say that there was more. */
function isOfOneCopy({ tree }: DamageSubject, damage: Damage): boolean {
  if (!isOfTier(damage.path) || damage.kind === 'forged field') return false;
  if (damage.kind === 'swapped sectors') return damage.other === damage.path;
  if (damage.kind !== 'renamed file' && damage.kind !== 'duplicated file') return true;
  return !tree.entries.has(damage.to);
}

function isSame(before: FileTree, after: FileTree, damage: Damage): boolean {
  if (damage.kind === 'deleted file' || damage.kind === 'renamed file' || damage.kind === 'duplicated file') return false;
  const paths = damage.kind === 'swapped sectors' ? [damage.path, damage.other] : [damage.path];
  return paths.every((path) => before.fingerprintOf(path) === after.fingerprintOf(path));
}

/** Of another release: the only files beside the identity at which a verification ends. */
const ENDS_OF_VERIFY: ReadonlySet<string> = new Set(['VERSION_NEWER', 'VERSION_OLDER', 'IDENTITY_LOST']);

/** How a verification ended that was to go on to the last file; null where it did. */
function verifyStops({ expected: { clock, bootId } }: DamageSubject, tree: FileTree): string | null {
  try {
    verify({ storage: new SimulatedStorage({ tree }), clock, root: ROOT, bootId });
    return null;
  } catch (error) {
    return error instanceof RearmError && ENDS_OF_VERIFY.has(error.code) ? null : `the verification ended with ${(error as Error).stack}`;
  }
}

const places = new WeakMap<FileTree, Places>();

function placesOf({ tree }: DamageSubject): Places {
  const known = places.get(tree) ?? new Places(tree);
  places.set(tree, known);
  return known;
}

/**
 * Whether verify names the file in which a bit was flipped, and the page, frame, chunk or line of it that holds the bit, with its rows; of a
 * file that is one record, the whole of it, and no offset that nobody can know.
 */
function shows(subject: DamageSubject, tree: FileTree, { path, bit }: Extract<Damage, { kind: 'bit' }>, only?: string): boolean {
  try {
    const { clock, bootId } = subject.expected;
    const storage = new SimulatedStorage({ tree });
    const { files } = verify({ storage, clock, root: ROOT, bootId, only: only?.slice(ROOT.length + 1) });
    const file = files.find((entry) => `${ROOT}/${entry.path}` === path);
    // Behind the last frame of a full segment it is a note: what a failed sync left there looks the same, and is nobody's.
    if (!file || (file.status === 'whole' && !file.findings.some(({ code }) => code === 'SUPERSEDED'))) return false;
    return isNamed(placesOf(subject).at(path, bit >> 3), bit >> 3, file.findings);
  } catch (error) {
    // A bit of a version: refused by name, with the file.
    if (!(error instanceof RearmError) || error.code !== 'VERSION_NEWER') throw error;
    return error.message.includes(path);
  }
}
