/** Every copy in depth: its pages, its page table, and that what lies between and behind them is zero. */

import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { hashPage, isFree, readPageHeader, rowsOfPage } from '../image/page.ts';
import type { Storage } from '../storage/storage.ts';
import { isUnread } from '../storage/system-errors.ts';
import { nonZeroFrom } from '../storage/zeros.ts';
import { type CheckpointMark, PAGE_ENTRY_BYTES } from '../tiers/checkpoint.ts';
import { acknowledgedAt, MAPPED_PAGES_AT, MAPPED_SLOT_HEADER_BYTES, mappedPageAt, mappedSlotAt } from '../tiers/mapped.ts';
import { SLOT_HEADER_BYTES } from '../tiers/slots.ts';
import { mayBeTorn, PAGE_VALID, rowsIn, type TierCopy, type TierHead } from '../tiers/tier-copy.ts';
import type { FileFindings } from './file-findings.ts';

export interface VerifyCopiesOptions {
  readonly storage: Storage;
  readonly root: string;
  readonly heads: readonly TierHead[];
  /** L1 was written in this boot of the machine. */
  /** The copies of this file alone; what it may be is judged beside the others. */
  readonly only?: string | undefined;
  readonly findings: FileFindings;
  readonly tell: (what: string) => void;
}

/** @returns the copies whose every page is proven */
export function verifyCopies({ storage, root, heads, only, findings, tell }: VerifyCopiesOptions): TierCopy[] {
  const looked = heads.filter(({ name }) => only === undefined || name.split('#')[0] === only);
  const loaded: TierCopy[] = [];
  for (const head of looked) {
    const file = head.name.split('#')[0]!;
    findings.file(file);
    tell(head.name);
    if (head.problem?.code === 'unavailable') {
      findings.add(file, 'note', 'TIER_UNAVAILABLE', head.problem.message);
      continue;
    }
    if (head.problem?.code === 'unread') {
      findings.add(file, 'unread', 'UNREAD', head.problem.message);
      continue;
    }
    if (head.problem) {
      // What cannot be read is so from its beginning.
      const torn = head.problem.code === 'torn' && mayBeTorn(head, heads);
      findings.add(file, torn ? 'torn' : 'damaged', head.problem.code.toUpperCase(), head.problem.message, {
        offset: head.problem.offset ?? 0,
      });
      continue;
    }
    findings.attempt(file, () => {
      try {
        const copy = head.load();
        if (head.tier === 'L1') verifyHashes(storage, root, file, copy, mayBeTorn(head, heads), findings);
        loaded.push(copy);
      } catch (error) {
        if (!(error instanceof RearmError) || isUnread(error)) throw error;
        const torn = error.code === 'CHECKSUM_MISMATCH' && mayBeTorn(head, heads);
        const severity = torn ? 'torn' : error.code === 'VERSION_OLDER' ? 'note' : 'damaged';
        const code = torn ? 'SLOT_TORN' : error.code;
        findings.add(file, severity, code, error.message, head.mark ? { lsn: head.mark.lsn } : {});
        for (const page of error.code === 'CHECKSUM_MISMATCH' ? unlikeTheirHashes(storage, root, file, head) : [])
          findings.add(file, severity, code, `${head.name}: page ${page}: ${UNLIKE}`, {
            ...placeOf(head, page),
            page,
            lsn: head.mark!.lsn,
          });
      }
    });
  }
  for (const copy of loaded) {
    if (copy.bad === 0) continue;
    // A branch that was abandoned may have had other rows in this page: who is nearer in time is asked first.
    const distance = ({ mark }: TierCopy): number => Math.abs(mark.epoch - copy.mark.epoch);
    const others = loaded.toSorted((a, b) => distance(a) - distance(b));
    const [severity, code] = copy.head.unfinished ? (['torn', 'SLOT_TORN'] as const) : (['damaged', 'PAGE_DAMAGED'] as const);
    for (const [page, reason] of copy.reasons)
      findings.add(copy.head.name.split('#')[0]!, severity, code, `${copy.head.name}: page ${page}: ${reason}`, {
        page,
        lsn: copy.mark.lsn,
        ...placeOf(copy.head, page),
        ...rowsIn([copy, ...others], page),
      });
  }
  verifyPadding(storage, root, looked, findings);
  return loaded.filter((copy) => copy.bad === 0);
}

