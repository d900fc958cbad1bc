/** Account queries of Bybit v5 (unified account): key, wallet, positions, executions, transaction log. */

import { toMs } from '../domain/clock.ts';
import { absolute, formatMoney, formatShort, formatUnits } from '../domain/decimal.ts';
import { formatPrice, formatQuantity } from '../domain/instrument.ts';
import { liquidationPrice } from '../domain/margin.ts';
import { AVERAGE_SCALE, averagePrice } from '../domain/position.ts';
import { SETTLE_ASSET } from '../domain/venue-books.ts';
import { badParameter, missingParameter } from './bybit-errors.ts';
import { categoryOf, chosen } from './bybit-market.ts';
import { pageOf } from './bybit-pages.ts';
import { executionRow, fundingRow, transactionRow } from './bybit-rows.ts';
import { type Call, DialectError, type Outcome, type Params } from './dialect.ts';
import { integer } from './parameters.ts';

const WINDOW_MS = 7 * 86_400_000;

/** What the real venue shows for a key that may cancel only does not exist: see keys.ts. */
const RIGHTS = { read: [], cancel: ['Cancel'], trade: ['Order', 'Position'] } as const;

export function queryApi({ key }: Call): Outcome {
  const kind = key!.kind;
  return {
    payload: {
      id: '13770661',
      note: kind,
      apiKey: key!.apiKey,
      readOnly: kind === 'read' ? 1 : 0,
      secret: '',
      permissions: { ContractTrade: RIGHTS[kind], Spot: [], Wallet: [], Options: [], Derivatives: [], Exchange: [] },
      ips: ['*'],
      type: 1,
      unified: 0,
      uta: 1,
      userID: 24600000,
      inviterID: 0,
      vipLevel: 'No VIP',
      mktMakerLevel: '0',
      isMaster: true,
    },
  };
}

export const accountInfo = ({ exchange }: Call): Outcome => ({
  payload: {
    marginMode: 'REGULAR_MARGIN',
    updatedTime: String(toMs(exchange.books.clock.nowNs())),
    unifiedMarginStatus: 6,
    dcpStatus: 'OFF',
    timeWindow: 0,
    smpGroup: 0,
    isMasterTrader: false,
    spotHedgingStatus: 'OFF',
  },
});

export function coinInfo({ exchange, params }: Call): Outcome {
  const coins = [SETTLE_ASSET, ...exchange.books.instruments.map(({ base }) => base)];
  const wanted = coins.filter((coin) => !params.has('coin') || coin === params.get('coin'));
  return { payload: { rows: wanted.map((coin) => ({ name: coin, coin, remainAmount: '0', chains: [] })) } };
}

const ratio = (part: bigint, whole: bigint): string => (whole <= 0n ? '0' : formatUnits((part * 10_000n) / whole, 4));

export function walletBalance({ exchange, params }: Call): Outcome {
  const accountType = params.get('accountType');
  if (accountType === undefined) throw missingParameter('accountType');
  if (accountType !== 'UNIFIED') throw new DialectError(10001, 'accountType only support UNIFIED.');
  const { books } = exchange;
  const summary = books.summary();
  const cumulated = [...books.account.positions.values()].reduce((sum, { realised }) => sum + realised, 0n);
  const coins = [...books.account.wallets].filter(([coin]) => !params.has('coin') || params.get('coin')!.split(',').includes(coin));
  const coin = coins.map(([name, wallet]) => {
    const settles = name === SETTLE_ASSET;
    const own = (amount: bigint): string => formatMoney(settles ? amount : 0n);
    return {
      coin: name,
      equity: formatMoney(settles ? summary.equity : wallet),
      usdValue: formatMoney(settles ? summary.equity : wallet),
      walletBalance: formatMoney(wallet),
      locked: '0',
      spotHedgingQty: '0',
      borrowAmount: '0',
      accruedInterest: '0',
      totalOrderIM: own(summary.orderInitial),
      totalPositionIM: own(summary.positionInitial),
      totalPositionMM: own(summary.maintenance),
      unrealisedPnl: own(summary.unrealised),
      cumRealisedPnl: own(cumulated),
      bonus: '0',
      marginCollateral: true,
      collateralSwitch: true,
      spotBorrow: '0',
      availableToWithdraw: '',
      availableToBorrow: '',
    };
  });
  const list = [
    {
      accountType: 'UNIFIED',
      totalEquity: formatMoney(summary.equity),
      totalWalletBalance: formatMoney(summary.wallet),
      totalMarginBalance: formatMoney(summary.equity),
      totalAvailableBalance: formatMoney(summary.available),
      totalPerpUPL: formatMoney(summary.unrealised),
      totalInitialMargin: formatMoney(summary.initial),
      totalMaintenanceMargin: formatMoney(summary.maintenance),
      accountIMRate: ratio(summary.initial, summary.equity),
      accountMMRate: ratio(summary.maintenance, summary.equity),
      accountLTV: '0',
      coin,
    },
  ];
  return { payload: { list } };
}

