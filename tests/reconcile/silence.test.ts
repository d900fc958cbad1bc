/** Venues that do not answer, or not whole: nothing is cleared by silence, nothing is invented from half a page. */

import { afterEach, describe, expect, test } from 'vitest';
import { check, of, one, plan, type Reconciled } from './support/checks.ts';
import { BOTH, BTC, Desk, ETH, type Venue } from './support/desk.ts';

let desk: Desk;
afterEach(() => desk.close());

const fault = (venue: string, mode: string, rest: object = {}) => desk.simulator.tell('/fault', { venue, mode, ...rest });

/** Orders at rest, one fill that is not recorded, one submission that was lost: at both venues. */
async function trading(): Promise<void> {
  for (const venue of BOTH) {
    await desk.commit({ type: 'mark', venue, symbol: BTC, price: '97250', time: desk.nowNs });
    for (const level of [1, 2, 3, 4])
      await desk.place(venue, {
        clientId: `q${level}-${venue}`,
        symbol: ETH,
        side: 'buy',
        quantity: '1',
        price: await desk.away(venue, ETH, -1 - level),
      });
    await desk.place(venue, { clientId: `late-${venue}`, symbol: BTC, side: 'buy', quantity: '0.01' });
    await desk.submitted(venue, { clientId: `never-${venue}`, symbol: ETH, side: 'sell', quantity: '1', price: '3500' });
    await desk.commit({ type: 'order.cancelRequest', clientId: `q4-${venue}`, time: desk.nowNs });
  }
}

describe('a whole venue', () => {
  test.each([
    ['silent', { mode: 'silent' }, 'silent'],
    ['failing at its gateway', { mode: 'failing', error: 'http' }, 'failed'],
    ['failing in its own words', { mode: 'failing', error: 'venue' }, 'failed'],
  ] as const)('%s: it blocks, the other one does not', async (_name, { mode, ...rest }, status) => {
    desk = await Desk.open({ seed: 40, timeoutMs: 400 });
    await trading();
    await fault('BYBIT', mode, rest);
    const result = await check(desk, { unanswered: { BYBIT: ['*'] } });
    const entry = one(result, 'notProvable', 'BYBIT');
    expect(entry).toMatchObject({ severity: 'critical', blocking: true, theirs: null, ours: { count: '6' } });
    expect(entry.cause).toContain('6 orders of ours there are UNKNOWN');
    expect(Number(entry.moneyAtRisk)).toBeGreaterThan(3_000);
    expect(result.report.venues).toMatchObject([
      { name: 'BINANCE', status: 'answered', provable: true },
      { name: 'BYBIT', status, provable: false },
    ]);
    // What was submitted stays UNKNOWN; nothing else is said of the silent venue.
    expect(
      result.report.breaks
        .filter(({ venue }) => venue === 'BYBIT')
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['notProvable', 'pendingCancelUnresolved', 'pendingUnknown']);
    // Not there, and nobody said so.
    expect(of(result, 'pendingUnknown', 'BYBIT')[0]).toMatchObject({
      severity: 'critical',
      theirs: null,
      answered: false,
      proposals: ['cancelOrder', 'note'],
    });
    expect(() =>
      plan(desk, result, (found) => (found.venue === 'BYBIT' && found.kind === 'pendingCancelUnresolved' ? 'acceptVenue' : null)),
    ).toThrowError(/not open/);
    // The evidence of a phone call is recorded, with its words.
    expect(() => plan(desk, result, ({ kind }) => (kind === 'notProvable' ? 'keepOurs' : null))).not.toThrow();
  });
});

