/** Every copy in depth: its pages, its page table, and that what lies between and behind them is zero. */

import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { readPageHeader } from '../image/page.ts';
import type { Storage } from '../storage/storage.ts';
import { nonZeroFrom } from '../storage/zeros.ts';
import { PAGE_ENTRY_BYTES } from '../tiers/checkpoint.ts';
import { acknowledgedAt, MAPPED_PAGES_AT, MAPPED_SLOT_HEADER_BYTES, mappedPageAt, mappedSlotAt } from '../tiers/mapped.ts';
import { SLOT_HEADER_BYTES, slotPageAt } from '../tiers/slots.ts';
import { mayBeTorn, PAGE_VALID, rowsIn, type TierCopy, type TierHead } from '../tiers/tier-copy.ts';
import type { FileFindings } from './file-findings.ts';

export interface VerifyCopiesOptions {
  readonly storage: Storage;
  readonly root: string;
  readonly heads: readonly TierHead[];
  /** L1 was written in this boot of the machine. */
  readonly sameBoot: boolean;
  /** The copies of this file alone; what it may be is judged beside the others. */
  readonly only?: string | undefined;
  readonly findings: FileFindings;
  readonly tell: (what: string) => void;
}

/** @returns the copies whose every page is proven */
export function verifyCopies({ storage, root, heads, sameBoot, only, findings, tell }: VerifyCopiesOptions): TierCopy[] {
  const looked = heads.filter(({ name }) => only === undefined || name.split('#')[0] === only);
  const loaded: TierCopy[] = [];
  const bad: { readonly file: string; readonly head: TierHead; readonly copy: TierCopy; readonly page: number; readonly reason: string }[] =
    [];
  for (const head of looked) {
    const file = head.name.split('#')[0]!;
    findings.file(file);
    tell(head.name);
    if (head.problem?.code === 'unavailable') {
      findings.add(file, 'note', 'TIER_UNAVAILABLE', head.problem.message);
      continue;
    }
    if (head.problem) {
      // What cannot be read is so from its beginning.
      const torn = head.problem.code === 'torn' && mayBeTorn(head, heads, sameBoot);
      findings.add(file, torn ? 'torn' : 'damaged', head.problem.code.toUpperCase(), head.problem.message, {
        offset: head.problem.offset ?? 0,
      });
      continue;
    }
    try {
      const copy = head.load();
      for (const [page, reason] of copy.reasons) {
        bad.push({ file, head, copy, page, reason });
      }
      if (head.tier === 'L1') verifyHashes(storage, root, file, copy, findings);
      loaded.push(copy);
    } catch (error) {
      if (!(error instanceof RearmError)) throw error;
      const torn = error.code === 'CHECKSUM_MISMATCH' && mayBeTorn(head, heads, sameBoot);
      findings.add(
        file,
        torn ? 'torn' : error.code === 'VERSION_OLDER' ? 'note' : 'damaged',
        torn ? 'SLOT_TORN' : error.code,
        error.message,
        head.mark ? { lsn: head.mark.lsn } : {},
      );
    }
  }
  for (const { file, head, copy, page, reason } of bad)
    findings.add(file, 'damaged', 'PAGE_DAMAGED', `${head.name}: page ${page}: ${reason}`, {
      page,
      lsn: copy.mark.lsn,
      ...offsetOf(head, page),
      ...rowsIn([copy, ...loaded], page),
    });
  verifyPadding(storage, root, looked, findings);
  return loaded.filter((copy) => copy.bad === 0);
}

function offsetOf(head: TierHead, page: number): { offset?: number } {
  if (head.tier === 'L1') return { offset: mappedPageAt(page, head.name.endsWith('#1') ? 1 : 0) };
  return {};
}

/** Space that a format says is zero. */
function verifyPadding(storage: Storage, root: string, heads: readonly TierHead[], findings: FileFindings): void {
  const checked = new Set<string>();
  const must = (file: string, from: number, to: number) => {
    const at = nonZeroFrom(storage, `${root}/${file}`, from, to);
    if (at !== null) findings.add(file, 'damaged', 'NOT_ZERO', 'a byte that must be zero is not', { offset: at });
  };
  for (const head of heads) {
    const file = head.name.split('#')[0]!;
    if (checked.has(file) || head.problem) continue;
    checked.add(file);
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
      must(file, mappedPageAt(pages, 0), Number.POSITIVE_INFINITY);
    } else if (head.tier === 'L2' && head.pagesMax !== undefined) {
      verifyTable(storage, root, file, head, findings);
      must(file, SLOT_HEADER_BYTES + head.mark!.pageCount * 16, slotPageAt(head.pagesMax, 0));
      must(file, slotPageAt(head.pagesMax, 0) + head.mark!.pageCount * PAGE_BYTES, Number.POSITIVE_INFINITY);
    }
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

/** The page table of a slot whose pages are proven without it. */
function verifyTable(storage: Storage, root: string, file: string, head: TierHead, findings: FileFindings): void {
  const { pageCount, lsn } = head.mark!;
  const table = viewOf(bytesAt(storage, `${root}/${file}`, SLOT_HEADER_BYTES, pageCount * PAGE_ENTRY_BYTES));
  const pages = viewOf(bytesAt(storage, `${root}/${file}`, slotPageAt(head.pagesMax!, 0), pageCount * PAGE_BYTES));
  for (let page = 0; page < pageCount; page += 1) {
    const at = page * PAGE_ENTRY_BYTES;
    const { lsn: pageLsn, hash } = readPageHeader(pages, page * PAGE_BYTES);
    if (table.getBigUint64(at, true) === pages.getBigUint64(page * PAGE_BYTES + 8, true) && table.getBigUint64(at + 8, true) === hash)
      continue;
    const words = `${head.name}: the page table and the header of page ${page} (LSN ${pageLsn}) differ: ${UNUSED}`;
    findings.add(file, 'torn', 'TABLE_TORN', words, { offset: SLOT_HEADER_BYTES + at, page, lsn });
  }
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

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
function verifyHashes(storage: Storage, root: string, file: string, copy: TierCopy, findings: FileFindings): void {
  const slot = copy.head.name.endsWith('#1') ? 1 : 0;
  const { pageCount, lsn } = copy.mark;
  const stored = viewOf(bytesAt(storage, `${root}/${file}`, mappedPageAt(0, 0), pageCount * 2 * PAGE_BYTES));
  const proven = viewOf(copy.pages);
  for (let page = 0; page < pageCount; page += 1) {
    const hash = stored.getBigUint64((2 * page + slot) * PAGE_BYTES, true);
    if (copy.states[page] !== PAGE_VALID || hash === proven.getBigUint64(page * PAGE_BYTES, true)) continue;
    const words = `${copy.head.name}: page ${page}: the hash in its header was hit, its rows are whole`;
    findings.add(file, 'damaged', 'PAGE_DAMAGED', words, { offset: mappedPageAt(page, slot), page, lsn, ...rowsIn([copy], page) });
  }
}
