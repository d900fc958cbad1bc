/** The model by itself: that it is independent, and some states that were worked out by hand. */

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Generator } from './generator.ts';
import { type Operation, ReferenceModel, Refused, replayed } from './reference.ts';

const TIME = '2026-01-05T08:00:00.000000000Z';

function desk(): { model: ReferenceModel; take: (type: string, intent: Readonly<Record<string, unknown>>) => void } {
  const model = new ReferenceModel();
  const take = (type: string, intent: Readonly<Record<string, unknown>>) =>
    model.apply({ lsn: model.lsn + 1, type, time: TIME, intent: { time: TIME, ...intent } });
  take('epoch.open', { epoch: 1, parent: 0, reason: 'created' });
  take('asset.define', { asset: 'USD', scale: 2, rate: '' });
  take('asset.define', { asset: 'EUR', scale: 2, rate: '1.1' });
  take('instrument.define', {
    venue: 'V',
    symbol: 'F',
    base: '',
    settle: 'EUR',
    kind: 'future',
    priceScale: 1,
    quantityScale: 0,
    multiplier: '5',
    tick: '',
    lot: '',
    tolerance: '',
  });
  return { model, take };
}

const external = (tradeId: string, side: string, quantity: string, price: string, more: Readonly<Record<string, unknown>> = {}) => ({
  account: 'a',
  venue: 'V',
  symbol: 'F',
  side,
  clientId: '',
  tradeId,
  quantity,
  price,
  fee: '',
  feeAsset: '',
  liquidity: 'maker',
  provenance: 'engine',
  ...more,
});