describe('one question', () => {
  test.each([
    ['positions', ['positions']],
    ['balances', ['balance']],
    ['fills', ['trades']],
  ] as const)('%s are not answered: that is not provable, and all else is compared', async (question, endpoints) => {
    desk = await Desk.open({ seed: 41, timeoutMs: 500 });
    await trading();
    for (const venue of BOTH) await fault(venue, 'silent', { endpoints });
    const result = await check(desk, { unanswered: { BINANCE: [question], BYBIT: [question] } });
    for (const venue of BOTH) {
      expect(one(result, 'notProvable', venue)).toMatchObject({ theirs: { question, status: 'silent' }, blocking: true });
      expect(of(result, 'openHereFlatThere', venue)).toEqual([]);
    }
    expect(result.report.venues.map(({ status }) => status)).toEqual(['partial', 'partial']);
  });

  test('open orders are not answered: ours are looked up one by one, strangers stay unseen', async () => {
    desk = await Desk.open({ seed: 42, timeoutMs: 500 });
    await trading();
    await desk.simulator.tell('/external', {
      venue: 'BINANCE',
      symbol: ETH,
      side: 'sell',
      quantity: '1',
      type: 'limit',
      price: await desk.away('BINANCE', ETH, 2),
    });
    for (const venue of BOTH) await fault(venue, 'failing', { endpoints: ['openOrders'] });
    const result = await check(desk, { unanswered: { BINANCE: ['openOrders'], BYBIT: ['openOrders'] } });
    expect(of(result, 'vanishedOrder')).toEqual([]);
    expect(of(result, 'unknownOrder')).toEqual([]);
    // Not in a whole list: the look-up alone does not prove that it is not there.
    await desk.step(110);
    const later = await check(desk, { unanswered: { BINANCE: ['openOrders'], BYBIT: ['openOrders'] } });
    for (const venue of BOTH)
      expect(of(later, 'pendingUnknown', venue)).toMatchObject([{ clientId: `never-${venue}`, severity: 'critical' }]);
  });

  test('order look-ups are not answered: an order that is not listed is neither vanished nor refused', async () => {
    desk = await Desk.open({ seed: 43, timeoutMs: 500 });
    await trading();
    for (const venue of BOTH) {
      await desk.simulator.tell('/drop', { venue, clientId: `q1-${venue}` });
      await fault(venue, 'failing', { endpoints: venue === 'BYBIT' ? ['order', 'orderHistory'] : ['order'] });
    }
    await desk.step(110);
    const result = await check(desk, { unanswered: { BINANCE: ['orderLookUps'], BYBIT: ['orderLookUps'] } });
    for (const venue of BOTH) {
      expect(of(result, 'vanishedOrder', venue)).toEqual([]);
      expect(one(result, 'notProvable', venue)).toMatchObject({ theirs: { question: 'orderLookUps', status: 'failed' } });
      expect(one(result, 'pendingUnknown', venue).proposals).not.toContain('acceptVenue');
    }
  });
});

