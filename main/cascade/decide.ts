/**
 * What a recovery makes of each copy of the state: a table of facts -> decision and reason. A test enumerates every combination of
 * facts and finds exactly one case for each.
 *
 * The order of preference among candidates is fixed: highest LSN first; at equal LSN L1, L2, L3, L4, which is the order of speed. A tier
 * does not win because it is fast: whatever it lacks comes from the log.
 */

import type { LocalTier } from '../tiers/tier-copy.ts';

export interface CopyFacts {
  /** What its head, or its pages, turned out to be. */
  readonly content: 'whole' | 'partial' | 'torn' | 'damaged' | 'foreign' | 'newer' | 'unavailable' | 'unread';
  /** Whether its epoch and LSN lie on the lineage. `unprovable`: the lineage itself cannot be read. */
  readonly lineage: 'on' | 'off' | 'unprovable';
  /**
   * Whether the frame that ends at its LSN has the hash that it names. `beyond`: its LSN is above the last frame, and no frame of another LSN
   * has that hash. `unreached`: the log
   * does not show that frame (freed, or lost).
   */
  readonly chain: 'matches' | 'differs' | 'beyond' | 'unreached';
  /**
   * Whether the log goes on from its LSN: without a gap, with one, or is not needed (its LSN is at or above the last frame). `ended`: its LSN is
   * above the last frame, and the log holds everything that was acknowledged.
   */
  readonly log: 'continues' | 'gap' | 'notNeeded' | 'ended';
}

export type Use =
  /** May be the base. */
  | 'candidate'
  /** Its good pages may be the base or replace bad ones; its bad pages come from elsewhere. */
  | 'salvage'
  /** Only where nothing better is there: what lies between it and the log is lost. */
  | 'lastResort'
  | 'reject';

export interface Case {
  readonly name: string;
  readonly when: Partial<{ readonly [F in keyof CopyFacts]: readonly CopyFacts[F][] }>;
  readonly use: Use;
  readonly because: string;
}

/** The first case whose every listed fact holds decides. */
export const CASES: readonly Case[] = [
  { name: 'unavailable', when: { content: ['unavailable'] }, use: 'reject', because: 'this runtime cannot read it' },
  { name: 'unread', when: { content: ['unread'] }, use: 'reject', because: 'the disk does not give it' },
  { name: 'newer', when: { content: ['newer'] }, use: 'reject', because: 'a newer release wrote it' },
  { name: 'foreign', when: { content: ['foreign'] }, use: 'reject', because: 'it belongs to another store' },
  { name: 'torn', when: { content: ['torn'] }, use: 'reject', because: 'it was being written when the engine died' },
  { name: 'damaged', when: { content: ['damaged'] }, use: 'reject', because: 'nothing proves that its pages are current' },
  {
    name: 'otherBranch',
    when: { lineage: ['off'] },
    use: 'reject',
    because: 'it lies on a branch that was abandoned when a later epoch forked before it',
  },
  {
    name: 'otherHistory',
    when: { chain: ['differs'] },
    use: 'reject',
    because: 'the log shows another frame at its LSN: it belongs to another history',
  },
  {
    name: 'unknownHistory',
    when: { lineage: ['unprovable'], chain: ['beyond', 'unreached'] },
    use: 'lastResort',
    because: 'neither the lineage nor the log can prove where it belongs',
  },
  {
    // After a power cut, L1's pages can have been written where the end of the log was not; what else says so is not to be believed.
    name: 'aheadOfTheLog',
    when: { log: ['ended'] },
    use: 'reject',
    because: 'it is ahead of the log, and the log holds everything that was acknowledged',
  },
  {
    name: 'wholeAndContinued',
    when: { content: ['whole'], log: ['continues'] },
    use: 'candidate',
    because: 'every page is proven and the log goes on from it',
  },
  {
    name: 'wholeAtTheEnd',
    when: { content: ['whole'], log: ['notNeeded'] },
    use: 'candidate',
    because: 'every page is proven and the log holds nothing after it',
  },
  {
    name: 'partialAndContinued',
    when: { content: ['partial'], log: ['continues'] },
    use: 'salvage',
    because: 'its good pages are proven and the log goes on from it',
  },
  {
    name: 'partialAtTheEnd',
    when: { content: ['partial'], log: ['notNeeded'] },
    use: 'salvage',
    because: 'its good pages are proven and the log holds nothing after it',
  },
  {
    name: 'behindAGap',
    when: { log: ['gap'] },
    use: 'lastResort',
    because: 'the log no longer reaches back to it: what lies between is lost',
  },
];

/** @throws never: the cases cover every combination, which a test enumerates */
export function judge(facts: CopyFacts): Case {
  const found = CASES.find((entry) =>
    (Object.entries(entry.when) as [keyof CopyFacts, readonly string[]][]).every(([fact, values]) => values.includes(facts[fact])),
  );
  if (!found) throw new Error(`no case for ${JSON.stringify(facts)}`);
  return found;
}

const TIER_ORDER: readonly LocalTier[] = ['L1', 'L2', 'L3', 'L4'];
const USE_ORDER: readonly Use[] = ['candidate', 'salvage', 'lastResort', 'reject'];

export interface Ranked {
  readonly tier: LocalTier;
  readonly lsn: number;
  /** Highest LSN to which it can be brought. */
  readonly reach: number;
  readonly use: Use;
}

/**
 * Best first: what reaches the highest LSN; then what needs the shortest replay; then the more trusted; then the faster tier.
 * `lastResort` copies reach their own LSN only, so that they win only where nothing reaches further.
 */
export function compareRanked(a: Ranked, b: Ranked): number {
  return (
    b.reach - a.reach ||
    b.lsn - a.lsn ||
    USE_ORDER.indexOf(a.use) - USE_ORDER.indexOf(b.use) ||
    TIER_ORDER.indexOf(a.tier) - TIER_ORDER.indexOf(b.tier)
  );
}
