/** Cancelling at the real venues of the simulator: scope, fates, and what may be called done. */

import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../main/storage/native.ts';
import { type CancelOptions, cancelOrders, lookupIn } from '../../main/venues/cancel.ts';
import { VenueConnection } from '../../main/venues/client.ts';
import type { VenueConfiguration } from '../../main/venues/configuration.ts';
import type { CancelReport, CancelScope } from '../../shared/contract/venues.ts';
import { BOTH, BTC, Desk, ETH, SOL, type Venue } from './support/desk.ts';

let desk: Desk;
afterEach(() => desk.close());

const fault = (venue: string, mode: string, rest: object = {}) => desk.simulator.tell('/fault', { venue, mode, ...rest });
const connect = (change: (venue: VenueConfiguration) => VenueConfiguration = (venue) => venue) =>
  desk.venues.map((venue) => new VenueConnection(change(venue), systemClock));

function cancel(scope: CancelScope, rest: Partial<CancelOptions> = {}, connections = connect()): Promise<CancelReport> {
  const { orders } = desk.ours();
  return cancelOrders(connections, {
    clock: systemClock,
    scope,
    by: 'ada',
    lookup: lookupIn(orders),
    symbols: (name) => desk.venues.find((venue) => venue.name === name)!.symbols,
    ...rest,
  });
}

const live = async (venue: Venue): Promise<string[]> =>
  (await desk.simulator.book()).venues
    .find(({ name }) => name === venue)!
    .orders.filter((order) => order.live)
    .map(({ clientId }) => clientId);
const fates = (report: CancelReport): Record<string, string> =>
  Object.fromEntries(report.orders.map(({ clientId, fate }) => [clientId ?? '', fate]));

/** Three quotes of two strategies, and a stop that protects a position, at each venue. */
async function quoting(): Promise<void> {
  for (const venue of BOTH) {
    await desk.place(venue, { clientId: `held-${venue}`, symbol: BTC, side: 'buy', quantity: '0.1' });
    await desk.place(venue, {
      clientId: `a-${venue}`,
      symbol: ETH,
      side: 'buy',
      quantity: '1',
      price: await desk.away(venue, ETH, -2),
      strategy: 'alpha',
    });
    await desk.place(venue, {
      clientId: `b-${venue}`,
      symbol: ETH,
      side: 'sell',
      quantity: '1',
      price: await desk.away(venue, ETH, 2),
      strategy: 'beta',
    });
    await desk.place(venue, {
      clientId: `c-${venue}`,
      symbol: SOL,
      side: 'buy',
      quantity: '5',
      price: await desk.away(venue, SOL, -2),
      strategy: 'alpha',
    });
    await desk.place(venue, {
      clientId: `stop-${venue}`,
      symbol: BTC,
      side: 'sell',
      quantity: '0.1',
      price: await desk.away(venue, BTC, -4),
      trigger: await desk.away(venue, BTC, -3),
      reduceOnly: true,
    });
  }
}

