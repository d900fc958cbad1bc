/** The risk query at the real venues of the simulator: what comes when, and what an answer is worth. */

import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../main/storage/native.ts';
import { VenueConnection } from '../../main/venues/client.ts';
import { queryVenues } from '../../main/venues/query.ts';
import { Secret } from '../../main/venues/secret.ts';
import type { VenueReport } from '../../shared/contract/venues.ts';
import { BOTH, BTC, Desk, ETH } from './support/desk.ts';

let desk: Desk;
afterEach(() => desk.close());

const fault = (venue: string, mode: string, rest: object = {}) => desk.simulator.tell('/fault', { venue, mode, ...rest });
const query = (connections = desk.connections(), onReport?: (report: VenueReport) => void) =>
  queryVenues(connections, { clock: systemClock, symbols: (name) => desk.venues.find((venue) => venue.name === name)!.symbols, onReport });

test('orders, notional, positions, balances, marks with funding, clock: exactly as the venue has them', async () => {
  desk = await Desk.open({ seed: 80 });
  for (const venue of BOTH) {
    await desk.place(venue, { clientId: `q-${venue}`, symbol: ETH, side: 'buy', quantity: '1.5', price: '3300.00' });
    await desk.place(venue, { clientId: `p-${venue}`, symbol: BTC, side: 'sell', quantity: '0.02' });
  }
  const book = await desk.simulator.book();
  for (const report of await query()) {
    const there = book.venues.find(({ name }) => name === report.name)!;
    const held = there.positions.find(({ symbol }) => symbol === BTC)!;
    expect(report).toMatchObject({ status: 'answered', reason: '', orders: 1, notional: '4950', canCancel: true, account: 'MM1' });
    expect(report.positions.items).toMatchObject([{ symbol: BTC, quantity: '-0.02', mark: held.mark }]);
    expect(Number(report.positions.items[0]!.entryPrice)).toBe(Number(held.entryPrice));
    expect(Number(report.balances.items[0]!.total)).toBe(Number(there.balances[0]!.wallet));
    expect(Number(report.balances.items[0]!.locked)).toBe(Number(there.balances[0]!.initialMargin));
    expect(report.marks.items.map(({ symbol }) => symbol).toSorted()).toEqual([...desk.venues[0]!.symbols].toSorted());
    expect(report.marks.items.every(({ fundingAt, ageMs }) => fundingAt !== null && ageMs !== null && ageMs < 60_000)).toBe(true);
    expect(Math.abs(report.clockOffsetMs!)).toBeLessThan(200);
    expect(report.openOrders.items[0]).toMatchObject({
      clientId: `q-${report.name}`,
      remaining: '1.5',
      status: 'open',
      reduceOnly: false,
      trigger: null,
    });
    expect(report.emergency.phone).toMatch(/^\+44/);
    expect(report.openOrders.payloadHash).toMatch(/^[0-9a-f]{12}$/);
  }
});

test('a slow venue holds nothing up: the other one is told whole before it answers anything', async () => {
  desk = await Desk.open({ seed: 81 });
  await fault('BYBIT', 'slow', { ms: 1_000 });
  const told: string[] = [];
  const reports = await query(undefined, ({ name, status, openOrders, marks }) =>
    told.push(`${name} ${status} ${openOrders.status} ${marks.status}`),
  );
  expect(told[0]).toBe('BINANCE asking asking asking');
  const first = told.findIndex((line) => line.startsWith('BYBIT') && !line.endsWith('asking asking'));
  expect(told.slice(0, first)).toContain('BINANCE answered empty complete');
  expect(reports.map(({ status }) => status)).toEqual(['answered', 'answered']);
});

test('no answer, an error, an explicit none and half a page are four things', async () => {
  desk = await Desk.open({ seed: 82, timeoutMs: 300 });
  await fault('BYBIT', 'silent', { endpoints: ['openOrders'] });
  await fault('BYBIT', 'failing', { endpoints: ['balance'], error: 'venue' });
  const [binance, bybit] = await query();
  expect(binance).toMatchObject({
    status: 'answered',
    orders: 0,
    notional: '0',
    openOrders: { status: 'empty' },
    positions: { status: 'empty' },
  });
  expect(bybit).toMatchObject({
    status: 'partial',
    orders: null,
    notional: null,
    openOrders: { status: 'silent', reason: 'no answer within 300 ms' },
    positions: { status: 'empty' },
    balances: { status: 'failed' },
  });
  expect(bybit!.balances.reason).toContain('System error');
  expect(bybit!.reason).toContain('openOrders: no answer within 300 ms');
});

test('a venue that cannot be reached, a key that is refused: named, without a secret', async () => {
  desk = await Desk.open({ seed: 83, timeoutMs: 2_000 });
  const [binance, bybit] = desk.venues;
  const forged = { apiKey: new Secret('forged-key-0123456789'), secret: new Secret('forged-secret-0123456789'), password: null, uid: null };
  const reports = await query([
    new VenueConnection({ ...binance!, origin: 'http://127.0.0.1:9' }, systemClock),
    new VenueConnection({ ...bybit!, keys: { read: forged } }, systemClock),
  ]);
  expect(reports[0]).toMatchObject({ status: 'failed', orders: null, clockOffsetMs: null });
  expect(reports[0]!.reason).toContain('ECONNREFUSED');
  expect(reports[1]).toMatchObject({ status: 'partial', marks: { status: 'complete' }, positions: { status: 'failed' } });
  expect(reports[1]!.positions.reason).toContain('the venue refused the key: API key is invalid.');
  const text = JSON.stringify(reports);
  expect(text).not.toContain('forged');
  expect(text).not.toContain('signature');
});

test('an instrument that the venue does not list is not loaded; the others are', async () => {
  desk = await Desk.open({ seed: 84 });
  const reports = await queryVenues(desk.connections(), { clock: systemClock, symbols: () => [BTC, 'PEPE/USDT:USDT'] });
  for (const report of reports) {
    expect(report.marks).toMatchObject({ status: 'notLoaded', items: [{ symbol: BTC }] });
    expect(report.openOrders.status).toBe('empty');
  }
});

test('orders and positions in a symbol that nobody named are found, with a mark', async () => {
  desk = await Desk.open({ seed: 85 });
  for (const venue of BOTH) {
    await desk.simulator.tell('/external', {
      venue,
      symbol: 'DOGE/USDT:USDT',
      side: 'buy',
      quantity: '100',
      type: 'trade',
      price: '0.325',
    });
    await desk.simulator.tell('/external', { venue, symbol: 'ADA/USDT:USDT', side: 'sell', quantity: '100', type: 'limit', price: '0.96' });
  }
  const reports = await queryVenues(desk.connections(), { clock: systemClock, symbols: () => [BTC] });
  for (const report of reports) {
    expect(report.positions.items.map(({ symbol }) => symbol)).toEqual(['DOGE/USDT:USDT']);
    expect(report.openOrders.items.map(({ symbol }) => symbol)).toEqual(['ADA/USDT:USDT']);
    expect(report.marks.items.map(({ symbol }) => symbol).toSorted()).toEqual(['ADA/USDT:USDT', BTC, 'DOGE/USDT:USDT']);
  }
});
