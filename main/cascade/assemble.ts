/**
 * Puts an image together from the copies: the base, and for each page that the base lacks or holds damaged, the next best copy.
 * Every page carries its own LSN, so that pages of different ages are brought forward together by the log.
 */

import { PAGE_BYTES } from '../../shared/model/schema.ts';
import type { Image } from '../image/image.ts';
import { PAGE_BAD, PAGE_FREE, PAGE_VALID, type TierCopy } from '../tiers/tier-copy.ts';

export interface Assembly {
  /** Copy that gives the hot tables, and the one that gives the cold ones; undefined: from nothing, where the lineage begins. */
  readonly hot: TierCopy | undefined;
  readonly cold: TierCopy | undefined;
  /** Operations above this LSN must be replayed. */
  readonly from: number;
  readonly pageCount: number;
  /** Per page: which copy it came from (index into `copies`), or -1. */
  readonly sources: Int32Array;
  readonly copies: readonly TierCopy[];
  /** Pages that came from another copy than the base because the base's were bad. */
  readonly salvaged: readonly number[];
  /** Bad pages for which no copy has a good one. */
  readonly lost: readonly { readonly page: number; readonly reason: string }[];
}

/**
 * Fills `image` from `copies`, best first. `loadNext` gives a further copy when the ones at hand do not suffice, or undefined when
 * there is none: so only as much is read as is needed.
 *
 * @param origin LSN at which the lineage begins with an empty state
 */
export function assemble(image: Image, loadNext: () => TierCopy | undefined, origin: number): Assembly {
  const copies: TierCopy[] = [];
  const take = (index: number): TierCopy | undefined => {
    while (copies.length <= index) {
      const next = loadNext();
      if (!next) return undefined;
      copies.push(next);
    }
    return copies[index];
  };
  const hot = take(0);
  if (!hot)
    return { hot: undefined, cold: undefined, from: origin, pageCount: 0, sources: new Int32Array(0), copies, salvaged: [], lost: [] };
  let coldIndex = 0;
  while (take(coldIndex)?.head.scope === 'hot') coldIndex += 1;
  const cold = take(coldIndex);
  const pageCount = Math.max(hot.mark.pageCount, cold?.mark.pageCount ?? 0);
  const sources = new Int32Array(pageCount).fill(-1);
  const salvaged: number[] = [];
  const lost: { page: number; reason: string }[] = [];
  // The cold tables have not changed between the two marks where their roots are equal: then they are as young as the hot ones.
  const coldLsn = !cold ? 0 : cold.mark.coldRoot === hot.mark.coldRoot ? hot.mark.lsn : cold.mark.lsn;
  let from = Math.min(hot.mark.lsn, cold === hot ? hot.mark.lsn : coldLsn);

  const put = (page: number, index: number) => {
    image.bytes.set(copies[index]!.pages.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES), page * PAGE_BYTES);
    sources[page] = index;
  };
  const stateIn = (copy: TierCopy, page: number) => (page < copy.mark.pageCount ? copy.states[page]! : PAGE_FREE);

  for (let page = 0; page < pageCount; page += 1) {
    const inHot = stateIn(hot, page);
    if (inHot === PAGE_VALID) {
      put(page, 0);
      continue;
    }
    let index = 0;
    if (inHot === PAGE_FREE) {
      if (hot.head.scope === 'all') continue;
      // Not in L1: a cold page, or a page that did not exist yet.
      if (!cold) continue;
      index = coldIndex;
      const inCold = stateIn(cold, page);
      if (inCold === PAGE_VALID) {
        put(page, index);
        continue;
      }
      if (inCold === PAGE_FREE) continue;
    }
    const reason = copies[index]!.reasons.get(page) ?? 'bad';
    // The base's page is bad: the next copy that has it good, or that proves that it did not exist then.
    let found = false;
    for (let next = index + 1; !found; next += 1) {
      const copy = take(next);
      if (!copy) break;
      const state = stateIn(copy, page);
      if (state === PAGE_BAD || (state === PAGE_FREE && copy.head.scope === 'hot')) continue;
      if (state === PAGE_VALID) put(page, next);
      salvaged.push(page);
      from = Math.min(from, copy.mark.lsn);
      found = true;
    }
    if (!found) lost.push({ page, reason });
  }
  image.mapPages(pageCount);
  image.lsn = hot.mark.lsn;
  return { hot, cold, from, pageCount, sources, copies, salvaged, lost };
}
