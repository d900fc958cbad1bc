/** Public data of Binance USD-M futures: clock, instruments, tickers, depth. */

import { formatShort, formatUnits, powerOfTen, RATE_SCALE } from '../domain/decimal.ts';
import type { Exchange } from '../domain/exchange.ts';
import { formatPrice, formatQuantity } from '../domain/instrument.ts';
import type { Market } from '../domain/market.ts';
import { invalid, missing } from './binance-errors.ts';
import { instrumentRow } from './binance-rows.ts';
import type { Call, Outcome } from './dialect.ts';
import { integer } from './parameters.ts';

const MARK_SCALE = 8;

/** One row for a symbol, a list without one. */
function perSymbol({ exchange, params }: Call, row: (market: Market) => Record<string, unknown>): Outcome {
  const symbol = params.get('symbol');
  if (symbol !== undefined) return { payload: row(exchange.books.market(exchange.books.instrument(symbol))) };
  return { payload: [...exchange.books.markets.values()].map(row) };
}

const nowMs = (exchange: Exchange): number => exchange.books.clock.serverMs();

export const time = ({ exchange }: Call): Outcome => ({ payload: { serverTime: nowMs(exchange) } });

export function exchangeInfo({ exchange }: Call): Outcome {
  return {
    payload: {
      timezone: 'UTC',
      serverTime: nowMs(exchange),
      futuresType: 'U_MARGINED',
      rateLimits: [
        { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 2400 },
        { rateLimitType: 'ORDERS', interval: 'MINUTE', intervalNum: 1, limit: 1200 },
      ],
      exchangeFilters: [],
      assets: [{ asset: 'USDT', marginAvailable: true, autoAssetExchange: '-10000' }],
      symbols: exchange.books.instruments.map(instrumentRow),
    },
  };
}

export const ticker24hr = (call: Call): Outcome =>
  perSymbol(call, (market) => {
    const { instrument } = market;
    const change = market.last - market.open;
    const closeTime = nowMs(call.exchange);
    return {
      symbol: instrument.id,
      priceChange: formatPrice(instrument, change),
      priceChangePercent: formatUnits((change * 100_000n) / market.open, 3),
      weightedAvgPrice: formatPrice(instrument, (market.high + market.low) / 2n),
      lastPrice: formatPrice(instrument, market.last),
      lastQty: formatQuantity(instrument, 1n),
      openPrice: formatPrice(instrument, market.open),
      highPrice: formatPrice(instrument, market.high),
      lowPrice: formatPrice(instrument, market.low),
      volume: formatQuantity(instrument, market.volume),
      quoteVolume: formatUnits(market.volume * market.last, instrument.priceScale + instrument.quantityScale),
      openTime: closeTime - 86_400_000,
      closeTime,
      firstId: 1,
      lastId: 1,
      count: 1,
    };
  });

export const bookTicker = (call: Call): Outcome =>
  perSymbol(call, (market) => {
    const { instrument } = market;
    const [bid, ask] = [market.depth('buy')[0], market.depth('sell')[0]];
    return {
      symbol: instrument.id,
      bidPrice: formatPrice(instrument, bid?.price ?? 0n),
      bidQty: formatQuantity(instrument, bid?.quantity ?? 0n),
      askPrice: formatPrice(instrument, ask?.price ?? 0n),
      askQty: formatQuantity(instrument, ask?.quantity ?? 0n),
      time: nowMs(call.exchange),
      lastUpdateId: call.exchange.books.clock.world.ticks,
    };
  });

/** Eight places, as the venue writes marks. */
const markText = ({ instrument, mark }: Market): string => formatUnits(mark * powerOfTen(MARK_SCALE - instrument.priceScale), MARK_SCALE);

export const premiumIndex = (call: Call): Outcome =>
  perSymbol(call, (market) => ({
    symbol: market.instrument.id,
    markPrice: markText(market),
    indexPrice: markText(market),
    estimatedSettlePrice: markText(market),
    lastFundingRate: formatUnits(market.fundingRate, RATE_SCALE),
    interestRate: '0.00010000',
    nextFundingTime: call.exchange.nextFundingMs,
    time: nowMs(call.exchange),
  }));

const DEPTHS = [5, 10, 20, 50, 100, 500, 1000];

export function depth({ exchange, params }: Call): Outcome {
  const symbol = params.get('symbol');
  if (symbol === undefined) throw missing('symbol');
  const market = exchange.books.market(exchange.books.instrument(symbol));
  const limit = integer(params, 'limit', 1, 1000, 500);
  if (limit === undefined || !DEPTHS.includes(limit)) throw invalid('limit');
  const rows = (side: 'buy' | 'sell'): string[][] =>
    market
      .depth(side)
      .slice(0, limit)
      .map(({ price, quantity }) => [formatPrice(market.instrument, price), formatQuantity(market.instrument, quantity)]);
  const now = nowMs(exchange);
  return { payload: { lastUpdateId: exchange.books.clock.world.ticks, E: now, T: now, bids: rows('buy'), asks: rows('sell') } };
}

export function leverageBracket({ exchange, params }: Call): Outcome {
  const wanted = params.get('symbol');
  const instruments = wanted === undefined ? exchange.books.instruments : [exchange.books.instrument(wanted)];
  return {
    payload: instruments.map((instrument) => ({
      symbol: instrument.id,
      brackets: [
        {
          bracket: 1,
          initialLeverage: Number(instrument.leverage),
          notionalCap: 1_000_000_000,
          notionalFloor: 0,
          maintMarginRatio: Number(formatShort(instrument.maintenanceRate, RATE_SCALE)),
          cum: 0,
        },
      ],
    })),
  };
}
