/** Bybit's dialect, driven through the unmodified ccxt client. */

import ccxt from 'ccxt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BTC, type Client, ETH, type Row, rejection, World } from '../testing/harness.ts';

let world: World;
let client: Client;

beforeEach(async () => {
  world = await World.start();
  client = world.client('BYBIT');
  await client.loadMarkets();
});
afterEach(() => world.stop());

const far = (percent = -2): Promise<string> => world.away('BYBIT', ETH, percent);
const ACK = { acknowledged: true };

describe('public data', () => {
  test('markets carry ticks, steps and limits as decimal strings; other categories are empty', () => {
    expect(client.symbols).toEqual(['ADA', 'BTC', 'DOGE', 'ETH', 'SOL', 'XRP'].map((base) => `${base}/USDT:USDT`));
    const market = client.market(ETH);
    expect(market).toMatchObject({ id: 'ETHUSDT', swap: true, linear: true, contractSize: '1' });
    expect(market.precision).toMatchObject({ price: '0.01', amount: '0.01' });
  });

  test('clock, tickers, marks, funding and depth agree with the book', async () => {
    await world.tell('/step', { ticks: 5 });
    const market = await world.market('BYBIT', BTC);
    expect(Math.abs((await client.fetchTime()) - Date.now())).toBeLessThan(5_000);
    expect(await client.fetchTicker(BTC)).toMatchObject({ last: market.last, bid: market.bid, ask: market.ask, markPrice: market.mark });
    expect(Object.keys(await client.fetchTickers([BTC, ETH]))).toEqual([BTC, ETH]);
    const funding = await client.fetchFundingRate(BTC);
    expect(funding).toMatchObject({ fundingTimestamp: market.nextFundingMs, markPrice: market.mark });
    expect(Number(funding.fundingRate)).toBe(Number(market.fundingRate));
    expect(Object.keys(await client.fetchFundingRates([BTC, ETH])).length).toBe(2);
    const depth = await client.fetchOrderBook(BTC, 5);
    expect([Number(depth.bids[0][0]), Number(depth.asks[0][0])]).toEqual([Number(market.bid), Number(market.ask)]);
  });
});

