/** Orders of Bybit v5: create, amend, cancel, open orders, history. Conditional orders share the one id space. */

import { toMs } from '../domain/clock.ts';
import type { Instrument } from '../domain/instrument.ts';
import { isLive, type Order, type OrderRequest, type TimeInForce, type Trigger } from '../domain/order.ts';
import { Refusal } from '../domain/refusal.ts';
import { window } from './bybit-account.ts';
import { badParameter, missingParameter } from './bybit-errors.ts';
import { categoryOf, chosen } from './bybit-market.ts';
import { pageOf } from './bybit-pages.ts';
import { orderRow } from './bybit-rows.ts';
import { type Call, DialectError, type Outcome, type Params } from './dialect.ts';
import { PRICE_REFUSALS, QUANTITY_REFUSALS, units } from './parameters.ts';

const CLIENT_ID = /^[A-Za-z0-9_-]{1,36}$/;
const TIMES_IN_FORCE: Readonly<Record<string, TimeInForce>> = { GTC: 'gtc', IOC: 'ioc', FOK: 'fok', PostOnly: 'postOnly' };

function required(params: Params, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw missingParameter(name);
  return value;
}

function instrumentOf(call: Call): Instrument {
  if (categoryOf(call) !== 'linear') throw badParameter('category');
  return call.exchange.books.instrument(required(call.params, 'symbol'));
}

const ids = (order: Order): Record<string, string> => ({ orderId: order.orderId ?? '', orderLinkId: order.clientId });

function triggerOf(params: Params, request: Omit<OrderRequest, 'trigger'>): Trigger | null {
  const text = params.get('triggerPrice');
  if (text === undefined) return null;
  const price = units(text, request.instrument.priceScale, PRICE_REFUSALS);
  const direction = required(params, 'triggerDirection');
  if (direction !== '1' && direction !== '2') throw badParameter('triggerDirection');
  const rises = direction === '1';
  return {
    price,
    direction: rises ? 'rise' : 'fall',
    kind: (request.side === 'buy') === rises ? 'stop' : 'takeProfit',
  };
}

export function createOrder(call: Call): Outcome {
  const { params, exchange } = call;
  const instrument = instrumentOf(call);
  const [side, type] = [required(params, 'side'), required(params, 'orderType')];
  if (side !== 'Buy' && side !== 'Sell') throw new DialectError(10001, 'Side invalid');
  if (type !== 'Limit' && type !== 'Market') throw badParameter('orderType');
  const timeInForce = TIMES_IN_FORCE[params.get('timeInForce') ?? (type === 'Limit' ? 'GTC' : 'IOC')];
  if (timeInForce === undefined) throw badParameter('timeInForce');
  if ((params.get('positionIdx') ?? '0') !== '0') throw new DialectError(10001, 'position idx not match position mode');
  const clientId = params.get('orderLinkId') ?? '';
  if (clientId !== '' && !CLIENT_ID.test(clientId)) throw new Refusal('clientIdInvalid');
  const request = {
    instrument,
    side: side === 'Buy' ? ('buy' as const) : ('sell' as const),
    type: type === 'Limit' ? ('limit' as const) : ('market' as const),
    timeInForce: type === 'Limit' ? timeInForce : ('ioc' as const),
    price: type === 'Limit' ? units(required(params, 'price'), instrument.priceScale, PRICE_REFUSALS) : null,
    quantity: units(required(params, 'qty'), instrument.quantityScale, QUANTITY_REFUSALS),
    reduceOnly: params.get('reduceOnly') === 'true',
    clientId,
  };
  const order = exchange.submit({ ...request, trigger: triggerOf(params, request) });
  return { payload: ids(order), orders: [order] };
}

/** By order id, else by client id; of that instrument. */
function find({ exchange, params }: Call, instrument: Instrument | null): Order | null {
  const [orderId, clientId] = [params.get('orderId'), params.get('orderLinkId')];
  if (orderId === undefined && clientId === undefined) return null;
  const mine = (order: Order): boolean => instrument === null || order.instrument === instrument;
  const order = orderId === undefined ? exchange.books.orders.meant(clientId!, mine) : exchange.books.orders.byOrderId(orderId);
  return order !== null && mine(order) ? order : null;
}

function findLive(call: Call): Order {
  const instrument = instrumentOf(call);
  if (!call.params.has('orderId') && !call.params.has('orderLinkId')) throw missingParameter('orderId or orderLinkId');
  const order = find(call, instrument);
  if (order === null || !isLive(order)) throw new Refusal('unknownOrder');
  return order;
}

export function amendOrder(call: Call): Outcome {
  const order = findLive(call);
  const { params } = call;
  const { priceScale, quantityScale } = order.instrument;
  const price = params.get('price');
  const quantity = params.get('qty');
  const triggerPrice = params.get('triggerPrice');
  call.exchange.amend(order, {
    price: price === undefined ? undefined : units(price, priceScale, PRICE_REFUSALS),
    quantity: quantity === undefined ? undefined : units(quantity, quantityScale, QUANTITY_REFUSALS),
    triggerPrice: triggerPrice === undefined ? undefined : units(triggerPrice, priceScale, PRICE_REFUSALS),
  });
  return { payload: ids(order), orders: [order] };
}

