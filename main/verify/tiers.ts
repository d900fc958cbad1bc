/** Every copy in depth: its pages, its page table, and that what lies between and behind them is zero. */

import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { MAPPED_PAGES_AT, MAPPED_SLOT_HEADER_BYTES, mappedPageAt, mappedSlotAt } from '../tiers/mapped.ts';
import { SLOT_HEADER_BYTES, slotPageAt } from '../tiers/slots.ts';
import type { TierCopy, TierHead } from '../tiers/tier-copy.ts';
import type { FileFindings } from './file-findings.ts';
import { nonZeroFrom } from './zeros.ts';

/** @returns the copies whose every page is proven */
export function verifyCopies(
  storage: Storage,
  root: string,
  heads: readonly TierHead[],
  findings: FileFindings,
  tell: (what: string) => void,
): TierCopy[] {
  const whole: TierCopy[] = [];
  for (const head of heads) {
    const file = head.name.split('#')[0]!;
    findings.file(file);
    tell(head.name);
    if (head.problem?.code === 'unavailable') {
      findings.add(file, 'note', 'TIER_UNAVAILABLE', head.problem.message);
      continue;
    }
    if (head.problem) {
      findings.add(file, 'damaged', head.problem.code.toUpperCase(), head.problem.message);
      continue;
    }
    try {
      const copy = head.load();
      for (const [page, reason] of copy.reasons) {
        findings.add(file, 'damaged', 'PAGE_DAMAGED', `${head.name}: page ${page}: ${reason}`, {
          page,
          lsn: copy.mark.lsn,
          ...offsetOf(head, page),
        });
      }
      if (copy.bad === 0) whole.push(copy);
    } catch (error) {
      if (!(error instanceof RearmError)) throw error;
      // Of two slots, the one that was being written may be torn; that the other is whole shows that it is no damage.
      const sibling = heads.some(
        (other) => other.name !== head.name && other.tier === head.tier && other.mark && other.mark.lsn >= (head.mark?.lsn ?? 0),
      );
      const torn = error.code === 'CHECKSUM_MISMATCH' && (head.tier === 'L1' || head.tier === 'L2') && sibling;
      findings.add(
        file,
        torn ? 'torn' : error.code === 'VERSION_OLDER' ? 'note' : 'damaged',
        torn ? 'SLOT_TORN' : error.code,
        error.message,
        head.mark ? { lsn: head.mark.lsn } : {},
      );
    }
  }
  verifyPadding(storage, root, heads, findings);
  return whole;
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
      must(file, 4096 + 16, 4096 + 64);
      must(file, 4096 + 64 + 16, 8192);
      for (const slot of [0, 1] as const)
        must(file, mappedSlotAt(slot) + MAPPED_SLOT_HEADER_BYTES, Math.min(mappedSlotAt(slot) + 4096, MAPPED_PAGES_AT));
      const pages = Math.max(...heads.filter((other) => other.name.startsWith(file) && other.mark).map((other) => other.mark!.pageCount));
      must(file, mappedPageAt(pages, 0), Number.POSITIVE_INFINITY);
    } else if (head.tier === 'L2' && head.pagesMax !== undefined) {
      must(file, SLOT_HEADER_BYTES + head.mark!.pageCount * 16, slotPageAt(head.pagesMax, 0));
      must(file, slotPageAt(head.pagesMax, 0) + head.mark!.pageCount * PAGE_BYTES, Number.POSITIVE_INFINITY);
    }
  }
}
