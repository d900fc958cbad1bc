/** The page map: one letter per page of the recovered image. */

import type { PageMap, TierName } from '../../../shared/contract/recovery.ts';
import { PAGE_STATES } from '../../format/words.ts';

export type PageLetter = (typeof PAGE_STATES)[number]['letter'];

export interface PageCounts {
  readonly letter: PageLetter;
  readonly name: string;
  readonly meaning: string;
  readonly count: number;
  /** Number of the first such page; null: none. */
  readonly first: number | null;
}

export function countPages(states: string): readonly PageCounts[] {
  const counts = new Map<string, { count: number; first: number }>();
  for (let page = 0; page < states.length; page += 1) {
    const letter = states[page]!;
    const found = counts.get(letter);
    if (found) found.count += 1;
    else counts.set(letter, { count: 1, first: page });
  }
  return PAGE_STATES.map((state) => ({
    ...state,
    count: counts.get(state.letter)?.count ?? 0,
    first: counts.get(state.letter)?.first ?? null,
  }));
}

/** The next page after `from` whose letter is one of `letters`, going round; null: none. */
export function nextPage(states: string, from: number, letters: string, backwards = false): number | null {
  const count = states.length;
  for (let i = 1; i <= count; i += 1) {
    const page = (from + (backwards ? -i : i) + 2 * count) % count;
    if (letters.includes(states[page]!)) return page;
  }
  return null;
}

/** Letters that somebody wants to look at. */
export const ABNORMAL_PAGES = 'sbt';

/** The tier that a page came from; null where the report does not say. `sourceOf` holds one base-36 digit per page. */
export function pageSource(map: PageMap, page: number): TierName | null {
  const digit = map.sourceOf[page];
  if (digit === undefined || digit === '.') return null;
  return map.sources[Number.parseInt(digit, 36)] ?? null;
}