const placeOf = ({ pageAt }: TierHead, page: number): { offset?: number } => (pageAt ? { offset: pageAt(page) } : {});

const UNLIKE = 'its bytes do not match its hash';

/** Pages of a slot that nothing proves: those that are not even what they say themselves. */
function unlikeTheirHashes(storage: Storage, root: string, file: string, { tier, mark, pageAt }: TierHead): number[] {
  if (!mark || !pageAt || tier === 'L3') return [];
  return Array.from({ length: mark.pageCount }, (_, page) => page).filter((page) => {
    const bytes = bytesAt(storage, `${root}/${file}`, pageAt(page), PAGE_BYTES);
    return !isFree(wordsOf(bytes), 0) && hashPage(bytes, 0) !== readPageHeader(viewOf(bytes), 0).hash;
  });
}

/** Space that a format says is zero. */
function verifyPadding(storage: Storage, root: string, heads: readonly TierHead[], findings: FileFindings): void {
  const checked = new Set<string>();
  const must = (file: string, from: number, to: number, unfinished = false) => {
    const at = nonZeroFrom(storage, `${root}/${file}`, from, to);
    if (at === null) return;
    if (unfinished) findings.add(file, 'torn', 'UNFINISHED', `what is not zero belongs to no checkpoint: ${UNUSED}`, { offset: at });
    else findings.add(file, 'damaged', 'NOT_ZERO', 'a byte that must be zero is not', { offset: at });
  };
  const ofFile = (file: string, head: TierHead): void => {
    if (head.tier === 'L1') {
      verifyWatermark(storage, root, file, findings);
      must(file, 4096 + 16, 4096 + 64);
      must(file, 4096 + 64 + 16, 8192);
      for (const slot of [0, 1] as const)
        must(file, mappedSlotAt(slot) + MAPPED_SLOT_HEADER_BYTES, Math.min(mappedSlotAt(slot) + 4096, MAPPED_PAGES_AT));
      const slots = heads.filter((other) => other.name.startsWith(file) && other.mark);
      const pages = Math.max(...slots.map((other) => other.mark!.pageCount));
      for (const slot of [0, 1] as const) {
        // The slot whose turn it was may hold pages of a checkpoint that was never finished, its first one too.
        const held = slots.find(({ name }) => name.endsWith(`#${slot}`))?.mark?.pageCount ?? 0;
        for (let page = held; page < pages; page += 1) {
          const from = mappedPageAt(page, slot);
          const at = nonZeroFrom(storage, `${root}/${file}`, from, from + PAGE_BYTES);
          if (at === null) continue;
          const words = `slot ${slot} has no page ${page}: it was being written when the engine died, or is damaged; it is not used`;
          findings.add(file, 'torn', 'UNFINISHED', words, { offset: at, page });
        }
      }
      // Pages of a checkpoint that was never finished, and that has more of them than any that was.
      must(file, mappedPageAt(pages, 0), Number.POSITIVE_INFINITY, true);
    } else if (head.tier === 'L2' && head.mark && head.pageAt) {
      const { pageCount } = head.mark;
      verifyTable(storage, root, file, head.name, head.mark, head.pageAt(0), findings);
      must(file, SLOT_HEADER_BYTES + pageCount * PAGE_ENTRY_BYTES, head.pageAt(0), head.unfinished);
      must(file, head.pageAt(pageCount), Number.POSITIVE_INFINITY, head.unfinished);
    }
  };
  for (const head of heads) {
    const file = head.name.split('#')[0]!;
    if (checked.has(file) || head.problem) continue;
    checked.add(file);
    findings.attempt(file, () => ofFile(file, head));
  }
}

