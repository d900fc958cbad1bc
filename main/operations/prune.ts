/** Frees rows that have outlived their retention, oldest first. */

import { RearmError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/model/operations.ts';
import type { Table } from '../../shared/model/schema.ts';
import { ORDER_STATUSES, TABLES } from '../../shared/model/tables.ts';
import { canonicalKey, compareKeys } from '../image/canonical.ts';
import { getByte, getI64 } from '../image/cells.ts';
import type { Transaction } from './transaction.ts';

const CLOSED = new Set(['filled', 'cancelled', 'rejected', 'expired'].map((status) => ORDER_STATUSES.indexOf(status as 'filled')));
const STATUS = TABLES.orders.byName.get('status')!;

/** Rows that one operation frees at most: its record stays small. */
export const PRUNE_COUNT_MAX = 4_096;

const TIME_COLUMN: Readonly<Record<string, string>> = { fills: 'time', orders: 'updated', books: 'time', trades: 'time' };

export function prune(tx: Transaction, intent: Fields<'prune'>): void {
  const timeName = TIME_COLUMN[intent.table];
  if (timeName === undefined) throw new RearmError('OPERATION_INVALID', 'prune needs the name of a table', {});
  if (intent.count > PRUNE_COUNT_MAX) throw new RearmError('OPERATION_INVALID', `prune frees at most ${PRUNE_COUNT_MAX} rows at once`, {});
  const table: Table = TABLES[intent.table as 'fills'];
  const time = table.byName.get(timeName)!;
  const due: { row: number; time: bigint }[] = [];
  for (const row of tx.image.rows(table)) {
    const base = tx.image.rowOffset(table, row);
    if (table === TABLES.orders && !CLOSED.has(getByte(tx.image, base, STATUS))) continue;
    const at = getI64(tx.image, base, time);
    if (at < intent.before) due.push({ row, time: at });
  }
  const keys = new Map<number, ReturnType<typeof canonicalKey>>();
  const keyOf = (row: number) => {
    const known = keys.get(row) ?? canonicalKey(tx.image, table, row);
    keys.set(row, known);
    return known;
  };
  due.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : compareKeys(keyOf(a.row), keyOf(b.row))));
  for (const { row } of due.slice(0, intent.count)) tx.remove(table, row);
}
