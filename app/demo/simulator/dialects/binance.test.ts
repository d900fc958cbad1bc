/** Binance's dialect, driven through the unmodified ccxt client. */

import ccxt from 'ccxt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BTC, type Client, ETH, type Row, rejection, World } from '../testing/harness.ts';

let world: World;
let client: Client;

beforeEach(async () => {
  world = await World.start();
  client = world.client('BINANCE');
  await client.loadMarkets();
});
afterEach(() => world.stop());

const far = (percent = -2): Promise<string> => world.away('BINANCE', ETH, percent);

describe('public data', () => {
  test('markets carry ticks, steps and limits as decimal strings', () => {
    expect(client.symbols).toEqual(['ADA', 'BTC', 'DOGE', 'ETH', 'SOL', 'XRP'].map((base) => `${base}/USDT:USDT`));
    const market = client.market(ETH);
    expect(market).toMatchObject({ id: 'ETHUSDT', swap: true, linear: true, contractSize: '1' });
    expect(market.precision).toMatchObject({ price: '0.01', amount: '0.001' });
    expect(market.limits.cost?.min).toBe('20');
  });

  test('clock, tickers, marks, funding and depth agree with the book', async () => {
    await world.tell('/step', { ticks: 5 });
    const market = await world.market('BINANCE', BTC);
    expect(Math.abs(Number(await client.fetchTime()) - Date.now())).toBeLessThan(5_000);
    expect((await client.fetchTicker(BTC)).last).toBe(market.last);
    expect(Object.keys(await client.fetchTickers()).length).toBe(6);
    const marks = await client.fetchMarkPrices([BTC, ETH]);
    expect(Number(marks[BTC]!.markPrice)).toBe(Number(market.mark));
    const funding = await client.fetchFundingRate(BTC);
    expect(funding.fundingTimestamp).toBe(market.nextFundingMs);
    expect(Number(funding.fundingRate)).toBe(Number(market.fundingRate));
    expect(Object.keys(await client.fetchFundingRates()).length).toBe(6);
    const best = (await client.fetchBidsAsks([BTC]))[BTC]!;
    expect([best.bid, best.ask]).toEqual([market.bid, market.ask]);
    const depth = await client.fetchOrderBook(BTC, 5);
    expect(depth.bids.length).toBe(5);
    expect(Number(depth.bids[0]![0])).toBe(Number(market.bid));
    expect(Number(depth.asks[0]![0])).toBe(Number(market.ask));
  });
});

