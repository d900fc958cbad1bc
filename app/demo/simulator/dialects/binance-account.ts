/** Account queries of Binance USD-M futures: balances, positions, trades, income. */

import { toMs } from '../domain/clock.ts';
import { formatMoney, formatUnits } from '../domain/decimal.ts';
import { formatPrice, formatQuantity, type Instrument } from '../domain/instrument.ts';
import { liquidationPrice } from '../domain/margin.ts';
import type { Trade } from '../domain/order.ts';
import { AVERAGE_SCALE, averagePrice } from '../domain/position.ts';
import { SETTLE_ASSET } from '../domain/venue-books.ts';
import { invalid, missing } from './binance-errors.ts';
import { incomeRow, tradeRow } from './binance-rows.ts';
import { type Call, cutRows, DialectError, type Outcome, type Params } from './dialect.ts';
import { integer } from './parameters.ts';

const DAY_MS = 86_400_000;
/** The venue answers at most a week of history per request. */
const WINDOW_MS = 7 * DAY_MS;

export function account({ exchange }: Call): Outcome {
  const { books } = exchange;
  const summary = books.summary();
  const now = toMs(books.clock.nowNs());
  const totals = {
    totalInitialMargin: formatMoney(summary.initial),
    totalMaintMargin: formatMoney(summary.maintenance),
    totalWalletBalance: formatMoney(summary.wallet),
    totalUnrealizedProfit: formatMoney(summary.unrealised),
    totalMarginBalance: formatMoney(summary.equity),
    totalPositionInitialMargin: formatMoney(summary.positionInitial),
    totalOpenOrderInitialMargin: formatMoney(summary.orderInitial),
    totalCrossWalletBalance: formatMoney(summary.wallet),
    totalCrossUnPnl: formatMoney(summary.unrealised),
    availableBalance: formatMoney(summary.available),
    maxWithdrawAmount: formatMoney(summary.available),
  };
  const assets = [...books.account.wallets].map(([asset, wallet]) => {
    const settles = asset === SETTLE_ASSET;
    const own = (amount: bigint): string => formatMoney(settles ? amount : 0n);
    return {
      asset,
      walletBalance: formatMoney(wallet),
      unrealizedProfit: own(summary.unrealised),
      marginBalance: formatMoney(settles ? summary.equity : wallet),
      maintMargin: own(summary.maintenance),
      initialMargin: own(summary.initial),
      positionInitialMargin: own(summary.positionInitial),
      openOrderInitialMargin: own(summary.orderInitial),
      crossWalletBalance: formatMoney(wallet),
      crossUnPnl: own(summary.unrealised),
      availableBalance: formatMoney(settles ? summary.available : wallet),
      maxWithdrawAmount: formatMoney(settles ? summary.available : wallet),
      updateTime: now,
    };
  });
  const positions = held(exchange.books.instruments, exchange).map((instrument) => {
    const position = books.account.position(instrument);
    const margin = books.margin(instrument);
    return {
      symbol: instrument.id,
      positionSide: 'BOTH',
      positionAmt: formatQuantity(instrument, position.quantity),
      unrealizedProfit: formatMoney(margin.unrealised),
      isolatedMargin: '0',
      notional: formatMoney(margin.positionNotional),
      isolatedWallet: '0',
      initialMargin: formatMoney(margin.positionInitial + margin.orderInitial),
      maintMargin: formatMoney(margin.maintenance),
      updateTime: toMs(position.updatedNs),
    };
  });
  return { payload: { ...totals, assets, positions } };
}

/** The third version of these endpoints lists only instruments with a position or with open orders. */
function held(instruments: readonly Instrument[], { books }: Call['exchange']): Instrument[] {
  return instruments.filter((instrument) => {
    const { bids, asks } = books.market(instrument).resting;
    return books.account.position(instrument).quantity !== 0n || bids.length + asks.length > 0;
  });
}

