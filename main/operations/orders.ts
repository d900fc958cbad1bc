/** Orders, from submission to their end, and their fills. */

import { MONEY_SCALE, powerOfTen } from '../../shared/amounts.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/model/operations.ts';
import { LIQUIDITIES, ORDER_STATUSES, ORDER_TYPES, PROVENANCES, SIDES, TABLES, TIMES_IN_FORCE } from '../../shared/model/tables.ts';
import { getByte, getI64, getU32, setByte, setI64, setText, setU32 } from '../image/cells.ts';
import { factorOf, Wide } from '../image/wide.ts';
import type { InstrumentTerms } from './live-state.ts';
import { amount, assetScale, ensureAsset, findRow, instrumentTerms, positive, requireInstrument, requireOrder } from './lookup.ts';
import { trade } from './positions.ts';
import { isHalted, rateOf, report } from './risk.ts';
import type { Transaction } from './transaction.ts';

const O = Object.fromEntries(TABLES.orders.columns.map((column) => [column.name, column])) as Record<
  | 'status'
  | 'side'
  | 'orderType'
  | 'timeInForce'
  | 'reduceOnly'
  | 'provenance'
  | 'account'
  | 'instrument'
  | 'strategy'
  | 'trader'
  | 'filled'
  | 'updated'
  | 'quantity'
  | 'price'
  | 'trigger'
  | 'submitted'
  | 'clientId'
  | 'orderId',
  (typeof TABLES.orders.columns)[number]
>;
const F = Object.fromEntries(TABLES.fills.columns.map((column) => [column.name, column])) as Record<
  | 'side'
  | 'liquidity'
  | 'provenance'
  | 'account'
  | 'instrument'
  | 'feeAsset'
  | 'quantity'
  | 'price'
  | 'fee'
  | 'time'
  | 'received'
  | 'tradeId'
  | 'clientId',
  (typeof TABLES.fills.columns)[number]
>;
/** Of an order's row, what changes in its life: status, filled quantity, last update. */
const PROGRESS_WORDS = (O.updated.offset + O.updated.size) >> 3;
const STRATEGY_REALISED = TABLES.strategies.byName.get('realised')!;
const REALISED_WORDS = (STRATEGY_REALISED.offset + STRATEGY_REALISED.size) >> 3;
const strategyRealised = new Wide();

type Status = (typeof ORDER_STATUSES)[number];
const statusOf = (tx: Transaction, base: number): Status => ORDER_STATUSES[getByte(tx.image, base, O.status)]!;
const setStatus = (tx: Transaction, base: number, status: Status): void =>
  setByte(tx.image, base, O.status, ORDER_STATUSES.indexOf(status));

/** New orders are refused once a table that they or their fills need is this full; fills and cancels go on to the bound. */
const ORDERS_REFUSED_FRACTION = 7 / 8;
const BOUNDED = [TABLES.orders, TABLES.fills, TABLES.positions, TABLES.profits, TABLES.dictionary, TABLES.chunks];

function refuseAtBound(tx: Transaction): void {
  for (const table of BOUNDED) {
    if (tx.state.used(table) >= tx.state.rowsMax(table) * ORDERS_REFUSED_FRACTION) {
      throw new RearmError(
        'STATE_BOUND',
        `${table.name} holds ${tx.state.used(table)} of ${tx.state.rowsMax(table)} rows: new orders are refused`,
        {
          table: table.name,
        },
      );
    }
  }
}

