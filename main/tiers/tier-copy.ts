/**
 * A tier as a recovery sees it: first its head (what it claims, from a few bytes), then its copy (every page, judged).
 */

import type { TierName } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLE_BY_ID } from '../../shared/model/tables.ts';
import { LAYOUT_RUNGS } from '../image/migrations.ts';
import { hashPage, isFree, LAYOUT_VERSION, PAGE_WORDS, type PageRows, readPageHeader, rowsOfPage } from '../image/page.ts';
import { isUnread, saysNothing } from '../storage/system-errors.ts';
import { climb } from '../store/ladder.ts';
import { type CheckpointMark, PAGE_ENTRY_BYTES, rootOf } from './checkpoint.ts';

export type LocalTier = Exclude<TierName, 'L5'>;

/** What a file claims. `mark` is null where the head itself is bad: `problem` says why. */
export interface TierHead {
  readonly tier: LocalTier;
  /** File, and slot where it has slots: `l2/00000001-a.slot`. */
  readonly name: string;
  readonly mark: CheckpointMark | null;
  /** `hot`: holds the hot tables only. */
  readonly scope: 'hot' | 'all';
  readonly bytes: number;
  /** Where a page lies in the file; L3: where the chunk of it does. Only of a whole head, and not of the archive, which has its own pages. */
  readonly pageAt?: (page: number) => number;
  /** L1: whether it was written in this boot of the machine, so that what process death left of it is exact. */
  readonly sameBoot?: boolean;
  readonly problem: {
    readonly code: 'torn' | 'damaged' | 'newer' | 'foreign' | 'unavailable' | 'unread';
    readonly message: string;
    readonly offset?: number;
  } | null;
  /** L2: the slot is being written over, or its engine died while it was: what of its pages is not as it says is no damage. */
  readonly unfinished?: boolean;
  /** Reads and judges every page. Throws RearmError where nothing of it can be used. */
  readonly load: () => TierCopy;
  /** Whether every page is proven, where that takes less memory than all pages. */
  readonly prove?: () => boolean;
}

/** A copy in an older row layout may take more pages than it has in the present one, but not as much more. */
const OLDER_LAYOUT_FACTOR = 2;

/**
 * Heads as they claim to be, as far as the store can hold that. What they claim is believed only where it fits: a count that no image has
 * room for is never allocated, and pages that do not make whole tables are no copy, whatever checksums they have.
 *
 * @param pagesMax of the store's image
 */
export function within(heads: readonly TierHead[], pagesMax: number): TierHead[] {
  const refuse = (message: string): never => {
    throw new RearmError('FORMAT_INVALID', message, {});
  };
  return heads.map((head) => {
    const { name, mark } = head;
    if (!mark) return head;
    const tooMany = (count: number) => `${name} names ${count} pages, the store has room for ${pagesMax}`;
    if (mark.pageCount > OLDER_LAYOUT_FACTOR * pagesMax) {
      const message = tooMany(mark.pageCount);
      return { ...head, mark: null, problem: { code: 'damaged', message }, load: () => refuse(message) };
    }
    return {
      ...head,
      load: () => {
        const copy = head.load();
        if (copy.mark.pageCount > pagesMax) refuse(tooMany(copy.mark.pageCount));
        const stray = straySet(copy);
        return stray === null ? copy : refuse(`${name}: ${stray}`);
      },
    };
  });
}

/** Why its pages do not make tables, each with its rows from the first on and none twice; null where they do. A bad page may be any that is missing. */
function straySet({ pages, mark, states, bad }: TierCopy): string | null {
  const view = viewOf(pages);
  /** By table: the page at each place. */
  const places = new Map<number, number[]>();
  for (let page = 0; page < mark.pageCount; page += 1) {
    if (states[page] !== PAGE_VALID) continue;
    const { table, index } = readPageHeader(view, page * PAGE_BYTES);
    const { name } = TABLE_BY_ID.get(table)!;
    // Before anything is sized by it.
    if (index >= mark.pageCount) return `page ${page} is page ${index} of ${name}, and the copy has ${mark.pageCount}`;
    const of = places.get(table) ?? [];
    places.set(table, of);
    if (of[index] !== undefined) return `pages ${of[index]} and ${page} are both page ${index} of ${name}`;
    of[index] = page;
  }
  for (const [table, of] of places) {
    const missing = of.length - of.reduce((count) => count + 1, 0);
    if (missing > bad) return `${missing} pages of ${TABLE_BY_ID.get(table)!.name} are missing`;
  }
  return null;
}

