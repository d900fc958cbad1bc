/** Every kind of damage to every file of a small store: the right state or a refusal by name, and verify names the file and the place. */

import { describe, expect, it } from 'vitest';
import { verify } from '../main/verify/verify.ts';
import { RearmError } from '../shared/errors.ts';
import { DAMAGE_KINDS, type Damage, damaged, describeDamage, enumerate, some } from './damage.ts';
import type { FileTree } from './disk.ts';
import { forgeries } from './forge.ts';
import { judge } from './judge.ts';
import { randomOf } from './model/random.ts';
import { SimulatedStorage } from './storage.ts';
import { type DamageSubject, SUBJECTS, subjectOf } from './subject.ts';
import { ROOT } from './workload.ts';

/** Of each kind, per file; all where there are fewer. */
const COUNTS: Readonly<Record<Damage['kind'], number>> = {
  bit: 60,
  truncated: 25,
  'zeroed sector': 25,
  'swapped sectors': 3,
  'stale sector': 20,
  'deleted file': 1,
  'renamed file': 15,
  'duplicated file': 15,
  'foreign file': 1,
  'older file': 20,
  'forged field': 60,
};

/** What verify says of the file in which a bit was flipped; null where it finds nothing there. */
function foundBy({ expected }: DamageSubject, tree: FileTree, path: string): string | null {
  try {
    const { clock, bootId } = expected;
    const { files } = verify({ storage: new SimulatedStorage({ tree }), clock, root: ROOT, bootId });
    const file = files.find((entry) => `${ROOT}/${entry.path}` === path);
    const placed = file?.findings.some(({ offset, lsn, page, entry }) => (offset ?? lsn ?? page ?? entry) !== undefined);
    return file && file.status !== 'whole' && placed ? file.status : null;
  } catch (error) {
    // A bit of a version: refused by name, with the file.
    if (!(error instanceof RearmError) || error.code !== 'VERSION_NEWER') throw error;
    return error.message.includes(path) ? error.code : null;
  }
}

describe.each(SUBJECTS)('a store that is %s', (name) => {
  it('and damaged in any way gives the right state or a refusal; no flipped bit is missed', async () => {
    const subject = await subjectOf(name, 1);
    const random = randomOf(1, 7);
    const wrong: string[] = [];
    const missed: string[] = [];
    const tally: Record<string, number> = {};
    for (const enumeration of [...enumerate(subject), ...forgeries(subject)]) {
      for (const damage of some(enumeration, COUNTS[enumeration.kind], random)) {
        const tree = damaged(subject, damage);
        const { verdict, words } = judge(tree, subject.expected);
        tally[damage.kind] = (tally[damage.kind] ?? 0) + 1;
        if (verdict !== 'right' && verdict !== 'refused') wrong.push(`${describeDamage(damage)}: ${verdict}: ${words}`);
        if (damage.kind === 'bit' && foundBy(subject, tree, damage.path) === null) missed.push(describeDamage(damage));
      }
    }
    console.log(
      `damaged (${name}): ${Object.entries(tally)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(', ')}`,
    );
    expect(wrong).toEqual([]);
    expect(missed).toEqual([]);
    expect(Object.keys(tally).sort()).toEqual([...DAMAGE_KINDS].sort());
  }, 180_000);
});
