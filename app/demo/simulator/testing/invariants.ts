/** What has to hold at a venue between any two calls, to the last unit. */

import { expect } from 'vitest';
import { isResting, remaining } from '../domain/order.ts';
import type { Bench } from './exchange.ts';

export function checkBooks({ exchange }: Bench): void {
  const { books } = exchange;
  const { account } = books;
  for (const [asset, wallet] of account.wallets) {
    const entries = account.ledger.filter((entry) => entry.asset === asset);
    expect(entries.reduce((sum, { amount }) => sum + amount, 0n)).toBe(wallet);
    expect(entries.at(-1)!.wallet).toBe(wallet);
  }
  const sum = (kind: string): bigint =>
    account.ledger.filter((entry) => entry.kind === kind).reduce((total, { amount }) => total + amount, 0n);
  const fees = books.trades.reduce((total, { fee }) => total + fee, 0n);
  const realised = books.trades.reduce((total, trade) => total + trade.realised, 0n);
  expect(sum('fee')).toBe(-fees);
  expect(sum('realised')).toBe(realised);
  expect(account.wallets.get('USDT')).toBe(sum('deposit') + sum('transfer') + realised - fees + sum('funding'));

  for (const instrument of books.instruments) {
    const trades = books.trades.filter(({ order }) => order.instrument === instrument);
    const bought = trades.reduce((total, { side, quantity }) => total + (side === 'buy' ? quantity : -quantity), 0n);
    expect(account.position(instrument).quantity).toBe(bought);
    let held = 0n;
    for (const { order, side, quantity } of trades) {
      const next = held + (side === 'buy' ? quantity : -quantity);
      if (order.reduceOnly) expect(held > 0n ? next >= 0n && next < held : next <= 0n && next > held).toBe(true);
      held = next;
    }
    const market = books.market(instrument);
    const [bid, ask] = [market.depth('buy')[0]?.price, market.depth('sell')[0]?.price];
    if (bid !== undefined && ask !== undefined) expect(bid).toBeLessThan(ask);
    const resting = [...market.resting.bids, ...market.resting.asks];
    const live = books.orders.live(instrument).filter(isResting);
    expect(new Set(resting)).toEqual(new Set(live));
    for (const order of live) if (order.reduceOnly) expect(account.reducible(instrument, order.side)).toBeGreaterThan(0n);
  }
  for (const order of books.orders.all) {
    const trades = books.trades.filter((trade) => trade.order === order);
    expect(order.filled).toBe(trades.reduce((total, { quantity }) => total + quantity, 0n));
    expect(order.cost).toBe(trades.reduce((total, trade) => total + trade.notional, 0n));
    expect(order.filled).toBeLessThanOrEqual(order.quantity);
    if (order.status === 'filled') expect(order.filled).toBe(order.quantity);
    if (order.status === 'open') expect(order.filled).toBe(0n);
    if (order.status === 'partiallyFilled') expect(order.filled > 0n && remaining(order) > 0n).toBe(true);
  }
  const summary = books.summary();
  expect(summary.available + summary.initial).toBe(summary.equity);
  expect(summary.wallet + summary.unrealised).toBe(summary.equity);
}