const UNUSED = 'it was being written when the engine died, or is damaged; it is not needed';

/** Each copy of the acknowledged LSN and its complement. */
function verifyWatermark(storage: Storage, root: string, file: string, findings: FileFindings): void {
  for (const copy of [0, 1]) {
    const offset = acknowledgedAt(copy);
    const view = viewOf(bytesAt(storage, `${root}/${file}`, offset, 16));
    const value = view.getBigUint64(0, true);
    if (value === BigInt.asUintN(64, ~view.getBigUint64(8, true)) || (value === 0n && view.getBigUint64(8, true) === 0n)) continue;
    findings.add(file, 'torn', 'WATERMARK_TORN', `copy ${copy} of the acknowledged LSN is not whole: ${UNUSED}`, { offset });
  }
}

/** The page table of a slot whose pages are proven without it: at whichever of the two is not what it was, entry or header. */
function verifyTable(
  storage: Storage,
  root: string,
  file: string,
  name: string,
  { pageCount, lsn }: CheckpointMark,
  pagesAt: number,
  findings: FileFindings,
): void {
  const table = viewOf(bytesAt(storage, `${root}/${file}`, SLOT_HEADER_BYTES, pageCount * PAGE_ENTRY_BYTES));
  const bytes = bytesAt(storage, `${root}/${file}`, pagesAt, pageCount * PAGE_BYTES);
  const pages = viewOf(bytes);
  for (let page = 0; page < pageCount; page += 1) {
    const at = page * PAGE_ENTRY_BYTES;
    const { lsn: pageLsn, hash } = readPageHeader(pages, page * PAGE_BYTES);
    if (table.getBigUint64(at, true) === pages.getBigUint64(page * PAGE_BYTES + 8, true) && table.getBigUint64(at + 8, true) === hash)
      continue;
    const words = `${name}: the page table and the header of page ${page} (LSN ${pageLsn}) differ: ${UNUSED}`;
    const asItSays = isFree(wordsOf(bytes), page) || hashPage(bytes, page * PAGE_BYTES) === hash;
    const offset = asItSays ? SLOT_HEADER_BYTES + at : pagesAt + page * PAGE_BYTES;
    findings.add(file, 'torn', 'TABLE_TORN', words, { offset, page, lsn, ...rowsOfPage(pages, page * PAGE_BYTES, page) });
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const wordsOf = (bytes: Uint8Array) => new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);

/** What lies behind the end reads as zeros. */
function bytesAt(storage: Storage, path: string, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = storage.open(path, 'read');
  try {
    file.read(bytes, 0, length, offset);
  } finally {
    file.close();
  }
  return bytes;
}

/** A hash in the header of a page that was hit itself: the root of the slot proves the others, and with them what it was. */
function verifyHashes(storage: Storage, root: string, file: string, copy: TierCopy, torn: boolean, findings: FileFindings): void {
  const slot = copy.head.name.endsWith('#1') ? 1 : 0;
  const { pageCount, lsn } = copy.mark;
  const stored = viewOf(bytesAt(storage, `${root}/${file}`, mappedPageAt(0, 0), pageCount * 2 * PAGE_BYTES));
  const proven = viewOf(copy.pages);
  for (let page = 0; page < pageCount; page += 1) {
    const hash = stored.getBigUint64((2 * page + slot) * PAGE_BYTES, true);
    if (copy.states[page] !== PAGE_VALID || hash === proven.getBigUint64(page * PAGE_BYTES, true)) continue;
    const words = `${copy.head.name}: page ${page}: the hash in its header was hit, its rows are whole`;
    const place = { offset: mappedPageAt(page, slot), page, lsn, ...rowsIn([copy], page) };
    if (torn) findings.add(file, 'torn', 'SLOT_TORN', `${words}: ${UNUSED}`, place);
    else findings.add(file, 'damaged', 'PAGE_DAMAGED', words, place);
  }
}
