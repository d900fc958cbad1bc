/** Orders of Binance USD-M futures: the order book's, and the conditional ones with their own endpoints and ids. */

import { toMs } from '../domain/clock.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Instrument } from '../domain/instrument.ts';
import { isLive, isResting, type Order, type OrderRequest, type OrderType, type TimeInForce, type Trigger } from '../domain/order.ts';
import { Refusal } from '../domain/refusal.ts';
import { limited, limitOf, window } from './binance-account.ts';
import { invalid, missing, unknownCancel } from './binance-errors.ts';
import { algoRow, orderRow } from './binance-rows.ts';
import { type Call, cutRows, DialectError, type Outcome, type Params } from './dialect.ts';
import { integer, PRICE_REFUSALS, QUANTITY_REFUSALS, units } from './parameters.ts';

const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;
const TIMES_IN_FORCE: Readonly<Record<string, TimeInForce>> = { GTC: 'gtc', IOC: 'ioc', FOK: 'fok', GTX: 'postOnly' };
const CONDITIONAL: Readonly<Record<string, { readonly kind: Trigger['kind']; readonly type: OrderType }>> = {
  STOP: { kind: 'stop', type: 'limit' },
  STOP_MARKET: { kind: 'stop', type: 'market' },
  TAKE_PROFIT: { kind: 'takeProfit', type: 'limit' },
  TAKE_PROFIT_MARKET: { kind: 'takeProfit', type: 'market' },
};

function required(params: Params, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw missing(name);
  return value;
}

const instrumentOf = ({ exchange, params }: Call): Instrument => exchange.books.instrument(required(params, 'symbol'));

function clientIdOf(params: Params, name: string): string {
  const clientId = params.get(name) ?? '';
  if (clientId !== '' && !CLIENT_ID.test(clientId)) throw new Refusal('clientIdInvalid');
  return clientId;
}

function commonOf(call: Call, type: OrderType, clientIdName: string): Omit<OrderRequest, 'trigger'> {
  const { params } = call;
  const instrument = instrumentOf(call);
  const side = required(params, 'side');
  if (side !== 'BUY' && side !== 'SELL') throw new DialectError(-1117, 'Invalid side.');
  const timeInForceText = params.get('timeInForce') ?? 'GTC';
  const timeInForce = TIMES_IN_FORCE[timeInForceText];
  if (timeInForce === undefined) throw new DialectError(-1115, 'Invalid timeInForce.');
  const positionSide = params.get('positionSide') ?? 'BOTH';
  if (positionSide !== 'BOTH') throw new DialectError(-4061, "Order's position side does not match user's setting.");
  return {
    instrument,
    side: side === 'BUY' ? 'buy' : 'sell',
    type,
    timeInForce: type === 'market' ? 'gtc' : timeInForce,
    price: type === 'market' ? null : units(required(params, 'price'), instrument.priceScale, PRICE_REFUSALS),
    quantity: units(required(params, 'quantity'), instrument.quantityScale, QUANTITY_REFUSALS),
    reduceOnly: params.get('reduceOnly') === 'true',
    clientId: clientIdOf(params, clientIdName),
  };
}

export function createOrder(call: Call): Outcome {
  const type = required(call.params, 'type');
  if (type in CONDITIONAL) {
    throw new DialectError(-4120, 'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.');
  }
  if (type !== 'LIMIT' && type !== 'MARKET') throw new DialectError(-1116, 'Invalid orderType.');
  if (type === 'LIMIT') required(call.params, 'timeInForce');
  const request = commonOf(call, type === 'LIMIT' ? 'limit' : 'market', 'newClientOrderId');
  const order = call.exchange.submit({ ...request, trigger: null });
  return { payload: orderRow(order, 'answer'), orders: [order] };
}

