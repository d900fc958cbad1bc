/**
 * A tier as a recovery sees it: first its head (what it claims, from a few bytes), then its copy (every page, judged).
 */

import type { TierName } from '../../shared/contract/recovery.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLE_BY_ID } from '../../shared/model/tables.ts';
import { hashPage, isFree, LAYOUT_VERSION, readPageHeader } from '../image/page.ts';
import { type CheckpointMark, PAGE_ENTRY_BYTES } from './checkpoint.ts';

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
  /** L2: pages that its table has room for. */
  readonly pagesMax?: number;
  readonly problem: { readonly code: 'torn' | 'damaged' | 'newer' | 'foreign' | 'unavailable'; readonly message: string } | null;
  /** Reads and judges every page. Throws RearmError where nothing of it can be used. */
  readonly load: () => TierCopy;
}

export const PAGE_FREE = 0;
export const PAGE_VALID = 1;
export const PAGE_BAD = 2;

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

/** Whether a page's bytes are a page: known table and version, right number, hash as in its header. */
function pageFault(pages: Uint8Array, view: DataView, page: number): string | null {
  const at = page * PAGE_BYTES;
  const header = readPageHeader(view, at);
  if (header.number !== page) return `it is page ${header.number}, misdirected`;
  if (!TABLE_BY_ID.has(header.table)) return `table ${header.table} is not known`;
  if (header.version > LAYOUT_VERSION) return `its layout version ${header.version} is newer`;
  if (hashPage(pages, at) !== header.hash) return 'its bytes do not match its hash';
  return null;
}

/**
 * Judges pages against a page table, which counts where its hashes sum to the root; where the table itself is bad, the hashes in
 * the pages' own headers may still sum to it.
 *
 * @returns null where neither does: nothing proves that any page is current
 */
export function judgeWithTable(head: TierHead, mark: CheckpointMark, pages: Uint8Array, table: Uint8Array): TierCopy | null {
  const pageView = viewOf(pages);
  const tableView = viewOf(table);
  const root = BigInt.asUintN(64, mark.hotRoot + mark.coldRoot);
  let tableSum = 0n;
  for (let page = 0; page < mark.pageCount; page += 1) tableSum += tableView.getBigUint64(page * PAGE_ENTRY_BYTES + 8, true);
  const tableProves = BigInt.asUintN(64, tableSum) === root;
  const judged = judgeByHeaders(head, mark, pages, root, (page) => TABLE_BY_ID.has(readPageHeader(pageView, page * PAGE_BYTES).table));
  if (!tableProves) return judged;
  const states = new Uint8Array(mark.pageCount);
  const reasons = new Map<number, string>();
  const words = new BigUint64Array(pages.buffer, pages.byteOffset, pages.byteLength / 8);
  let computed = 0n;
  for (let page = 0; page < mark.pageCount; page += 1) {
    const hash = tableView.getBigUint64(page * PAGE_ENTRY_BYTES + 8, true);
    if (hash === 0n && isFree(words, page)) continue;
    const fault = pageFault(pages, pageView, page);
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
  const view = viewOf(pages);
  const words = new BigUint64Array(pages.buffer, pages.byteOffset, pages.byteLength / 8);
  const states = new Uint8Array(mark.pageCount);
  const reasons = new Map<number, string>();
  let stored = 0n;
  let computed = 0n;
  for (let page = 0; page < mark.pageCount; page += 1) {
    const at = page * PAGE_BYTES;
    const hash = view.getBigUint64(at, true);
    if (hash === 0n && isFree(words, page)) continue;
    const fault = pageFault(pages, view, page);
    const recomputed = hashPage(pages, at);
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
      view.setBigUint64(page * PAGE_BYTES, hashPage(pages, page * PAGE_BYTES), true);
      states[page] = PAGE_VALID;
    }
    return { ...result, bad: 0, reasons: new Map() };
  }
  return null;
}