function insertOrder(tx: Transaction, intent: Fields<'order.submit'> | Fields<'order.adopt'>, terms: InstrumentTerms): number {
  if (intent.clientId === '') throw new RearmError('OPERATION_INVALID', 'an order needs a client id', {});
  if (intent.side === 'none') throw new RearmError('OPERATION_INVALID', `${intent.clientId}: an order needs a side`, {});
  const clientId = tx.text(intent.clientId, O.clientId);
  if (findRow(tx.state, TABLES.orders, intent.clientId) >= 0) {
    throw new RearmError('OPERATION_INVALID', `the client id ${intent.clientId} is taken`, { clientId: intent.clientId });
  }
  const quantity = positive(intent.quantity, terms.quantityScale, 'quantity');
  const row = tx.insert(TABLES.orders);
  const base = tx.image.rowOffset(TABLES.orders, row);
  const { image } = tx;
  setByte(image, base, O.side, SIDES.indexOf(intent.side));
  setByte(image, base, O.orderType, ORDER_TYPES.indexOf(intent.orderType));
  setByte(image, base, O.timeInForce, TIMES_IN_FORCE.indexOf(intent.timeInForce));
  setByte(image, base, O.reduceOnly, intent.reduceOnly ? 1 : 0);
  setU32(image, base, O.account, tx.reference(intent.account));
  setU32(image, base, O.instrument, terms.id);
  setU32(image, base, O.strategy, tx.reference(intent.strategy));
  setU32(image, base, O.trader, tx.reference(intent.trader));
  setI64(image, base, O.quantity, quantity);
  setI64(image, base, O.price, amount(intent.price, terms.priceScale, 'price'));
  setI64(image, base, O.trigger, amount(intent.trigger, terms.priceScale, 'trigger'));
  setI64(image, base, O.submitted, intent.time);
  setI64(image, base, O.updated, intent.time);
  setText(image, base, O.clientId, clientId);
  tx.indexed(TABLES.orders, row);
  return base;
}

export function submitOrder(tx: Transaction, intent: Fields<'order.submit'>): void {
  if (isHalted(tx.state))
    throw new RearmError('GATE_CLOSED', `trading is halted: ${intent.clientId} is not accepted`, { clientId: intent.clientId });
  refuseAtBound(tx);
  const base = insertOrder(tx, intent, requireInstrument(tx.state, intent.venue, intent.symbol));
  setStatus(tx, base, 'pending');
}

export function adoptOrder(tx: Transaction, intent: Fields<'order.adopt'>): void {
  const terms = requireInstrument(tx.state, intent.venue, intent.symbol);
  const base = insertOrder(tx, intent, terms);
  const filled = amount(intent.filled, terms.quantityScale, 'filled');
  if (filled < 0n || filled > getI64(tx.image, base, O.quantity)) {
    throw new RearmError('OPERATION_INVALID', `${intent.clientId}: filled ${intent.filled} is outside the quantity`, {});
  }
  setI64(tx.image, base, O.filled, filled);
  setText(tx.image, base, O.orderId, tx.text(intent.orderId, O.orderId));
  setByte(tx.image, base, O.provenance, PROVENANCES.indexOf('claimed'));
  setStatus(tx, base, openStatus(filled, getI64(tx.image, base, O.quantity)));
}

const openStatus = (filled: bigint, quantity: bigint): Status =>
  filled === 0n ? 'open' : filled === quantity ? 'filled' : 'partiallyFilled';

export function acceptOrder(tx: Transaction, intent: Fields<'order.accept'>): void {
  const base = tx.edit(TABLES.orders, requireOrder(tx.state, intent.clientId));
  setText(tx.image, base, O.orderId, tx.text(intent.orderId, O.orderId));
  setI64(tx.image, base, O.updated, intent.time);
  const status = statusOf(tx, base);
  if (status === 'pending' || status === 'unknown') {
    setStatus(tx, base, openStatus(getI64(tx.image, base, O.filled), getI64(tx.image, base, O.quantity)));
  }
}

export function rejectOrder(tx: Transaction, intent: Fields<'order.reject'>): void {
  const base = tx.edit(TABLES.orders, requireOrder(tx.state, intent.clientId), PROGRESS_WORDS);
  if (getI64(tx.image, base, O.filled) !== 0n) {
    throw new RearmError('OPERATION_INVALID', `${intent.clientId} has fills: it cannot have been rejected`, { clientId: intent.clientId });
  }
  setStatus(tx, base, 'rejected');
  setI64(tx.image, base, O.updated, intent.time);
}

const ENDED: readonly Status[] = ['filled', 'cancelled', 'rejected', 'expired'];