describe('orders', () => {
  test('a limit order rests, is found by id and by client id, and is listed', async () => {
    const price = await far();
    const { id, clientOrderId } = await client.createOrder(ETH, 'limit', 'buy', '0.5', price, { clientOrderId: 'mm-1' });
    expect(clientOrderId).toBe('mm-1');
    expect(await client.fetchOrder(id, ETH, ACK)).toMatchObject({
      id,
      status: 'open',
      price,
      amount: '0.50',
      filled: '0.00',
      remaining: '0.50',
    });
    expect((await client.fetchOrder(undefined, ETH, { ...ACK, orderLinkId: 'mm-1' })).id).toBe(id);
    expect((await client.fetchOpenOrder(id, ETH)).clientOrderId).toBe('mm-1');
    expect((await client.fetchOpenOrders(ETH)).map((order: Row) => order.id)).toEqual([id]);
    expect((await client.fetchOpenOrders()).map((order: Row) => order.id)).toEqual([id]);
    expect(await client.fetchOpenOrders(BTC)).toEqual([]);
  });

  test('a market order fills at several prices; order, trades, position and wallet agree', async () => {
    const { id } = await client.createOrder(ETH, 'market', 'sell', '5');
    expect(await client.fetchOrder(id, ETH, ACK)).toMatchObject({ status: 'closed', filled: '5.00', remaining: '0.00' });
    const trades = await client.fetchMyTrades(ETH);
    expect(trades.length).toBeGreaterThan(1);
    const book = await world.bookOf('BYBIT');
    const byId = (rows: readonly string[][]) => rows.toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1));
    expect(byId(trades.map((trade: Row) => [trade.id, trade.price, trade.amount]))).toEqual(
      byId(book.trades.map(({ tradeId, price, quantity }) => [tradeId, price, quantity])),
    );
    for (const trade of trades) expect(trade).toMatchObject({ order: id, takerOrMaker: 'taker', side: 'sell' });
    const fees = trades.reduce((sum: number, trade: Row) => sum + Number(trade.fee.cost), 0);
    expect(fees).toBeCloseTo(
      book.trades.reduce((sum, { fee }) => sum + Number(fee), 0),
      8,
    );
    const [position] = await client.fetchPositions();
    expect(position).toMatchObject({ symbol: ETH, contracts: '5', side: 'short', hedged: false });
    const truth = book.positions.find(({ symbol }) => symbol === ETH)!;
    expect(Number(position.entryPrice)).toBe(Number(truth.entryPrice));
    expect(position.unrealizedPnl).toBe(truth.unrealised);
    expect((await client.fetchPosition(BTC)).contracts).toBe('0');
    const balance = await client.fetchBalance();
    const wallet = book.balances[0]!;
    expect(balance.USDT.total).toBe(wallet.wallet);
    expect(Number(balance.USDT.used)).toBe(Number(wallet.initialMargin));
  });

  test('cancelling works by id, by client id, in a batch and for all; gone is gone', async () => {
    const price = await far();
    const place = (name: string) => client.createOrder(ETH, 'limit', 'buy', '0.5', price, { clientOrderId: name });
    const [a, , c, d] = [await place('a'), await place('b'), await place('c'), await place('d')];
    await client.cancelOrder(a.id, ETH);
    await client.cancelOrder(undefined, ETH, { orderLinkId: 'b' });
    await client.cancelOrders([c.id, 'nope'], ETH);
    expect(client.last_json_response.retExtInfo.list.map(({ code }: Row) => code)).toEqual([0, 110001]);
    expect((await client.cancelAllOrders()).map(({ id }: Row) => id)).toEqual([d.id]);
    expect(await client.fetchOpenOrders(ETH)).toEqual([]);
    expect((await client.fetchCanceledOrders(ETH)).length).toBe(4);
    const error = await rejection(client.cancelOrder(a.id, ETH));
    expect(error).toBeInstanceOf(ccxt.OrderNotFound);
    expect(error.message).toContain('110001');
  });

  test('amending changes price, quantity and trigger in place', async () => {
    const { id } = await client.createOrder(ETH, 'limit', 'buy', '0.5', await far(), { clientOrderId: 'e' });
    const price = await far(-1);
    await client.editOrder(id, ETH, 'limit', 'buy', '0.7', price);
    await client.editOrder(undefined, ETH, 'limit', 'buy', '0.6', undefined, { clientOrderId: 'e' });
    expect(await client.fetchOrder(id, ETH, ACK)).toMatchObject({ price, amount: '0.60' });
    expect((await world.bookOf('BYBIT')).orders[0]).toMatchObject({ amendments: 2, price, quantity: '0.60' });
    expect(await rejection(client.editOrder(id, ETH, 'limit', 'buy', '0.6', price))).toBeInstanceOf(ccxt.BadRequest);
  });

  test('conditional orders share the one id space, wait, and then trade', async () => {
    await client.createOrder(ETH, 'market', 'buy', '1');
    const triggerPrice = await far(-0.3);
    const settings = { triggerPrice, triggerDirection: 'descending', reduceOnly: true, clientOrderId: 'stop' };
    const { id } = await client.createOrder(ETH, 'market', 'sell', '1', undefined, settings);
    expect(await client.fetchOrder(id, ETH, ACK)).toMatchObject({ status: 'open', triggerPrice, reduceOnly: true });
    expect((await client.fetchOpenOrders(ETH)).length).toBe(1);
    expect((await client.fetchOpenOrders(ETH, undefined, undefined, { trigger: true })).length).toBe(1);
    expect(await client.fetchOpenOrders(ETH, undefined, undefined, { orderFilter: 'Order' })).toEqual([]);
    const { mark } = await world.market('BYBIT', ETH);
    await world.tell('/price', { base: 'ETH', price: (Number(mark) * 0.99).toFixed(2) });
    await world.tell('/step', { ticks: 1 });
    expect(await client.fetchOrder(id, ETH, ACK)).toMatchObject({ status: 'closed', filled: '1.00' });
    expect(await client.fetchPositions()).toEqual([]);
  });

  test('a post-only order that would take is accepted, and ends without a fill', async () => {
    const { ask } = await world.market('BYBIT', ETH);
    const { id } = await client.createOrder(ETH, 'limit', 'buy', '0.5', ask, { postOnly: true });
    const order = await client.fetchOrder(id, ETH, ACK);
    expect(order).toMatchObject({ status: 'canceled', filled: '0.00' });
    expect(order.info.rejectReason).toBe('EC_PostOnlyWillTakeLiquidity');
  });

  test('closed and cancelled orders are told apart', async () => {
    const filled = await client.createOrder(ETH, 'market', 'buy', '0.1');
    const gone = await client.createOrder(ETH, 'limit', 'buy', '0.1', await far());
    await client.cancelOrder(gone.id, ETH);
    expect((await client.fetchClosedOrders(ETH)).map(({ id }: Row) => id)).toEqual([filled.id]);
    expect((await client.fetchCanceledOrders(ETH)).map(({ id }: Row) => id)).toEqual([gone.id]);
    expect((await client.fetchCanceledAndClosedOrders(ETH)).length).toBe(2);
    expect((await client.fetchClosedOrder(filled.id, ETH)).status).toBe('closed');
  });
});

/** All rows, page by page, as the venue's cursor leads. */
async function pages(fetchPage: (params: object) => Promise<Row[]>): Promise<string[][]> {
  const result: string[][] = [];
  let cursor: string | undefined;
  do {
    const rows = await fetchPage(cursor === undefined ? {} : { cursor });
    if (rows.length === 0) break;
    result.push(rows.map(({ id }) => id));
    cursor = rows.map(({ info }) => info.nextPageCursor).find((value) => value !== undefined && value !== '');
  } while (cursor !== undefined);
  return result;
}