export function positionList(call: Call): Outcome {
  const { exchange, params } = call;
  const category = categoryOf(call);
  const one = chosen(call);
  if (one === null && !params.has('settleCoin') && !params.has('baseCoin')) throw missingParameter('symbol or settleCoin');
  const { books } = exchange;
  const summary = books.summary();
  const instruments =
    category !== 'linear'
      ? []
      : one !== null
        ? [one]
        : books.instruments.filter((instrument) => books.account.position(instrument).quantity !== 0n);
  const list = instruments.map((instrument) => {
    const position = books.account.position(instrument);
    const margin = books.margin(instrument);
    const { mark } = books.market(instrument);
    const flat = position.quantity === 0n;
    const liquidation = liquidationPrice(position, mark, summary);
    return {
      positionIdx: 0,
      riskId: 1,
      riskLimitValue: '2000000',
      symbol: instrument.id,
      side: flat ? '' : position.quantity > 0n ? 'Buy' : 'Sell',
      size: formatQuantity(instrument, absolute(position.quantity)),
      avgPrice: flat ? '0' : formatShort(averagePrice(instrument, position.cost, position.quantity), AVERAGE_SCALE),
      positionValue: flat ? '' : formatMoney(absolute(position.cost)),
      tradeMode: 0,
      autoAddMargin: 0,
      positionStatus: 'Normal',
      leverage: instrument.leverage.toString(),
      markPrice: formatPrice(instrument, mark),
      liqPrice: liquidation === null ? '' : formatPrice(instrument, liquidation),
      bustPrice: '',
      positionIM: flat ? '' : formatMoney(margin.positionInitial),
      positionMM: flat ? '' : formatMoney(margin.maintenance),
      positionBalance: flat ? '0' : formatMoney(margin.positionInitial),
      takeProfit: '',
      stopLoss: '',
      trailingStop: '0',
      tpslMode: 'Full',
      unrealisedPnl: flat ? '' : formatMoney(margin.unrealised),
      curRealisedPnl: formatMoney(position.realised),
      cumRealisedPnl: formatMoney(position.realised),
      seq: -1,
      isReduceOnly: false,
      createdTime: String(toMs(position.openedNs)),
      updatedTime: String(toMs(position.updatedNs)),
    };
  });
  return { payload: { category, list, nextPageCursor: '' } };
}

/** [startTime, endTime] in ms: a week at most, the last week when neither is sent. */
export function window(params: Params, nowMs: number): readonly [number, number] {
  const start = integer(params, 'startTime', 0, Number.MAX_SAFE_INTEGER, -1);
  const end = integer(params, 'endTime', 0, Number.MAX_SAFE_INTEGER, -1);
  if (start === undefined) throw badParameter('startTime');
  if (end === undefined) throw badParameter('endTime');
  if (start >= 0 && end >= 0) {
    if (end < start) throw badParameter('endTime');
    if (end - start > WINDOW_MS) throw new DialectError(10001, 'The time range between startTime and endTime cannot exceed 7 days');
    return [start, end];
  }
  if (start >= 0) return [start, start + WINDOW_MS];
  if (end >= 0) return [end - WINDOW_MS, end];
  return [nowMs - WINDOW_MS, Number.MAX_SAFE_INTEGER];
}

export function executions(call: Call): Outcome {
  const { exchange, params, halfPage } = call;
  const category = categoryOf(call);
  const one = chosen(call);
  const [from, to] = window(params, toMs(exchange.books.clock.nowNs()));
  const within = (timeNs: bigint): boolean => toMs(timeNs) >= from && toMs(timeNs) <= to;
  const limits = { fallback: 50, max: 100 };
  if (params.get('execType') === 'Funding') {
    const entries = exchange.books.account.ledger.filter(
      (entry) => entry.kind === 'funding' && within(entry.timeNs) && (one === null || entry.instrument === one),
    );
    const page = pageOf(entries.reverse(), params, limits, halfPage);
    return { payload: { category, nextPageCursor: page.nextPageCursor, list: page.rows.map(fundingRow) } };
  }
  const { orderId, orderLinkId } = { orderId: params.get('orderId'), orderLinkId: params.get('orderLinkId') };
  const trades = exchange.books.trades.filter(
    (trade) =>
      category === 'linear' &&
      within(trade.timeNs) &&
      (one === null || trade.order.instrument === one) &&
      (orderId === undefined || trade.order.orderId === orderId) &&
      (orderLinkId === undefined || trade.order.clientId === orderLinkId),
  );
  const page = pageOf(trades.reverse(), params, limits, halfPage);
  return { payload: { category, nextPageCursor: page.nextPageCursor, list: page.rows.map(executionRow) } };
}

export function transactionLog(call: Call): Outcome {
  const { exchange, params, halfPage } = call;
  const [from, to] = window(params, toMs(exchange.books.clock.nowNs()));
  const entries = exchange.books.account.ledger.filter(
    ({ timeNs, asset }) => toMs(timeNs) >= from && toMs(timeNs) <= to && (!params.has('currency') || params.get('currency') === asset),
  );
  const page = pageOf(entries.reverse(), params, { fallback: 20, max: 50 }, halfPage);
  return { payload: { nextPageCursor: page.nextPageCursor, list: page.rows.map(transactionRow) } };
}
