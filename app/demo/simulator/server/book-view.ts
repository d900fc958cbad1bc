/**
 * `GET /book`: the whole truth, as JSON. Amounts are decimal strings, times are nanoseconds since the Unix epoch as decimal
 * strings (null: never), symbols are unified. Statuses and causes are those of domain/order.ts.
 */

import type { LedgerEntry } from '../domain/account.ts';
import { formatMoney, formatShort, RATE_SCALE } from '../domain/decimal.ts';
import type { EventLog } from '../domain/event-log.ts';
import { formatPrice, formatQuantity, type Instrument } from '../domain/instrument.ts';
import { isLive, type Order, remaining, type Trade } from '../domain/order.ts';
import { AVERAGE_SCALE, averagePrice } from '../domain/position.ts';
import { SETTLE_ASSET } from '../domain/venue-books.ts';
import type { VenueEndpoint } from './venue-endpoint.ts';

const timeText = (timeNs: bigint): string | null => (timeNs === 0n ? null : timeNs.toString());
const priceText = (instrument: Instrument, price: bigint | null | undefined): string | null =>
  price === null || price === undefined ? null : formatPrice(instrument, price);

export const orderView = (order: Order): Record<string, unknown> => ({
  sequence: order.sequence,
  symbol: order.instrument.symbol,
  orderId: order.orderId,
  algoId: order.algoId,
  clientId: order.clientId,
  side: order.side,
  type: order.type,
  timeInForce: order.timeInForce,
  reduceOnly: order.reduceOnly,
  price: priceText(order.instrument, order.price),
  trigger: priceText(order.instrument, order.trigger?.price),
  triggerDirection: order.trigger?.direction ?? null,
  quantity: formatQuantity(order.instrument, order.quantity),
  filled: formatQuantity(order.instrument, order.filled),
  remaining: formatQuantity(order.instrument, remaining(order)),
  cost: formatMoney(order.cost),
  fee: formatMoney(order.fee),
  averagePrice: order.filled === 0n ? null : formatShort(averagePrice(order.instrument, order.cost, order.filled), AVERAGE_SCALE),
  status: order.status,
  cause: order.cause,
  live: isLive(order),
  lost: order.lost,
  external: order.external,
  amendments: order.amendments,
  createdNs: timeText(order.createdNs),
  triggeredNs: timeText(order.triggeredNs),
  updatedNs: timeText(order.updatedNs),
});

const tradeView = (trade: Trade): Record<string, unknown> => ({
  sequence: trade.sequence,
  symbol: trade.order.instrument.symbol,
  tradeId: trade.tradeId,
  orderId: trade.order.orderId,
  clientId: trade.order.clientId,
  side: trade.side,
  price: formatPrice(trade.order.instrument, trade.price),
  quantity: formatQuantity(trade.order.instrument, trade.quantity),
  notional: formatMoney(trade.notional),
  fee: formatMoney(trade.fee),
  feeAsset: trade.order.instrument.quote,
  realised: formatMoney(trade.realised),
  liquidity: trade.liquidity,
  external: trade.order.external,
  timeNs: trade.timeNs.toString(),
});

const ledgerView = (entry: LedgerEntry): Record<string, unknown> => ({
  sequence: entry.sequence,
  kind: entry.kind,
  asset: entry.asset,
  amount: formatMoney(entry.amount),
  wallet: formatMoney(entry.wallet),
  symbol: entry.instrument?.symbol ?? null,
  tradeId: entry.trade?.tradeId ?? null,
  timeNs: entry.timeNs.toString(),
});

function instrumentViews(endpoint: VenueEndpoint): Record<string, unknown>[] {
  const { books } = endpoint.exchange;
  return books.instruments.map((instrument) => ({
    symbol: instrument.symbol,
    id: instrument.id,
    tick: formatPrice(instrument, 1n),
    step: formatQuantity(instrument, 1n),
    makerRate: formatShort(instrument.makerRate, RATE_SCALE),
    takerRate: formatShort(instrument.takerRate, RATE_SCALE),
    leverage: instrument.leverage.toString(),
  }));
}

