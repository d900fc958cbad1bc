/** Each kind of break of orders and fills, with the venue really in that situation: another process, real HTTP, real ccxt. */

import ccxt from 'ccxt';
import { afterEach, describe, expect, test } from 'vitest';
import { orderKey } from '../../main/reconcile/break.ts';
import { reconciliation } from '../../main/reconcile/reconcile.ts';
import { acceptAll, check, of, one, plan, settle } from './support/checks.ts';
import { BOTH, BTC, Desk, ETH, SOL } from './support/desk.ts';

let desk: Desk;
afterEach(() => desk.close());

const BINANCE_ONLY = ['BINANCE'] as const;

test('orders, fills, positions and balances that were recorded are no break', async () => {
  desk = await Desk.open({ seed: 1 });
  for (const venue of BOTH) {
    await desk.place(venue, { clientId: `rest-${venue}`, symbol: ETH, side: 'buy', quantity: '1', price: await desk.away(venue, ETH, -2) });
    await desk.place(venue, { clientId: `take-${venue}`, symbol: BTC, side: 'buy', quantity: '0.01' });
    await desk.recordFills(venue, `take-${venue}`);
    await desk.reportBalance(venue);
  }
  const { report } = await check(desk);
  expect(report.breaks).toEqual([]);
  expect(report.venues.map(({ provable, status }) => [provable, status])).toEqual([
    [true, 'answered'],
    [true, 'answered'],
  ]);
  expect(report.matched).toMatchObject({ orders: 2, positions: 2, balances: 2 });
});

