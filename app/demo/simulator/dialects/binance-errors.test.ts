/** Binance's errors: codes of the real one, which ccxt maps to its own exception classes. */

import ccxt from 'ccxt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, ETH, rejection, World } from '../testing/harness.ts';

let world: World;
let client: Client;

beforeEach(async () => {
  world = await World.start();
  client = world.client('BINANCE');
  await client.loadMarkets();
});
afterEach(() => world.stop());

const far = (percent = -2): Promise<string> => world.away('BINANCE', ETH, percent);

describe('errors', () => {
  test('unknown orders are not found: -2013 for queries, -2011 for cancels', async () => {
    const query = await rejection(client.fetchOrder('4711', ETH));
    expect(query).toBeInstanceOf(ccxt.OrderNotFound);
    expect(query.message).toContain('-2013');
    const cancel = await rejection(client.cancelOrder('4711', ETH));
    expect(cancel).toBeInstanceOf(ccxt.OrderNotFound);
    expect(cancel.message).toContain('-2011');
    const amend = await rejection(client.editOrder('4711', ETH, 'limit', 'buy', '1', await far()));
    expect(amend).toBeInstanceOf(ccxt.OrderNotFound);
  });

  test('signature, key, time and permission are checked as the real one does', async () => {
    const wrongSecret = world.client('BINANCE', 'trade', { secret: 'x'.repeat(64) });
    const signature = await rejection(wrongSecret.fetchBalance());
    expect(signature).toBeInstanceOf(ccxt.AuthenticationError);
    expect(signature.message).toContain('-1022');
    const wrongKey = await rejection(world.client('BINANCE', 'trade', { apiKey: 'y'.repeat(64) }).fetchBalance());
    expect(wrongKey).toBeInstanceOf(ccxt.AuthenticationError);
    expect(wrongKey.message).toContain('-2015');
    await world.tell('/clock', { venue: 'BINANCE', offsetMs: 60_000 });
    const late = await rejection(client.fetchBalance());
    expect(late).toBeInstanceOf(ccxt.InvalidNonce);
    expect(late.message).toContain('-1021');
    await world.tell('/clock', { venue: 'BINANCE', offsetMs: -60_000 });
    expect(await rejection(client.fetchBalance())).toBeInstanceOf(ccxt.InvalidNonce);
  });

  test('a key may do what it is for and nothing else', async () => {
    const order = await client.createOrder(ETH, 'limit', 'buy', '0.5', await far());
    const [read, cancel] = [world.client('BINANCE', 'read'), world.client('BINANCE', 'cancel')];
    expect((await read.fetchOpenOrders(ETH)).length).toBe(1);
    const near = await far(-1);
    const denied = [
      () => read.cancelOrder(order.id, ETH),
      () => read.createOrder(ETH, 'market', 'buy', '1'),
      () => cancel.createOrder(ETH, 'market', 'buy', '1'),
      () => cancel.editOrder(order.id, ETH, 'limit', 'buy', '1', near),
    ];
    for (const action of denied) {
      const error = await rejection(action());
      expect(error).toBeInstanceOf(ccxt.AuthenticationError);
      expect(error.message).toContain('-2015');
    }
    expect((await cancel.cancelOrder(order.id, ETH)).status).toBe('canceled');
    expect((await world.bookOf('BINANCE')).orders.length).toBe(1);
  });

  test('a client id on a live order is taken; after its end it may be used again', async () => {
    const place = async () => client.createOrder(ETH, 'limit', 'buy', '0.5', await far(), { clientOrderId: 'once' });
    const first = await place();
    const error = await rejection(place());
    expect(error).toBeInstanceOf(ccxt.ExchangeError);
    expect(error.message).toContain('-4116');
    await client.cancelOrder(first.id, ETH);
    const second = await place();
    expect((await client.fetchOrder('', ETH, { origClientOrderId: 'once' })).id).toBe(second.id);
  });

  test('wrong orders have the codes of the real one', async () => {
    const ask = (await world.market('BINANCE', ETH)).ask;
    const raw = (change: object) =>
      client.fapiPrivatePostOrder({
        symbol: 'ETHUSDT',
        side: 'BUY',
        type: 'LIMIT',
        timeInForce: 'GTC',
        quantity: '0.5',
        price: ask,
        ...change,
      });
    const cases: readonly [string, object][] = [
      ['-1121', { symbol: 'NOPEUSDT' }],
      ['-1102', { price: '' }],
      ['-1111', { quantity: '0.50001' }],
      ['-4014', { price: '3000.001' }],
      ['-4003', { quantity: '0' }],
      ['-4005', { quantity: '1000000' }],
      ['-4016', { price: '9000' }],
      ['-4024', { side: 'SELL', price: '1000' }],
      ['-4164', { quantity: '0.001' }],
      ['-2019', { quantity: '9000' }],
      ['-2022', { reduceOnly: 'true' }],
      ['-5022', { timeInForce: 'GTX' }],
      ['-5021', { timeInForce: 'FOK', quantity: '900' }],
      ['-1115', { timeInForce: 'DAY' }],
      ['-1116', { type: 'ICEBERG' }],
      ['-4120', { type: 'STOP_MARKET' }],
      ['-4061', { positionSide: 'LONG' }],
      ['-4015', { newClientOrderId: 'ä' }],
    ];
    for (const [code, change] of cases) {
      const error = await rejection(raw(change));
      expect(error, code).toBeInstanceOf(ccxt.BaseError);
      expect(error.message).toContain(`"code":${code},`);
    }
    const { orders, trades } = await world.bookOf('BINANCE');
    expect([orders.length, trades.length]).toEqual([0, 0]);
    const now = await rejection(client.createOrder(ETH, 'market', 'sell', '1', undefined, { triggerPrice: await far(1) }));
    expect(now.message).toContain('-2021');
  });
});
