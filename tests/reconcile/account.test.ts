/** Breaks of positions, balances, margin and clock, with the venue really in that situation. */

import { afterEach, expect, test } from 'vitest';
import { acceptAll, check, of, one, plan, settle } from './support/checks.ts';
import { BOTH, BTC, Desk, ETH, SOL } from './support/desk.ts';

let desk: Desk;
afterEach(() => desk.close());

const adjusted = (venue: string, symbol: string, quantity: string, price: string) =>
  desk.commit({ type: 'position.adjust', account: 'MM1', venue, symbol, quantity, price, reason: 'for the test', time: desk.nowNs });

test('positions that nothing explains: other, flipped, here only, there only', async () => {
  desk = await Desk.open({ seed: 30 });
  for (const venue of BOTH) {
    for (const [symbol, quantity] of [
      [BTC, '0.02'],
      [ETH, '2'],
      ['XRP/USDT:USDT', '100'],
    ] as const) {
      await desk.place(venue, { clientId: `${symbol.slice(0, 3)}-${venue}`, symbol, side: 'buy', quantity });
      await desk.recordFills(venue, `${symbol.slice(0, 3)}-${venue}`);
    }
    await adjusted(venue, BTC, '0.05', '97000');
    await adjusted(venue, ETH, '-2', '3380');
    await adjusted(venue, 'XRP/USDT:USDT', '0', '2.31');
    await adjusted(venue, SOL, '-3', '188');
  }
  const result = await check(desk);
  for (const venue of BOTH) {
    expect(one(result, 'positionDiffers', venue)).toMatchObject({
      symbol: BTC,
      delta: '-0.03',
      blocking: true,
      severity: 'high',
      causedBy: [],
    });
    expect(one(result, 'sideFlipped', venue)).toMatchObject({ symbol: ETH, delta: '4', severity: 'critical' });
    expect(one(result, 'openThereNoneHere', venue)).toMatchObject({ symbol: 'XRP/USDT:USDT', delta: '100', severity: 'critical' });
    expect(one(result, 'openHereFlatThere', venue)).toMatchObject({ symbol: SOL, delta: '3', theirs: { quantity: '0' } });
    expect(Number(one(result, 'positionDiffers', venue).moneyAtRisk)).toBeCloseTo(0.03 * 97250, -2);
  }
  const { resolutions, after } = await settle(desk, result, acceptAll);
  // A flip is closed and opened: two steps.
  expect(
    resolutions.intents
      .filter((intent) => intent.type === 'position.adjust' && intent.symbol === ETH)
      .map((intent) => 'quantity' in intent && intent.quantity),
  ).toEqual(['0', '2', '0', '2']);
  expect(after.report.breaks.filter(({ kind }) => kind !== 'averagePriceDiffers')).toEqual([]);
});

test('missing fills that cancel out leave the quantity and move the average price: explained', async () => {
  desk = await Desk.open({ seed: 31 });
  for (const venue of BOTH) {
    await desk.place(venue, { clientId: `a-${venue}`, symbol: ETH, side: 'buy', quantity: '2' });
    await desk.recordFills(venue, `a-${venue}`);
    await desk.simulator.tell('/external', { venue, symbol: ETH, side: 'sell', quantity: '1', type: 'trade', price: '3000' });
    await desk.simulator.tell('/external', { venue, symbol: ETH, side: 'buy', quantity: '1', type: 'trade', price: '3000' });
  }
  const result = await check(desk);
  for (const venue of BOTH) {
    expect(of(result, 'positionDiffers', venue)).toEqual([]);
    expect(one(result, 'averagePriceDiffers', venue)).toMatchObject({
      blocking: false,
      causedBy: of(result, 'missingFill', venue)
        .toSorted((a, b) => (a.delta! < b.delta! ? -1 : 1))
        .map(({ id }) => id),
    });
  }
  const { after } = await settle(desk, result, acceptAll);
  expect(after.report.breaks).toEqual([]);
});

test('an instrument that the state does not know is defined before its fill', async () => {
  desk = await Desk.open({ seed: 32, symbols: [BTC] });
  for (const venue of BOTH)
    await desk.simulator.tell('/external', { venue, symbol: SOL, side: 'sell', quantity: '2', type: 'trade', price: '190' });
  const result = await check(desk);
  for (const venue of BOTH) expect(one(result, 'openThereNoneHere', venue)).toMatchObject({ symbol: SOL, moneyAtRisk: null });
  const { resolutions, after } = await settle(desk, result, acceptAll);
  expect(resolutions.intents.slice(0, 2)).toMatchObject([
    { type: 'instrument.define', symbol: SOL },
    { type: 'instrument.define', symbol: SOL },
  ]);
  expect(after.report.breaks).toEqual([]);
});