describe('half a page', () => {
  const truncated = (result: Reconciled, venue: Venue, question: string, why: RegExp): void => {
    const entry = of(result, 'notProvable', venue).find(({ theirs }) => theirs?.question === question);
    expect(entry).toMatchObject({ theirs: { status: 'truncated' }, blocking: true });
    expect(entry!.cause).toMatch(why);
  };

  test('of open orders is seen: by the venue’s own count, and by a cursor that fails', async () => {
    desk = await Desk.open({ seed: 44 });
    await trading();
    for (const venue of BOTH) await fault(venue, 'half-page', { endpoints: ['openOrders'] });
    const result = await desk.reconcile();
    truncated(result, 'BINANCE', 'openOrders', /counts more open .* orders than it listed/);
    truncated(result, 'BYBIT', 'openOrders', /page 2 cannot be fetched/);
    // The hidden ones are live by their look-up: not vanished. What is listed is compared.
    expect(of(result, 'vanishedOrder')).toEqual([]);
    for (const { report } of result.evidence) expect([report.orders, report.notional]).toEqual([null, null]);
  });

  test('of open orders is seen by a look-up, where no count and no cursor tells it', async () => {
    desk = await Desk.open({ seed: 45 });
    // Stops do not count in what the venue says its bids and asks amount to.
    await desk.place('BINANCE', { clientId: 'held', symbol: ETH, side: 'buy', quantity: '2' });
    await desk.recordFills('BINANCE', 'held');
    for (const level of [1, 2]) {
      await desk.place('BINANCE', {
        clientId: `stop${level}`,
        symbol: ETH,
        side: 'sell',
        quantity: '1',
        price: await desk.away('BINANCE', ETH, -4),
        trigger: await desk.away('BINANCE', ETH, -3),
        reduceOnly: true,
      });
    }
    await desk.reportBalance('BINANCE');
    await fault('BINANCE', 'half-page', { endpoints: ['/fapi/v1/openAlgoOrders'] });
    const result = await desk.reconcile();
    truncated(result, 'BINANCE', 'openOrders', /is live by its look-up and not in the list/);
    expect(result.report.breaks).toHaveLength(1);
    await fault('BINANCE', 'normal');
    expect((await check(desk)).report.breaks).toEqual([]);
  });

  test('of fills is seen: by what the orders were filled, and by a cursor that fails', async () => {
    desk = await Desk.open({ seed: 46 });
    for (const venue of BOTH) {
      await desk.place(venue, { clientId: `known-${venue}`, symbol: BTC, side: 'buy', quantity: '0.01' });
      await desk.recordFills(venue, `known-${venue}`);
      for (const name of ['a', 'b', 'c'])
        await desk.place(venue, { clientId: `${name}-${venue}`, symbol: BTC, side: 'buy', quantity: '0.01' });
      await fault(venue, 'half-page', { endpoints: ['trades'] });
    }
    const result = await desk.reconcile();
    truncated(result, 'BINANCE', 'fills', /the listed trades amount to less/);
    truncated(result, 'BYBIT', 'fills', /page 2 cannot be fetched/);
    for (const venue of BOTH) {
      // Positive evidence stands: the fills that were listed are missing here, and the orders are filled further than those.
      expect(of(result, 'missingFill', venue).length).toBeGreaterThan(0);
      expect(of(result, 'filledAhead', venue).length).toBeGreaterThan(0);
      expect(one(result, 'positionDiffers', venue).blocking).toBe(true);
    }
  });

  test('small pages are read to their end; a full page with nothing behind it proves nothing', async () => {
    desk = await Desk.open({ seed: 47, pageRows: { fills: 2, orders: 2 } });
    for (const venue of BOTH) {
      for (const level of [1, 2, 3, 4, 5])
        await desk.place(venue, {
          clientId: `q${level}-${venue}`,
          symbol: ETH,
          side: 'buy',
          quantity: '1',
          price: await desk.away(venue, ETH, -1 - level),
        });
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        await desk.place(venue, { clientId: `${name}-${venue}`, symbol: BTC, side: 'buy', quantity: '0.002' });
        await desk.recordFills(venue, `${name}-${venue}`);
      }
      await desk.reportBalance(venue);
    }
    const fills = (await desk.simulator.book()).venues.map(({ trades }) => trades.length);
    expect(fills).toEqual([5, 5]);
    const whole = await check(desk);
    expect(whole.report.breaks).toEqual([]);
    expect(whole.report.matched).toMatchObject({ orders: 10, fills: 10 });
    // A sixth fill makes three full pages. Bybit still says with an empty page that they were all; Binance says nothing.
    for (const venue of BOTH) {
      await desk.place(venue, { clientId: `f-${venue}`, symbol: BTC, side: 'buy', quantity: '0.002' });
      await desk.recordFills(venue, `f-${venue}`);
      await desk.reportBalance(venue);
    }
    const result = await desk.reconcile();
    truncated(result, 'BINANCE', 'fills', /a full page of 2 rows with nothing behind it/);
    expect(of(result, 'notProvable', 'BYBIT')).toEqual([]);
  });
});

test('an account that nobody is asked about is not provable', async () => {
  desk = await Desk.open({ seed: 48 });
  await desk.commit({
    type: 'position.adjust',
    account: 'OTHER',
    venue: 'BYBIT',
    symbol: ETH,
    quantity: '3',
    price: '3380',
    reason: 'for the test',
    time: desk.nowNs,
  });
  const result = await desk.reconcile();
  expect(one(result, 'notProvable', 'BYBIT')).toMatchObject({ account: 'OTHER', blocking: true, theirs: null });
  expect(one(result, 'notProvable', 'BYBIT').cause).toContain('not in the venue configuration');
});

test('a slow venue is answered whole', async () => {
  desk = await Desk.open({ seed: 49 });
  await trading();
  await fault('BYBIT', 'slow', { ms: 150 });
  const result = await check(desk);
  expect(result.report.venues.every(({ provable }) => provable)).toBe(true);
});