function markViews(endpoint: VenueEndpoint): Record<string, unknown>[] {
  const { books, nextFundingMs } = endpoint.exchange;
  return [...books.markets.values()].map((market) => {
    const { instrument } = market;
    const best = (side: 'buy' | 'sell'): string | null => priceText(instrument, market.depth(side)[0]?.price);
    return {
      symbol: instrument.symbol,
      mark: formatPrice(instrument, market.mark),
      last: formatPrice(instrument, market.last),
      bid: best('buy'),
      ask: best('sell'),
      fundingRate: formatShort(market.fundingRate, RATE_SCALE),
      nextFundingMs,
    };
  });
}

function positionViews(endpoint: VenueEndpoint): Record<string, unknown>[] {
  const { books } = endpoint.exchange;
  return books.instruments.map((instrument) => {
    const position = books.account.position(instrument);
    const margin = books.margin(instrument);
    const flat = position.quantity === 0n;
    return {
      symbol: instrument.symbol,
      quantity: formatQuantity(instrument, position.quantity),
      cost: formatMoney(position.cost),
      entryPrice: flat ? null : formatShort(averagePrice(instrument, position.cost, position.quantity), AVERAGE_SCALE),
      mark: formatPrice(instrument, books.market(instrument).mark),
      unrealised: formatMoney(margin.unrealised),
      realised: formatMoney(position.realised),
      initialMargin: formatMoney(margin.positionInitial),
      orderMargin: formatMoney(margin.orderInitial),
      maintenanceMargin: formatMoney(margin.maintenance),
      bidNotional: formatMoney(margin.open.bids),
      askNotional: formatMoney(margin.open.asks),
      updatedNs: timeText(position.updatedNs),
    };
  });
}

function balanceViews(endpoint: VenueEndpoint): Record<string, unknown>[] {
  const { books } = endpoint.exchange;
  const summary = books.summary();
  return [...books.account.wallets].map(([asset, wallet]) => {
    const settles = asset === SETTLE_ASSET;
    return {
      asset,
      wallet: formatMoney(wallet),
      unrealised: formatMoney(settles ? summary.unrealised : 0n),
      equity: formatMoney(settles ? summary.equity : wallet),
      initialMargin: formatMoney(settles ? summary.initial : 0n),
      maintenanceMargin: formatMoney(settles ? summary.maintenance : 0n),
      available: formatMoney(settles ? summary.available : wallet),
    };
  });
}

export function venueView(endpoint: VenueEndpoint): Record<string, unknown> {
  const { books, countdowns } = endpoint.exchange;
  return {
    name: books.name,
    dialect: endpoint.dialect.ccxtId,
    account: books.account.name,
    clockOffsetMs: books.clock.offsetMs,
    faults: endpoint.faults.active(),
    ambiguousLeft: endpoint.ambiguous.left,
    loseLeft: endpoint.lose.left,
    instruments: instrumentViews(endpoint),
    orders: books.orders.all.map(orderView),
    trades: books.trades.map(tradeView),
    positions: positionViews(endpoint),
    balances: balanceViews(endpoint),
    ledger: books.account.ledger.map(ledgerView),
    marks: markViews(endpoint),
    countdowns: countdowns.running(books.clock.world.marketNs()).map(({ marketId, ...rest }) => ({
      symbol: books.instrument(marketId).symbol,
      ...rest,
    })),
  };
}

export interface BookHead {
  readonly seed: number;
  readonly stepped: boolean;
  readonly tickMs: number;
  readonly ticks: number;
  readonly frozen: boolean;
  readonly full: boolean;
  readonly timeNs: string;
}

export const bookView = (head: BookHead, endpoints: readonly VenueEndpoint[], log: EventLog, after: number): unknown => ({
  ...head,
  venues: endpoints.map(venueView),
  events: log.from(after),
});