export function cancelOrder(call: Call): Outcome {
  const order = findLive(call);
  call.exchange.cancel(order);
  return { payload: ids(order), orders: [order] };
}

const BATCH_MAX = 20;

/** Each part has its own code, beside the list. */
export function cancelBatch(call: Call): Outcome {
  const category = categoryOf(call);
  if (call.batch.length === 0) throw missingParameter('request');
  if (call.batch.length > BATCH_MAX) throw badParameter('request');
  const orders: Order[] = [];
  const results = call.batch.map((part) => {
    const named = {
      category,
      symbol: part.get('symbol') ?? '',
      orderId: part.get('orderId') ?? '',
      orderLinkId: part.get('orderLinkId') ?? '',
    };
    try {
      const order = findLive({ ...call, params: new Map([...part, ['category', category]]) });
      call.exchange.cancel(order);
      orders.push(order);
      return { row: { ...named, ...ids(order) }, code: 0, msg: 'OK' };
    } catch (error) {
      if (error instanceof Refusal) return { row: named, code: 110001, msg: 'order not exists or too late to cancel' };
      if (error instanceof DialectError) return { row: named, code: error.code, msg: error.message };
      throw error;
    }
  });
  return {
    payload: { list: results.map(({ row }) => row) },
    extra: { list: results.map(({ code, msg }) => ({ code, msg })) },
    orders,
  };
}

/** By symbol, base coin or settle coin; one of them has to be there. */
function scopeOf(call: Call): (order: Order) => boolean {
  if (categoryOf(call) !== 'linear') return () => false;
  const instrument = chosen(call);
  if (instrument !== null) return (order) => order.instrument === instrument;
  const [base, settle] = [call.params.get('baseCoin'), call.params.get('settleCoin')];
  if (base !== undefined) return (order) => order.instrument.base === base;
  if (settle !== undefined) return (order) => order.instrument.quote === settle;
  throw missingParameter('symbol, settleCoin or baseCoin');
}

function filterOf(params: Params): (order: Order) => boolean {
  switch (params.get('orderFilter')) {
    case undefined:
      return () => true;
    case 'StopOrder':
      return (order) => order.status === 'untriggered' || (order.trigger !== null && order.triggeredNs === 0n);
    case 'Order':
      return (order) => order.trigger === null || order.triggeredNs !== 0n;
    default:
      throw badParameter('orderFilter');
  }
}

/** No more than this many orders per request, as at the real venue. */
const CANCEL_ALL_MAX = 500;

export function cancelAllOrders(call: Call): Outcome {
  const [inScope, filter] = [scopeOf(call), filterOf(call.params)];
  const live = call.exchange.books.orders.live(null).filter((order) => inScope(order) && filter(order));
  const chosenOrders = new Set(live.slice(0, CANCEL_ALL_MAX));
  const orders = call.exchange.cancelAll(null, (order) => chosenOrders.has(order));
  return { payload: { list: orders.map(ids), success: '1' }, orders };
}

/** Ended orders that the open-orders endpoint still knows. */
const RECENT_MAX = 500;

export function realtimeOrders(call: Call): Outcome {
  const { params, exchange } = call;
  const category = categoryOf(call);
  const limits = { fallback: 20, max: 50 };
  const ended = exchange.books.orders.all.filter((order) => !order.lost && !isLive(order)).slice(-RECENT_MAX);
  if (params.has('orderId') || params.has('orderLinkId')) {
    const order = find(call, chosen(call));
    const found = order !== null && (isLive(order) || ended.includes(order)) && filterOf(params)(order);
    return { payload: { category, nextPageCursor: '', list: found ? [orderRow(order)] : [] } };
  }
  const [inScope, filter] = [scopeOf(call), filterOf(params)];
  const orders = params.get('openOnly') === '1' ? ended : exchange.books.orders.live(null);
  const rows = orders.filter((order) => inScope(order) && filter(order)).reverse();
  const page = pageOf(rows, params, limits, call.halfPage);
  return { payload: { category, nextPageCursor: page.nextPageCursor, list: page.rows.map(orderRow) } };
}

export function orderHistory(call: Call): Outcome {
  const { params, exchange } = call;
  const category = categoryOf(call);
  const limits = { fallback: 20, max: 50 };
  if (params.has('orderId') || params.has('orderLinkId')) {
    const order = find(call, chosen(call));
    const rows = order !== null && !isLive(order) && statusMatches(params, order) ? [orderRow(order)] : [];
    return { payload: { category, nextPageCursor: '', list: rows } };
  }
  const [from, to] = window(params, toMs(exchange.books.clock.nowNs()));
  const instrument = chosen(call);
  const filter = filterOf(params);
  const rows = exchange.books.orders.all
    .filter(
      (order) =>
        category === 'linear' &&
        !order.lost &&
        !isLive(order) &&
        (instrument === null || order.instrument === instrument) &&
        toMs(order.createdNs) >= from &&
        toMs(order.createdNs) <= to &&
        filter(order) &&
        statusMatches(params, order),
    )
    .reverse();
  const page = pageOf(rows, params, limits, call.halfPage);
  return { payload: { category, nextPageCursor: page.nextPageCursor, list: page.rows.map(orderRow) } };
}

const statusMatches = (params: Params, order: Order): boolean =>
  !params.has('orderStatus') || orderRow(order).orderStatus === params.get('orderStatus');