describe('scope', () => {
  test('quotes by default; what protects stays until it is asked for', async () => {
    desk = await Desk.open({ seed: 60 });
    await quoting();
    const seen: string[] = [];
    const report = await cancel({}, { onReport: ({ status }) => seen.push(status) });
    expect(report.status).toBe('done');
    expect(new Set(Object.values(fates(report)))).toEqual(new Set(['confirmed']));
    expect(report.venues).toEqual(
      BOTH.map((venue) => ({ venue, listed: 'complete', left: 0, reason: '1 protective order left standing' })),
    );
    for (const venue of BOTH) expect(await live(venue)).toEqual([`stop-${venue}`]);
    expect(seen[0]).toBe('listing');
    expect(seen).toContain('sending');
    expect(seen.at(-1)).toBe('done');
    const protective = await cancel({ includeProtective: true });
    expect(fates(protective)).toEqual({ 'stop-BINANCE': 'confirmed', 'stop-BYBIT': 'confirmed' });
    for (const venue of BOTH) expect(await live(venue)).toEqual([]);
    // A cancel of what is gone does no harm.
    expect(await cancel({ includeProtective: true })).toMatchObject({ status: 'done', orders: [] });
  });

  test('venue, symbol, account, client ids', async () => {
    desk = await Desk.open({ seed: 61 });
    await quoting();
    expect(fates(await cancel({ venue: 'BYBIT', symbol: SOL }))).toEqual({ 'c-BYBIT': 'confirmed' });
    expect(fates(await cancel({ clientIds: ['a-BINANCE', 'nobody'] }))).toEqual({ 'a-BINANCE': 'confirmed' });
    await expect(cancel({ venue: 'NOWHERE' })).rejects.toThrowError(/no venue is configured for NOWHERE/);
    await expect(cancel({ account: 'OTHER' })).rejects.toThrowError(/account OTHER/);
    expect(await live('BINANCE')).toEqual(['b-BINANCE', 'c-BINANCE', 'stop-BINANCE']);
  });

  test('a strategy needs our records; an order without one is shown, left alone, and keeps the cancel from being done', async () => {
    desk = await Desk.open({ seed: 62 });
    await quoting();
    const alone = await cancel({ strategy: 'alpha' });
    expect(alone.status).toBe('done');
    expect(Object.keys(fates(alone)).toSorted()).toEqual(['a-BINANCE', 'a-BYBIT', 'c-BINANCE', 'c-BYBIT']);
    await desk.simulator.tell('/external', {
      venue: 'BYBIT',
      symbol: ETH,
      side: 'buy',
      quantity: '2',
      type: 'limit',
      price: await desk.away('BYBIT', ETH, -3),
      clientId: 'by-hand',
    });
    const report = await cancel({ trader: 'ada' });
    expect(report.status).toBe('incomplete');
    expect(fates(report)).toEqual({ 'b-BINANCE': 'confirmed', 'b-BYBIT': 'confirmed', 'by-hand': 'listed' });
    expect(report.orders.find(({ clientId }) => clientId === 'by-hand')!.reason).toContain('not attributed');
    expect(report.venues.find(({ venue }) => venue === 'BYBIT')!.reason).toContain('cannot be attributed');
    expect(await live('BYBIT')).toEqual(['stop-BYBIT', 'by-hand']);
  });

  test('orders by their venue id, for strangers that have no client id', async () => {
    desk = await Desk.open({ seed: 63 });
    await quoting();
    const { order } = await desk.simulator.tell('/external', {
      venue: 'BYBIT',
      symbol: ETH,
      side: 'buy',
      quantity: '2',
      type: 'limit',
      price: await desk.away('BYBIT', ETH, -3),
      clientId: '',
    });
    const { orderId } = order as { orderId: string };
    const report = await cancel({}, { orders: [{ venue: 'BYBIT', clientId: '', orderId }] });
    expect(report).toMatchObject({ status: 'done', orders: [{ orderId, fate: 'confirmed' }] });
    expect(await live('BYBIT')).toHaveLength(4);
  });
});