describe('orders', () => {
  test('a limit order rests, is found by id and by client id, and is listed', async () => {
    const price = await far();
    const order = await client.createOrder(ETH, 'limit', 'buy', '0.5', price, { clientOrderId: 'mm-1' });
    expect(order).toMatchObject({
      status: 'open',
      clientOrderId: 'mm-1',
      side: 'buy',
      type: 'limit',
      price,
      amount: '0.500',
      filled: '0.000',
    });
    // The real ids of this market do not fit a double; they arrive whole.
    expect(BigInt(order.id)).toBeGreaterThan(2n ** 53n);
    expect((await client.fetchOrder(order.id, ETH)).clientOrderId).toBe('mm-1');
    expect((await client.fetchOrder('', ETH, { origClientOrderId: 'mm-1' })).id).toBe(order.id);
    expect((await client.fetchOpenOrder(order.id, ETH)).id).toBe(order.id);
    expect((await client.fetchOpenOrders(ETH)).map(({ id }: Row) => id)).toEqual([order.id]);
    expect(await client.fetchOpenOrders(BTC)).toEqual([]);
    client.options.warnOnFetchOpenOrdersWithoutSymbol = false;
    expect((await client.fetchOpenOrders()).map(({ id }: Row) => id)).toEqual([order.id]);
  });

  test('a market order fills at several prices; order, trades, position and wallet agree', async () => {
    const order = await client.createOrder(ETH, 'market', 'buy', '5');
    expect(order).toMatchObject({ status: 'closed', filled: '5.000' });
    const trades = await client.fetchMyTrades(ETH);
    expect(trades.length).toBeGreaterThan(1);
    const book = await world.bookOf('BINANCE');
    expect(trades.map(({ id, price, amount, fee }: Row) => [id, price, amount, fee?.cost])).toEqual(
      book.trades.map(({ tradeId, price, quantity, fee }: Row) => [tradeId, price, quantity, fee]),
    );
    for (const trade of trades) expect(trade).toMatchObject({ order: order.id, takerOrMaker: 'taker', side: 'buy' });
    const [position] = await client.fetchPositions([ETH]);
    expect(position).toMatchObject({ contracts: '5', side: 'long', hedged: false, marginMode: 'cross' });
    const truth = book.positions.find(({ symbol }: Row) => symbol === ETH)!;
    expect(Number(position!.entryPrice)).toBe(Number(truth.entryPrice));
    expect(position!.unrealizedPnl).toBe(truth.unrealised);
    const balance = await client.fetchBalance();
    const wallet = book.balances[0]!;
    expect(balance.USDT).toMatchObject({ total: wallet.equity, free: wallet.available, used: wallet.initialMargin });
    expect(balance.info.assets[0].walletBalance).toBe(wallet.wallet);
  });

  test('cancelling works by id, by client id, in a batch and for a symbol; gone is gone', async () => {
    const price = await far();
    const place = (name: string) => client.createOrder(ETH, 'limit', 'buy', '0.5', price, { clientOrderId: name });
    const [a, , c, d] = [await place('a'), await place('b'), await place('c'), await place('d')];
    expect((await client.cancelOrder(a!.id, ETH)).status).toBe('canceled');
    expect((await client.cancelOrder('', ETH, { origClientOrderId: 'b' })).status).toBe('canceled');
    // ccxt drops the part that failed from its list; the venue's answer has it.
    expect((await client.cancelOrders([c!.id, '1'], ETH)).length).toBe(1);
    expect(client.last_json_response[1]).toMatchObject({ code: '-2011' });
    await client.cancelAllOrders(ETH);
    expect((await client.fetchOrder(d!.id, ETH)).status).toBe('canceled');
    expect(await client.fetchOpenOrders(ETH)).toEqual([]);
    expect((await client.fetchCanceledOrders(ETH)).length).toBe(4);
    await expect(client.cancelOrder(a!.id, ETH)).rejects.toBeInstanceOf(ccxt.OrderNotFound);
  });

  test('amending changes price and quantity in place', async () => {
    const order = await client.createOrder(ETH, 'limit', 'buy', '0.5', await far(), { clientOrderId: 'e' });
    const price = await far(-1);
    expect(await client.editOrder(order.id, ETH, 'limit', 'buy', '0.7', price)).toMatchObject({ id: order.id, price, amount: '0.700' });
    expect((await world.bookOf('BINANCE')).orders[0]).toMatchObject({ amendments: 1, price, quantity: '0.700' });
    expect((await rejection(client.editOrder(order.id, ETH, 'limit', 'buy', '0.7', price))).message).toContain('-5027');
  });

  test('conditional orders have an id space of their own until they trigger', async () => {
    await client.createOrder(ETH, 'market', 'buy', '1');
    const triggerPrice = await far(-0.3);
    const stop = await client.createOrder(ETH, 'market', 'sell', '1', undefined, { triggerPrice, reduceOnly: true, clientOrderId: 'stop' });
    expect(stop).toMatchObject({ status: 'open', triggerPrice, reduceOnly: true, clientOrderId: 'stop' });
    expect(await client.fetchOpenOrders(ETH)).toEqual([]);
    expect((await client.fetchOpenOrders(ETH, undefined, undefined, { trigger: true })).map(({ id }: Row) => id)).toEqual([stop.id]);
    expect((await client.fetchOrder(stop.id, ETH, { trigger: true })).clientOrderId).toBe('stop');
    expect((await client.fetchOrder('', ETH, { trigger: true, clientAlgoId: 'stop' })).id).toBe(stop.id);
    await expect(client.fetchOrder(stop.id, ETH)).rejects.toBeInstanceOf(ccxt.OrderNotFound);

    const { mark } = await world.market('BINANCE', ETH);
    await world.tell('/price', { base: 'ETH', price: (Number(mark) * 0.99).toFixed(2) });
    await world.tell('/step', { ticks: 1 });
    const after = await client.fetchOrder(stop.id, ETH, { trigger: true });
    expect(after.info).toMatchObject({ algoStatus: 'FINISHED' });
    const actual = await client.fetchOrder(after.info.actualOrderId, ETH);
    expect(actual).toMatchObject({ status: 'closed', filled: '1.000', side: 'sell', reduceOnly: true, clientOrderId: 'stop' });
    expect(await client.fetchPositions([ETH])).toEqual([]);
  });

  test('conditional orders are cancelled by id, and all of a symbol', async () => {
    const place = async (name: string) =>
      client.createOrder(ETH, 'limit', 'buy', '0.5', await far(2), { triggerPrice: await far(1.5), clientOrderId: name });
    const first = await place('s1');
    await place('s2');
    await client.cancelOrder(first.id, ETH, { trigger: true });
    await expect(client.cancelOrder(first.id, ETH, { trigger: true })).rejects.toBeInstanceOf(ccxt.OrderNotFound);
    await client.cancelAllOrders(ETH);
    expect((await client.fetchOpenOrders(ETH, undefined, undefined, { trigger: true })).length).toBe(1);
    await client.cancelAllOrders(ETH, { trigger: true });
    expect(await client.fetchOpenOrders(ETH, undefined, undefined, { trigger: true })).toEqual([]);
    expect((await world.bookOf('BINANCE')).orders.map(({ status }: Row) => status)).toEqual(['cancelled', 'cancelled']);
  });

  test('closed orders, and a post-only order that rests', async () => {
    await client.createOrder(ETH, 'market', 'buy', '0.1');
    const maker = await client.createOrder(ETH, 'limit', 'buy', '0.1', await far(), { postOnly: true });
    expect(maker).toMatchObject({ status: 'open', postOnly: true });
    expect((await client.fetchClosedOrders(ETH)).map(({ filled }: Row) => filled)).toEqual(['0.100']);
    expect((await client.fetchOrders(ETH)).length).toBe(2);
  });
});

