/** Rows as Bybit v5 writes them: every amount a string, absent values empty strings. */

import type { LedgerEntry } from '../domain/account.ts';
import { toMs } from '../domain/clock.ts';
import { absolute, formatMoney, formatShort, formatUnits, MONEY_SCALE, RATE_SCALE } from '../domain/decimal.ts';
import { formatPrice, formatQuantity, type Instrument, notional } from '../domain/instrument.ts';
import { isLive, type Order, remaining, type Trade } from '../domain/order.ts';
import { AVERAGE_SCALE, averagePrice } from '../domain/position.ts';

const TIME_IN_FORCE = { gtc: 'GTC', ioc: 'IOC', fok: 'FOK', postOnly: 'PostOnly' } as const;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const money = (amount: bigint): string => formatShort(amount, MONEY_SCALE);

function orderStatus(order: Order): string {
  switch (order.status) {
    case 'untriggered':
      return 'Untriggered';
    case 'open':
      return 'New';
    case 'partiallyFilled':
      return 'PartiallyFilled';
    case 'filled':
      return 'Filled';
    case 'rejected':
      return 'Rejected';
    default:
      return order.trigger !== null && order.triggeredNs === 0n ? 'Deactivated' : 'Cancelled';
  }
}

const CANCEL_TYPES: Readonly<Record<string, string>> = {
  request: 'CancelByUser',
  reduceOnly: 'CancelByReduceOnly',
  selfTrade: 'CancelBySmp',
};
const REJECT_REASONS: Readonly<Record<string, string>> = {
  request: 'EC_PerCancelRequest',
  postOnly: 'EC_PostOnlyWillTakeLiquidity',
  unfillable: 'EC_NoImmediateQtyToFill',
  noMargin: 'EC_InvalidQty',
};

export function orderRow(order: Order): Record<string, unknown> {
  const { instrument, trigger } = order;
  const ended = !isLive(order);
  const cause = order.cause ?? '';
  const left = ended ? 0n : remaining(order);
  return {
    symbol: instrument.id,
    orderId: order.orderId ?? '',
    orderLinkId: order.clientId,
    blockTradeId: '',
    side: capital(order.side),
    orderType: capital(order.type),
    orderStatus: orderStatus(order),
    price: order.price === null ? '' : formatPrice(instrument, order.price),
    qty: formatQuantity(instrument, order.quantity),
    timeInForce: order.type === 'market' ? 'IOC' : TIME_IN_FORCE[order.timeInForce],
    reduceOnly: order.reduceOnly,
    closeOnTrigger: false,
    positionIdx: 0,
    isLeverage: '',
    createType: 'CreateByUser',
    cancelType: CANCEL_TYPES[cause] ?? 'UNKNOWN',
    rejectReason: REJECT_REASONS[cause] ?? 'EC_NoError',
    avgPrice: order.filled === 0n ? '' : formatShort(averagePrice(instrument, order.cost, order.filled), AVERAGE_SCALE),
    leavesQty: formatQuantity(instrument, left),
    leavesValue: order.price === null ? '' : money(notional(instrument, order.price, left)),
    cumExecQty: formatQuantity(instrument, order.filled),
    cumExecValue: money(order.cost),
    cumExecFee: money(order.fee),
    cumFeeDetail: order.fee === 0n ? {} : { [instrument.quote]: money(order.fee) },
    stopOrderType: trigger === null ? '' : 'Stop',
    orderIv: '',
    triggerPrice: trigger === null ? '' : formatPrice(instrument, trigger.price),
    triggerDirection: trigger === null ? 0 : trigger.direction === 'rise' ? 1 : 2,
    triggerBy: trigger === null ? '' : 'LastPrice',
    takeProfit: '',
    stopLoss: '',
    tpTriggerBy: '',
    slTriggerBy: '',
    tpLimitPrice: '0',
    slLimitPrice: '0',
    tpslMode: '',
    lastPriceOnCreated: '',
    placeType: '',
    smpType: 'None',
    smpGroup: 0,
    smpOrderId: '',
    createdTime: String(toMs(order.createdNs)),
    updatedTime: String(toMs(order.updatedNs)),
  };
}

export function executionRow(trade: Trade): Record<string, unknown> {
  const { order } = trade;
  const { instrument } = order;
  const rate = trade.liquidity === 'maker' ? instrument.makerRate : instrument.takerRate;
  return {
    symbol: instrument.id,
    orderId: order.orderId,
    orderLinkId: order.clientId,
    side: capital(trade.side),
    orderPrice: order.price === null ? '' : formatPrice(instrument, order.price),
    orderQty: formatQuantity(instrument, order.quantity),
    leavesQty: formatQuantity(instrument, remaining(order)),
    createType: 'CreateByUser',
    orderType: capital(order.type),
    stopOrderType: order.trigger === null ? 'UNKNOWN' : 'Stop',
    execFee: money(trade.fee),
    feeCurrency: '',
    execId: trade.tradeId,
    execPrice: formatPrice(instrument, trade.price),
    execQty: formatQuantity(instrument, trade.quantity),
    execType: 'Trade',
    execValue: money(trade.notional),
    execTime: String(toMs(trade.timeNs)),
    isMaker: trade.liquidity === 'maker',
    feeRate: formatShort(rate, RATE_SCALE),
    tradeIv: '',
    markIv: '',
    markPrice: '',
    indexPrice: '',
    underlyingPrice: '',
    blockTradeId: '',
    closedSize: '',
    seq: String(7_000_000_000 + trade.sequence),
  };
}