it('imports nothing of main, and nothing of shared but types', () => {
  const source = fs.readFileSync(new URL('./reference.ts', import.meta.url), 'utf8');
  const imports = [...source.matchAll(/^\s*(?:import|export)\s(?<what>[^;]*?)from\s+'(?<from>[^']+)'/gm)].map((match) => match.groups!);
  expect(imports.length).toBeGreaterThan(0);
  for (const { what, from } of imports) {
    if (/shared\//.test(from!)) expect(what, from).toMatch(/^type\b/);
    else expect(['node:crypto', '@node-rs/xxhash']).toContain(from);
  }
  expect(source).not.toMatch(/import\s*\(|require\s*\(/);
});

it('an empty state has the digest of its table names', () => {
  const names = [
    'assets',
    'balances',
    'books',
    'configurations',
    'fills',
    'instruments',
    'limits',
    'margins',
    'markets',
    'orders',
    'positions',
    'profits',
    'resolutions',
    'risk',
    'sessions',
    'strategies',
    'trades',
    'venues',
  ];
  const text = `rearm-state-1\n${names.map((name) => `${name}\n`).join('')}`;
  expect(new ReferenceModel().digest()).toBe(createHash('sha256').update(text).digest('hex'));
});

describe('worked out by hand', () => {
  it('a position that is closed in part and then turned', () => {
    const { model, take } = desk();
    take('fill.external', external('1', 'buy', '3', '100'));
    // 3 x 100 x 5 = 1500 EUR; the mark is the price of the trade.
    expect(model.rows('positions')).toMatchObject([{ quantity: '3', cost: '1500', realised: '0' }]);
    expect(model.rows('risk')).toMatchObject([{ grossExposure: '1650', netExposure: '1650', unrealised: '0', dailyRealised: '0' }]);
    take('fill.external', external('2', 'sell', '1', '110.1'));
    // A third of the cost goes: 500; 1 x 110.1 x 5 = 550.5 came in: 50.5 realised, 55.55 in the reporting currency.
    expect(model.rows('positions')).toMatchObject([{ quantity: '2', cost: '1000', realised: '50.5' }]);
    expect(model.rows('risk')).toMatchObject([{ dailyRealised: '55.55' }]);
    take('fill.external', external('3', 'sell', '5', '90'));
    // All of the cost goes: 1000 against 2 x 90 x 5 = 900; three are sold short at 1350.
    expect(model.rows('positions')).toMatchObject([{ quantity: '-3', cost: '-1350', realised: '-49.5' }]);
    expect(model.rows('profits')).toMatchObject([
      { quantity: '-3', absolute: '3', net: '-1350', gross: '1350', mark: '90', markTime: null, unrealised: '0' },
    ]);
    take('mark', { venue: 'V', symbol: 'F', price: '80' });
    // Short three, ten down: 3 x 10 x 5 = 150 EUR.
    expect(model.rows('profits')).toMatchObject([{ mark: '80', markTime: TIME, unrealised: '150', net: '-1200' }]);
    // -49.5 x 1.1 = -54.45 and 150 x 1.1 = 165. The day's best was at 110.1: 55.55 and (1101 - 1000) x 1.1; its worst at 90: -54.45.
    expect(model.rows('risk')).toMatchObject([{ dailyRealised: '-54.45', unrealised: '165', dailyPeak: '166.65', maxDrawdown: '221.1' }]);
  });

  it('costs that do not divide are rounded half away from zero, and the last part takes the rest', () => {
    const { model, take } = desk();
    take('instrument.define', {
      venue: 'V',
      symbol: 'S',
      base: '',
      settle: 'USD',
      kind: 'spot',
      priceScale: 6,
      quantityScale: 6,
      multiplier: '0.000001',
      tick: '',
      lot: '',
      tolerance: '',
    });
    // 0.000003 x 0.000001 x 0.000001: three units of the last place of money.
    take('fill.external', external('1', 'buy', '0.000003', '0.000001', { symbol: 'S' }));
    take('fill.external', external('2', 'buy', '0.000001', '0.000002', { symbol: 'S' }));
    expect(model.rows('positions')).toMatchObject([{ quantity: '0.000004', cost: '0.000000000000000005' }]);
    take('fill.external', external('3', 'sell', '0.000002', '0.000001', { symbol: 'S' }));
    // Half of five is two and a half: three go.
    expect(model.rows('positions')).toMatchObject([
      { quantity: '0.000002', cost: '0.000000000000000002', realised: '-0.000000000000000001' },
    ]);
    take('fill.external', external('4', 'sell', '0.000002', '0.000001', { symbol: 'S' }));
    expect(model.rows('positions')).toMatchObject([{ quantity: '0', cost: '0', realised: '-0.000000000000000001' }]);
  });

  it('fees, rates and a new day', () => {
    const { model, take } = desk();
    take('fill.external', external('1', 'buy', '1', '100', { fee: '0.50', feeAsset: 'EUR' }));
    expect(model.rows('risk')).toMatchObject([{ dailyRealised: '-0.55', maxDrawdown: '0.55' }]);
    take('fill.external', external('2', 'buy', '1', '100', { fee: '0.123456789', feeAsset: 'NEW' }));
    expect(model.rows('assets').find((row) => row.asset === 'NEW')).toEqual({ asset: 'NEW', scale: 9, rate: '0', rateTime: null });
    expect(model.rows('risk')).toMatchObject([{ dailyRealised: '-0.55' }]);
    take('mark', { venue: 'V', symbol: 'F', price: '120' });
    take('rate', { asset: 'EUR', rate: '2' });
    expect(model.rows('risk')).toMatchObject([{ grossExposure: '2400', unrealised: '400', dailyPeak: '399.45' }]);
    take('risk.day', { day: 20260106 });
    expect(model.rows('risk')).toMatchObject([
      { tradingDay: 20260106, openUnrealised: '400', dailyPeak: '0', maxDrawdown: '0', dailyRealised: '0' },
    ]);
  });
});

it('what is refused leaves no trace, and the model goes on', () => {
  const { model, take } = desk();
  const before = model.digest();
  for (const intent of [
    external('1', 'buy', '0', '1'),
    external('1', 'none', '1', '1'),
    external('', 'buy', '1', '1'),
    external('1', 'buy', '1.5', '1'),
    external('1', 'buy', '1', '1', { fee: '1' }),
  ]) {
    expect(() => take('fill.external', intent)).toThrow(Refused);
    expect(model.digest()).toBe(before);
  }
  take('fill.external', external('1', 'buy', '1', '1'));
  expect(model.digest()).not.toBe(before);
});

describe('workloads', () => {
  it('are the same for the same seed and steps, and others for another seed', () => {
    const run = (seed: number): { operations: Operation[]; digest: string } => {
      const generator = new Generator(seed);
      const model = new ReferenceModel();
      const operations: Operation[] = [{ lsn: 1, type: 'epoch.open', time: TIME, intent: { epoch: 1, parent: 0, reason: '', time: TIME } }];
      model.apply(operations[0]!);
      for (let step = 0; step < 1_500; step += 1) {
        const intent = generator.intent(step, model);
        const operation = { lsn: model.lsn + 1, type: intent.type, time: TIME, intent };
        try {
          model.apply(operation);
          operations.push(operation);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
        }
      }
      return { operations, digest: model.digest() };
    };
    const first = run(9);
    expect(run(9)).toEqual(first);
    expect(run(10).digest).not.toBe(first.digest);
    // What the operations alone lead to is what the run led to.
    expect(replayed(first.operations).digest()).toBe(first.digest);
  });

  it("hold every type of operation that is not the engine's own", () => {
    const types = new Set<string>();
    for (let seed = 1; seed <= 3; seed += 1) {
      const generator = new Generator(seed, { invalid: 0 });
      const model = new ReferenceModel();
      model.apply({ lsn: 1, type: 'epoch.open', time: TIME, intent: { epoch: 1, parent: 0, reason: '', time: TIME } });
      for (let step = 0; step < 3_000; step += 1) {
        const intent = generator.intent(step, model);
        try {
          model.apply({ lsn: model.lsn + 1, type: intent.type, time: TIME, intent });
          types.add(intent.type);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
        }
      }
    }
    expect([...types].sort()).toEqual([
      'asset.define',
      'balance.set',
      'configuration.set',
      'fill',
      'fill.external',
      'instrument.define',
      'limit.set',
      'margin.set',
      'mark',
      'market.book',
      'market.status',
      'market.trade',
      'order.accept',
      'order.adopt',
      'order.amend',
      'order.cancelRequest',
      'order.close',
      'order.reject',
      'order.submit',
      'position.adjust',
      'prune',
      'rate',
      'resolution.record',
      'risk.day',
      'risk.halt',
      'risk.resume',
      'session.update',
      'strategy.define',
      'strategy.update',
      'venue.define',
    ]);
  });
});
