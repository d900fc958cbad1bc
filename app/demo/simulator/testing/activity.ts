/** Anything that can happen at a venue, drawn at random: what its books have to bear. */

import fc from 'fast-check';
import { notional } from '../domain/instrument.ts';
import type { Order } from '../domain/order.ts';
import { Refusal } from '../domain/refusal.ts';
import { type Bench, orderRequest } from './exchange.ts';

const symbol = fc.constantFrom('BTCUSDT', 'ETHUSDT', 'ADAUSDT');
const side = fc.constantFrom('buy' as const, 'sell' as const);
const usdt = fc.integer({ min: 100, max: 60_000 });
const offset = fc.integer({ min: -40, max: 40 });

export const activity = fc.oneof(
  fc.record({
    kind: fc.constant('limit' as const),
    symbol,
    side,
    offset,
    usdt,
    timeInForce: fc.constantFrom('gtc' as const, 'ioc' as const, 'fok' as const, 'postOnly' as const),
    reduceOnly: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('market' as const), symbol, side, usdt, reduceOnly: fc.boolean() }),
  fc.record({ kind: fc.constant('stop' as const), symbol, side, usdt, reduceOnly: fc.boolean() }),
  fc.record({ kind: fc.constant('amend' as const), pick: fc.nat(), offset, percent: fc.integer({ min: 20, max: 200 }) }),
  fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('drop' as const), pick: fc.nat() }),
  fc.record({ kind: fc.constant('hand' as const), symbol, side, usdt: fc.integer({ min: 100, max: 20_000 }) }),
  fc.record({
    kind: fc.constant('jump' as const),
    base: fc.constantFrom('BTC', 'ETH', 'ADA'),
    permille: fc.integer({ min: -12, max: 12 }),
  }),
  fc.record({ kind: fc.constant('tick' as const), count: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('countdown' as const), symbol, ms: fc.integer({ min: 0, max: 20_000 }) }),
  fc.record({ kind: fc.constant('funding' as const) }),
  fc.record({ kind: fc.constant('transfer' as const), amount: fc.bigInt(-1_000_00000000n, 1_000_00000000n) }),
);

type Activity = typeof activity extends fc.Arbitrary<infer T> ? T : never;
export type Stage = Pick<Bench, 'exchange' | 'walk' | 'tick'>;

/** Refusals are as good as anything: nothing may have happened. */
export function perform(stage: Stage, step: Activity, clientId: string): void {
  try {
    act(stage, step, clientId);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

function act({ exchange, walk, tick }: Stage, step: Activity, clientId: string): void {
  const sized = (id: string, money: number): bigint => {
    const instrument = exchange.books.instrument(id);
    const unit = notional(instrument, exchange.books.market(instrument).mark, 1n);
    return (BigInt(money) * 100_000_000n) / unit + 1n;
  };
  const near = (id: string, distance: number): bigint => {
    const { mark } = exchange.books.market(exchange.books.instrument(id));
    return mark + (mark * BigInt(distance)) / 10_000n;
  };
  const live = (pick: number): Order | undefined => {
    const orders = exchange.books.orders.live(null);
    return orders[pick % Math.max(1, orders.length)];
  };
  switch (step.kind) {
    case 'limit': {
      const { symbol: id, timeInForce, reduceOnly } = step;
      const terms = { clientId, side: step.side, price: near(id, step.offset), quantity: sized(id, step.usdt), timeInForce, reduceOnly };
      exchange.submit(orderRequest(exchange, id, terms));
      break;
    }
    case 'market':
    case 'stop': {
      const { symbol: id, side: way, reduceOnly } = step;
      const price = near(id, way === 'buy' ? 10 : -10);
      const trigger = { price, direction: way === 'buy' ? ('rise' as const) : ('fall' as const), kind: 'stop' as const };
      const terms = { clientId, side: way, type: 'market' as const, quantity: sized(id, step.usdt), reduceOnly };
      exchange.submit(orderRequest(exchange, id, { ...terms, trigger: step.kind === 'stop' ? trigger : null }));
      break;
    }
    case 'amend': {
      const order = live(step.pick);
      if (order?.type !== 'limit') return;
      const price = near(order.instrument.id, step.offset);
      exchange.amend(order, { price, quantity: (order.quantity * BigInt(step.percent)) / 100n });
      break;
    }
    case 'cancel':
    case 'drop': {
      const order = live(step.pick);
      if (order !== undefined) step.kind === 'cancel' ? exchange.cancel(order) : exchange.lose(order);
      break;
    }
    case 'hand': {
      const terms = { clientId, side: step.side, type: 'market' as const, quantity: sized(step.symbol, step.usdt) };
      exchange.tradeByHand(orderRequest(exchange, step.symbol, terms), near(step.symbol, 5));
      break;
    }
    case 'jump':
      walk.set(step.base, (walk.price(step.base) * BigInt(1_000 + step.permille)) / 1_000n);
      break;
    case 'tick':
      tick(step.count);
      break;
    case 'countdown':
      exchange.countdowns.set(step.symbol, step.ms, exchange.books.clock.world.marketNs());
      break;
    case 'funding':
      exchange.payFunding();
      break;
    case 'transfer':
      exchange.transfer('USDT', step.amount);
  }
}
