/** Public data of Bybit v5: clock, instruments, tickers, depth. Only linear contracts exist; other categories are empty. */

import { formatUnits } from '../domain/decimal.ts';
import { formatPrice, formatQuantity, type Instrument } from '../domain/instrument.ts';
import { badParameter, missingParameter } from './bybit-errors.ts';
import { instrumentRow, rate } from './bybit-rows.ts';
import type { Call, Outcome } from './dialect.ts';
import { integer } from './parameters.ts';

export function categoryOf({ params }: Call): string {
  const category = params.get('category');
  if (category === undefined) throw missingParameter('category');
  if (!['linear', 'inverse', 'spot', 'option'].includes(category)) throw badParameter('category');
  return category;
}

/** The named instrument, or null for all of them. @throws Refusal unknownSymbol */
export const chosen = ({ exchange, params }: Call): Instrument | null =>
  params.has('symbol') ? exchange.books.instrument(params.get('symbol')!) : null;

export function time({ exchange }: Call): Outcome {
  const now = exchange.books.clock.serverMs();
  return { payload: { timeSecond: String(Math.floor(now / 1000)), timeNano: `${now}000000` } };
}

export function instrumentsInfo(call: Call): Outcome {
  const category = categoryOf(call);
  const listed = category === 'linear' && (call.params.get('status') ?? 'Trading') === 'Trading';
  const one = chosen(call);
  const instruments = listed ? (one === null ? call.exchange.books.instruments : [one]) : [];
  const list = instruments.map((instrument) => instrumentRow(instrument, call.exchange.fundingIntervalMs));
  return { payload: { category, list, nextPageCursor: '' } };
}

export function tickers(call: Call): Outcome {
  const { exchange } = call;
  const category = categoryOf(call);
  const one = chosen(call);
  const instruments = category === 'linear' ? (one === null ? exchange.books.instruments : [one]) : [];
  const list = instruments.map((instrument) => {
    const market = exchange.books.market(instrument);
    const [bid, ask] = [market.depth('buy')[0], market.depth('sell')[0]];
    return {
      symbol: instrument.id,
      lastPrice: formatPrice(instrument, market.last),
      indexPrice: formatPrice(instrument, market.mark),
      markPrice: formatPrice(instrument, market.mark),
      prevPrice24h: formatPrice(instrument, market.open),
      price24hPcnt: formatUnits(((market.last - market.open) * 1_000_000n) / market.open, 6),
      highPrice24h: formatPrice(instrument, market.high),
      lowPrice24h: formatPrice(instrument, market.low),
      prevPrice1h: formatPrice(instrument, market.open),
      openInterest: '0',
      openInterestValue: '0',
      turnover24h: formatUnits(market.volume * market.last, instrument.priceScale + instrument.quantityScale),
      volume24h: formatQuantity(instrument, market.volume),
      fundingRate: rate(market.fundingRate),
      nextFundingTime: String(exchange.nextFundingMs),
      predictedDeliveryPrice: '',
      basisRate: '',
      deliveryFeeRate: '',
      deliveryTime: '0',
      bid1Price: formatPrice(instrument, bid?.price ?? 0n),
      bid1Size: formatQuantity(instrument, bid?.quantity ?? 0n),
      ask1Price: formatPrice(instrument, ask?.price ?? 0n),
      ask1Size: formatQuantity(instrument, ask?.quantity ?? 0n),
    };
  });
  return { payload: { category, list } };
}

export function orderbook(call: Call): Outcome {
  categoryOf(call);
  const instrument = chosen(call);
  if (instrument === null) throw missingParameter('symbol');
  const limit = integer(call.params, 'limit', 1, 1000, 25);
  if (limit === undefined) throw badParameter('limit');
  const market = call.exchange.books.market(instrument);
  const rows = (side: 'buy' | 'sell'): string[][] =>
    market
      .depth(side)
      .slice(0, limit)
      .map(({ price, quantity }) => [formatPrice(instrument, price), formatQuantity(instrument, quantity)]);
  const ts = call.exchange.books.clock.serverMs();
  return { payload: { s: instrument.id, b: rows('buy'), a: rows('sell'), ts, u: call.exchange.books.clock.world.ticks } };
}