export function createAlgoOrder(call: Call): Outcome {
  if (required(call.params, 'algoType') !== 'CONDITIONAL') throw invalid('algoType');
  const conditional = CONDITIONAL[required(call.params, 'type')];
  if (conditional === undefined) throw new DialectError(-1116, 'Invalid orderType.');
  const request = commonOf(call, conditional.type, 'clientAlgoId');
  const text = call.params.get('triggerPrice') ?? required(call.params, 'stopPrice');
  const price = units(text, request.instrument.priceScale, PRICE_REFUSALS);
  const direction = (request.side === 'buy') === (conditional.kind === 'stop') ? 'rise' : 'fall';
  const order = call.exchange.submit({ ...request, trigger: { price, direction, kind: conditional.kind } });
  return { payload: algoRow(order), orders: [order] };
}

/** An order of the order book, by its id or by its client id. Conditional orders are found here once they triggered. */
function find({ exchange, params }: Call, instrument: Instrument): Order | null {
  const orderId = params.get('orderId');
  const clientId = params.get('origClientOrderId');
  if (orderId === undefined && clientId === undefined) throw missing('orderId');
  const mine = (order: Order): boolean => order.instrument === instrument && order.orderId !== null;
  const order = orderId === undefined ? exchange.books.orders.meant(clientId!, mine) : exchange.books.orders.byOrderId(orderId);
  return order !== null && mine(order) ? order : null;
}

function findAlgo({ exchange, params }: Call): Order | null {
  const algoId = params.get('algoId');
  const clientId = params.get('clientAlgoId');
  if (algoId === undefined && clientId === undefined) throw missing('algoId');
  const conditional = (order: Order): boolean => order.algoId !== null;
  return algoId === undefined ? exchange.books.orders.meant(clientId!, conditional) : exchange.books.orders.byAlgoId(algoId);
}

export function amendOrder(call: Call): Outcome {
  const instrument = instrumentOf(call);
  const order = find(call, instrument);
  if (order === null || !isLive(order)) throw new Refusal('unknownOrder');
  if (required(call.params, 'side') !== order.side.toUpperCase()) throw new DialectError(-1117, 'Invalid side.');
  const price = units(required(call.params, 'price'), instrument.priceScale, PRICE_REFUSALS);
  const quantity = units(required(call.params, 'quantity'), instrument.quantityScale, QUANTITY_REFUSALS);
  call.exchange.amend(order, { price, quantity });
  return { payload: orderRow(order, 'answer'), orders: [order] };
}

export function cancelOrder(call: Call): Outcome {
  const order = find(call, instrumentOf(call));
  if (order === null || !isResting(order)) throw unknownCancel();
  call.exchange.cancel(order);
  return { payload: orderRow(order, 'answer'), orders: [order] };
}

export function cancelAlgoOrder(call: Call): Outcome {
  const order = findAlgo(call);
  if (order === null || order.status !== 'untriggered') throw unknownCancel();
  call.exchange.cancel(order);
  const { algoId, clientAlgoId } = algoRow(order);
  return { payload: { algoId, clientAlgoId, code: '200', msg: 'success' }, orders: [order] };
}

const DONE = { code: 200, msg: 'The operation of cancel all open order is done.' };

/** Conditional orders stay: they have an endpoint of their own. */
export const cancelAllOrders = (call: Call): Outcome => ({
  orders: call.exchange.cancelAll(instrumentOf(call), isResting),
  payload: DONE,
});

export const cancelAllAlgoOrders = (call: Call): Outcome => ({
  orders: call.exchange.cancelAll(instrumentOf(call), (order) => order.status === 'untriggered'),
  payload: DONE,
});

const BATCH_MAX = 10;

function idList(text: string | undefined, name: string): string[] {
  if (text === undefined) return [];
  if (!/^\[("?[^"[\]]{1,40}"?)?(,"?[^"[\]]{1,40}"?)*\]$/.test(text)) throw invalid(name);
  return text
    .slice(1, -1)
    .split(',')
    .map((part) => part.trim().replace(/^"|"$/g, ''));
}

