/** A state that lacks the rows of pages of which no copy is good. */

import type { Finding } from '../shared/contract/recovery.ts';

/** Rows of a table that pages without a good copy held at most; those that name no table may have held any. */
export const rowsLost = (lost: readonly Finding[], table: string): number =>
  lost.reduce((sum, finding) => {
    if (!finding.table || !finding.rows) return Number.POSITIVE_INFINITY;
    return finding.table === table ? sum + finding.rows[1] - finding.rows[0] + 1 : sum;
  }, 0);

/** A refusal that names pages without a good copy shows the state without their rows: no other one is missing, and none is another. */
export function isWithout(shown: readonly unknown[], expected: readonly unknown[], missing: number): boolean {
  if (missing === Number.POSITIVE_INFINITY) return true;
  const known = new Set(expected.map((row) => JSON.stringify(row)));
  return shown.every((row) => known.has(JSON.stringify(row))) && expected.length - shown.length <= missing;
}
