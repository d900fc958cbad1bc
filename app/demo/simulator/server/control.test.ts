/** The control port: who may use it, and what each of its requests does to the world. */

import ccxt from 'ccxt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BTC, ETH, World } from '../testing/harness.ts';
import { BODY_BYTES_MAX } from './http.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.stop());

describe('access', () => {
  test('nothing without the token, nothing at unknown paths, nothing with unknown fields', async () => {
    expect((await world.control('/step', { ticks: 1 }, 'wrong')).status).toBe(401);
    expect((await fetch(`${world.simulator.controlOrigin}/book`)).status).toBe(401);
    expect((await world.control('/nothing', {})).status).toBe(404);
    for (const [path, body] of [
      ['/step', { ticks: -1 }],
      ['/step', { ticks: 1, more: true }],
      ['/step', { ticks: 10_001 }],
      ['/freeze', {}],
      ['/fault', { venue: 'BINANCE', mode: 'sideways' }],
      ['/fault', { venue: 'KRAKEN', mode: 'slow' }],
      ['/fault', { venue: 'BINANCE', mode: 'slow', endpoints: ['everything'] }],
      ['/transfer', { venue: 'BINANCE', asset: 'USDT', amount: '1e9' }],
      ['/price', { base: 'LUNA', price: '1' }],
      ['/price', { base: 'BTC', price: '0' }],
      ['/drop', { venue: 'BINANCE', clientId: 'nope' }],
      ['/external', { venue: 'BINANCE', symbol: ETH, side: 'buy', quantity: '1', type: 'limit' }],
      ['/external', { venue: 'BINANCE', symbol: 'NO/PE', side: 'buy', quantity: '1', type: 'market' }],
    ] as const) {
      expect((await world.control(path, body)).status, `${path} ${JSON.stringify(body)}`).toBe(400);
    }
    expect((await world.book()).ticks).toBe(0);
  });

  test('bodies are bounded', async () => {
    const body = JSON.stringify({ ticks: 1, pad: 'x'.repeat(BODY_BYTES_MAX) });
    const headers = { Authorization: `Bearer ${world.simulator.token}` };
    const answer = await fetch(`${world.simulator.controlOrigin}/step`, { method: 'POST', headers, body }).then(
      ({ status }) => status,
      () => 413,
    );
    expect(answer).toBe(413);
  });

  test('everything listens on loopback only', () => {
    expect(world.simulator.controlOrigin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    for (const { origin } of world.simulator.configuration().venues) expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  test('the configuration names both venues with three keys each', async () => {
    const headers = { Authorization: `Bearer ${world.simulator.token}` };
    const { venues } = (await (await fetch(`${world.simulator.controlOrigin}/config`, { headers })).json()) as ReturnType<
      World['simulator']['configuration']
    >;
    expect(venues.map(({ name, dialect, account, cancelOnDisconnect }) => [name, dialect, account, cancelOnDisconnect])).toEqual([
      ['BINANCE', 'binanceusdm', 'MM1', 'yes'],
      ['BYBIT', 'bybit', 'MM1', 'no'],
    ]);
    const keys = venues.flatMap((venue) => Object.values(venue.keys).map(({ apiKey }) => apiKey));
    expect(new Set(keys).size).toBe(6);
    expect(venues[0]!.symbols.length).toBe(6);
    expect(JSON.stringify(await world.book())).not.toContain(venues[0]!.keys.trade.secret);
  });
});

describe('the world', () => {
  test('ticks come only when told, and not while it is frozen; queries still work', async () => {
    const client = world.client('BINANCE');
    const order = await client.createOrder(ETH, 'limit', 'buy', '1', await world.away('BINANCE', ETH, -2));
    await client.fapiPrivatePostCountdownCancelAll({ symbol: 'ETHUSDT', countdownTime: 500 });
    await world.tell('/freeze', { frozen: true });
    const before = await world.bookOf('BINANCE');
    expect(await world.tell('/step', { ticks: 50 })).toMatchObject({ stepped: 0 });
    const after = await world.bookOf('BINANCE');
    expect(after.marks).toEqual(before.marks);
    expect(after.trades).toEqual(before.trades);
    expect((await client.fetchOrder(order.id, ETH)).status).toBe('open');
    await world.tell('/freeze', { frozen: false });
    expect(await world.tell('/step', { ticks: 5 })).toMatchObject({ stepped: 5 });
    expect((await client.fetchOrder(order.id, ETH)).status).toBe('canceled');
  });

  test('a timed simulator takes no steps', async () => {
    const timed = await World.start({ stepped: false, tickMs: 3_600_000 });
    expect((await timed.control('/step', { ticks: 1 })).status).toBe(400);
    await timed.stop();
  });

  test('prices move without any client, at both venues together', async () => {
    const prices = async (): Promise<[number, number][]> => {
      const { venues } = await world.book();
      return venues[0]!.marks.map(({ mark }, index) => [Number(mark), Number(venues[1]!.marks[index]!.mark)]);
    };
    const before = await prices();
    await world.tell('/step', { ticks: 500 });
    for (const [index, [binance, bybit]] of (await prices()).entries()) {
      expect(binance).not.toBe(before[index]![0]);
      expect(Math.abs(binance / bybit - 1)).toBeLessThan(0.001);
    }
  });

  test('resting orders fill while nobody is connected', async () => {
    const client = world.client('BYBIT');
    const { bid } = await world.market('BYBIT', ETH);
    await client.createOrder(ETH, 'limit', 'buy', '3', bid, { clientOrderId: 'quote' });
    let steps = 0;
    while ((await world.bookOf('BYBIT')).orders[0]!.status !== 'filled' && steps < 100) {
      await world.tell('/step', { ticks: 20 });
      steps += 1;
    }
    const { orders, trades } = await world.bookOf('BYBIT');
    expect(orders[0]).toMatchObject({ status: 'filled', filled: '3.00' });
    for (const trade of trades) expect(trade).toMatchObject({ liquidity: 'maker', price: bid, clientId: 'quote' });
  });
});

describe('what others do', () => {
  test('an external order stands in the account under a foreign or empty client id', async () => {
    const price = await world.away('BINANCE', ETH, -2);
    const binance = await world.tell('/external', { venue: 'BINANCE', symbol: ETH, side: 'buy', quantity: '1', type: 'limit', price });
    expect(binance.order).toMatchObject({ external: true, status: 'open', price });
    expect(binance.order.clientId).toMatch(/^web_/);
    const bybit = await world.tell('/external', { venue: 'BYBIT', symbol: ETH, side: 'sell', quantity: '1', type: 'market' });
    expect(bybit.order).toMatchObject({ external: true, status: 'filled', clientId: '' });
    const [listed] = await world.client('BINANCE', 'read').fetchOpenOrders(ETH);
    expect(listed).toMatchObject({ id: binance.order.orderId, clientOrderId: binance.order.clientId });
    const [trade] = await world.client('BYBIT', 'read').fetchMyTrades(ETH);
    expect(trade.order).toBe(bybit.order.orderId);
    expect((await world.book()).events.filter(({ kind }) => kind === 'external').length).toBe(2);
  });

  test('an external trade fills at its own price; a taken client id can be taken again', async () => {
    const client = world.client('BINANCE');
    const price = await world.away('BINANCE', ETH, -2);
    await client.createOrder(ETH, 'limit', 'buy', '1', price, { clientOrderId: 'twice' });
    await world.tell('/external', { venue: 'BINANCE', symbol: ETH, side: 'buy', quantity: '1', type: 'limit', price, clientId: 'twice' });
    expect((await client.fetchOpenOrders(ETH)).map(({ clientOrderId }: { clientOrderId: string }) => clientOrderId)).toEqual([
      'twice',
      'twice',
    ]);
    await world.tell('/external', {
      venue: 'BINANCE',
      symbol: BTC,
      side: 'sell',
      quantity: '0.25',
      type: 'trade',
      price: '91234.5',
      clientId: 'phone',
    });
    const [trade] = await client.fetchMyTrades(BTC);
    expect(trade).toMatchObject({ price: '91234.5', amount: '0.250', side: 'sell' });
  });

  test('a dropped order is gone from every answer; its trades stay', async () => {
    for (const venue of ['BINANCE', 'BYBIT'] as const) {
      const client = world.client(venue);
      const { ask } = await world.market(venue, ETH);
      await client.createOrder(ETH, 'limit', 'buy', '30', ask, { clientOrderId: 'half' });
      const order = (await world.bookOf(venue)).orders[0]!;
      expect(order.status).toBe('partiallyFilled');
      await world.tell('/drop', { venue, clientId: 'half' });
      expect(await client.fetchOpenOrders(ETH)).toEqual([]);
      await expect(client.fetchOrder(order.orderId, ETH, { acknowledged: true })).rejects.toBeInstanceOf(ccxt.OrderNotFound);
      await expect(client.cancelOrder(order.orderId, ETH)).rejects.toBeInstanceOf(ccxt.OrderNotFound);
      expect((await client.fetchMyTrades(ETH)).length).toBeGreaterThan(0);
      expect((await client.fetchCanceledOrders(ETH)).length).toBe(0);
      expect((await world.bookOf(venue)).orders[0]).toMatchObject({ lost: true, live: false, status: 'partiallyFilled' });
      await world.tell('/step', { ticks: 200 });
      expect((await world.bookOf(venue)).orders[0]!.filled).toBe(order.filled);
    }
  });

  test('transfers move wallets, of other assets too', async () => {
    await world.tell('/transfer', { venue: 'BYBIT', asset: 'USDT', amount: '-1000.00000001' });
    await world.tell('/transfer', { venue: 'BYBIT', asset: 'BTC', amount: '0.5' });
    const balance = await world.client('BYBIT', 'read').fetchBalance();
    expect(balance.USDT.total).toBe('498999.99999999');
    expect(Number(balance.BTC.total)).toBe(0.5);
    const ledger = (await world.bookOf('BYBIT')).ledger.map(({ kind, asset, amount }) => [kind, asset, amount]);
    expect(ledger.slice(1)).toEqual([
      ['transfer', 'USDT', '-1000.00000001'],
      ['transfer', 'BTC', '0.50000000'],
    ]);
  });

  test('a venue clock can be off', async () => {
    await world.tell('/clock', { venue: 'BYBIT', offsetMs: 2_500 });
    const offset = (await world.client('BYBIT').fetchTime()) - Date.now();
    expect(Math.abs(offset - 2_500)).toBeLessThan(1_000);
  });

  test('shutdown asks for the end', async () => {
    const asked = new Promise<void>((resolve) => {
      world.simulator.onShutdown = resolve;
    });
    await world.tell('/shutdown', {});
    await asked;
  });
});

describe('the event log', () => {
  test('has every change in order, with the client ids as they were seen and the outcome', async () => {
    const client = world.client('BINANCE');
    const read = world.client('BINANCE', 'read');
    const price = await world.away('BINANCE', ETH, -2);
    await client.createOrder(ETH, 'limit', 'buy', '1', price, { clientOrderId: 'a' });
    await client.createOrder(ETH, 'limit', 'buy', '1', price, { clientOrderId: 'a' }).catch(() => {});
    await read.cancelOrder('', ETH, { origClientOrderId: 'a' }).catch(() => {});
    await client.cancelOrder('', ETH, { origClientOrderId: 'a' });
    await client.createOrder(ETH, 'market', 'buy', '0.05', undefined, { clientOrderId: 'b' });
    await client.fetchOpenOrders(ETH);
    const { events } = await world.book();
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    const times = events.map(({ timeNs }) => BigInt(timeNs));
    expect(times.every((time, index) => index === 0 || time > times[index - 1]!)).toBe(true);
    expect(events.map(({ kind, outcome, code, key, clientIds }) => [kind, outcome, code, key, clientIds?.[0]])).toEqual([
      ['create', 'accepted', undefined, 'trade', 'a'],
      ['create', 'refused', '-4116', 'trade', 'a'],
      ['cancel', 'refused', '-2015', undefined, 'a'],
      ['cancel', 'accepted', undefined, 'trade', 'a'],
      ['end', undefined, undefined, undefined, undefined],
      ['create', 'accepted', undefined, 'trade', 'b'],
      ['fill', undefined, undefined, undefined, undefined],
    ]);
    const headers = { Authorization: `Bearer ${world.simulator.token}` };
    const later = (await (await fetch(`${world.simulator.controlOrigin}/book?eventsAfter=5`, { headers })).json()) as { events: object[] };
    expect(later.events).toEqual(events.slice(5));
  });
});
