/** One seed and one sequence of calls give one book. */

import { expect, test } from 'vitest';
import { BTC, ETH, World } from './testing/harness.ts';

async function run(seed: number): Promise<string> {
  const world = await World.start({ seed, epochMs: Date.UTC(2026, 0, 5, 9, 30) });
  const [binance, bybit] = [world.client('BINANCE'), world.client('BYBIT')];
  for (let round = 0; round < 4; round += 1) {
    for (const [venue, client] of [
      ['BINANCE', binance],
      ['BYBIT', bybit],
    ] as const) {
      const { bid, ask } = await world.market(venue, ETH);
      await client.createOrder(ETH, 'limit', 'buy', '2', bid, { clientOrderId: `${round}-bid` });
      await client.createOrder(ETH, 'limit', 'sell', '2', ask, { clientOrderId: `${round}-ask` });
      await client.createOrder(BTC, 'market', round % 2 === 0 ? 'buy' : 'sell', '0.05', undefined, { clientOrderId: `${round}-hit` });
    }
    await world.tell('/step', { ticks: 40 });
    await binance.cancelAllOrders(ETH);
    await bybit.cancelAllOrders(ETH);
  }
  await world.tell('/external', { venue: 'BINANCE', symbol: ETH, side: 'buy', quantity: '1', type: 'market' });
  await world.tell('/funding', { venue: 'BYBIT' });
  const book = await world.book();
  await world.stop();
  return JSON.stringify(book);
}

test('the same seed and the same calls give the same book, to the last character', async () => {
  const [first, second] = [await run(5), await run(5)];
  expect(second).toBe(first);
  expect(JSON.parse(first).venues[0].trades.length).toBeGreaterThan(5);
});

test('another seed gives another market', async () => {
  const marks = (book: string): unknown =>
    JSON.parse(book).venues.map((venue: { marks: { mark: string }[] }) => venue.marks.map(({ mark }) => mark));
  expect(marks(await run(6))).not.toEqual(marks(await run(5)));
});