/** Whether every page of it is proven. @throws RearmError where the disk does not tell */
export function isWhole(head: TierHead): boolean {
  try {
    return head.prove ? head.prove() : head.load().bad === 0;
  } catch (error) {
    if (error instanceof RearmError && !saysNothing(error) && !isUnread(error)) return false;
    throw error;
  }
}

/** Why a head cannot be used. @throws the error itself where it says nothing about the file */
export function problemOf(error: RearmError): NonNullable<TierHead['problem']> {
  if (saysNothing(error)) throw error;
  const { code, message } = error;
  if (isUnread(error)) return { code: 'unread', message };
  if (code === 'VERSION_NEWER') return { code: 'newer', message };
  if (code === 'VERSION_OLDER' || code === 'TIER_UNAVAILABLE') return { code: 'unavailable', message };
  return { code: code === 'STORE_FOREIGN' ? 'foreign' : 'damaged', message };
}

export const PAGE_FREE = 0;
export const PAGE_VALID = 1;
export const PAGE_BAD = 2;

/**
 * What a page is for, by the first of these copies that has it good: it is for the same in all of them. Where none has, by the first one
 * whose header of it can be read, which may itself be what was hit.
 */
export function rowsIn(copies: readonly Pick<TierCopy, 'pages' | 'mark' | 'states'>[], page: number): PageRows | null {
  for (const good of [true, false]) {
    for (const { pages, mark, states } of copies) {
      if (page >= mark.pageCount || (states[page] === PAGE_VALID) !== good) continue;
      const found = rowsOfPage(viewOf(pages), page * PAGE_BYTES, page);
      if (found) return found;
    }
  }
  return null;
}

/**
 * Whether a copy whose pages do not sum to its root can be one that was being written: the older of two slots. The newest claim of a tier was
 * made after its pages were written; of L1 only until the machine lost its power. A header that is not whole says nothing of its age: it can be
 * the one that was being written where it is the only one of its epoch.
 */
export function mayBeTorn(head: TierHead, heads: readonly TierHead[]): boolean {
  if (head.tier === 'L1' && !head.sameBoot) return true;
  if (head.tier !== 'L1' && head.tier !== 'L2') return false;
  if (head.unfinished) return true;
  const others = heads.filter((other) => other.name !== head.name && other.tier === head.tier);
  const { mark } = head;
  if (mark) return others.some((other) => other.mark && other.mark.lsn >= mark.lsn);
  return others.every((other) => other.mark || epochOf(other) !== epochOf(head));
}

/** `l2/00000001-a.slot`, `l1/00000001.map#0`: up to the number. */
const epochOf = ({ name }: TierHead): string => name.slice(0, 11);

export interface TierCopy {
  readonly head: TierHead;
  readonly mark: CheckpointMark;
  /** `mark.pageCount` pages. */
  readonly pages: Uint8Array;
  /** Per page: PAGE_FREE, PAGE_VALID or PAGE_BAD. Only pages that are proven current at the mark are valid. */
  readonly states: Uint8Array;
  readonly bad: number;
  /** Roots as stored and as recomputed from the pages. */
  readonly rootStored: bigint;
  readonly rootComputed: bigint;
  /** Why pages are bad, by page number. */
  readonly reasons: ReadonlyMap<number, string>;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const wordsOf = (bytes: Uint8Array) => new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);

/** Version of the row layout of all pages: one release writes a copy. It is that of the first page whose bytes match its hash. */
function layoutOf(pages: Uint8Array): number {
  const view = viewOf(pages);
  for (let at = 0; at < pages.length; at += PAGE_BYTES) {
    const { table, hash, version } = readPageHeader(view, at);
    if (table !== 0 && hashPage(pages, at) === hash) return version;
  }
  return LAYOUT_VERSION;
}

/**
 * The copy in the present row layout; as it is where it is in that already.
 *
 * @throws RearmError VERSION_NEWER; VERSION_OLDER where no rung leads here, or where the copy is not whole: pages of another layout
 *   have other places, so that none can be taken from elsewhere
 */
