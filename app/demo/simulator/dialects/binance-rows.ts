/** Rows as Binance USD-M futures writes them. */

import type { LedgerEntry } from '../domain/account.ts';
import { toMs } from '../domain/clock.ts';
import { formatMoney, formatUnits } from '../domain/decimal.ts';
import { formatPrice, formatQuantity, type Instrument } from '../domain/instrument.ts';
import type { EndCause, Order, OrderStatus, Trade } from '../domain/order.ts';
import { AVERAGE_SCALE, averagePrice } from '../domain/position.ts';
import { numericId } from './json.ts';

const STATUS: Readonly<Record<OrderStatus, string>> = {
  untriggered: 'NEW',
  open: 'NEW',
  partiallyFilled: 'PARTIALLY_FILLED',
  filled: 'FILLED',
  cancelled: 'CANCELED',
  expired: 'EXPIRED',
  rejected: 'REJECTED',
};

const TIME_IN_FORCE = { gtc: 'GTC', ioc: 'IOC', fok: 'FOK', postOnly: 'GTX' } as const;

const status = (order: { readonly status: OrderStatus; readonly cause: EndCause | null }): string =>
  order.status === 'expired' && order.cause === 'selfTrade' ? 'EXPIRED_IN_MATCH' : STATUS[order.status];

export const average = (instrument: Instrument, cost: bigint, quantity: bigint): string =>
  formatUnits(averagePrice(instrument, cost, quantity), AVERAGE_SCALE);

/** An order of the order book. Answers to changes carry `cumQty`; queries carry the time of the order. */
export function orderRow(order: Order, as: 'answer' | 'query'): Record<string, unknown> {
  const { instrument } = order;
  const row = {
    orderId: numericId(order.orderId ?? '0'),
    symbol: instrument.id,
    status: status(order),
    clientOrderId: order.clientId,
    price: order.price === null ? '0' : formatPrice(instrument, order.price),
    avgPrice: average(instrument, order.cost, order.filled),
    origQty: formatQuantity(instrument, order.quantity),
    executedQty: formatQuantity(instrument, order.filled),
    cumQuote: formatMoney(order.cost),
    timeInForce: TIME_IN_FORCE[order.timeInForce],
    type: order.type.toUpperCase(),
    reduceOnly: order.reduceOnly,
    closePosition: false,
    side: order.side.toUpperCase(),
    positionSide: 'BOTH',
    stopPrice: '0',
    workingType: 'CONTRACT_PRICE',
    priceProtect: false,
    origType: order.type.toUpperCase(),
    priceMatch: 'NONE',
    selfTradePreventionMode: 'EXPIRE_MAKER',
    goodTillDate: 0,
    updateTime: toMs(order.updatedNs),
  };
  if (as === 'answer') return { ...row, cumQty: row.executedQty };
  return { ...row, time: toMs(order.triggeredNs === 0n ? order.createdNs : order.triggeredNs) };
}

function algoStatus(order: Order): string {
  if (order.orderId === null) return STATUS[order.status];
  return order.status === 'open' || order.status === 'partiallyFilled' ? 'TRIGGERED' : 'FINISHED';
}

/** A conditional order: they live in an id space of their own, and get an order id when they trigger. */
export function algoRow(order: Order): Record<string, unknown> {
  const { instrument } = order;
  const trigger = order.trigger!;
  const base = trigger.kind === 'stop' ? 'STOP' : 'TAKE_PROFIT';
  return {
    algoId: numericId(order.algoId!),
    clientAlgoId: order.clientId,
    algoType: 'CONDITIONAL',
    orderType: order.type === 'market' ? `${base}_MARKET` : base,
    symbol: instrument.id,
    side: order.side.toUpperCase(),
    positionSide: 'BOTH',
    timeInForce: TIME_IN_FORCE[order.timeInForce],
    quantity: formatQuantity(instrument, order.quantity),
    algoStatus: algoStatus(order),
    actualOrderId: order.orderId ?? '',
    actualPrice: average(instrument, order.cost, order.filled),
    triggerPrice: formatPrice(instrument, trigger.price),
    price: order.price === null ? '0' : formatPrice(instrument, order.price),
    icebergQuantity: null,
    selfTradePreventionMode: 'EXPIRE_MAKER',
    workingType: 'CONTRACT_PRICE',
    priceMatch: 'NONE',
    closePosition: false,
    priceProtect: false,
    reduceOnly: order.reduceOnly,
    createTime: toMs(order.createdNs),
    updateTime: toMs(order.updatedNs),
    triggerTime: toMs(order.triggeredNs),
    goodTillDate: 0,
  };
}