describe('pages', () => {
  test('my trades need a symbol, and are paged by trade id and by time', async () => {
    await expect(client.fetchMyTrades()).rejects.toBeInstanceOf(ccxt.ArgumentsRequired);
    for (let i = 0; i < 7; i += 1) {
      await client.createOrder(ETH, 'market', i % 2 === 0 ? 'buy' : 'sell', '0.1');
      await world.tell('/step', { ticks: 1 });
    }
    const truth = (await world.bookOf('BINANCE')).trades.map(({ tradeId }: Row) => tradeId);
    const byId: string[] = [];
    for (let from = truth[0]; ; ) {
      const page = await client.fetchMyTrades(ETH, undefined, 3, { fromId: from });
      byId.push(...page.map(({ id }: Row) => id!));
      if (page.length < 3) break;
      from = (BigInt(page.at(-1)!.id!) + 1n).toString();
    }
    expect(byId).toEqual(truth);
    const since = (await client.fetchMyTrades(ETH))[0]!.timestamp!;
    const first = await client.fetchMyTrades(ETH, since, 3);
    expect(first.map(({ id }: Row) => id)).toEqual(truth.slice(0, 3));
    const next = await client.fetchMyTrades(ETH, first.at(-1)!.timestamp! + 1, 100);
    expect(next.map(({ id }: Row) => id)).toEqual(truth.slice(3));
    expect((await client.fetchMyTrades(ETH, undefined, 2)).map(({ id }: Row) => id)).toEqual(truth.slice(-2));
    await expect(client.fetchMyTrades(ETH, since, 3, { fromId: truth[0] })).rejects.toBeInstanceOf(ccxt.BadRequest);
  });

  test('income tells fees, realised P&L, funding and transfers', async () => {
    await client.createOrder(ETH, 'market', 'buy', '1');
    await client.createOrder(ETH, 'market', 'sell', '0.5');
    await world.tell('/funding', { venue: 'BINANCE' });
    await world.tell('/transfer', { venue: 'BINANCE', asset: 'USDT', amount: '-250.5' });
    const { ledger } = await world.bookOf('BINANCE');
    const income = await client.fetchLedger(undefined, undefined, 1000);
    expect(income.map(({ info }: Row) => info.income)).toEqual(ledger.map(({ amount }: Row) => amount));
    const funding = await client.fetchFundingHistory(ETH);
    expect(funding.map(({ amount }: Row) => amount)).toEqual(
      ledger.filter(({ kind }: Row) => kind === 'funding').map(({ amount }: Row) => amount),
    );
    expect(ledger.at(-1)).toMatchObject({ kind: 'transfer', amount: '-250.50000000' });
  });
});

describe('cancel on disconnect', () => {
  test('elapses without heartbeats, and then all open orders of the symbol are cancelled', async () => {
    const price = await far();
    const order = await client.createOrder(ETH, 'limit', 'buy', '0.5', price);
    const other = await client.createOrder(BTC, 'limit', 'buy', '0.01', await world.away('BINANCE', BTC, -2));
    const beat = (countdownTime: number) => client.fapiPrivatePostCountdownCancelAll({ symbol: 'ETHUSDT', countdownTime });
    expect(await beat(1_000)).toEqual({ symbol: 'ETHUSDT', countdownTime: '1000' });
    await world.tell('/step', { ticks: 9 });
    await beat(1_000);
    await world.tell('/step', { ticks: 9 });
    expect((await client.fetchOrder(order.id, ETH)).status).toBe('open');
    expect((await world.bookOf('BINANCE')).countdowns).toEqual([{ symbol: ETH, countdownMs: 1000, remainingMs: 100 }]);
    await world.tell('/step', { ticks: 1 });
    expect((await client.fetchOrder(order.id, ETH)).status).toBe('canceled');
    expect((await client.fetchOrder(other.id, BTC)).status).toBe('open');
    const book = await world.book();
    expect(book.venues[0]!.orders[0]).toMatchObject({ status: 'cancelled', cause: 'countdown' });
    expect(book.events.some(({ kind, symbol }) => kind === 'countdownElapsed' && symbol === ETH)).toBe(true);
  });
});