describe('fills', () => {
  test('a late fill is missing, and explains the position and the balance exactly', async () => {
    desk = await Desk.open({ seed: 2 });
    for (const venue of BOTH) {
      await desk.place(venue, { clientId: `held-${venue}`, symbol: BTC, side: 'buy', quantity: '0.02' });
      await desk.recordFills(venue, `held-${venue}`);
      await desk.reportBalance(venue);
      await desk.place(venue, { clientId: `late-${venue}`, symbol: BTC, side: 'sell', quantity: '0.005' });
    }
    const result = await check(desk);
    for (const venue of BOTH) {
      const fill = one(result, 'missingFill', venue);
      expect(fill).toMatchObject({ clientId: `late-${venue}`, blocking: true, severity: 'high', ours: null, delta: '-0.005' });
      expect(fill.lsns.length).toBe(2);
      expect(Number(fill.moneyAtRisk)).toBeGreaterThan(400);
      expect(one(result, 'positionDiffers', venue)).toMatchObject({ symbol: BTC, blocking: false, causedBy: [fill.id], delta: '-0.005' });
      const balance = one(result, 'balanceDiffers', venue);
      expect(balance).toMatchObject({ asset: 'USDT', blocking: false, causedBy: [fill.id] });
      expect(balance.cause).toContain('1 missing fill with fees');
    }
    const { after } = await settle(desk, result, acceptAll);
    expect(after.report.breaks).toEqual([]);
    expect(desk.engine.row('fills', `BINANCE:${BTC}`, 'MM1', one(result, 'missingFill', 'BINANCE').tradeId!)).toMatchObject({
      provenance: 'venue',
    });
    expect(desk.engine.row('orders', 'late-BYBIT')).toMatchObject({ status: 'filled' });
  });

  test('a balance is explained by fills that were recorded after its last report, too', async () => {
    desk = await Desk.open({ seed: 3 });
    await desk.place('BYBIT', { clientId: 'in', symbol: ETH, side: 'buy', quantity: '3' });
    await desk.recordFills('BYBIT', 'in');
    await desk.reportBalance('BYBIT');
    await desk.place('BYBIT', { clientId: 'out', symbol: ETH, side: 'sell', quantity: '4' });
    await desk.recordFills('BYBIT', 'out');
    const before = await check(desk);
    expect(one(before, 'balanceDiffers', 'BYBIT')).toMatchObject({ blocking: false });
    expect(one(before, 'balanceDiffers', 'BYBIT').cause).toMatch(/recorded after the last report/);
    await desk.place('BYBIT', { clientId: 'late', symbol: ETH, side: 'buy', quantity: '2' });
    const result = await check(desk);
    expect(one(result, 'balanceDiffers', 'BYBIT').cause).toMatch(/missing fill.*recorded after the last report/);
    expect(one(result, 'sideFlipped', 'BYBIT')).toMatchObject({ blocking: false, severity: 'low' });
  });

  test('a trade made by hand is missing, of nobody, and critical', async () => {
    desk = await Desk.open({ seed: 4 });
    for (const venue of BOTH)
      await desk.simulator.tell('/external', { venue, symbol: SOL, side: 'buy', quantity: '2', type: 'trade', price: '187.50' });
    const result = await check(desk);
    for (const venue of BOTH) {
      expect(one(result, 'missingFill', venue)).toMatchObject({ severity: 'critical', symbol: SOL });
      expect(one(result, 'missingFill', venue).cause).toContain('for no order of ours');
      expect(one(result, 'openThereNoneHere', venue)).toMatchObject({ severity: 'low', blocking: false });
    }
    const { resolutions, after } = await settle(desk, result, acceptAll);
    expect(resolutions.intents.map(({ type }) => type)).toEqual([
      'fill.external',
      'fill.external',
      'balance.set',
      'balance.set',
      'resolution.record',
      'resolution.record',
      'resolution.record',
      'resolution.record',
      'resolution.record',
      'resolution.record',
    ]);
    expect(after.report.breaks).toEqual([]);
  });

  test('a fill that was recorded with other figures differs; one that the venue does not list is critical', async () => {
    desk = await Desk.open({ seed: 5 });
    for (const venue of BOTH) {
      await desk.place(venue, { clientId: `t-${venue}`, symbol: SOL, side: 'buy', quantity: '1' });
      const [tradeId] = (await desk.simulator.book()).venues.find(({ name }) => name === venue)!.trades.map((trade) => trade.tradeId);
      await desk.recordFill(venue, `t-${venue}`, tradeId!, { fee: '0.5', liquidity: 'maker' });
      await desk.place(venue, { clientId: `p-${venue}`, symbol: SOL, side: 'buy', quantity: '2' });
      const trade = (await desk.simulator.book()).venues
        .find(({ name }) => name === venue)!
        .trades.find(({ clientId }) => clientId === `p-${venue}`)!;
      await desk.recordFill(venue, `p-${venue}`, trade.tradeId, { price: '190.00', quantity: '2' });
      await desk.submitted(venue, { clientId: `ghost-${venue}`, symbol: ETH, side: 'sell', quantity: '1' });
      await desk.commit({
        type: 'fill',
        clientId: `ghost-${venue}`,
        tradeId: 'never',
        quantity: '1',
        price: '3380',
        fee: '',
        feeAsset: '',
        liquidity: 'taker',
        provenance: 'engine',
        time: desk.nowNs,
      });
    }
    const result = await check(desk);
    for (const venue of BOTH) {
      const differing = of(result, 'fillDiffers', venue);
      expect(differing.map(({ severity, blocking, cause }) => [severity, blocking, cause.split('with another ')[1] ?? cause])).toEqual([
        ['critical', true, 'Recorded here; the venue lists no such trade'],
        ['high', true, 'price'],
        ['low', false, 'fee, liquidity'],
      ]);
      expect(one(result, 'openHereFlatThere', venue)).toMatchObject({ symbol: ETH, severity: 'critical', blocking: true });
      expect(one(result, 'averagePriceDiffers', venue)).toMatchObject({ symbol: SOL });
    }
    // Nothing that can be recorded mends a fill: it is kept, or tolerated, by words, and is a break again only with other facts.
    const { intents } = plan(desk, result, ({ kind }) => (kind === 'fillDiffers' || kind === 'averagePriceDiffers' ? 'tolerate' : null));
    expect(new Set(intents.map(({ type }) => type))).toEqual(new Set(['resolution.record']));
    for (const intent of intents) await desk.commit(intent);
    const after = await desk.reconcile();
    expect(of(after, 'fillDiffers')).toEqual([]);
    expect(of(after, 'averagePriceDiffers')).toEqual([]);
    expect(of(after, 'openHereFlatThere')).toHaveLength(2);
  });

  test('a trade that was recorded twice is noted, and changed nothing', async () => {
    desk = await Desk.open({ seed: 6 });
    for (const venue of BOTH) {
      await desk.place(venue, { clientId: `t-${venue}`, symbol: BTC, side: 'buy', quantity: '0.01' });
      const [tradeId] = await desk.recordFills(venue, `t-${venue}`);
      await desk.recordFill(venue, `t-${venue}`, tradeId!);
      await desk.reportBalance(venue);
    }
    const result = await check(desk);
    expect(result.report.breaks.map(({ kind, severity, blocking }) => [kind, severity, blocking])).toEqual([
      ['duplicateTradeId', 'note', false],
      ['duplicateTradeId', 'note', false],
    ]);
    expect(result.report.breaks[0]!.lsns).toHaveLength(2);
  });

  test('fills beyond an order: the same client id was used by hand', async () => {
    desk = await Desk.open({ seed: 7 });
    await desk.submitted('BYBIT', { clientId: 'twice', symbol: SOL, side: 'buy', quantity: '1' });
    await desk.send('BYBIT', { clientId: 'twice', symbol: SOL, side: 'buy', quantity: '1' });
    const { order } = await desk.simulator.tell('/external', {
      venue: 'BYBIT',
      symbol: SOL,
      side: 'buy',
      quantity: '3',
      type: 'trade',
      price: '187.50',
      clientId: 'twice',
    });
    const mixed = await check(desk);
    // By that client id the venue shows the later order: its quantity is what our order seems to have.
    expect(one(mixed, 'overfill', 'BYBIT')).toMatchObject({ delta: '1' });
    expect(one(mixed, 'amended', 'BYBIT')).toMatchObject({ delta: '2' });
    await desk.simulator.tell('/drop', { venue: 'BYBIT', orderId: (order as { orderId: string }).orderId });
    const result = await check(desk);
    expect(one(result, 'overfill', 'BYBIT')).toMatchObject({ severity: 'critical', blocking: true, delta: '3' });
    expect(() => plan(desk, result, ({ kind }) => (kind === 'overfill' ? 'acceptVenue' : null))).toThrowError(
      /follows from .* missing fills/,
    );
    const { after } = await settle(desk, result, acceptAll);
    expect(after.report.breaks).toEqual([]);
    expect(desk.engine.row('positions', 'MM1', `BYBIT:${SOL}`)).toMatchObject({ quantity: '4' });
  });
});

