/** The table of decisions: every combination of facts has a case, and every case is needed. */

import { expect, it } from 'vitest';
import { CASES, type CopyFacts, compareRanked, judge, type Ranked, type Use } from './decide.ts';

const FACTS = {
  content: ['whole', 'partial', 'torn', 'damaged', 'foreign', 'newer', 'unavailable', 'unread'],
  lineage: ['on', 'off', 'unprovable'],
  chain: ['matches', 'differs', 'beyond', 'unreached'],
  log: ['continues', 'gap', 'notNeeded', 'ended'],
} as const satisfies { readonly [F in keyof CopyFacts]: readonly CopyFacts[F][] };

const combinations: CopyFacts[] = FACTS.content.flatMap((content) =>
  FACTS.lineage.flatMap((lineage) => FACTS.chain.flatMap((chain) => FACTS.log.map((log) => ({ content, lineage, chain, log })))),
);

it('every combination of facts has a case', () => {
  expect(combinations).toHaveLength(8 * 3 * 4 * 4);
  for (const facts of combinations) expect(() => judge(facts), JSON.stringify(facts)).not.toThrow();
});

it('every case is reached by some combination, and has a name of its own', () => {
  const reached = new Set(combinations.map((facts) => judge(facts).name));
  expect([...reached].sort()).toEqual(CASES.map((entry) => entry.name).sort());
  expect(reached.size).toBe(CASES.length);
});

it('facts that are not enumerated have no case: nothing is decided by default', () => {
  expect(() => judge({ content: 'whole', lineage: 'on', chain: 'matches', log: 'elsewhere' } as unknown as CopyFacts)).toThrow();
});

it('nothing of doubtful content, branch or history is ever a base', () => {
  for (const facts of combinations) {
    const { use } = judge(facts);
    if (!['whole', 'partial'].includes(facts.content) || facts.lineage === 'off' || facts.chain === 'differs')
      expect(use, JSON.stringify(facts)).toBe('reject');
    if (use === 'candidate') expect(facts.content).toBe('whole');
    if (facts.log === 'gap') expect(['lastResort', 'reject']).toContain(use);
  }
});

it('the order is total, and prefers reach, then youth, then trust, then speed', () => {
  const copies: Ranked[] = (['L1', 'L2', 'L3', 'L4'] as const).flatMap((tier) =>
    [5, 9].flatMap((lsn) =>
      (['candidate', 'salvage', 'lastResort', 'reject'] as Use[]).flatMap((use) =>
        [lsn, Number.MAX_SAFE_INTEGER].map((reach) => ({ tier, lsn, use, reach })),
      ),
    ),
  );
  for (const a of copies) {
    for (const b of copies) {
      expect(Math.sign(compareRanked(a, b))).toBe(-Math.sign(compareRanked(b, a)) + 0);
      for (const c of copies.slice(0, 12))
        if (compareRanked(a, b) < 0 && compareRanked(b, c) < 0) expect(compareRanked(a, c)).toBeLessThan(0);
    }
  }
  const base = { tier: 'L4', lsn: 5, use: 'lastResort', reach: 9 } as const;
  expect(compareRanked(base, { tier: 'L1', lsn: 9, use: 'candidate', reach: 8 })).toBeLessThan(0);
  expect(compareRanked({ ...base, lsn: 6 }, { ...base, tier: 'L1' })).toBeLessThan(0);
  expect(compareRanked({ ...base, use: 'candidate' }, { ...base, tier: 'L1' })).toBeLessThan(0);
  expect(compareRanked({ ...base, tier: 'L1' }, base)).toBeLessThan(0);
});
