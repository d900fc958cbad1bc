/** Market data: recoverable, may be lost. */

import type { Fields } from '../../shared/model/operations.ts';
import { MARKET_STATUSES, SIDES, TABLES } from '../../shared/model/tables.ts';
import { setByte, setI64, setText, setU32 } from '../image/cells.ts';
import { amount, findRow, requireInstrument } from './lookup.ts';
import type { Transaction } from './transaction.ts';

export function setBook(tx: Transaction, intent: Fields<'market.book'>): void {
  const table = TABLES.books;
  const terms = requireInstrument(tx.state, intent.venue, intent.symbol);
  let row = findRow(tx.state, table, terms.id, intent.time);
  if (row < 0) {
    row = tx.insert(table);
    const base = tx.image.rowOffset(table, row);
    setU32(tx.image, base, table.byName.get('instrument')!, terms.id);
    setI64(tx.image, base, table.byName.get('time')!, intent.time);
    tx.indexed(table, row);
  }
  const base = tx.edit(table, row);
  for (let level = 1; level <= 5; level += 1) {
    for (const name of [`bidPrice${level}`, `bidQuantity${level}`, `askPrice${level}`, `askQuantity${level}`] as const) {
      const scale = name.includes('Price') ? terms.priceScale : terms.quantityScale;
      setI64(tx.image, base, table.byName.get(name)!, amount(intent[name as 'bidPrice1'], scale, name));
    }
  }
}

export function addTrade(tx: Transaction, intent: Fields<'market.trade'>): void {
  const table = TABLES.trades;
  const column = (name: string) => table.byName.get(name)!;
  const terms = requireInstrument(tx.state, intent.venue, intent.symbol);
  const tradeId = tx.text(intent.tradeId, column('tradeId'));
  if (findRow(tx.state, table, terms.id, intent.time, intent.tradeId) >= 0) return;
  const row = tx.insert(table);
  const base = tx.image.rowOffset(table, row);
  setByte(tx.image, base, column('side'), SIDES.indexOf(intent.side));
  setU32(tx.image, base, column('instrument'), terms.id);
  setI64(tx.image, base, column('time'), intent.time);
  setI64(tx.image, base, column('price'), amount(intent.price, terms.priceScale, 'price'));
  setI64(tx.image, base, column('quantity'), amount(intent.quantity, terms.quantityScale, 'quantity'));
  setText(tx.image, base, column('tradeId'), tradeId);
  tx.indexed(table, row);
}

export function setMarketStatus(tx: Transaction, intent: Fields<'market.status'>): void {
  const table = TABLES.markets;
  const terms = requireInstrument(tx.state, intent.venue, intent.symbol);
  let row = findRow(tx.state, table, terms.id);
  if (row < 0) {
    row = tx.insert(table);
    setU32(tx.image, tx.image.rowOffset(table, row), table.byName.get('instrument')!, terms.id);
    tx.indexed(table, row);
  }
  const base = tx.edit(table, row);
  setByte(tx.image, base, table.byName.get('status')!, MARKET_STATUSES.indexOf(intent.status));
  setI64(tx.image, base, table.byName.get('updated')!, intent.time);
}
