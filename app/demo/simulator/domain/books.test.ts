/** Conservation: whatever clients, outsiders and the market do, the books of a venue agree. */

import fc from 'fast-check';
import { test } from 'vitest';
import { bench, orderRequest } from '../testing/exchange.ts';
import { checkBooks } from '../testing/invariants.ts';
import { notional } from './instrument.ts';
import type { Order } from './order.ts';
import { Refusal } from './refusal.ts';

/** Refusals are as good as anything: nothing may have happened. */
function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

test('the books agree after any sequence of requests and ticks, at either venue', () => {
  const symbol = fc.constantFrom('BTCUSDT', 'ETHUSDT', 'ADAUSDT');
  const side = fc.constantFrom('buy' as const, 'sell' as const);
  const action = fc.oneof(
    fc.record({
      kind: fc.constant('limit' as const),
      symbol,
      side,
      offset: fc.integer({ min: -40, max: 40 }),
      usdt: fc.integer({ min: 100, max: 60_000 }),
      tif: fc.constantFrom('gtc' as const, 'ioc' as const, 'fok' as const, 'postOnly' as const),
      reduceOnly: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('market' as const),
      symbol,
      side,
      usdt: fc.integer({ min: 100, max: 60_000 }),
      reduceOnly: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('stop' as const), symbol, side, usdt: fc.integer({ min: 100, max: 60_000 }), reduceOnly: fc.boolean() }),
    fc.record({
      kind: fc.constant('amend' as const),
      pick: fc.nat(),
      offset: fc.integer({ min: -40, max: 40 }),
      percent: fc.integer({ min: 20, max: 200 }),
    }),
    fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant('drop' as const), pick: fc.nat() }),
    fc.record({ kind: fc.constant('hand' as const), symbol, side, usdt: fc.integer({ min: 100, max: 20_000 }) }),
    fc.record({
      kind: fc.constant('jump' as const),
      base: fc.constantFrom('BTC', 'ETH', 'ADA'),
      permille: fc.integer({ min: -12, max: 12 }),
    }),
    fc.record({ kind: fc.constant('tick' as const), count: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ kind: fc.constant('funding' as const) }),
    fc.record({ kind: fc.constant('transfer' as const), amount: fc.bigInt(-1_000_00000000n, 1_000_00000000n) }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.constantFrom(0 as const, 1 as const),
      fc.array(action, { minLength: 10, maxLength: 80, size: 'max' }),
      (seed, venue, actions) => {
        const world = bench(seed, venue);
        const { exchange, walk } = world;
        const sized = (id: string, usdt: number): bigint => {
          const instrument = exchange.books.instrument(id);
          const unit = notional(instrument, exchange.books.market(instrument).mark, 1n);
          return (BigInt(usdt) * 100_000_000n) / unit + 1n;
        };
        const near = (id: string, offset: number): bigint => {
          const { mark } = exchange.books.market(exchange.books.instrument(id));
          return mark + (mark * BigInt(offset)) / 10_000n;
        };
        const live = (pick: number): Order | undefined => {
          const orders = exchange.books.orders.live(null);
          return orders[pick % Math.max(1, orders.length)];
        };
        for (const step of actions) {
          attempt(() => {
            if (step.kind === 'limit') {
              const { symbol: id, side: way, offset, usdt, tif, reduceOnly } = step;
              exchange.submit(
                orderRequest(exchange, id, { side: way, price: near(id, offset), quantity: sized(id, usdt), timeInForce: tif, reduceOnly }),
              );
            } else if (step.kind === 'market') {
              const { symbol: id, side: way, usdt, reduceOnly } = step;
              exchange.submit(orderRequest(exchange, id, { side: way, type: 'market', quantity: sized(id, usdt), reduceOnly }));
            } else if (step.kind === 'stop') {
              const { symbol: id, side: way, usdt, reduceOnly } = step;
              const direction = way === 'buy' ? ('rise' as const) : ('fall' as const);
              const trigger = { price: near(id, way === 'buy' ? 10 : -10), direction, kind: 'stop' as const };
              exchange.submit(orderRequest(exchange, id, { side: way, type: 'market', quantity: sized(id, usdt), reduceOnly, trigger }));
            } else if (step.kind === 'amend') {
              const order = live(step.pick);
              if (order?.type === 'limit') {
                exchange.amend(order, {
                  price: near(order.instrument.id, step.offset),
                  quantity: (order.quantity * BigInt(step.percent)) / 100n,
                });
              }
            } else if (step.kind === 'cancel' || step.kind === 'drop') {
              const order = live(step.pick);
              if (order !== undefined) step.kind === 'cancel' ? exchange.cancel(order) : exchange.lose(order);
            } else if (step.kind === 'hand') {
              const { symbol: id, side: way, usdt } = step;
              exchange.tradeByHand(orderRequest(exchange, id, { side: way, type: 'market', quantity: sized(id, usdt) }), near(id, 5));
            } else if (step.kind === 'jump') walk.set(step.base, (walk.price(step.base) * BigInt(1_000 + step.permille)) / 1_000n);
            else if (step.kind === 'tick') world.tick(step.count);
            else if (step.kind === 'funding') exchange.payFunding();
            else exchange.transfer('USDT', step.amount);
          });
          checkBooks(world);
        }
      },
    ),
    { numRuns: 80 },
  );
});
