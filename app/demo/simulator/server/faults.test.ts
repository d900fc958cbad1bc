/** Every fault mode, as the unmodified ccxt client meets it. */

import ccxt from 'ccxt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BTC, type Client, ETH, type Row, rejection, type VenueName, World } from '../testing/harness.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.stop());

async function ready(venue: VenueName): Promise<Client> {
  const client = world.client(venue);
  await client.loadMarkets();
  if (venue === 'BYBIT') await client.isUnifiedEnabled();
  return client;
}

/** A request that is not expected to be answered. It ends, with an error that nobody looks at, when the world stops. */
function unanswered(request: Promise<unknown>): { readonly settled: () => boolean } {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  request.then(settle, settle);
  return { settled: () => settled };
}

const ordersOf = async (venue: VenueName): Promise<readonly Row[]> => (await world.bookOf(venue)).orders;
const creations = async (): Promise<readonly Row[]> => (await world.book()).events.filter(({ kind }) => kind === 'create');

describe.each(['BINANCE', 'BYBIT'] as const)('%s', (venue) => {
  test('silent: nothing is answered and nothing is done, until it is over', async () => {
    const client = await ready(venue);
    await world.tell('/fault', { venue, mode: 'silent' });
    const order = unanswered(client.createOrder(ETH, 'market', 'buy', '1', undefined, { clientOrderId: 'lost' }));
    await expect.poll(async () => (await creations()).length, { timeout: 15_000 }).toBe(1);
    expect((await creations())[0]).toMatchObject({ outcome: 'swallowed', answered: false, clientIds: ['lost'] });
    expect(await ordersOf(venue)).toEqual([]);
    client.timeout = 200;
    expect(await rejection(client.fetchBalance())).toBeInstanceOf(ccxt.RequestTimeout);
    expect(order.settled()).toBe(false);
    await world.tell('/fault', { venue, mode: 'normal' });
    client.timeout = 20_000;
    expect((await client.fetchBalance()).USDT.total).toMatch(/^500000/);
  });

  test('slow: the request is done at once, the answer comes late', async () => {
    const client = await ready(venue);
    await world.tell('/fault', { venue, mode: 'slow', ms: 600_000, endpoints: ['create'] });
    const order = unanswered(client.createOrder(ETH, 'market', 'buy', '1', undefined, { clientOrderId: 'late' }));
    await expect.poll(async () => (await ordersOf(venue))[0]?.status, { timeout: 15_000 }).toBe('filled');
    expect(order.settled()).toBe(false);
    await world.tell('/fault', { venue, mode: 'slow', ms: 120 });
    const start = performance.now();
    await client.fetchTime();
    expect(performance.now() - start).toBeGreaterThan(110);
  });

  test('failing: by the gateway or by the venue, as it is told', async () => {
    const client = await ready(venue);
    await world.tell('/fault', { venue, mode: 'failing', error: 'http' });
    expect(await rejection(client.fetchBalance())).toBeInstanceOf(ccxt.ExchangeNotAvailable);
    const { origin } = world.venue(venue);
    const path = venue === 'BINANCE' ? '/fapi/v1/time' : '/v5/market/time';
    expect((await fetch(origin + path)).status).toBe(503);
    await world.tell('/fault', { venue, mode: 'failing', error: 'venue' });
    const error = await rejection(client.fetchBalance());
    expect(error).toBeInstanceOf(venue === 'BINANCE' ? ccxt.OperationFailed : ccxt.ExchangeError);
    expect(error.message).toContain(venue === 'BINANCE' ? '-1001' : '10016');
  });

  test('a fault is aimed: at an operation, at a path, at one venue', async () => {
    const client = await ready(venue);
    const other = await ready(venue === 'BINANCE' ? 'BYBIT' : 'BINANCE');
    const path = venue === 'BINANCE' ? '/fapi/v3/account' : '/v5/account/wallet-balance';
    await world.tell('/fault', { venue, mode: 'failing', endpoints: ['positions', path] });
    expect((await world.bookOf(venue)).faults.map(({ endpoint }) => endpoint)).toEqual(['positions', path]);
    expect(await rejection(client.fetchBalance())).toBeInstanceOf(ccxt.BaseError);
    expect(await rejection(client.fetchPositions())).toBeInstanceOf(ccxt.BaseError);
    expect(await client.fetchOpenOrders(ETH)).toEqual([]);
    expect(await other.fetchPositions()).toEqual([]);
    await world.tell('/fault', { venue, mode: 'normal', endpoints: ['positions'] });
    expect(await client.fetchPositions()).toEqual([]);
    await world.tell('/fault', { venue, mode: 'normal' });
    expect((await world.bookOf(venue)).faults).toEqual([]);
    expect((await client.fetchBalance()).USDT.total).toMatch(/^500000/);
  });

  test('ambiguous: the next submissions are accepted, and the answer never arrives', async () => {
    const client = await ready(venue);
    const price = await world.away(venue, ETH, -2);
    const place = (clientOrderId: string) => client.createOrder(ETH, 'limit', 'buy', '1', price, { clientOrderId });
    await world.tell('/ambiguous', { venue, count: 1 });
    const held = unanswered(place('held'));
    await expect.poll(async () => (await ordersOf(venue)).length, { timeout: 15_000 }).toBe(1);
    await world.tell('/ambiguous', { venue, count: 1, how: 'reset' });
    expect(await rejection(place('cut'))).toBeInstanceOf(ccxt.NetworkError);
    await place('plain');
    expect(held.settled()).toBe(false);
    const open = await client.fetchOpenOrders(ETH);
    expect(open.map(({ clientOrderId }: Row) => clientOrderId).toSorted()).toEqual(['cut', 'held', 'plain']);
    expect((await creations()).map(({ outcome, answered }) => [outcome, answered])).toEqual([
      ['accepted', false],
      ['accepted', false],
      ['accepted', true],
    ]);
  });

  test('lose: the next submissions are swallowed, and only valid ones count', async () => {
    const client = await ready(venue);
    await world.tell('/lose', { venue, count: 1 });
    expect(await rejection(world.client(venue, 'read').createOrder(ETH, 'market', 'buy', '1'))).toBeInstanceOf(ccxt.BaseError);
    const order = unanswered(client.createOrder(ETH, 'market', 'buy', '1', undefined, { clientOrderId: 'gone' }));
    await expect.poll(async () => (await creations()).length, { timeout: 15_000 }).toBe(2);
    expect((await creations())[1]).toMatchObject({ outcome: 'swallowed', answered: false, clientIds: ['gone'] });
    const search = venue === 'BINANCE' ? { origClientOrderId: 'gone' } : { orderLinkId: 'gone', acknowledged: true };
    expect(await rejection(client.fetchOrder('', ETH, search))).toBeInstanceOf(ccxt.OrderNotFound);
    expect(await ordersOf(venue)).toEqual([]);
    expect(order.settled()).toBe(false);
    // The trap is spent: the next one passes.
    await client.createOrder(ETH, 'market', 'buy', '1');
    expect((await ordersOf(venue)).length).toBe(1);
  });
});

