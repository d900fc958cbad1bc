/** Trades on positions: quantity, exact cost, realised P&L; and the instrument's profits that sum them. */

import { absolute, checkInt64, roundDivide } from '../../shared/amounts.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/model/operations.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { getI64, setI64, setU32 } from '../image/cells.ts';
import type { Image } from '../image/image.ts';
import { Wide } from '../image/wide.ts';
import type { InstrumentTerms } from './live-state.ts';
import { amount, findRow, positive, requireInstrument } from './lookup.ts';
import { beforeChange, limitChanged, rateOf, report, riskChanged } from './risk.ts';
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

/** quantity x price x multiplier as money (scale 18), into `result`; exact, because the scales of an instrument sum to at most 18. */
const tradeValue = (result: Wide, terms: InstrumentTerms, quantity: bigint, price: bigint): Wide =>
  result.set64(quantity).times64(price, 'quantity x price').times(terms.factor, 'quantity x price');

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
  let row = tx.state.rowOfId(TABLES.profits, instrument);
  if (row < 0) {
    row = tx.insert(TABLES.profits);
    setU32(tx.image, tx.image.rowOffset(TABLES.profits, row), profit.instrument, instrument);
    tx.indexed(TABLES.profits, row);
  }
  return tx.edit(TABLES.profits, row);
}

const exposure = new Wide();
const cost = new Wide();
const unitValue = new Wide();
/** A mark below this times any factor fits a wide integer. */
const SMALL_MARK = 1n << 32n;

/** 1 where the net quantity is the absolute one, -1 where it is its opposite: all positions on one side. 0 where it is neither. */
function signBetween({ quads }: Image, base: number): number {
  const net = (base + profit.quantity.offset) >> 2;
  const gross = (base + profit.absolute.offset) >> 2;
  if (quads[net] === quads[gross] && quads[net + 1] === quads[gross + 1]) return 1;
  const low = quads[net]! + quads[gross]!;
  const high = quads[net + 1]! + quads[gross + 1]! + (low > 0xffff_ffff ? 1 : 0);
  return low >>> 0 === 0 && high >>> 0 === 0 ? -1 : 0;
}

/** Derives net, gross and unrealised from the sums and the mark. */
function revalue(tx: Transaction, base: number, terms: InstrumentTerms): void {
  const { image } = tx;
  const mark = getI64(image, base, profit.mark);
  if (mark < SMALL_MARK) {
    unitValue.set64(mark).times(terms.factor, 'gross exposure');
    exposure.load64(image, base, profit.absolute).timesWide(unitValue, 'gross exposure');
    exposure.store(image, base, profit.gross, 'gross exposure');
    const sign = signBetween(image, base);
    if (sign === 0) exposure.load64(image, base, profit.quantity).timesWide(unitValue, 'net exposure');
    else if (sign < 0) exposure.negate();
  } else {
    exposure.load64(image, base, profit.absolute).times64(mark, 'gross exposure').times(terms.factor, 'gross exposure');
    exposure.store(image, base, profit.gross, 'gross exposure');
    exposure.load64(image, base, profit.quantity).times64(mark, 'net exposure').times(terms.factor, 'net exposure');
  }
  exposure.store(image, base, profit.net, 'net exposure');
  exposure.subtract(cost.load(image, base, profit.cost)).store(image, base, profit.unrealised, 'unrealised P&L');
}

const before = new Wide();
const removed = new Wide();
const gained = new Wide();
const value = new Wide();
const reported = new Wide();
const ofTheDay = new Wide();

/**
 * Trades `signed` units at `price` on a position, and takes it into profits, risk and limits.
 *
 * @param fee in the reporting currency; lowers the day's realised P&L
 * @returns what it realised in the reporting currency; valid until the next trade
 * @throws RearmError AMOUNT_OVERFLOW
 */
export function trade(
  tx: Transaction,
  account: number,
  terms: InstrumentTerms,
  signed: bigint,
  price: bigint,
  fee: Wide | null,
  time: bigint,
): Wide {
  const { image, state } = tx;
  const base = ensurePosition(tx, account, terms.id);
  const quantity = getI64(image, base, position.quantity);
  const size = absolute(signed);
  const held = absolute(quantity);
  const opposite = quantity !== 0n && signed !== 0n && quantity < 0n !== signed < 0n;
  const closing = opposite ? (size < held ? size : held) : 0n;
  const opening = size - closing;
  before.load(image, base, position.cost);
  cost.copy(before);
  gained.clear();
  if (closing > 0n) {
    if (closing === held) removed.copy(before);
    else removed.set(roundDivide(before.value * closing, held), 'position cost');
    tradeValue(value, terms, signed < 0n ? -closing : closing, price);
    gained.add(removed).add(value).negate();
    cost.subtract(removed);
  }
  if (opening > 0n) cost.add(tradeValue(value, terms, signed < 0n ? -opening : opening, price));
  const after = checkInt64(quantity + signed, 'position quantity');
  setI64(image, base, position.quantity, after);
  cost.store(image, base, position.cost, 'position cost');
  value.load(image, base, position.realised).add(gained).store(image, base, position.realised, 'realised P&L');
  setI64(image, base, position.updated, time);

  const rate = rateOf(state, terms.settle);
  const sums = ensureProfits(tx, terms.id);
  beforeChange(state, sums, rate);
  setI64(image, sums, profit.quantity, checkInt64(getI64(image, sums, profit.quantity) + signed, 'net quantity'));
  setI64(image, sums, profit.absolute, checkInt64(getI64(image, sums, profit.absolute) + absolute(after) - held, 'absolute quantity'));
  value.load(image, sums, profit.cost).add(cost).subtract(before).store(image, sums, profit.cost, 'cost');
  value.load(image, sums, profit.realised).add(gained).store(image, sums, profit.realised, 'realised P&L');
  if (getI64(image, sums, profit.markTime) === 0n) setI64(image, sums, profit.mark, price);
  revalue(tx, sums, terms);

  report(reported.copy(gained), rate);
  ofTheDay.copy(reported);
  if (fee) ofTheDay.subtract(fee);
  riskChanged(tx, sums, rate, ofTheDay, time);
  limitChanged(tx, terms.id, sums, profit.gross, time);
  return reported;
}

export function setMark(tx: Transaction, intent: Fields<'mark'>): void {
  const terms = requireInstrument(tx.state, intent.venue, intent.symbol);
  const price = positive(intent.price, terms.priceScale, 'price');
  if (intent.time === 0n) throw new RearmError('OPERATION_INVALID', `a mark of ${intent.symbol} needs its time`, { symbol: intent.symbol });
  const base = ensureProfits(tx, terms.id);
  const rate = rateOf(tx.state, terms.settle);
  beforeChange(tx.state, base, rate);
  setI64(tx.image, base, profit.mark, price);
  setI64(tx.image, base, profit.markTime, intent.time);
  revalue(tx, base, terms);
  riskChanged(tx, base, rate, null, intent.time);
  limitChanged(tx, terms.id, base, profit.gross, intent.time);
}

export function adjustPosition(tx: Transaction, intent: Fields<'position.adjust'>): void {
  const terms = requireInstrument(tx.state, intent.venue, intent.symbol);
  const target = amount(intent.quantity, terms.quantityScale, 'quantity');
  const price = positive(intent.price, terms.priceScale, 'price');
  const account = tx.reference(intent.account);
  const row = findRow(tx.state, TABLES.positions, account, terms.id);
  const present = row < 0 ? 0n : getI64(tx.image, tx.image.rowOffset(TABLES.positions, row), position.quantity);
  trade(tx, account, terms, target - present, price, null, intent.time);
}