describe('what goes wrong', () => {
  test('without a key that may cancel, and with one that may not, nothing is called done', async () => {
    desk = await Desk.open({ seed: 64 });
    await quoting();
    const readOnly = connect((venue) => ({ ...venue, keys: { read: venue.keys.read! } }));
    expect(readOnly.map(({ canCancel }) => canCancel)).toEqual([false, false]);
    const none = await cancel({}, {}, readOnly);
    expect(none).toMatchObject({ status: 'incomplete', venues: [{ left: 3, reason: 'there is no key that may cancel' }, { left: 3 }] });
    const wrong = await cancel(
      {},
      {},
      connect((venue) => ({ ...venue, keys: { read: venue.keys.read!, cancel: venue.keys.read! } })),
    );
    expect(wrong.status).toBe('incomplete');
    expect(wrong.orders.filter(({ fate }) => fate === 'rejected').length).toBeGreaterThan(0);
    expect(wrong.orders.every(({ fate }) => fate === 'rejected' || fate === 'listed')).toBe(true);
    expect(wrong.venues[0]!.reason).toContain('refused the key');
    for (const venue of BOTH) expect(await live(venue)).toHaveLength(4);
  });

  test('a silent venue is not done, and its orders are not said to be gone', async () => {
    desk = await Desk.open({ seed: 65, timeoutMs: 200 });
    await quoting();
    await fault('BYBIT', 'silent');
    const report = await cancel({}, { timeLimitMs: 600 });
    expect(report.status).toBe('incomplete');
    expect(report.venues).toMatchObject([
      { venue: 'BINANCE', left: 0 },
      { venue: 'BYBIT', listed: 'silent', left: null },
    ]);
    expect(report.orders.map(({ venue }) => venue)).toEqual(['BINANCE', 'BINANCE', 'BINANCE']);
    expect(await live('BYBIT')).toHaveLength(4);
  });

  test('cancels that are not answered are UNKNOWN, and sent again until the list is empty', async () => {
    desk = await Desk.open({ seed: 66, timeoutMs: 250 });
    await quoting();
    for (const venue of BOTH) await fault(venue, 'silent', { endpoints: ['cancel'] });
    let mended: Promise<unknown> | undefined;
    const unknown = new Set<string>();
    const report = await cancel(
      {},
      {
        onReport: ({ orders }) => {
          for (const { clientId, fate } of orders) if (fate === 'unknown') unknown.add(clientId!);
          if (unknown.size === 6) mended ??= Promise.all(BOTH.map((venue) => fault(venue, 'normal')));
        },
      },
    );
    await mended;
    expect(unknown.size).toBe(6);
    expect(report.status).toBe('done');
    expect(new Set(Object.values(fates(report)))).toEqual(new Set(['confirmed']));
  });

  test('an order that fills before its cancel arrives is filled', async () => {
    desk = await Desk.open({ seed: 67 });
    await quoting();
    for (const venue of BOTH) await fault(venue, 'failing', { endpoints: ['cancel'] });
    let moved: Promise<unknown> | undefined;
    const report = await cancel(
      {},
      {
        onReport: ({ orders }) => {
          if (orders.filter(({ fate }) => fate === 'rejected').length < 6) return;
          moved ??= desk.simulator
            .tell('/price', { base: 'ETH', price: '3600' })
            .then(() => desk.simulator.step(3))
            .then(() => Promise.all(BOTH.map((venue) => fault(venue, 'normal'))));
        },
      },
    );
    await moved;
    expect(report.status).toBe('done');
    expect(fates(report)).toMatchObject({ 'a-BINANCE': 'confirmed', 'a-BYBIT': 'confirmed', 'b-BINANCE': 'filled', 'b-BYBIT': 'filled' });
  });

  test('half a page: what is seen is cancelled, until a whole list shows none', async () => {
    desk = await Desk.open({ seed: 68 });
    for (const venue of BOTH)
      for (const level of [1, 2, 3, 4, 5, 6, 7])
        await desk.place(venue, {
          clientId: `q${level}-${venue}`,
          symbol: ETH,
          side: 'buy',
          quantity: '1',
          price: await desk.away(venue, ETH, -1 - level / 2),
        });
    for (const venue of BOTH) await fault(venue, 'half-page', { endpoints: ['openOrders'] });
    const listed = new Set<string>();
    const report = await cancel(
      {},
      {
        onReport: ({ venues }) => {
          for (const { listed: status } of venues) listed.add(status);
        },
      },
    );
    expect(listed).toContain('truncated');
    expect(report.status).toBe('done');
    expect(Object.keys(fates(report))).toHaveLength(14);
    for (const venue of BOTH) expect(await live(venue)).toEqual([]);
  });

  test('an order that appears while the others are cancelled is cancelled too', async () => {
    desk = await Desk.open({ seed: 69 });
    await quoting();
    const price = await desk.away('BINANCE', ETH, -3);
    let placed: Promise<unknown> | undefined;
    // A second engine sends on while cancels go out.
    await fault('BINANCE', 'slow', { ms: 100, endpoints: ['cancel'] });
    const report = await cancel(
      { venue: 'BINANCE' },
      {
        onReport: ({ status }) => {
          if (status === 'sending')
            placed ??= desk.simulator.tell('/external', {
              venue: 'BINANCE',
              symbol: ETH,
              side: 'buy',
              quantity: '1',
              type: 'limit',
              price,
              clientId: 'second',
            });
        },
      },
    );
    await placed;
    expect(report.status).toBe('done');
    expect(fates(report)).toMatchObject({ second: 'confirmed' });
    expect(await live('BINANCE')).toEqual(['stop-BINANCE']);
  });
});