describe('pages', () => {
  test('open orders are paged by cursor, and each comes once', async () => {
    const price = await far();
    for (let i = 0; i < 25; i += 1) await client.createOrder(ETH, 'limit', 'buy', '0.01', price, { clientOrderId: `p-${i}` });
    const truth = (await world.bookOf('BYBIT')).orders.map(({ orderId }) => orderId);
    expect((await client.fetchOpenOrders(ETH)).length).toBe(20);
    const found = await pages((params) => client.fetchOpenOrders(ETH, undefined, 10, params));
    expect(found.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(found.flat().toSorted()).toEqual(truth.toSorted());
    const all = await pages((params) => client.fetchOpenOrders(undefined, undefined, 50, params));
    expect(all.flat().toSorted()).toEqual(truth.toSorted());
  });

  test('a page that is full leads to an empty one', async () => {
    const price = await far();
    for (let i = 0; i < 4; i += 1) await client.createOrder(ETH, 'limit', 'buy', '0.01', price);
    const first = await client.fetchOpenOrders(ETH, undefined, 4);
    const cursor = first.map(({ info }: Row) => info.nextPageCursor).find(Boolean);
    expect(await client.fetchOpenOrders(ETH, undefined, 4, { cursor })).toEqual([]);
  });

  test('a cursor stays right while orders come and go', async () => {
    const price = await far();
    const placed: string[] = [];
    for (let i = 0; i < 6; i += 1) placed.push((await client.createOrder(ETH, 'limit', 'buy', '0.01', price)).id);
    const first = await client.fetchOpenOrders(ETH, undefined, 3);
    const cursor = first.map(({ info }: Row) => info.nextPageCursor).find(Boolean);
    await client.cancelOrder(placed[3], ETH);
    await client.createOrder(ETH, 'limit', 'buy', '0.01', price);
    const second = await client.fetchOpenOrders(ETH, undefined, 3, { cursor });
    expect(second.map(({ id }: Row) => id).toSorted()).toEqual(placed.slice(0, 3).toSorted());
  });

  test('executions and history are paged by cursor', async () => {
    for (let i = 0; i < 7; i += 1) {
      await client.createOrder(ETH, 'market', i % 2 === 0 ? 'buy' : 'sell', '0.1');
      await world.tell('/step', { ticks: 1 });
    }
    const { trades, orders } = await world.bookOf('BYBIT');
    const executions = await pages((params) => client.fetchMyTrades(ETH, undefined, 3, params));
    expect(executions.length).toBeGreaterThan(2);
    expect(executions.flat().toSorted()).toEqual(trades.map(({ tradeId }) => tradeId).toSorted());
    expect((await client.fetchMyTrades()).length).toBe(trades.length);
    const history = await pages((params) => client.fetchClosedOrders(ETH, undefined, 3, params));
    expect(history.flat().toSorted()).toEqual(orders.map(({ orderId }) => orderId).toSorted());
    const times = trades.map(({ timeNs }) => Number(BigInt(timeNs) / 1_000_000n));
    const since = times[3]!;
    expect((await client.fetchMyTrades(ETH, since)).length).toBe(times.filter((time) => time >= since).length);
    expect((await client.fetchOrderTrades(orders[0]!.orderId, ETH)).length).toBe(
      trades.filter(({ orderId }) => orderId === orders[0]!.orderId).length,
    );
  });

  test('a wrong cursor, and a window of more than a week, are refused', async () => {
    await client.createOrder(ETH, 'market', 'buy', '0.1');
    await expect(client.fetchMyTrades(ETH, undefined, 3, { cursor: 'nonsense' })).rejects.toBeInstanceOf(ccxt.BadRequest);
    const week = 7 * 86_400_000;
    await expect(client.fetchMyTrades(ETH, 1_000, 3, { until: 2_000 + week })).rejects.toBeInstanceOf(ccxt.BadRequest);
  });

  test('the transaction log and the funding history tell every booking', async () => {
    await client.createOrder(ETH, 'market', 'buy', '1');
    await world.tell('/funding', { venue: 'BYBIT' });
    await world.tell('/transfer', { venue: 'BYBIT', asset: 'USDT', amount: '-250.5' });
    const { ledger } = await world.bookOf('BYBIT');
    const log = await client.fetchLedger(undefined, undefined, 50);
    expect(log.map(({ info }: Row) => info.change).toSorted()).toEqual(ledger.map(({ amount }) => amount).toSorted());
    const funding = ledger.filter(({ kind }) => kind === 'funding');
    expect((await client.fetchFundingHistory(ETH)).map(({ amount }: Row) => Number(amount))).toEqual(
      funding.map(({ amount }) => -Number(amount)),
    );
  });
});