describe('half-page', () => {
  async function fill(venue: VenueName, client: Client, count: number): Promise<void> {
    const price = await world.away(venue, ETH, -2);
    for (let i = 0; i < count; i += 1) {
      await client.createOrder(ETH, 'limit', 'buy', '0.1', price);
      await client.createOrder(BTC, 'market', i % 2 === 0 ? 'buy' : 'sell', '0.002');
    }
  }

  test('Binance answers only the first rows, and paging on finds nothing', async () => {
    const client = await ready('BINANCE');
    await fill('BINANCE', client, 6);
    const { trades } = await world.bookOf('BINANCE');
    await world.tell('/fault', { venue: 'BINANCE', mode: 'half-page' });
    expect((await client.fetchOpenOrders(ETH)).length).toBe(3);
    const half = Math.floor(trades.length / 2);
    const page = await client.fetchMyTrades(BTC, undefined, 1000);
    expect(page.map(({ id }: Row) => id)).toEqual(trades.slice(0, half).map(({ tradeId }) => tradeId));
    const next = (BigInt(page.at(-1).id) + 1n).toString();
    expect(await client.fetchMyTrades(BTC, undefined, 1000, { fromId: next })).toEqual([]);
    // What the cut list hides still shows in the margin of the open orders.
    const listed = (await client.fetchOpenOrders(ETH)).reduce((sum: number, { price, remaining }: Row) => sum + price * remaining, 0);
    const [risk] = await client.fapiPrivateV3GetPositionRisk({ symbol: 'ETHUSDT' });
    expect(Number(risk.bidNotional)).toBeCloseTo(2 * listed, 6);
    // Asking for one order still finds it.
    const hidden = (await world.bookOf('BINANCE')).orders.filter(({ symbol }) => symbol === ETH).at(-1)!;
    expect((await client.fetchOrder(hidden.orderId, ETH)).status).toBe('open');
  });

  test('Binance shows a full page at a small limit, and nothing behind it', async () => {
    const client = await ready('BINANCE');
    await fill('BINANCE', client, 6);
    await world.tell('/fault', { venue: 'BINANCE', mode: 'half-page', limit: 2, endpoints: ['trades', 'openOrders', 'orderHistory'] });
    expect((await client.fetchOpenOrders(ETH)).length).toBe(2);
    expect((await client.fetchOrders(ETH)).length).toBe(2);
    const page = await client.fetchMyTrades(BTC, undefined, 2);
    expect(page.length).toBe(2);
    expect(await client.fetchMyTrades(BTC, undefined, 2, { fromId: (BigInt(page[1].id) + 1n).toString() })).toEqual([]);
  });

  test('Bybit answers the first rows with a cursor that fails', async () => {
    const client = await ready('BYBIT');
    await fill('BYBIT', client, 6);
    await world.tell('/fault', { venue: 'BYBIT', mode: 'half-page' });
    const orders = await client.fetchOpenOrders(ETH, undefined, 50);
    expect(orders.length).toBe(3);
    const cursor = orders.map(({ info }: Row) => info.nextPageCursor).find(Boolean);
    expect(await rejection(client.fetchOpenOrders(ETH, undefined, 50, { cursor }))).toBeInstanceOf(ccxt.BadRequest);
    const trades = await client.fetchMyTrades(BTC, undefined, 100);
    const tradeCursor = trades.map(({ info }: Row) => info.nextPageCursor).find(Boolean);
    expect(await rejection(client.fetchMyTrades(BTC, undefined, 100, { cursor: tradeCursor }))).toBeInstanceOf(ccxt.BadRequest);
    const hidden = (await world.bookOf('BYBIT')).orders.find(({ symbol }) => symbol === ETH)!;
    expect(orders.some(({ id }: Row) => id === hidden.orderId)).toBe(false);
    expect((await client.fetchOrder(hidden.orderId, ETH, { acknowledged: true })).status).toBe('open');
  });

  test('a list of one is not cut', async () => {
    const client = await ready('BYBIT');
    await client.createOrder(ETH, 'limit', 'buy', '0.1', await world.away('BYBIT', ETH, -2));
    await world.tell('/fault', { venue: 'BYBIT', mode: 'half-page' });
    const orders = await client.fetchOpenOrders(ETH);
    expect(orders.length).toBe(1);
    expect(orders[0].info.nextPageCursor ?? '').toBe('');
  });
});