export function amendOrder(tx: Transaction, intent: Fields<'order.amend'>): void {
  const base = tx.edit(TABLES.orders, requireOrder(tx.state, intent.clientId));
  const terms = instrumentTerms(tx.state, getU32(tx.image, base, O.instrument));
  const filled = getI64(tx.image, base, O.filled);
  if (ENDED.includes(statusOf(tx, base))) {
    throw new RearmError('OPERATION_INVALID', `${intent.clientId} is ${statusOf(tx, base)}: it cannot be amended`, {
      clientId: intent.clientId,
    });
  }
  if (intent.price !== '') setI64(tx.image, base, O.price, amount(intent.price, terms.priceScale, 'price'));
  if (intent.trigger !== '') setI64(tx.image, base, O.trigger, amount(intent.trigger, terms.priceScale, 'trigger'));
  if (intent.quantity !== '') {
    const quantity = positive(intent.quantity, terms.quantityScale, 'quantity');
    if (quantity < filled) {
      throw new RearmError('OPERATION_INVALID', `${intent.clientId}: the quantity cannot go below what is filled`, {
        clientId: intent.clientId,
      });
    }
    setI64(tx.image, base, O.quantity, quantity);
    if (quantity === filled) setStatus(tx, base, 'filled');
  }
  setI64(tx.image, base, O.updated, intent.time);
}

export function requestCancel(tx: Transaction, intent: Fields<'order.cancelRequest'>): void {
  const base = tx.edit(TABLES.orders, requireOrder(tx.state, intent.clientId), PROGRESS_WORDS);
  const status = statusOf(tx, base);
  if (status === 'pending' || status === 'open' || status === 'partiallyFilled' || status === 'unknown')
    setStatus(tx, base, 'pendingCancel');
  setI64(tx.image, base, O.updated, intent.time);
}

const END_STATUSES: readonly Status[] = ['cancelled', 'expired', 'rejected', 'unknown'];

export function closeOrder(tx: Transaction, intent: Fields<'order.close'>): void {
  if (!END_STATUSES.includes(intent.status)) {
    throw new RearmError('OPERATION_INVALID', `an order cannot be closed as ${intent.status}`, { clientId: intent.clientId });
  }
  const base = tx.edit(TABLES.orders, requireOrder(tx.state, intent.clientId), PROGRESS_WORDS);
  if (intent.status === 'rejected' && getI64(tx.image, base, O.filled) !== 0n) {
    throw new RearmError('OPERATION_INVALID', `${intent.clientId} has fills: it cannot have been rejected`, { clientId: intent.clientId });
  }
  if (statusOf(tx, base) !== 'filled') setStatus(tx, base, intent.status);
  setI64(tx.image, base, O.updated, intent.time);
}

/** Row of the fill with this trade id, or -1. */
const findFill = (tx: Transaction, instrument: number, account: number, tradeId: string): number =>
  findRow(tx.state, TABLES.fills, instrument, account, tradeId);

interface Execution {
  readonly tradeId: string;
  readonly clientId: string;
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
  readonly feeAsset: string;
  readonly liquidity: (typeof LIQUIDITIES)[number];
  readonly provenance: (typeof PROVENANCES)[number];
  readonly time: bigint;
}

const reportedFee = new Wide();
/** What turns units of an asset, by its scale, into money. */
const TO_MONEY = Array.from({ length: MONEY_SCALE + 1 }, (_, scale) => factorOf(powerOfTen(MONEY_SCALE - scale)));

