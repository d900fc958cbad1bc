/** The audit chain as far as a page can see it: whether each entry names the one before. The host verifies hashes and signatures. */

import type { AuditEntry } from '../../../shared/contract/gate.ts';

/** Sequence of the first entry that does not continue the one before it; null: every link holds. */
export function firstBrokenLink(entries: readonly AuditEntry[]): number | null {
  for (let i = 1; i < entries.length; i += 1) {
    const before = entries[i - 1]!;
    const entry = entries[i]!;
    if (entry.previousHash !== before.hash || entry.sequence !== before.sequence + 1) return entry.sequence;
  }
  return null;
}
