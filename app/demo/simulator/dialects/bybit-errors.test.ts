/** Bybit's errors: codes of the real one, which ccxt maps to its own exception classes. */

import ccxt from 'ccxt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, ETH, rejection, World } from '../testing/harness.ts';

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

describe('errors', () => {
  test('signature, key, time and permission have the codes of the real one', async () => {
    const cases: readonly [string, typeof ccxt.BaseError, Client][] = [
      ['10004', ccxt.AuthenticationError, world.client('BYBIT', 'trade', { secret: 'x' })],
      ['10003', ccxt.AuthenticationError, world.client('BYBIT', 'trade', { apiKey: 'y' })],
    ];
    for (const [code, Class, wrong] of cases) {
      const error = await rejection(wrong.privateGetV5AccountWalletBalance({ accountType: 'UNIFIED' }));
      expect(error).toBeInstanceOf(Class);
      expect(error.message).toContain(`"retCode":${code},`);
    }
    await world.tell('/clock', { venue: 'BYBIT', offsetMs: 60_000 });
    const late = await rejection(client.fetchBalance());
    expect(late).toBeInstanceOf(ccxt.InvalidNonce);
    expect(late.message).toContain('10002');
  });

  test('a key may do what it is for and nothing else', async () => {
    const order = await client.createOrder(ETH, 'limit', 'buy', '0.5', await far());
    const [read, cancel] = [world.client('BYBIT', 'read'), world.client('BYBIT', 'cancel')];
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
      expect(error).toBeInstanceOf(ccxt.PermissionDenied);
      expect(error.message).toContain('10005');
    }
    expect((await cancel.cancelAllOrders(ETH)).length).toBe(1);
    expect((await world.bookOf('BYBIT')).orders.length).toBe(1);
  });

  test('there is no cancel on disconnect', async () => {
    await expect(client.cancelAllOrdersAfter(10_000)).rejects.toBeInstanceOf(ccxt.PermissionDenied);
  });

  test('a client id is taken for good', async () => {
    const place = async () => client.createOrder(ETH, 'limit', 'buy', '0.5', await far(), { clientOrderId: 'once' });
    const first = await place();
    for (const _ of ['live', 'ended']) {
      const error = await rejection(place());
      expect(error).toBeInstanceOf(ccxt.InvalidOrder);
      expect(error.message).toContain('110072');
      await rejection(client.cancelOrder(first.id, ETH));
    }
  });

  test('an order that is not there is not found', async () => {
    await expect(client.fetchOrder('nope', ETH, ACK)).rejects.toBeInstanceOf(ccxt.OrderNotFound);
    await expect(client.fetchOpenOrder('nope', ETH)).rejects.toBeInstanceOf(ccxt.OrderNotFound);
    await expect(client.editOrder('nope', ETH, 'limit', 'buy', '1', await far())).rejects.toBeInstanceOf(ccxt.OrderNotFound);
  });

  test('wrong orders have the codes of the real one', async () => {
    const { ask } = await world.market('BYBIT', ETH);
    const raw = (change: object) =>
      client.privatePostV5OrderCreate({
        category: 'linear',
        symbol: 'ETHUSDT',
        side: 'Buy',
        orderType: 'Limit',
        qty: '0.5',
        price: ask,
        ...change,
      });
    const cases: readonly [string, object][] = [
      ['10001', { symbol: 'NOPEUSDT' }],
      ['10001', { category: 'moon' }],
      ['10001', { price: '' }],
      ['10001', { qty: '0.501' }],
      ['10001', { qty: '0' }],
      ['10001', { price: '3000.001' }],
      ['10001', { side: 'Up' }],
      ['10001', { positionIdx: 1 }],
      ['10001', { orderLinkId: 'a b' }],
      ['110003', { price: '9000' }],
      ['110007', { qty: '9000' }],
      ['110017', { reduceOnly: true }],
      ['110092', { triggerPrice: '1000', triggerDirection: 1 }],
      ['110093', { triggerPrice: '9000', triggerDirection: 2 }],
    ];
    for (const [code, change] of cases) {
      const error = await rejection(raw(change));
      expect(error.message, JSON.stringify(change)).toContain(`"retCode":${code},`);
    }
    const small = await rejection(client.createOrder('ADA/USDT:USDT', 'limit', 'buy', '1', await world.away('BYBIT', 'ADA/USDT:USDT', -1)));
    expect(small.message).toContain('110094');
    const { orders, trades } = await world.bookOf('BYBIT');
    expect([orders.length, trades.length]).toEqual([0, 0]);
  });
});