function inPresentLayout(copy: TierCopy | null, layout: number): TierCopy | null {
  if (copy === null || layout === LAYOUT_VERSION) return copy;
  const { head, mark } = copy;
  const what = `the row layout of ${head.name}`;
  const { pages } = climb(what, LAYOUT_RUNGS, LAYOUT_VERSION, layout, { pages: copy.pages, lsn: mark.lsn });
  if (copy.bad > 0 || head.scope === 'hot')
    throw new RearmError('VERSION_OLDER', `${what} is of version ${layout}: only a whole copy of all tables is carried over`, {});
  const roots: [bigint, bigint] = [0n, 0n];
  const view = viewOf(pages);
  for (let at = 0; at < pages.length; at += PAGE_BYTES) {
    const { table, hash } = readPageHeader(view, at);
    roots[TABLE_BY_ID.get(table)?.hot ? 0 : 1] += hash;
  }
  const [hotRoot, coldRoot] = [BigInt.asUintN(64, roots[0]), BigInt.asUintN(64, roots[1])];
  const root = BigInt.asUintN(64, hotRoot + coldRoot);
  const pageCount = pages.length / PAGE_BYTES;
  return {
    ...copy,
    mark: { ...mark, pageCount, hotRoot, coldRoot },
    pages,
    states: new Uint8Array(pageCount).fill(PAGE_VALID),
    rootStored: root,
    rootComputed: root,
  };
}

/** Hashes of pages as their bytes are; 0 where the page is free. Each is needed several times, and computed once. */
function hashesOf(pages: Uint8Array, pageCount: number): BigUint64Array {
  const words = wordsOf(pages);
  const hashes = new BigUint64Array(pageCount);
  for (let page = 0; page < pageCount; page += 1)
    if (words[page * PAGE_WORDS] !== 0n || !isFree(words, page)) hashes[page] = hashPage(pages, page * PAGE_BYTES);
  return hashes;
}

/** Whether a page table is the one of the mark: its hashes sum to the root. */
export function isTableOf(mark: CheckpointMark, table: Uint8Array): boolean {
  const view = viewOf(table);
  let sum = 0n;
  for (let page = 0; page < mark.pageCount; page += 1) sum += view.getBigUint64(page * PAGE_ENTRY_BYTES + 8, true);
  return BigInt.asUintN(64, sum) === rootOf(mark);
}

/** Of pages from number `first` on, the first that is not the one that the table names, which is proven; -1 where each is. */
export function strayPage(table: Uint8Array, pages: Uint8Array, first: number): number {
  const view = viewOf(table);
  const words = wordsOf(pages);
  for (let i = 0; i * PAGE_BYTES < pages.length; i += 1) {
    const hash = view.getBigUint64((first + i) * PAGE_ENTRY_BYTES + 8, true);
    if (hash === 0n ? !isFree(words, i) : hashPage(pages, i * PAGE_BYTES) !== hash || words[i * PAGE_WORDS] !== hash) return first + i;
  }
  return -1;
}

/** Whether a page's bytes are a page of the copy: known table, its layout, right number, not after its LSN, hash as in its header. */
function pageFault(view: DataView, page: number, hash: bigint, layout: number, { lsn }: CheckpointMark): string | null {
  const at = page * PAGE_BYTES;
  const number = view.getUint32(at + 16, true);
  if (number !== page) return `it is page ${number}, misdirected`;
  const table = view.getUint16(at + 24, true);
  if (!TABLE_BY_ID.has(table)) return `table ${table} is not known`;
  const version = view.getUint16(at + 26, true);
  if (version !== layout) return `its layout version is ${version}, that of the copy ${layout}`;
  if (view.getBigUint64(at, true) !== hash) return 'its bytes do not match its hash';
  // The log is replayed onto a page from its LSN on: what lies before that would be left out.
  const changed = view.getBigUint64(at + 8, true);
  if (changed > BigInt(lsn)) return `it was changed at LSN ${changed}, and the copy is of LSN ${lsn}`;
  return null;
}

/**
 * Judges pages against a page table, which counts where its hashes sum to the root; where the table itself is bad, the hashes in
 * the pages' own headers may still sum to it.
 *
 * @returns null where neither does: nothing proves that any page is current
 */
