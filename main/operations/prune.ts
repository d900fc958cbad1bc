/** Frees rows that have outlived their retention, oldest first. */

import { RearmError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/model/operations.ts';
import type { Table } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { canonicalKey, compareKeys } from '../image/canonical.ts';
import type { Transaction } from './transaction.ts';

/** Rows that one operation frees at most: its record stays small. */
export const PRUNE_COUNT_MAX = 4_096;

export function prune(tx: Transaction, intent: Fields<'prune'>): void {
  const queue = tx.state.agesOf(intent.table);
  if (!queue) throw new RearmError('OPERATION_INVALID', 'prune needs the name of a table', {});
  if (intent.count > PRUNE_COUNT_MAX) throw new RearmError('OPERATION_INVALID', `prune frees at most ${PRUNE_COUNT_MAX} rows at once`, {});
  const table: Table = TABLES[intent.table as 'fills'];
  const { image } = tx;
  for (let left = intent.count; left > 0 && queue.oldest >= 0; ) {
    const alike = queue.takeOldest();
    const due = alike.filter((row) => queue.timeOf(row) < intent.before);
    if (due.length > 1) {
      // By time, then by key: whatever the rows are numbered, the same ones go.
      const ordered = due.map((row) => ({ row, time: queue.timeOf(row), key: canonicalKey(image, table, row) }));
      ordered.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : compareKeys(a.key, b.key)));
      due.splice(0, due.length, ...ordered.map(({ row }) => row));
    }
    const going = new Set(due.slice(0, left));
    for (const row of alike) if (!going.has(row)) queue.add(row, image.rowOffset(table, row));
    for (const row of going) tx.remove(table, row);
    left -= going.size;
    if (going.size < alike.length) break;
  }
}
