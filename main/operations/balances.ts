/** What venues report: balances, margin, the session itself. */

import { checkInt64 } from '../../shared/amounts.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/model/operations.ts';
import type { Table } from '../../shared/model/schema.ts';
import { ANSWERS, SESSION_STATES, TABLES } from '../../shared/model/tables.ts';
import { setByte, setI64, setU32, setU64 } from '../image/cells.ts';
import { amount, assetScale, ensureAsset, findRow } from './lookup.ts';
import type { Transaction } from './transaction.ts';

/** Byte offset of the row of (venue, account, asset), added where it is new. */
function ensureRow(tx: Transaction, table: Table, venue: string, account: string, asset: string): number {
  if (venue === '') throw new RearmError('OPERATION_INVALID', `${table.name} need the name of the venue`, {});
  const key = [tx.reference(venue), tx.reference(account), tx.reference(asset)] as const;
  let row = findRow(tx.state, table, key[0], key[1], key[2]);
  if (row < 0) {
    row = tx.insert(table);
    const base = tx.image.rowOffset(table, row);
    for (let i = 0; i < 3; i += 1) setU32(tx.image, base, table.byName.get(table.key[i]!)!, key[i]!);
    tx.indexed(table, row);
  }
  return tx.edit(table, row);
}

export function setBalance(tx: Transaction, intent: Fields<'balance.set'>): void {
  const scale = assetScale(tx.state, ensureAsset(tx, intent.asset, intent.free, intent.locked));
  const base = ensureRow(tx, TABLES.balances, intent.venue, intent.account, intent.asset);
  const free = amount(intent.free, scale, 'free');
  const locked = amount(intent.locked, scale, 'locked');
  const column = (name: string) => TABLES.balances.byName.get(name)!;
  setI64(tx.image, base, column('free'), free);
  setI64(tx.image, base, column('locked'), locked);
  setI64(tx.image, base, column('total'), checkInt64(free + locked, 'total'));
  setI64(tx.image, base, column('updated'), intent.time);
}

export function setMargin(tx: Transaction, intent: Fields<'margin.set'>): void {
  const scale = assetScale(tx.state, ensureAsset(tx, intent.asset, intent.initial, intent.maintenance, intent.equity));
  const base = ensureRow(tx, TABLES.margins, intent.venue, intent.account, intent.asset);
  const column = (name: string) => TABLES.margins.byName.get(name)!;
  setI64(tx.image, base, column('initial'), amount(intent.initial, scale, 'initial'));
  setI64(tx.image, base, column('maintenance'), amount(intent.maintenance, scale, 'maintenance'));
  setI64(tx.image, base, column('equity'), amount(intent.equity, scale, 'equity'));
  setI64(tx.image, base, column('updated'), intent.time);
}

export function updateSession(tx: Transaction, intent: Fields<'session.update'>): void {
  const table = TABLES.sessions;
  const column = (name: string) => table.byName.get(name)!;
  if (intent.venue === '') throw new RearmError('OPERATION_INVALID', 'a session needs the name of its venue', {});
  const venue = tx.reference(intent.venue);
  let row = findRow(tx.state, table, venue);
  if (row < 0) {
    row = tx.insert(table);
    setU32(tx.image, tx.image.rowOffset(table, row), column('venue'), venue);
    tx.indexed(table, row);
  }
  const base = tx.edit(table, row);
  setByte(tx.image, base, column('state'), SESSION_STATES.indexOf(intent.state));
  setByte(tx.image, base, column('cancelOnDisconnect'), ANSWERS.indexOf(intent.cancelOnDisconnect));
  setU64(tx.image, base, column('sequenceSent'), intent.sequenceSent);
  setU64(tx.image, base, column('sequenceReceived'), intent.sequenceReceived);
  setI64(tx.image, base, column('lastEvent'), intent.time);
}
