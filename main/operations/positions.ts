/** Trades on positions: quantity, exact cost, realised P&L; and the instrument's profits that sum them. */

import { absolute, checkInt64, checkInt128, MONEY_SCALE, MULTIPLIER_SCALE, powerOfTen, roundDivide } from '../../shared/amounts.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/model/operations.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { getI64, getI128, setI64, setI128, setU32 } from '../image/cells.ts';
import { amount, findRow, type InstrumentTerms, positive, requireInstrument } from './lookup.ts';
import { limitChanged, profitsAt, rateOf, report, riskChanged } from './risk.ts';
import type { Transaction } from './transaction.ts';

const P = TABLES.positions.byName;
const position = {
  account: P.get('account')!,
  instrument: P.get('instrument')!,
  quantity: P.get('quantity')!,
  cost: P.get('cost')!,
  realised: P.get('realised')!,
  updated: P.get('updated')!,
};
const F = TABLES.profits.byName;
const profit = {
  instrument: F.get('instrument')!,
  mark: F.get('mark')!,
  markTime: F.get('markTime')!,
  quantity: F.get('quantity')!,
  absolute: F.get('absolute')!,
  cost: F.get('cost')!,
  realised: F.get('realised')!,
  unrealised: F.get('unrealised')!,
  net: F.get('net')!,
  gross: F.get('gross')!,
};

/** quantity x price x multiplier as money (scale 18); exact, because the scales of an instrument sum to at most 18. */
export const tradeValue = (terms: InstrumentTerms, quantity: bigint, price: bigint): bigint =>
  quantity * price * terms.multiplier * powerOfTen(MONEY_SCALE - MULTIPLIER_SCALE - terms.priceScale - terms.quantityScale);

function ensurePosition(tx: Transaction, account: number, instrument: number): number {
  let row = findRow(tx.state, TABLES.positions, account, instrument);
  if (row < 0) {
    row = tx.insert(TABLES.positions);
    const base = tx.image.rowOffset(TABLES.positions, row);
    setU32(tx.image, base, position.account, account);
    setU32(tx.image, base, position.instrument, instrument);
    tx.indexed(TABLES.positions, row);
  }
  return tx.edit(TABLES.positions, row);
}

function ensureProfits(tx: Transaction, instrument: number): number {
  let row = findRow(tx.state, TABLES.profits, instrument);
  if (row < 0) {
    row = tx.insert(TABLES.profits);
    setU32(tx.image, tx.image.rowOffset(TABLES.profits, row), profit.instrument, instrument);
    tx.indexed(TABLES.profits, row);
  }
  return tx.edit(TABLES.profits, row);
}

/** Derives net, gross and unrealised from the sums and the mark. */
function revalue(tx: Transaction, base: number, terms: InstrumentTerms): void {
  const { image } = tx;
  const mark = getI64(image, base, profit.mark);
  const net = checkInt128(tradeValue(terms, getI64(image, base, profit.quantity), mark), 'net exposure');
  setI128(image, base, profit.net, net);
  setI128(image, base, profit.gross, checkInt128(tradeValue(terms, getI64(image, base, profit.absolute), mark), 'gross exposure'));
  setI128(image, base, profit.unrealised, checkInt128(net - getI128(image, base, profit.cost), 'unrealised P&L'));
}

/** What a trade did, in the reporting currency. */
export interface TradeEffect {
  readonly realised: bigint;
}

/**
 * Trades `signed` units at `price` on a position, and takes it into profits, risk and limits.
 *
 * @param fee in the reporting currency; lowers the day's realised P&L
 * @throws RearmError AMOUNT_OVERFLOW
 */
export function trade(
  tx: Transaction,
  account: number,
  terms: InstrumentTerms,
  signed: bigint,
  price: bigint,
  fee: bigint,
  time: bigint,
): TradeEffect {
  const { image, state } = tx;
  const base = ensurePosition(tx, account, terms.id);
  const quantity = getI64(image, base, position.quantity);
  const cost = getI128(image, base, position.cost);
  const size = absolute(signed);
  const held = absolute(quantity);
  const sign = signed < 0n ? -1n : 1n;
  const opposite = quantity !== 0n && signed !== 0n && quantity < 0n !== signed < 0n;
  const closing = opposite ? (size < held ? size : held) : 0n;
  const removed = closing === 0n ? 0n : closing === held ? cost : roundDivide(cost * closing, held);
  const realised = -(removed + sign * tradeValue(terms, closing, price));
  const gained = closing === 0n ? 0n : realised;
  const after = checkInt64(quantity + signed, 'position quantity');
  const costAfter = checkInt128(cost - removed + sign * tradeValue(terms, size - closing, price), 'position cost');
  setI64(image, base, position.quantity, after);
  setI128(image, base, position.cost, costAfter);
  setI128(image, base, position.realised, checkInt128(getI128(image, base, position.realised) + gained, 'realised P&L'));
  setI64(image, base, position.updated, time);

  const sums = ensureProfits(tx, terms.id);
  const before = profitsAt(state, sums);
  setI64(image, sums, profit.quantity, checkInt64(getI64(image, sums, profit.quantity) + signed, 'net quantity'));
  setI64(image, sums, profit.absolute, checkInt64(getI64(image, sums, profit.absolute) + absolute(after) - held, 'absolute quantity'));
  setI128(image, sums, profit.cost, checkInt128(getI128(image, sums, profit.cost) + costAfter - cost, 'cost'));
  setI128(image, sums, profit.realised, checkInt128(getI128(image, sums, profit.realised) + gained, 'realised P&L'));
  if (getI64(image, sums, profit.markTime) === 0n) setI64(image, sums, profit.mark, price);
  revalue(tx, sums, terms);

  const rate = rateOf(state, terms.settle);
  const reported = report(gained, rate);
  riskChanged(tx, rate, before, profitsAt(state, sums), reported - fee, time);
  limitChanged(tx, terms.id, getI128(image, sums, profit.gross), time);
  return { realised: reported };
}

export function setMark(tx: Transaction, intent: Fields<'mark'>): void {
  const terms = requireInstrument(tx.state, intent.venue, intent.symbol);
  const price = positive(intent.price, terms.priceScale, 'price');
  if (intent.time === 0n) throw new RearmError('OPERATION_INVALID', `a mark of ${intent.symbol} needs its time`, { symbol: intent.symbol });
  const base = ensureProfits(tx, terms.id);
  const before = profitsAt(tx.state, base);
  setI64(tx.image, base, profit.mark, price);
  setI64(tx.image, base, profit.markTime, intent.time);
  revalue(tx, base, terms);
  riskChanged(tx, rateOf(tx.state, terms.settle), before, profitsAt(tx.state, base), 0n, intent.time);
  limitChanged(tx, terms.id, getI128(tx.image, base, profit.gross), intent.time);
}

export function adjustPosition(tx: Transaction, intent: Fields<'position.adjust'>): void {
  const terms = requireInstrument(tx.state, intent.venue, intent.symbol);
  const target = amount(intent.quantity, terms.quantityScale, 'quantity');
  const price = positive(intent.price, terms.priceScale, 'price');
  const account = tx.reference(intent.account);
  const row = findRow(tx.state, TABLES.positions, account, terms.id);
  const present = row < 0 ? 0n : getI64(tx.image, tx.image.rowOffset(TABLES.positions, row), position.quantity);
  trade(tx, account, terms, target - present, price, 0n, intent.time);
}