test('a transfer explains a balance in words, and still has to be decided upon', async () => {
  desk = await Desk.open({ seed: 33 });
  await desk.step(5);
  for (const venue of BOTH)
    await desk.simulator.tell('/transfer', { venue, asset: 'USDT', amount: venue === 'BINANCE' ? '-250.5' : '1000' });
  const result = await check(desk);
  expect(one(result, 'balanceDiffers', 'BINANCE')).toMatchObject({
    delta: '-250.5',
    moneyAtRisk: '250.5',
    blocking: true,
    severity: 'high',
  });
  expect(one(result, 'balanceDiffers', 'BINANCE').cause).toContain('1 transfer (-250.5)');
  expect(one(result, 'balanceDiffers', 'BYBIT').cause).toContain('1 transfer (1000)');
  const { after } = await settle(desk, result, acceptAll);
  expect(after.report.breaks).toEqual([]);
});

test('funding explains a balance', async () => {
  desk = await Desk.open({ seed: 34 });
  for (const venue of BOTH) {
    await desk.place(venue, { clientId: `f-${venue}`, symbol: BTC, side: 'buy', quantity: '0.5' });
    await desk.recordFills(venue, `f-${venue}`);
    await desk.reportBalance(venue);
  }
  await desk.step(3);
  for (const venue of BOTH) await desk.simulator.tell('/funding', { venue });
  const result = await check(desk);
  for (const venue of BOTH) {
    expect(one(result, 'balanceDiffers', venue)).toMatchObject({ blocking: false, severity: 'low' });
    expect(one(result, 'balanceDiffers', venue).cause).toContain('funding');
  }
});

test('an asset that was never recorded here, and one that nobody explains', async () => {
  desk = await Desk.open({ seed: 35 });
  await desk.simulator.tell('/transfer', { venue: 'BYBIT', asset: 'BTC', amount: '0.75' });
  await desk.commit({
    type: 'balance.set',
    venue: 'BINANCE',
    account: 'MM1',
    asset: 'USDT',
    free: '499000',
    locked: '0',
    time: desk.nowNs,
  });
  const result = await check(desk);
  expect(of(result, 'balanceDiffers', 'BYBIT')).toMatchObject([
    { asset: 'BTC', ours: null, cause: 'No balance of this asset was ever recorded here' },
  ]);
  expect(one(result, 'balanceDiffers', 'BINANCE')).toMatchObject({
    asset: 'USDT',
    delta: '1000',
    blocking: true,
    cause: 'Neither the known fills nor the ledger explain it',
  });
  const { after } = await settle(desk, result, acceptAll);
  expect(after.report.breaks).toEqual([]);
});

test('margin that differs beyond what marks do is a note', async () => {
  desk = await Desk.open({ seed: 36 });
  for (const venue of BOTH) {
    await desk.place(venue, { clientId: `m-${venue}`, symbol: ETH, side: 'buy', quantity: '10' });
    await desk.recordFills(venue, `m-${venue}`);
    await desk.reportBalance(venue);
    await desk.commit({
      type: 'margin.set',
      venue,
      account: 'MM1',
      asset: 'USDT',
      initial: '1000',
      maintenance: '100',
      equity: '500000',
      time: desk.nowNs,
    });
  }
  const result = await check(desk);
  for (const venue of BOTH) expect(one(result, 'marginDiffers', venue)).toMatchObject({ severity: 'note', blocking: false, asset: 'USDT' });
  const { after } = await settle(desk, result, acceptAll);
  expect(after.report.breaks).toEqual([]);
});

test('a clock that is off is a note, whichever way, and stops no question', async () => {
  desk = await Desk.open({ seed: 37 });
  await desk.simulator.tell('/clock', { venue: 'BINANCE', offsetMs: -4_000 });
  await desk.simulator.tell('/clock', { venue: 'BYBIT', offsetMs: 2_500 });
  const result = await check(desk);
  expect(one(result, 'clockOffset', 'BINANCE')).toMatchObject({ severity: 'note', blocking: false, moneyAtRisk: '0' });
  expect(Number(one(result, 'clockOffset', 'BINANCE').delta)).toBeLessThan(-3_500);
  expect(Number(one(result, 'clockOffset', 'BYBIT').delta)).toBeGreaterThan(2_000);
  expect(result.report.venues.every(({ provable }) => provable)).toBe(true);
});

test('what was tolerated is no break again on the same facts, and is one on other facts', async () => {
  desk = await Desk.open({ seed: 38 });
  const price = await desk.away('BYBIT', ETH, -2);
  await desk.simulator.tell('/external', {
    venue: 'BYBIT',
    symbol: ETH,
    side: 'buy',
    quantity: '1',
    type: 'limit',
    price,
    clientId: 'by-hand',
  });
  const before = await check(desk);
  const resolutions = plan(desk, before, () => 'tolerate');
  expect(resolutions.intents).toMatchObject([{ type: 'resolution.record', decision: 'tolerate', person: 'ada' }]);
  for (const intent of resolutions.intents) await desk.commit(intent);
  expect((await desk.reconcile()).report.breaks).toEqual([]);
  const client = desk.client('BYBIT');
  const [order] = await client.fetchOpenOrders(ETH);
  await client.editOrder(String(order!.id), ETH, 'limit', 'buy', '5', price);
  const after = await desk.reconcile();
  expect(after.report.breaks).toMatchObject([{ id: before.report.breaks[0]!.id, kind: 'unknownOrder' }]);
});