export function tradeRow(trade: Trade): Record<string, unknown> {
  const { instrument } = trade.order;
  return {
    symbol: instrument.id,
    id: numericId(trade.tradeId),
    orderId: numericId(trade.order.orderId!),
    side: trade.side.toUpperCase(),
    price: formatPrice(instrument, trade.price),
    qty: formatQuantity(instrument, trade.quantity),
    realizedPnl: formatMoney(trade.realised),
    marginAsset: instrument.quote,
    quoteQty: formatMoney(trade.notional),
    commission: formatMoney(trade.fee),
    commissionAsset: instrument.quote,
    time: toMs(trade.timeNs),
    positionSide: 'BOTH',
    maker: trade.liquidity === 'maker',
    buyer: trade.side === 'buy',
  };
}

const INCOME_TYPES = {
  deposit: 'TRANSFER',
  transfer: 'TRANSFER',
  realised: 'REALIZED_PNL',
  fee: 'COMMISSION',
  funding: 'FUNDING_FEE',
} as const;

export function incomeRow(entry: LedgerEntry): Record<string, unknown> {
  return {
    symbol: entry.instrument?.id ?? '',
    incomeType: INCOME_TYPES[entry.kind],
    income: formatMoney(entry.amount),
    asset: entry.asset,
    time: toMs(entry.timeNs),
    info: INCOME_TYPES[entry.kind],
    tranId: 9_689_000_000 + entry.sequence,
    tradeId: entry.trade?.tradeId ?? '',
  };
}

export function instrumentRow(instrument: Instrument): Record<string, unknown> {
  const tick = formatPrice(instrument, 1n);
  const step = formatQuantity(instrument, 1n);
  const lot = { stepSize: step, minQty: step, maxQty: formatQuantity(instrument, instrument.quantityMax) };
  return {
    symbol: instrument.id,
    pair: instrument.id,
    contractType: 'PERPETUAL',
    deliveryDate: 4_133_404_800_000,
    onboardDate: 1_569_398_400_000,
    status: 'TRADING',
    maintMarginPercent: '2.5000',
    requiredMarginPercent: '5.0000',
    baseAsset: instrument.base,
    quoteAsset: instrument.quote,
    marginAsset: instrument.quote,
    pricePrecision: instrument.priceScale,
    quantityPrecision: instrument.quantityScale,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    underlyingSubType: ['PoW'],
    triggerProtect: '0.0500',
    liquidationFee: '0.012500',
    marketTakeBound: '0.05',
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tick, maxPrice: '10000000', tickSize: tick },
      { filterType: 'LOT_SIZE', ...lot },
      { filterType: 'MARKET_LOT_SIZE', ...lot },
      { filterType: 'MAX_NUM_ORDERS', limit: 200 },
      { filterType: 'MAX_NUM_ALGO_ORDERS', limit: 100 },
      { filterType: 'MIN_NOTIONAL', notional: formatMoney(instrument.notionalMin).replace(/\.0+$/, '') },
      { filterType: 'PERCENT_PRICE', multiplierUp: '1.0500', multiplierDown: '0.9500', multiplierDecimal: '4' },
    ],
    orderTypes: ['LIMIT', 'MARKET', 'STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET'],
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX'],
  };
}