export function judgeWithTable(head: TierHead, mark: CheckpointMark, pages: Uint8Array, table: Uint8Array): TierCopy | null {
  const layout = layoutOf(pages);
  return inPresentLayout(provenByTable(head, mark, pages, table, layout), layout);
}

function provenByTable(head: TierHead, mark: CheckpointMark, pages: Uint8Array, table: Uint8Array, layout: number): TierCopy | null {
  const pageView = viewOf(pages);
  const tableView = viewOf(table);
  const root = rootOf(mark);
  const tableProves = isTableOf(mark, table);
  const known = (page: number) => TABLE_BY_ID.has(readPageHeader(pageView, page * PAGE_BYTES).table);
  // In any case: it sets hashes right that were hit themselves.
  const hashes = hashesOf(pages, mark.pageCount);
  const judged = provenByHeaders(head, mark, pages, hashes, root, known, layout);
  if (!tableProves) return judged;
  const states = new Uint8Array(mark.pageCount);
  const reasons = new Map<number, string>();
  const words = wordsOf(pages);
  let computed = 0n;
  for (let page = 0; page < mark.pageCount; page += 1) {
    const hash = tableView.getBigUint64(page * PAGE_ENTRY_BYTES + 8, true);
    if (hash === 0n && isFree(words, page)) continue;
    const fault = pageFault(pageView, page, hashes[page]!, layout, mark);
    const current = pageView.getBigUint64(page * PAGE_BYTES, true) === hash;
    if (fault === null && current) {
      states[page] = PAGE_VALID;
      computed += hash;
    } else {
      states[page] = PAGE_BAD;
      reasons.set(page, fault ?? 'it is not the version that the page table names: a stale page');
      if (fault === null) computed += pageView.getBigUint64(page * PAGE_BYTES, true);
    }
  }
  return { head, mark, pages, states, bad: reasons.size, rootStored: root, rootComputed: BigInt.asUintN(64, computed), reasons };
}

/**
 * Judges pages by the hashes in their own headers, which must sum to `root`: then each header hash is the one of the checkpoint, and
 * a page whose bytes do not match it is damaged by itself. One header hash that was hit itself is found by taking the recomputed
 * one in its place.
 *
 * @returns null where the sum proves nothing
 */
export function judgeByHeaders(
  head: TierHead,
  mark: CheckpointMark,
  pages: Uint8Array,
  root: bigint,
  belongs: (page: number) => boolean,
): TierCopy | null {
  const layout = layoutOf(pages);
  return inPresentLayout(provenByHeaders(head, mark, pages, hashesOf(pages, mark.pageCount), root, belongs, layout), layout);
}

function provenByHeaders(
  head: TierHead,
  mark: CheckpointMark,
  pages: Uint8Array,
  hashes: BigUint64Array,
  root: bigint,
  belongs: (page: number) => boolean,
  layout: number,
): TierCopy | null {
  const view = viewOf(pages);
  const words = wordsOf(pages);
  const states = new Uint8Array(mark.pageCount);
  const reasons = new Map<number, string>();
  let stored = 0n;
  let computed = 0n;
  for (let page = 0; page < mark.pageCount; page += 1) {
    const at = page * PAGE_BYTES;
    const hash = view.getBigUint64(at, true);
    if (hash === 0n && isFree(words, page)) continue;
    const recomputed = hashes[page]!;
    const fault = pageFault(view, page, recomputed, layout, mark);
    if (fault === null && !belongs(page)) continue;
    stored += hash;
    computed += recomputed;
    if (fault === null) states[page] = PAGE_VALID;
    else {
      states[page] = PAGE_BAD;
      reasons.set(page, fault);
    }
  }
  const rootComputed = BigInt.asUintN(64, computed);
  const result = { head, mark, pages, states, bad: reasons.size, rootStored: root, rootComputed, reasons };
  if (BigInt.asUintN(64, stored) === root) return result;
  if (rootComputed === root) {
    // Every page's bytes are those of the checkpoint: only hash fields were hit. They are set right in this copy.
    for (const page of reasons.keys()) {
      if (readPageHeader(view, page * PAGE_BYTES).number !== page) return null;
      view.setBigUint64(page * PAGE_BYTES, hashes[page]!, true);
      states[page] = PAGE_VALID;
    }
    return { ...result, bad: 0, reasons: new Map() };
  }
  return null;
}