export function positionRisk({ exchange, params }: Call): Outcome {
  const { books } = exchange;
  const wanted = params.get('symbol');
  const instruments = wanted === undefined ? books.instruments : [books.instrument(wanted)];
  const summary = books.summary();
  const payload = held(instruments, exchange).map((instrument) => {
    const position = books.account.position(instrument);
    const margin = books.margin(instrument);
    const { mark } = books.market(instrument);
    const entry = formatUnits(averagePrice(instrument, position.cost, position.quantity), AVERAGE_SCALE);
    return {
      symbol: instrument.id,
      positionSide: 'BOTH',
      positionAmt: formatQuantity(instrument, position.quantity),
      entryPrice: entry,
      breakEvenPrice: entry,
      markPrice: formatPrice(instrument, mark),
      unRealizedProfit: formatMoney(margin.unrealised),
      liquidationPrice: formatPrice(instrument, liquidationPrice(position, mark, summary) ?? 0n),
      isolatedMargin: '0',
      notional: formatMoney(margin.positionNotional),
      marginAsset: instrument.quote,
      isolatedWallet: '0',
      initialMargin: formatMoney(margin.positionInitial + margin.orderInitial),
      maintMargin: formatMoney(margin.maintenance),
      positionInitialMargin: formatMoney(margin.positionInitial),
      openOrderInitialMargin: formatMoney(margin.orderInitial),
      adl: 2,
      bidNotional: formatMoney(margin.open.bids),
      askNotional: formatMoney(margin.open.asks),
      updateTime: toMs(position.updatedNs),
    };
  });
  return { payload };
}

export const positionSideDual = (): Outcome => ({ payload: { dualSidePosition: false } });

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether the client said where to begin: then the oldest rows come first, else the newest are answered. */
  readonly fromStart: boolean;
}

/** [startTime, endTime], at most a week; the last week when neither is sent. */
export function window(params: Params, nowMs: number): Window {
  const start = integer(params, 'startTime', 0, Number.MAX_SAFE_INTEGER, -1);
  const end = integer(params, 'endTime', 0, Number.MAX_SAFE_INTEGER, -1);
  if (start === undefined) throw invalid('startTime');
  if (end === undefined) throw invalid('endTime');
  if (start >= 0 && end >= 0) {
    if (start > end) throw new DialectError(-1023, 'Start time is greater than end time.');
    if (end - start > WINDOW_MS) throw new DialectError(-1127, 'More than 168 hours between startTime and endTime.');
    return { fromMs: start, toMs: end, fromStart: true };
  }
  if (start >= 0) return { fromMs: start, toMs: start + WINDOW_MS, fromStart: true };
  if (end >= 0) return { fromMs: end - WINDOW_MS, toMs: end, fromStart: false };
  return { fromMs: nowMs - WINDOW_MS, toMs: nowMs + DAY_MS, fromStart: false };
}

export function limited<T>(rows: readonly T[], limit: number, fromStart: boolean): readonly T[] {
  return fromStart ? rows.slice(0, limit) : rows.slice(Math.max(0, rows.length - limit));
}

export function limitOf(params: Params, fallback: number): number {
  const limit = integer(params, 'limit', 1, 1000, fallback);
  if (limit === undefined) throw invalid('limit');
  return limit;
}

export function userTrades({ exchange, params, halfPage }: Call): Outcome {
  const symbol = params.get('symbol');
  if (symbol === undefined) throw missing('symbol');
  const instrument = exchange.books.instrument(symbol);
  const limit = limitOf(params, 500);
  const orderId = params.get('orderId');
  const fromId = params.get('fromId');
  const all = exchange.books.trades.filter((trade) => trade.order.instrument === instrument);
  const visible = cutRows(all, halfPage).filter((trade) => orderId === undefined || trade.order.orderId === orderId);
  let page: readonly Trade[];
  if (fromId !== undefined) {
    if (params.has('startTime') || params.has('endTime')) {
      throw new DialectError(-1128, 'Combination of optional parameters invalid.');
    }
    if (!/^\d{1,18}$/.test(fromId)) throw invalid('fromId');
    page = limited(
      visible.filter((trade) => BigInt(trade.tradeId) >= BigInt(fromId)),
      limit,
      true,
    );
  } else {
    const range = window(params, toMs(exchange.books.clock.nowNs()));
    const within = visible.filter((trade) => toMs(trade.timeNs) >= range.fromMs && toMs(trade.timeNs) <= range.toMs);
    page = limited(within, limit, range.fromStart);
  }
  return { payload: page.map(tradeRow) };
}

export function income({ exchange, params }: Call): Outcome {
  const symbol = params.get('symbol');
  const instrument = symbol === undefined ? null : exchange.books.instrument(symbol);
  const limit = limitOf(params, 100);
  const range = window(params, toMs(exchange.books.clock.nowNs()));
  const rows = exchange.books.account.ledger
    .filter((entry) => instrument === null || entry.instrument === instrument)
    .map(incomeRow)
    .filter((row) => (row.time as number) >= range.fromMs && (row.time as number) <= range.toMs)
    .filter((row) => !params.has('incomeType') || row.incomeType === params.get('incomeType'));
  return { payload: limited(rows, limit, range.fromStart) };
}