/** Each part has its own outcome: a cancelled order, or an error in its place. */
export function cancelBatch(call: Call): Outcome {
  const ids = idList(call.params.get('orderidlist') ?? call.params.get('orderIdList'), 'orderIdList');
  const names = idList(call.params.get('origclientorderidlist') ?? call.params.get('origClientOrderIdList'), 'origClientOrderIdList');
  const parts = [...ids.map((id) => ['orderId', id] as const), ...names.map((name) => ['origClientOrderId', name] as const)];
  if (parts.length === 0) throw missing('orderIdList');
  if (parts.length > BATCH_MAX) throw new DialectError(-4032, 'Exceed maximum cancel order size.');
  const orders: Order[] = [];
  const payload = parts.map(([name, value]) => {
    try {
      const outcome = cancelOrder({ ...call, params: new Map([...call.params, [name, value]]) });
      orders.push(...(outcome.orders ?? []));
      return outcome.payload;
    } catch (error) {
      if (error instanceof DialectError) return { code: error.code, msg: error.message };
      throw error;
    }
  });
  return { payload, orders };
}

export function countdownCancelAll(call: Call): Outcome {
  const instrument = instrumentOf(call);
  required(call.params, 'countdownTime');
  const countdownMs = integer(call.params, 'countdownTime', 0, 86_400_000, 0);
  if (countdownMs === undefined) throw invalid('countdownTime');
  call.exchange.countdowns.set(instrument.id, countdownMs, call.exchange.books.clock.world.marketNs());
  return { payload: { symbol: instrument.id, countdownTime: String(countdownMs) } };
}

export function getOrder(call: Call): Outcome {
  const order = find(call, instrumentOf(call));
  if (order === null) throw new Refusal('unknownOrder');
  return { payload: orderRow(order, 'query') };
}

export function getOpenOrder(call: Call): Outcome {
  const order = find(call, instrumentOf(call));
  if (order === null || !isResting(order)) throw new Refusal('unknownOrder');
  return { payload: orderRow(order, 'query') };
}

export function getAlgoOrder(call: Call): Outcome {
  const order = findAlgo(call);
  if (order === null) throw new Refusal('unknownOrder');
  return { payload: algoRow(order) };
}

const optionalInstrument = ({ exchange, params }: Call): Instrument | null =>
  params.has('symbol') ? exchange.books.instrument(params.get('symbol')!) : null;

/** The venue has no pages here: it answers all of them, of one symbol or of all. */
export function openOrders(call: Call): Outcome {
  const open = call.exchange.books.orders.live(optionalInstrument(call)).filter(isResting);
  return { payload: cutRows(open, call.halfPage).map((order) => orderRow(order, 'query')) };
}

export function openAlgoOrders(call: Call): Outcome {
  const open = call.exchange.books.orders.live(optionalInstrument(call)).filter(({ status }) => status === 'untriggered');
  return { payload: cutRows(open, call.halfPage).map(algoRow) };
}

const known = ({ books }: Exchange, instrument: Instrument, of: (order: Order) => boolean): Order[] =>
  books.orders.all.filter((order) => order.instrument === instrument && !order.lost && of(order));

export function allOrders(call: Call): Outcome {
  const { params, exchange } = call;
  const orders = known(exchange, instrumentOf(call), ({ orderId }) => orderId !== null);
  const visible = cutRows(orders, call.halfPage);
  const limit = limitOf(params, 500);
  const orderId = params.get('orderId');
  if (orderId !== undefined) {
    if (!/^\d{1,20}$/.test(orderId)) throw invalid('orderId');
    const from = visible.filter((order) => BigInt(order.orderId!) >= BigInt(orderId));
    return { payload: limited(from, limit, true).map((order) => orderRow(order, 'query')) };
  }
  const range = window(params, toMs(exchange.books.clock.nowNs()));
  const within = visible.filter(({ createdNs }) => toMs(createdNs) >= range.fromMs && toMs(createdNs) <= range.toMs);
  return { payload: limited(within, limit, range.fromStart).map((order) => orderRow(order, 'query')) };
}

export function allAlgoOrders(call: Call): Outcome {
  const orders = known(call.exchange, instrumentOf(call), ({ algoId }) => algoId !== null);
  return { payload: limited(cutRows(orders, call.halfPage), limitOf(call.params, 500), false).map(algoRow) };
}
