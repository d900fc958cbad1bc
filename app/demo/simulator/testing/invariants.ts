/** What has to hold at a venue between any two calls: conservation, and what only a test can afford to check each time. */

import { expect } from 'vitest';
import { assertConservation } from '../domain/conservation.ts';
import { isResting } from '../domain/order.ts';
import type { Bench } from './exchange.ts';

export function checkBooks({ exchange }: Pick<Bench, 'exchange'>): void {
  const { books } = exchange;
  const { account } = books;
  assertConservation(books);
  const sum = (kind: string): bigint =>
    account.ledger.filter((entry) => entry.kind === kind).reduce((total, { amount }) => total + amount, 0n);
  expect(account.wallets.get('USDT')).toBe(sum('deposit') + sum('transfer') + sum('realised') + sum('fee') + sum('funding'));

  for (const instrument of books.instruments) {
    let held = 0n;
    for (const { order, side, quantity } of books.trades.filter((trade) => trade.order.instrument === instrument)) {
      const next = held + (side === 'buy' ? quantity : -quantity);
      if (order.reduceOnly) expect(held > 0n ? next >= 0n && next < held : next <= 0n && next > held).toBe(true);
      held = next;
    }
    const market = books.market(instrument);
    const [bid, ask] = [market.depth('buy')[0]?.price, market.depth('sell')[0]?.price];
    if (bid !== undefined && ask !== undefined) expect(bid).toBeLessThan(ask);
    for (const order of books.orders.live(instrument).filter(isResting)) {
      if (order.reduceOnly) expect(account.reducible(instrument, order.side)).toBeGreaterThan(0n);
    }
  }
}