/** The part that fills of orders and external fills share. @returns the effect on realised P&L in the reporting currency */
function execute(tx: Transaction, account: number, terms: InstrumentTerms, side: (typeof SIDES)[number], intent: Execution): Wide {
  const { image } = tx;
  if (intent.tradeId === '') throw new RearmError('OPERATION_INVALID', 'a fill needs the trade id of its venue', {});
  const quantity = positive(intent.quantity, terms.quantityScale, 'quantity');
  const price = positive(intent.price, terms.priceScale, 'price');
  const tradeId = tx.text(intent.tradeId, F.tradeId);
  const clientId = tx.text(intent.clientId, F.clientId);
  const asset = intent.fee === '' && intent.feeAsset === '' ? -1 : ensureAsset(tx, intent.feeAsset, intent.fee);
  const scale = asset < 0 ? 0 : assetScale(tx.state, asset);
  const fee = asset < 0 ? 0n : amount(intent.fee, scale, 'fee');
  const feeAsset = asset < 0 ? 0 : tx.reference(intent.feeAsset);
  if (tx.state.used(TABLES.fills) >= tx.state.rowsMax(TABLES.fills)) evictOldestFill(tx);
  const row = tx.insert(TABLES.fills);
  const base = image.rowOffset(TABLES.fills, row);
  setByte(image, base, F.side, SIDES.indexOf(side));
  setByte(image, base, F.liquidity, LIQUIDITIES.indexOf(intent.liquidity));
  setByte(image, base, F.provenance, PROVENANCES.indexOf(intent.provenance));
  setU32(image, base, F.account, account);
  setU32(image, base, F.instrument, terms.id);
  setU32(image, base, F.feeAsset, feeAsset);
  setI64(image, base, F.quantity, quantity);
  setI64(image, base, F.price, price);
  setI64(image, base, F.fee, fee);
  setI64(image, base, F.time, intent.time);
  setI64(image, base, F.received, tx.timeNs);
  setText(image, base, F.tradeId, tradeId);
  setText(image, base, F.clientId, clientId);
  tx.indexed(TABLES.fills, row);
  if (fee !== 0n) report(reportedFee.set64(fee).times(TO_MONEY[scale]!, 'fee'), rateOf(tx.state, feeAsset));
  return trade(tx, account, terms, side === 'buy' ? quantity : -quantity, price, fee === 0n ? null : reportedFee, intent.time);
}

function evictOldestFill(tx: Transaction): void {
  const queue = tx.state.agesOf('fills')!;
  const alike = queue.takeOldest();
  const [first] = alike.sort((a, b) => {
    const [one, other] = [queue.timeOf(a), queue.timeOf(b)];
    return one < other ? -1 : one > other ? 1 : a - b;
  });
  for (const row of alike) if (row !== first) queue.add(row, tx.image.rowOffset(TABLES.fills, row));
  tx.remove(TABLES.fills, first!);
}

/** A late fill does not bring these back to life; a rejected order that trades was not rejected. */
const STAYS_CLOSED: readonly Status[] = ['cancelled', 'expired'];

export function fillOrder(tx: Transaction, intent: Fields<'fill'>): void {
  const { image, state } = tx;
  const row = requireOrder(state, intent.clientId);
  const present = image.rowOffset(TABLES.orders, row);
  const instrument = getU32(image, present, O.instrument);
  const account = getU32(image, present, O.account);
  if (findFill(tx, instrument, account, intent.tradeId) >= 0) return;
  const terms = instrumentTerms(state, instrument);
  const side = SIDES[getByte(image, present, O.side)]!;
  const base = tx.edit(TABLES.orders, row, PROGRESS_WORDS);
  const filled = getI64(image, base, O.filled) + positive(intent.quantity, terms.quantityScale, 'quantity');
  const quantity = getI64(image, base, O.quantity);
  if (filled > quantity) {
    throw new RearmError('OPERATION_INVALID', `${intent.clientId}: trade ${intent.tradeId} overfills the order`, {
      clientId: intent.clientId,
      tradeId: intent.tradeId,
    });
  }
  const realised = execute(tx, account, terms, side, intent);
  setI64(image, base, O.filled, filled);
  setI64(image, base, O.updated, intent.time);
  const status = statusOf(tx, base);
  if (filled === quantity) setStatus(tx, base, 'filled');
  else if (status !== 'pendingCancel' && !STAYS_CLOSED.includes(status)) setStatus(tx, base, 'partiallyFilled');
  const strategy = state.rowOfId(TABLES.strategies, getU32(image, base, O.strategy));
  if (strategy >= 0 && !realised.isZero) {
    const at = tx.edit(TABLES.strategies, strategy, REALISED_WORDS);
    realised.add(strategyRealised.load(image, at, STRATEGY_REALISED)).store(image, at, STRATEGY_REALISED, 'strategy P&L');
  }
}

export function fillExternal(tx: Transaction, intent: Fields<'fill.external'>): void {
  if (intent.side === 'none') throw new RearmError('OPERATION_INVALID', `trade ${intent.tradeId} needs a side`, {});
  const terms = requireInstrument(tx.state, intent.venue, intent.symbol);
  const account = tx.reference(intent.account);
  if (findFill(tx, terms.id, account, intent.tradeId) >= 0) return;
  execute(tx, account, terms, intent.side, intent);
}