/** A funding payment, which the venue lists among the executions. The fee is what was paid: the wallet's change, negated. */
export function fundingRow(entry: LedgerEntry): Record<string, unknown> {
  const instrument = entry.instrument!;
  const { rate, mark, quantity } = entry.funding!;
  const size = absolute(quantity);
  return {
    symbol: instrument.id,
    orderId: '',
    orderLinkId: '',
    side: quantity > 0n ? 'Sell' : 'Buy',
    orderPrice: '0',
    orderQty: '0',
    leavesQty: '0',
    createType: '',
    orderType: 'UNKNOWN',
    stopOrderType: 'UNKNOWN',
    execFee: money(-entry.amount),
    execId: `funding-${entry.sequence}`,
    execPrice: formatPrice(instrument, mark),
    execQty: formatQuantity(instrument, size),
    execType: 'Funding',
    execValue: money(notional(instrument, mark, size)),
    execTime: String(toMs(entry.timeNs)),
    isMaker: false,
    feeRate: formatShort(rate, RATE_SCALE),
    markPrice: formatPrice(instrument, mark),
    seq: String(6_000_000_000 + entry.sequence),
  };
}

const LOG_TYPES = { deposit: 'TRANSFER_IN', transfer: 'TRANSFER_IN', realised: 'TRADE', fee: 'TRADE', funding: 'SETTLEMENT' };

export function transactionRow(entry: LedgerEntry): Record<string, unknown> {
  const { instrument, trade } = entry;
  const out = entry.kind === 'transfer' && entry.amount < 0n;
  return {
    id: `${entry.asset}_${entry.sequence}`,
    symbol: instrument?.id ?? '',
    category: instrument === null ? '' : 'linear',
    side: trade === null ? 'None' : capital(trade.side),
    transactionTime: String(toMs(entry.timeNs)),
    type: out ? 'TRANSFER_OUT' : LOG_TYPES[entry.kind],
    qty: trade === null ? '' : formatQuantity(trade.order.instrument, trade.quantity),
    size: '',
    currency: entry.asset,
    tradePrice: trade === null ? '' : formatPrice(trade.order.instrument, trade.price),
    funding: entry.kind === 'funding' ? money(entry.amount) : '',
    fee: entry.kind === 'fee' ? money(-entry.amount) : '0',
    cashFlow: entry.kind === 'realised' ? money(entry.amount) : '0',
    change: formatMoney(entry.amount),
    cashBalance: formatMoney(entry.wallet),
    feeRate: '',
    tradeId: trade?.tradeId ?? '',
    orderId: trade?.order.orderId ?? '',
    orderLinkId: trade?.order.clientId ?? '',
  };
}

export function instrumentRow(instrument: Instrument, fundingIntervalMs: number): Record<string, unknown> {
  const tick = formatPrice(instrument, 1n);
  const step = formatQuantity(instrument, 1n);
  const quantityMax = formatQuantity(instrument, instrument.quantityMax);
  return {
    symbol: instrument.id,
    contractType: 'LinearPerpetual',
    status: 'Trading',
    baseCoin: instrument.base,
    quoteCoin: instrument.quote,
    launchTime: '1585526400000',
    deliveryTime: '0',
    deliveryFeeRate: '',
    priceScale: String(instrument.priceScale),
    leverageFilter: { minLeverage: '1', maxLeverage: '100.00', leverageStep: '0.01' },
    priceFilter: { minPrice: tick, maxPrice: '1999999.80', tickSize: tick },
    lotSizeFilter: {
      maxOrderQty: quantityMax,
      minOrderQty: step,
      qtyStep: step,
      postOnlyMaxOrderQty: quantityMax,
      maxMktOrderQty: quantityMax,
      minNotionalValue: formatShort(instrument.notionalMin, MONEY_SCALE),
    },
    unifiedMarginTrade: true,
    fundingInterval: Math.max(1, Math.round(fundingIntervalMs / 60_000)),
    settleCoin: instrument.quote,
    copyTrading: 'none',
    upperFundingRate: '0.00375',
    lowerFundingRate: '-0.00375',
    isPreListing: false,
    preListingInfo: null,
  };
}

export const rate = (value: bigint): string => formatUnits(value, RATE_SCALE);
