/**
 * Over seeds: a small desk quotes and trades on both venues, is let go in the middle of it, and the venues go on. What reconciliation
 * finds on the recovered state must be exactly what the simulator's book and the log imply.
 */

import { expect, test } from 'vitest';
import { reconciliation } from '../../main/reconcile/reconcile.ts';
import type { BreakKind } from '../../shared/contract/reconcile.ts';
import { named } from './oracle.ts';
import { BOTH, BTC, Desk, ETH, SOL, type Venue } from './support/desk.ts';

const SEEDS = [101, 102, 103, 104, 105, 106, 107, 108];

/** A generator of its own: what a seed does must not depend on anybody else's draws. */
function drawer(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Trades for some rounds, and stops where the seed says: between a submission and its answer, a fill and its record. */
async function trade(desk: Desk, seed: number): Promise<void> {
  const draw = drawer(seed);
  const known = new Map<Venue, Set<string>>(BOTH.map((venue) => [venue, new Set()]));
  const live: { venue: Venue; clientId: string; symbol: string; orderId: string }[] = [];
  let count = 0;

  const arm = async (): Promise<void> => {
    const client = desk.client('BINANCE') as unknown as { fapiPrivatePostCountdownCancelAll(params: object): Promise<unknown> };
    for (const symbol of ['ETHUSDT', 'BTCUSDT', 'SOLUSDT'])
      await client.fapiPrivatePostCountdownCancelAll({ symbol, countdownTime: 2_000 });
  };
  /** Records what the venue reports of our own fills, but for the last `skip`. */
  const record = async (venue: Venue, skip: number): Promise<void> => {
    const { trades } = (await desk.simulator.book()).venues.find(({ name }) => name === venue)!;
    const open = trades.filter((entry) => !known.get(venue)!.has(`${entry.symbol} ${entry.tradeId}`));
    for (const entry of open.slice(0, open.length - skip)) {
      known.get(venue)!.add(`${entry.symbol} ${entry.tradeId}`);
      await desk.recordFill(venue, entry.clientId, entry.tradeId);
    }
  };
  const quote = async (venue: Venue): Promise<void> => {
    count += 1;
    const symbol = [ETH, BTC, SOL][draw(3)]!;
    const side = draw(2) === 0 ? 'buy' : 'sell';
    const distance = (side === 'buy' ? -1 : 1) * (0.01 + draw(60) / 1_000);
    const spec = {
      clientId: `s${seed}-${count}`,
      symbol,
      side,
      quantity: symbol === ETH ? '0.5' : symbol === BTC ? '0.02' : '8',
      price: await desk.away(venue, symbol, distance),
    } as const;
    live.push({ venue, clientId: spec.clientId, symbol, orderId: await desk.place(venue, spec) });
  };

  await arm();
  const rounds = 4 + draw(4);
  for (let round = 0; round < rounds; round += 1) {
    for (const venue of BOTH) for (let n = 1 + draw(3); n > 0; n -= 1) await quote(venue);
    if (draw(2) === 0) {
      count += 1;
      const venue = BOTH[draw(2)]!;
      await desk.place(venue, { clientId: `s${seed}-${count}`, symbol: ETH, side: draw(2) === 0 ? 'buy' : 'sell', quantity: '0.3' });
    }
    await desk.step(1 + draw(3));
    await arm();
    for (const venue of BOTH) await record(venue, 0);
    const target = draw(2) === 0 ? live[draw(live.length)] : undefined;
    if (target) {
      await desk.commit({ type: 'order.cancelRequest', clientId: target.clientId, time: desk.nowNs });
      const gone = await desk
        .client(target.venue)
        .cancelOrder(target.orderId, target.symbol)
        .then(
          () => true,
          () => false,
        );
      if (gone)
        await desk.commit({ type: 'order.close', clientId: target.clientId, status: 'cancelled', reason: 'cancelled', time: desk.nowNs });
      live.splice(live.indexOf(target), 1);
    }
    if (round % 2 === 1) for (const venue of BOTH) await desk.reportBalance(venue);
  }
  await disturb(desk, seed, draw, record);
}

/** The moment of death: things half done, and what others do there meanwhile. */
async function disturb(
  desk: Desk,
  seed: number,
  draw: (below: number) => number,
  record: (venue: Venue, skip: number) => Promise<void>,
): Promise<void> {
  await desk.step(2);
  for (const venue of BOTH) await record(venue, draw(3));
  for (const [index, venue] of BOTH.entries()) {
    const price = await desk.away(venue, ETH, -2);
    const clientId = `s${seed}-end${index}`;
    const way = draw(4);
    await desk.submitted(venue, { clientId, symbol: ETH, side: 'buy', quantity: '1', price });
    if (way > 0) {
      if (way === 2) await desk.simulator.tell('/lose', { venue, count: 1, how: 'reset' });
      if (way === 3) await desk.simulator.tell('/ambiguous', { venue, count: 1, how: 'reset' });
      const orderId = await desk.send(venue, { clientId, symbol: ETH, side: 'buy', quantity: '1', price }).catch(() => null);
      if (orderId !== null && way === 1 && draw(2) === 0) await desk.accepted(clientId, orderId);
    }
    if (draw(2) === 0)
      await desk.simulator.tell('/external', {
        venue,
        symbol: SOL,
        side: 'sell',
        quantity: '4',
        type: 'limit',
        price: await desk.away(venue, SOL, 3),
        clientId: draw(2) === 0 ? '' : `hand${index}`,
      });
    if (draw(3) === 0)
      await desk.simulator.tell('/external', { venue, symbol: BTC, side: 'buy', quantity: '0.01', type: 'trade', price: '97000.0' });
    const lost = desk.engine
      .rows('orders')
      .filter((order) => ['open', 'partiallyFilled'].includes(String(order.status)) && String(order.instrument).startsWith(venue));
    if (lost.length > 0 && draw(2) === 0) await desk.simulator.tell('/drop', { venue, orderId: String(lost[draw(lost.length)]!.orderId) });
  }
  await desk.engine.abandon();
  await desk.step(draw(2) === 0 ? 30 : 5);
}

const seen = new Set<string>();

test.each(SEEDS)('seed %i: exactly the breaks that book and log imply', async (seed) => {
  const desk = await Desk.open({ seed });
  try {
    await trade(desk, seed);
    const result = await desk.reconcileRecovered();
    expect(result.evidence.every(({ settled }) => settled)).toBe(true);
    expect(named(result.report.breaks)).toEqual(await desk.implied(result.evidence));
    for (const { kind } of result.report.breaks) seen.add(kind);
    // Idempotent: asked again, nothing having happened, the same breaks with the same ids.
    const again = await desk.reconcileRecovered();
    expect(again.report.breaks.map(({ id }) => id)).toEqual(result.report.breaks.map(({ id }) => id));
    // Every position and balance that only fills moved is explained to the last unit.
    const { report } = reconciliation(result.ours, result.evidence, result.options);
    const quantities = report.breaks.filter(({ kind }) =>
      ['positionDiffers', 'sideFlipped', 'openHereFlatThere', 'openThereNoneHere', 'balanceDiffers'].includes(kind),
    );
    for (const entry of quantities)
      expect([entry.kind, entry.symbol, entry.cause, entry.blocking]).toEqual([
        entry.kind,
        entry.symbol,
        expect.stringContaining('Explained by'),
        false,
      ]);
  } finally {
    await desk.close();
  }
});

test('every kind that the demo must show occurs over the seeds', () => {
  const wanted: BreakKind[] = ['missingFill', 'unknownOrder', 'vanishedOrder', 'pendingUnknown', 'balanceDiffers', 'statusDiffers'];
  for (const kind of wanted) expect([...seen]).toContain(kind);
  expect(['positionDiffers', 'sideFlipped', 'openHereFlatThere', 'openThereNoneHere'].some((kind) => seen.has(kind))).toBe(true);
});
