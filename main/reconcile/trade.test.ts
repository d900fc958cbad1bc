import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Intent } from '../../shared/model/operations.ts';
import { unitsOrZero } from '../venues/decimal.ts';
import { AT, DEFINED, oursOf, submit } from './ours.test-support.ts';
import { averagePrice, FLAT, traded } from './trade.ts';

const ONE = 10n ** 18n;

test('over random trades: the engine’s quantity and cost, to the last unit', async () => {
  const trades = fc.sample(
    fc.record({ buy: fc.boolean(), quantity: fc.integer({ min: 1, max: 9_999 }), price: fc.integer({ min: 1, max: 99_999 }) }),
    {
      seed: 7,
      numRuns: 400,
    },
  );
  const text = (units: number, places: number): string => (units / 10 ** places).toFixed(places);
  const fills = trades.map(
    ({ buy, quantity, price }, index): Intent => ({
      type: 'fill.external',
      account: 'A',
      venue: 'V',
      symbol: 'ETH/USDT:USDT',
      side: buy ? 'buy' : 'sell',
      clientId: '',
      tradeId: `t${index}`,
      quantity: text(quantity, 3),
      price: text(price, 2),
      fee: '',
      feeAsset: '',
      liquidity: 'taker',
      provenance: 'engine',
      time: AT,
    }),
  );
  const ours = await oursOf([...DEFINED, ...fills]);
  let holding = FLAT;
  for (const { buy, quantity, price } of trades) {
    holding = traded(holding, (buy ? 1n : -1n) * unitsOrZero(text(quantity, 3)), unitsOrZero(text(price, 2)), ONE).holding;
  }
  expect(ours.positions).toMatchObject([{ quantity: holding.quantity, cost: holding.cost }]);
});

test('what a trade realises, and the average price that stays', () => {
  const bought = traded(FLAT, 2n * ONE, 100n * ONE, ONE);
  expect(bought).toEqual({ holding: { quantity: 2n * ONE, cost: 200n * ONE }, realised: 0n });
  const halved = traded(bought.holding, -ONE, 110n * ONE, ONE);
  expect(halved).toEqual({ holding: { quantity: ONE, cost: 100n * ONE }, realised: 10n * ONE });
  const flipped = traded(halved.holding, -3n * ONE, 90n * ONE, ONE);
  expect(flipped).toEqual({ holding: { quantity: -2n * ONE, cost: -180n * ONE }, realised: -10n * ONE });
  expect(averagePrice(flipped.holding, ONE)).toBe(90n * ONE);
  expect(averagePrice(FLAT, ONE)).toBeNull();
});

test('the multiplier counts', () => {
  const { holding } = traded(FLAT, 3n * ONE, 100n * ONE, ONE / 1000n);
  expect(holding.cost).toBe((3n * ONE) / 10n);
  expect(averagePrice(holding, ONE / 1000n)).toBe(100n * ONE);
});

test('orders of the state are read with their venue, whatever its symbol holds', async () => {
  const ours = await oursOf([
    ...DEFINED,
    submit('c1'),
    submit('c2', { venue: 'W', orderType: 'stop', trigger: '90', price: '', reduceOnly: true }),
  ]);
  expect(ours.orders.map(({ clientId, venue, symbol, status }) => [clientId, venue, symbol, status])).toEqual([
    ['c1', 'V', 'ETH/USDT:USDT', 'pending'],
    ['c2', 'W', 'ETH/USDT:USDT', 'pending'],
  ]);
  expect(ours.cancelOnDisconnect).toEqual(
    new Map([
      ['V', 'no'],
      ['W', 'yes'],
    ]),
  );
});
