import { describe, expect, test } from 'vitest';
import { type Bench, bench, orderRequest } from '../testing/exchange.ts';
import { checkBooks } from '../testing/invariants.ts';
import { absolute } from './decimal.ts';
import { notional } from './instrument.ts';
import { isLive } from './order.ts';
import { Refusal, type RefusalReason } from './refusal.ts';

const ETH = 'ETHUSDT';
const ethOf = ({ exchange }: Bench) => exchange.books.market(exchange.books.instrument(ETH));

function refusal(action: () => unknown): RefusalReason | null {
  try {
    action();
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}

describe('matching', () => {
  test('a market order eats several levels, best first, and pays the taker fee on each', () => {
    const world = bench(1);
    const levels = ethOf(world).available('buy', 5_000n, null);
    expect(levels.length).toBeGreaterThan(1);
    const order = world.exchange.submit(orderRequest(world.exchange, ETH, { type: 'market', quantity: 5_000n }));
    expect(order.status).toBe('filled');
    const { trades } = world.exchange.books;
    expect(trades.map(({ price, quantity }) => ({ price, quantity }))).toEqual(levels);
    for (const trade of trades) {
      expect(trade.liquidity).toBe('taker');
      expect(trade.fee).toBe((trade.notional * 5n + 5_000n) / 10_000n);
    }
    checkBooks(world);
  });

  test('what a market order took is gone until the next tick', () => {
    const world = bench(1);
    const best = ethOf(world).outside.best('sell')!;
    const { price, quantity } = { ...best };
    world.exchange.submit(orderRequest(world.exchange, ETH, { type: 'market', quantity }));
    expect(ethOf(world).outside.best('sell')!.price).toBeGreaterThan(price);
    world.tick();
    expect(ethOf(world).depth('sell').length).toBeGreaterThanOrEqual(12);
  });

  test('a crossed order fills at its own price as maker, only as far as the crossing levels reach', () => {
    const world = bench(2);
    const market = ethOf(world);
    const price = market.outside.best('buy')!.price - 50n;
    const order = world.exchange.submit(orderRequest(world.exchange, ETH, { price, quantity: 40_000n }));
    expect(order.status).toBe('open');
    world.walk.set('ETH', (world.walk.price('ETH') * 9_997n) / 10_000n);
    world.tick();
    expect(order.status).toBe('partiallyFilled');
    const { trades } = world.exchange.books;
    for (const trade of trades) expect(trade).toMatchObject({ price, liquidity: 'maker' });
    expect(market.outside.best('sell')!.price).toBeGreaterThan(price);
    checkBooks(world);
  });

  test('an outside order meets own orders inside the spread first, and levels before own orders of their price', () => {
    const world = bench(3);
    const market = ethOf(world);
    const { price } = market.outside.best('buy')!;
    const level = market.outside.best('buy')!;
    const same = world.exchange.submit(orderRequest(world.exchange, ETH, { price, quantity: 50n }));
    expect(market.facing('sell')).toEqual({ level });
    const first = world.exchange.submit(orderRequest(world.exchange, ETH, { price: price + 1n, quantity: 50n }));
    const second = world.exchange.submit(orderRequest(world.exchange, ETH, { price: price + 1n, quantity: 50n }));
    expect(market.facing('sell')).toEqual({ order: first });
    world.exchange.cancel(first);
    expect(market.facing('sell')).toEqual({ order: second });
    world.exchange.cancel(second);
    level.quantity = 0n;
    expect(market.facing('sell')).toEqual({ order: same });
  });

  test('large outside orders come from both sides, in about a quarter of the ticks', () => {
    const world = bench(3);
    const flows = Array.from({ length: 400 }, () => ethOf(world).move(world.walk.price('ETH')));
    const large = flows.filter(({ quantity }) => quantity > 0n);
    expect(large.length).toBeGreaterThan(60);
    expect(large.length).toBeLessThan(160);
    expect(new Set(large.map(({ side }) => side))).toEqual(new Set(['buy', 'sell']));
  });

  test('outside flow fills resting orders, in whole and in part, at their price', () => {
    const world = bench(3);
    const filled = new Set<string>();
    for (let i = 0; i < 300; i += 1) {
      const { price } = ethOf(world).outside.best('buy')!;
      const order = world.exchange.submit(orderRequest(world.exchange, ETH, { price, quantity: 1_000n }));
      world.tick();
      for (const trade of world.exchange.books.trades.filter((candidate) => candidate.order === order)) {
        expect(trade).toMatchObject({ price, liquidity: 'maker' });
      }
      filled.add(order.status);
      if (isLive(order)) world.exchange.cancel(order);
    }
    expect([...filled].toSorted()).toEqual(['filled', 'open', 'partiallyFilled']);
    checkBooks(world);
  });

  test('immediate-or-cancel ends with what it got, fill-or-kill gets all or nothing', () => {
    const world = bench(4);
    const best = ethOf(world).outside.best('sell')!;
    const ask = { price: best.price, quantity: best.quantity };
    const ioc = orderRequest(world.exchange, ETH, { price: ask.price, quantity: ask.quantity + 10n, timeInForce: 'ioc' });
    const order = world.exchange.submit(ioc);
    expect(order).toMatchObject({ status: 'expired', cause: 'unfillable', filled: ask.quantity });
    const next = ethOf(world).outside.best('sell')!;
    const fok = { price: next.price, quantity: next.quantity + 10n, timeInForce: 'fok' as const };
    expect(refusal(() => world.exchange.submit(orderRequest(world.exchange, ETH, fok)))).toBe('unfillable');
    expect(next.quantity).toBe(fok.quantity - 10n);
    const exact = world.exchange.submit(orderRequest(world.exchange, ETH, { ...fok, quantity: next.quantity }));
    expect(exact.status).toBe('filled');
  });

  test('post-only never takes: refused here, accepted and ended there', () => {
    const request = (world: Bench) =>
      orderRequest(world.exchange, ETH, { price: ethOf(world).outside.best('sell')!.price, timeInForce: 'postOnly' });
    const binance = bench(5, 0);
    expect(refusal(() => binance.exchange.submit(request(binance)))).toBe('wouldTake');
    const bybit = bench(5, 1);
    expect(bybit.exchange.submit(request(bybit))).toMatchObject({ status: 'cancelled', cause: 'postOnly', filled: 0n });
  });

  test('an account does not trade with itself: the resting order ends', () => {
    const world = bench(6);
    const market = ethOf(world);
    const price = market.outside.best('buy')!.price + 1n;
    const resting = world.exchange.submit(orderRequest(world.exchange, ETH, { price }));
    const taker = world.exchange.submit(orderRequest(world.exchange, ETH, { side: 'sell', price }));
    expect(resting).toMatchObject({ status: 'expired', cause: 'selfTrade', filled: 0n });
    expect(taker).toMatchObject({ status: 'open', filled: 0n });
  });
});

describe('reduce-only', () => {
  test('is refused without a position, stops at the flat position, and ends with it', () => {
    const world = bench(7);
    const { exchange } = world;
    const reduce = { side: 'sell' as const, reduceOnly: true };
    expect(refusal(() => exchange.submit(orderRequest(exchange, ETH, reduce)))).toBe('reduceOnlyRejected');
    exchange.submit(orderRequest(exchange, ETH, { type: 'market', quantity: 100n }));
    const far = exchange.submit(orderRequest(exchange, ETH, { ...reduce, price: ethOf(world).mark + 5_000n, quantity: 100n }));
    const close = exchange.submit(orderRequest(exchange, ETH, { ...reduce, type: 'market', quantity: 300n }));
    expect(close).toMatchObject({ filled: 100n, status: 'expired', cause: 'reduceOnly' });
    expect(far).toMatchObject({ status: 'expired', cause: 'reduceOnly' });
    expect(exchange.books.account.position(exchange.books.instrument(ETH)).quantity).toBe(0n);
    checkBooks(world);
  });
});

describe('reduce-only at rest', () => {
  test('fills no more than the position, although the order is larger', () => {
    const world = bench(16);
    const { exchange } = world;
    exchange.submit(orderRequest(exchange, ETH, { type: 'market', quantity: 100n }));
    const price = ethOf(world).outside.best('sell')!.price + 20n;
    const order = exchange.submit(orderRequest(exchange, ETH, { side: 'sell', reduceOnly: true, price, quantity: 5_000n }));
    expect(order.status).toBe('open');
    world.walk.set('ETH', (world.walk.price('ETH') * 1_003n) / 1_000n);
    world.tick();
    expect(order).toMatchObject({ filled: 100n, status: 'expired', cause: 'reduceOnly' });
    expect(exchange.books.account.position(order.instrument).quantity).toBe(0n);
    checkBooks(world);
  });
});

describe('conditional orders', () => {
  test('wait, trigger on the last price, and then trade', () => {
    const world = bench(8);
    const { exchange } = world;
    exchange.submit(orderRequest(exchange, ETH, { type: 'market', quantity: 200n }));
    const price = (ethOf(world).last * 995n) / 1000n;
    const stop = exchange.submit(
      orderRequest(exchange, ETH, {
        side: 'sell',
        type: 'market',
        quantity: 200n,
        reduceOnly: true,
        trigger: { price, direction: 'fall', kind: 'stop' },
      }),
    );
    expect(stop).toMatchObject({ status: 'untriggered', orderId: null });
    expect(stop.algoId).not.toBeNull();
    world.tick();
    expect(stop.status).toBe('untriggered');
    world.walk.set('ETH', (world.walk.price('ETH') * 990n) / 1000n);
    world.tick();
    expect(stop).toMatchObject({ status: 'filled', filled: 200n });
    expect(stop.orderId).not.toBeNull();
    expect(stop.triggeredNs).toBeGreaterThan(0n);
    checkBooks(world);
  });

  test('are refused when they would trigger at once, and rejected when nothing is left to reduce', () => {
    const world = bench(9, 1);
    const { exchange } = world;
    const trigger = (price: bigint) => ({ price, direction: 'fall' as const, kind: 'stop' as const });
    const stop = { side: 'sell' as const, type: 'market' as const, reduceOnly: true };
    expect(refusal(() => exchange.submit(orderRequest(exchange, ETH, { ...stop, trigger: trigger(ethOf(world).last) })))).toBe(
      'wouldTrigger',
    );
    const order = exchange.submit(orderRequest(exchange, ETH, { ...stop, trigger: trigger((ethOf(world).last * 999n) / 1000n) }));
    world.walk.set('ETH', (world.walk.price('ETH') * 990n) / 1000n);
    world.tick();
    expect(order).toMatchObject({ status: 'rejected', cause: 'reduceOnly', filled: 0n });
  });
});

describe('amending', () => {
  test('a smaller quantity keeps the place in the queue, a new price loses it', () => {
    const world = bench(10);
    const { exchange } = world;
    const price = ethOf(world).mark - 1_000n;
    const first = exchange.submit(orderRequest(exchange, ETH, { price, quantity: 100n }));
    const second = exchange.submit(orderRequest(exchange, ETH, { price, quantity: 100n }));
    exchange.amend(first, { quantity: 50n });
    expect(ethOf(world).resting.bids).toEqual([first, second]);
    exchange.amend(first, { quantity: 80n });
    expect(ethOf(world).resting.bids).toEqual([second, first]);
    exchange.amend(first, { price: price + 1n });
    expect(ethOf(world).resting.bids).toEqual([first, second]);
    expect(refusal(() => exchange.amend(first, { price: price + 1n }))).toBe('nothingToAmend');
    exchange.amend(first, { price: ethOf(world).outside.best('sell')!.price });
    expect(first.filled).toBeGreaterThan(0n);
    exchange.cancel(second);
    expect(refusal(() => exchange.amend(second, { quantity: 60n }))).toBe('unknownOrder');
    checkBooks(world);
  });
});

describe('refusals', () => {
  test('each wrong order has its reason, and leaves nothing behind', () => {
    const world = bench(12);
    const { exchange } = world;
    const { mark } = ethOf(world);
    const cases: readonly [RefusalReason, Parameters<typeof orderRequest>[2]][] = [
      ['quantityInvalid', { quantity: 0n }],
      ['quantityTooLarge', { quantity: 10n ** 12n }],
      ['priceInvalid', { price: 0n }],
      ['priceTooHigh', { price: (mark * 106n) / 100n }],
      ['priceTooLow', { side: 'sell', price: (mark * 94n) / 100n }],
      ['notionalTooSmall', { quantity: 1n }],
      ['marginInsufficient', { quantity: 400_000n }],
      ['reduceOnlyRejected', { reduceOnly: true }],
    ];
    for (const [reason, change] of cases) {
      expect(refusal(() => exchange.submit(orderRequest(exchange, ETH, change)))).toBe(reason);
    }
    expect(exchange.books.orders.all).toEqual([]);
    const price = mark - 2_000n;
    exchange.submit(orderRequest(exchange, ETH, { price, clientId: 'same' }));
    expect(refusal(() => exchange.submit(orderRequest(exchange, ETH, { price, clientId: 'same' })))).toBe('clientIdDuplicate');
  });

  test('an order placed by hand may carry a client id that is taken', () => {
    const { exchange } = bench(13);
    const price = exchange.books.market(exchange.books.instrument(ETH)).mark - 2_000n;
    const first = exchange.submit(orderRequest(exchange, ETH, { price, clientId: 'same' }));
    const second = exchange.submit(orderRequest(exchange, ETH, { price, clientId: 'same', external: true }));
    expect(exchange.books.orders.byClientId('same')).toEqual([first, second]);
  });
});

test('the countdown cancels all open orders of its instrument, once, and a heartbeat moves it', () => {
  const world = bench(14);
  const { exchange, clock } = world;
  const [eth, btc] = [exchange.books.instrument(ETH), exchange.books.instrument('BTCUSDT')];
  const price = (id: string): bigint => (exchange.books.market(exchange.books.instrument(id)).mark * 96n) / 100n;
  const mine = exchange.submit(orderRequest(exchange, ETH, { price: price(ETH) }));
  const other = exchange.submit(orderRequest(exchange, 'BTCUSDT', { price: price('BTCUSDT'), quantity: 10n }));
  exchange.countdowns.set(eth.id, 3_000, clock.marketNs());
  world.tick(2);
  exchange.countdowns.set(eth.id, 3_000, clock.marketNs());
  world.tick(2);
  expect(mine.status).toBe('open');
  world.tick();
  expect(mine).toMatchObject({ status: 'cancelled', cause: 'countdown' });
  expect(other.status).toBe('open');
  const again = exchange.submit(orderRequest(exchange, ETH, { price: price(ETH) }));
  exchange.countdowns.set(btc.id, 3_000, clock.marketNs());
  exchange.countdowns.set(btc.id, 0, clock.marketNs());
  world.tick(5);
  expect([again.status, other.status]).toEqual(['open', 'open']);
});

test('funding moves money from longs to shorts when the rate is positive, at every interval', () => {
  const world = bench(15, 0, 1);
  const { exchange } = world;
  exchange.submit(orderRequest(exchange, ETH, { type: 'market', quantity: 1_000n }));
  exchange.submit(orderRequest(exchange, 'BTCUSDT', { type: 'market', side: 'sell', quantity: 20n }));
  const due = exchange.nextFundingMs;
  world.tick(125);
  expect(exchange.nextFundingMs).toBe(due + 120_000);
  const paid = exchange.books.account.ledger.filter(({ kind }) => kind === 'funding');
  expect(paid.length).toBe(4);
  for (const entry of paid) {
    const { rate, mark, quantity } = entry.funding!;
    const exact = -notional(entry.instrument!, mark, quantity) * rate;
    expect(absolute(entry.amount * 100_000_000n - exact)).toBeLessThanOrEqual(50_000_000n);
    expect(entry.amount < 0n).toBe(rate > 0n === quantity > 0n);
  }
  checkBooks(world);
});