describe('orders', () => {
  test('an order placed by hand is unknown here: claimed, cancelled or tolerated', async () => {
    desk = await Desk.open({ seed: 10 });
    for (const venue of BOTH) {
      await desk.simulator.tell('/external', {
        venue,
        symbol: ETH,
        side: 'sell',
        quantity: '1',
        type: 'limit',
        price: await desk.away(venue, ETH, 2),
        clientId: '',
      });
      await desk.simulator.tell('/external', {
        venue,
        symbol: BTC,
        side: 'buy',
        quantity: '0.01',
        type: 'limit',
        price: await desk.away(venue, BTC, -2),
      });
    }
    const result = await check(desk);
    expect(of(result, 'unknownOrder')).toHaveLength(4);
    expect(of(result, 'unknownOrder')[0]).toMatchObject({
      severity: 'critical',
      blocking: true,
      ours: null,
      proposals: ['cancelOrder', 'claim', 'tolerate', 'note'],
    });
    const { resolutions, after } = await settle(desk, result, () => 'claim');
    expect(resolutions.intents.slice(0, 4).every(({ type }) => type === 'order.adopt')).toBe(true);
    expect(after.report.breaks).toEqual([]);
    expect(desk.engine.rows('orders').map(({ provenance, status }) => [provenance, status])).toEqual(Array(4).fill(['claimed', 'open']));
  });

  test('a partly filled order of somebody else is claimed with what it filled, and its fill beside it', async () => {
    desk = await Desk.open({ seed: 11 });
    await desk.simulator.tell('/external', {
      venue: 'BYBIT',
      symbol: SOL,
      side: 'sell',
      quantity: '2400',
      type: 'limit',
      price: await desk.away('BYBIT', SOL, 0.4),
      clientId: 'hand',
    });
    await desk.simulator.tell('/price', { base: 'SOL', price: '190' });
    await desk.step(1);
    const result = await check(desk);
    expect(one(result, 'unknownOrder', 'BYBIT').theirs).toMatchObject({ status: 'partiallyFilled' });
    const { after } = await settle(desk, result, ({ kind }) => (kind === 'unknownOrder' ? 'claim' : 'acceptVenue'));
    expect(after.report.breaks).toEqual([]);
  });

  test('an order that the venue lost has vanished; it is closed once its fills were asked for', async () => {
    desk = await Desk.open({ seed: 12 });
    for (const venue of BOTH) {
      await desk.place(venue, {
        clientId: `lost-${venue}`,
        symbol: ETH,
        side: 'buy',
        quantity: '1',
        price: await desk.away(venue, ETH, -2),
      });
      await desk.place(venue, {
        clientId: `kept-${venue}`,
        symbol: ETH,
        side: 'buy',
        quantity: '1',
        price: await desk.away(venue, ETH, -3),
      });
      await desk.simulator.tell('/drop', { venue, clientId: `lost-${venue}` });
    }
    const result = await check(desk);
    for (const venue of BOTH) {
      expect(one(result, 'vanishedOrder', venue)).toMatchObject({
        clientId: `lost-${venue}`,
        severity: 'high',
        blocking: true,
        theirs: null,
      });
      expect(one(result, 'vanishedOrder', venue).sources.join()).toContain('order look-up');
    }
    const { after } = await settle(desk, result, acceptAll);
    expect(after.report.breaks).toEqual([]);
    expect(desk.engine.row('orders', 'lost-BYBIT')).toMatchObject({ status: 'cancelled' });
  });

  test('an order that filled while nobody looked is not vanished: its fills say it', async () => {
    desk = await Desk.open({ seed: 13 });
    for (const venue of BOTH)
      await desk.place(venue, {
        clientId: `hit-${venue}`,
        symbol: ETH,
        side: 'sell',
        quantity: '0.1',
        price: await desk.away(venue, ETH, 0.2),
      });
    await desk.simulator.tell('/price', { base: 'ETH', price: '3500' });
    await desk.step(5);
    const result = await check(desk);
    expect(of(result, 'vanishedOrder')).toEqual([]);
    for (const venue of BOTH) expect(one(result, 'openThereNoneHere', venue).blocking).toBe(false);
    const { after } = await settle(desk, result, acceptAll);
    expect(after.report.breaks).toEqual([]);
    expect(desk.engine.row('orders', 'hit-BINANCE')).toMatchObject({ status: 'filled' });
  });

  test('cancel on disconnect explains all vanished orders of a venue as one cause', async () => {
    desk = await Desk.open({ seed: 14 });
    for (let level = 1; level <= 6; level += 1) {
      for (const symbol of [ETH, BTC]) {
        await desk.place('BINANCE', {
          clientId: `q${level}-${symbol.slice(0, 3)}`,
          symbol,
          side: 'buy',
          quantity: '0.1',
          price: await desk.away('BINANCE', symbol, -2 - level / 10),
        });
      }
    }
    await desk.place('BYBIT', { clientId: 'stays', symbol: ETH, side: 'buy', quantity: '0.1', price: await desk.away('BYBIT', ETH, -4) });
    const client = desk.client('BINANCE') as unknown as { fapiPrivatePostCountdownCancelAll(params: object): Promise<unknown> };
    for (const symbol of ['ETHUSDT', 'BTCUSDT']) await client.fapiPrivatePostCountdownCancelAll({ symbol, countdownTime: 500 });
    await desk.step(8);
    const result = await check(desk);
    expect(result.report.breaks).toHaveLength(1);
    expect(result.report.breaks[0]).toMatchObject({
      kind: 'vanishedOrder',
      clientId: null,
      ours: { count: '12' },
      delta: '-12',
      blocking: true,
    });
    expect(result.report.breaks[0]!.cause).toContain('Cancel-on-disconnect');
    // The same answers, where somebody here had cancelled one of them: that one by itself, the others by the disconnect.
    const { order } = result.found.get(result.report.breaks[0]!.id)!.subject.ending![0]!;
    const cancelled = new Map([[orderKey('BINANCE', order.orderId), { by: 'ada', at: '2025-01-02T03:04:05.678Z' }]]);
    const own = reconciliation(result.ours, result.evidence, { ...result.options, cancelled }).report.breaks;
    expect(own.map(({ kind, clientId, delta }) => [kind, clientId, delta])).toEqual(
      expect.arrayContaining([
        ['vanishedOrder', null, '-11'],
        ['vanishedOrder', order.clientId, null],
      ]),
    );
    expect(own.find(({ clientId }) => clientId === order.clientId)!.cause).toBe(
      'Cancelled from here by ada at 03:04:05.678 UTC, and the venue confirmed it; its fills were asked for',
    );
    const { after } = await settle(desk, result, acceptAll);
    expect(after.report.breaks).toEqual([]);
    expect(desk.engine.rows('orders').filter(({ status }) => status === 'cancelled')).toHaveLength(12);
  });

  test('an ambiguous submission: present is acknowledged, absent is UNKNOWN until it cannot arrive any more', async () => {
    desk = await Desk.open({ seed: 15 });
    for (const venue of BOTH) {
      const client = desk.client(venue);
      const timeout = client.timeout;
      client.timeout = 300;
      const price = await desk.away(venue, ETH, -2);
      for (const [trap, clientId] of [
        ['/ambiguous', `heard-${venue}`],
        ['/lose', `lost-${venue}`],
      ] as const) {
        await desk.simulator.tell(trap, { venue, count: 1 });
        await desk.submitted(venue, { clientId, symbol: ETH, side: 'buy', quantity: '1', price });
        await expect(desk.send(venue, { clientId, symbol: ETH, side: 'buy', quantity: '1', price })).rejects.toBeInstanceOf(
          ccxt.RequestTimeout,
        );
      }
      client.timeout = timeout;
    }
    const result = await check(desk);
    for (const venue of BOTH) {
      expect(one(result, 'statusDiffers', venue)).toMatchObject({
        clientId: `heard-${venue}`,
        ours: { status: 'pending' },
        theirs: { status: 'open' },
      });
      // Its request may still be on its way: not even a proof that it is not there is enough.
      const unknown = one(result, 'pendingUnknown', venue);
      expect(unknown).toMatchObject({
        clientId: `lost-${venue}`,
        severity: 'critical',
        blocking: true,
        proposals: ['cancelOrder', 'note'],
      });
      expect(unknown.cause).toContain('could still arrive');
    }
    expect(() => plan(desk, result, ({ kind }) => (kind === 'pendingUnknown' ? 'acceptVenue' : null))).toThrowError(/has not proved/);
    await desk.step(110);
    const later = await check(desk);
    for (const venue of BOTH)
      expect(one(later, 'pendingUnknown', venue)).toMatchObject({
        severity: 'high',
        answered: true,
        proposals: ['acceptVenue', 'cancelOrder', 'note'],
      });
    const { after } = await settle(desk, later, acceptAll);
    expect(after.report.breaks.filter(({ kind }) => kind !== 'missingFill')).toEqual([]);
    expect(desk.engine.row('orders', 'lost-BYBIT')).toMatchObject({ status: 'rejected' });
    expect(desk.engine.row('orders', 'heard-BINANCE')).toMatchObject({ status: 'open' });
  });

  test('a cancel that was handed over: done, not done, and the order gone', async () => {
    desk = await Desk.open({ seed: 16 });
    for (const venue of BOTH) {
      for (const what of ['live', 'done', 'gone']) {
        const orderId = await desk.place(venue, {
          clientId: `${what}-${venue}`,
          symbol: ETH,
          side: 'buy',
          quantity: '1',
          price: await desk.away(venue, ETH, -2),
        });
        await desk.commit({ type: 'order.cancelRequest', clientId: `${what}-${venue}`, time: desk.nowNs });
        if (what === 'done') await desk.client(venue).cancelOrder(orderId, ETH);
        if (what === 'gone') await desk.simulator.tell('/drop', { venue, orderId });
      }
    }
    const result = await check(desk);
    for (const venue of BOTH) {
      expect(
        of(result, 'pendingCancelUnresolved', venue)
          .map(({ clientId, theirs }) => [clientId, theirs?.status ?? null])
          .toSorted(),
      ).toEqual([
        [`gone-${venue}`, null],
        [`live-${venue}`, 'open'],
      ]);
      expect(one(result, 'statusDiffers', venue)).toMatchObject({ clientId: `done-${venue}`, theirs: { status: 'cancelled' } });
    }
    const { after } = await settle(desk, result, acceptAll);
    expect(after.report.breaks).toEqual([]);
    expect(BOTH.flatMap((venue) => ['live', 'done', 'gone'].map((what) => desk.engine.row('orders', `${what}-${venue}`)!.status))).toEqual([
      'open',
      'cancelled',
      'cancelled',
      'open',
      'cancelled',
      'cancelled',
    ]);
  });

  test('an order that ended here and lives there is critical', async () => {
    desk = await Desk.open({ seed: 17 });
    for (const venue of BOTH) {
      await desk.place(venue, {
        clientId: `risen-${venue}`,
        symbol: ETH,
        side: 'buy',
        quantity: '1',
        price: await desk.away(venue, ETH, -2),
      });
      await desk.commit({ type: 'order.close', clientId: `risen-${venue}`, status: 'cancelled', reason: 'believed', time: desk.nowNs });
    }
    const result = await check(desk);
    for (const venue of BOTH) expect(one(result, 'statusDiffers', venue)).toMatchObject({ severity: 'critical', blocking: true });
    const { after } = await settle(desk, result, acceptAll);
    expect(after.report.breaks).toEqual([]);
    expect(desk.engine.row('orders', 'risen-BYBIT')).toMatchObject({ status: 'open' });
  });

  test('an amendment whose answer was not recorded', async () => {
    desk = await Desk.open({ seed: 18 });
    for (const venue of BOTH) {
      const [price, other] = [await desk.away(venue, ETH, -2), await desk.away(venue, ETH, -3)];
      const orderId = await desk.place(venue, { clientId: `am-${venue}`, symbol: ETH, side: 'buy', quantity: '1', price });
      await desk.client(venue).editOrder(orderId, ETH, 'limit', 'buy', '2', other);
    }
    const result = await check(desk);
    for (const venue of BOTH) {
      expect(one(result, 'amended', venue)).toMatchObject({ severity: 'low', blocking: false, delta: '1' });
      expect(one(result, 'amended', venue).cause).toContain('price, quantity');
    }
    const { after } = await settle(desk, result, acceptAll);
    expect(after.report.breaks).toEqual([]);
  });

  test('an amended order that filled past what we know: the amendment first, then its fills', async () => {
    desk = await Desk.open({ seed: 19 });
    for (const venue of BOTH) {
      const orderId = await desk.place(venue, {
        clientId: `more-${venue}`,
        symbol: ETH,
        side: 'sell',
        quantity: '0.1',
        price: await desk.away(venue, ETH, 0.5),
      });
      await desk.client(venue).editOrder(orderId, ETH, 'limit', 'sell', '0.2', await desk.away(venue, ETH, 0.2));
    }
    await desk.simulator.tell('/price', { base: 'ETH', price: '3500' });
    await desk.step(5);
    const result = await check(desk);
    for (const venue of BOTH)
      expect(one(result, 'amended', venue)).toMatchObject({
        theirs: { status: 'filled', quantity: venue === 'BINANCE' ? '0.200' : '0.20' },
      });
    const { after } = await settle(desk, result, acceptAll);
    expect(after.report.breaks).toEqual([]);
    expect(desk.engine.row('orders', 'more-BYBIT')).toMatchObject({ status: 'filled', filled: '0.2' });
  });

  test('filled further there than any listed trade explains: the fill is inferred, and marked so', async () => {
    desk = await Desk.open({ seed: 20 });
    for (const venue of BOTH)
      await desk.place(venue, {
        clientId: `part-${venue}`,
        symbol: SOL,
        side: 'sell',
        quantity: '2400',
        price: await desk.away(venue, SOL, 0.4),
      });
    await desk.simulator.tell('/price', { base: 'SOL', price: '190' });
    await desk.step(1);
    await desk.simulator.tell('/price', { base: 'SOL', price: '188' });
    await desk.step(40);
    // The venues answer no trades of before: the order is older than the look-back.
    const ours = desk.ours();
    const options = desk.options(ours);
    const [since] = [Number(desk.nowNs / 1_000_000n) + 3_600_000];
    const { gatherEvidence } = await import('../../main/venues/evidence.ts');
    const { needsOf } = await import('../../main/reconcile/needs.ts');
    const { systemClock } = await import('../../main/storage/native.ts');
    const evidence = await gatherEvidence(desk.connections(), {
      clock: systemClock,
      needs: (name) => ({ ...needsOf(desk.venues.find((venue) => venue.name === name)!, ours, options.history), fillsSinceMs: since }),
    });
    const { reconciliation } = await import('../../main/reconcile/reconcile.ts');
    const result = { ...reconciliation(ours, evidence, options), ours, evidence, options };
    for (const venue of BOTH) {
      expect(one(result, 'filledAhead', venue)).toMatchObject({ clientId: `part-${venue}`, severity: 'high', blocking: true });
      expect(one(result, 'openThereNoneHere', venue)).toMatchObject({ severity: 'critical', blocking: true });
    }
    expect(await desk.implied(evidence)).toEqual((await import('./oracle.ts')).named(result.report.breaks));
    const resolutions = plan(desk, result, ({ kind }) => (kind === 'filledAhead' ? 'acceptVenue' : null));
    for (const intent of resolutions.intents) await desk.commit(intent);
    const inferred = desk.engine.rows('fills');
    expect(inferred.map(({ provenance, tradeId }) => [provenance, String(tradeId).startsWith('inferred-')])).toEqual([
      ['inferred', true],
      ['inferred', true],
    ]);
    const after = reconciliation(desk.ours(), evidence, desk.options(desk.ours()));
    expect(after.report.breaks.filter(({ kind }) => kind === 'filledAhead' || kind === 'openThereNoneHere')).toEqual([]);
  });

  test('a fill of an unanswered order that was recorded as nobody’s: explained once, and the order is closed', async () => {
    desk = await Desk.open({ seed: 23 });
    for (const venue of BOTH) {
      await desk.submitted(venue, { clientId: `ua-${venue}`, symbol: ETH, side: 'buy', quantity: '1' });
      await desk.send(venue, { clientId: `ua-${venue}`, symbol: ETH, side: 'buy', quantity: '1' });
      await desk.commit({ type: 'order.close', clientId: `ua-${venue}`, status: 'unknown', reason: 'no answer', time: desk.nowNs });
      for (const trade of (await desk.simulator.book()).venues.find(({ name }) => name === venue)!.trades) {
        await desk.commit({
          type: 'fill.external',
          account: 'MM1',
          venue,
          symbol: ETH,
          side: 'buy',
          clientId: '',
          tradeId: trade.tradeId,
          quantity: trade.quantity,
          price: trade.price,
          fee: trade.fee,
          feeAsset: 'USDT',
          liquidity: 'taker',
          provenance: 'engine',
          time: BigInt(trade.timeNs),
        });
      }
      await desk.reportBalance(venue);
    }
    const result = await check(desk);
    expect(result.report.breaks.map(({ kind, clientId }) => [kind, clientId])).toEqual(
      [
        ['statusDiffers', 'ua-BYBIT'],
        ['statusDiffers', 'ua-BINANCE'],
      ].toSorted(
        (a, b) =>
          result.report.breaks.findIndex(({ clientId }) => clientId === a[1]) -
          result.report.breaks.findIndex(({ clientId }) => clientId === b[1]),
      ),
    );
    const { after } = await settle(desk, result, acceptAll);
    expect(after.report.breaks).toEqual([]);
    expect(desk.engine.row('positions', 'MM1', `BYBIT:${ETH}`)).toMatchObject({ quantity: '1' });
    expect(desk.engine.row('orders', 'ua-BYBIT')).toMatchObject({ status: 'cancelled' });
  });

  test('filled less there than here is critical', async () => {
    desk = await Desk.open({ seed: 21 });
    for (const venue of BOTH) {
      await desk.place(venue, {
        clientId: `less-${venue}`,
        symbol: ETH,
        side: 'buy',
        quantity: '2',
        price: await desk.away(venue, ETH, -2),
      });
      await desk.commit({
        type: 'fill',
        clientId: `less-${venue}`,
        tradeId: 'twice',
        quantity: '1',
        price: '3300',
        fee: '',
        feeAsset: '',
        liquidity: 'maker',
        provenance: 'engine',
        time: desk.nowNs,
      });
    }
    const result = await check(desk);
    for (const venue of BOTH)
      expect(one(result, 'filledBehind', venue)).toMatchObject({
        severity: 'critical',
        delta: '-1',
        proposals: ['keepOurs', 'tolerate', 'note'],
      });
    expect(() => plan(desk, { ...result }, ({ kind }) => (kind === 'filledBehind' ? 'acceptVenue' : null))).toThrowError(/is not open/);
  });

  test.each(BINANCE_ONLY)('two live orders of one client id at %s', async (venue) => {
    desk = await Desk.open({ seed: 22 });
    for (const at of BOTH) {
      const price = await desk.away(at, ETH, -2);
      await desk.place(at, { clientId: `same-${at}`, symbol: ETH, side: 'buy', quantity: '1', price });
      await desk.simulator.tell('/external', {
        venue: at,
        symbol: ETH,
        side: 'buy',
        quantity: '3',
        type: 'limit',
        price,
        clientId: `same-${at}`,
      });
    }
    const result = await check(desk);
    expect(of(result, 'unknownOrder')).toEqual([]);
    const entry = one(result, 'duplicateClientId', venue);
    expect(entry).toMatchObject({ severity: 'critical', theirs: { count: '2' }, ours: { quantity: '1' } });
    const { cancels } = plan(desk, result, ({ kind }) => (kind === 'duplicateClientId' ? 'cancelOrder' : null));
    // The one that is not ours: by the venue's id, since the client id means both.
    const ours = BOTH.map((at) => desk.engine.row('orders', `same-${at}`)!.orderId);
    expect(cancels).toHaveLength(2);
    for (const { orderId } of cancels) expect(ours).not.toContain(orderId);
  });
});
