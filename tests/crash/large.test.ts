/**
 * A large state and a long log: 10,000 positions, 50,000 orders, a million operations since the last snapshot (a tenth of them in the
 * default run), with L1 and L2 gone. Everything is replayed; how long that takes is printed, and bounded in the long profile.
 */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { recover } from '../../main/cascade/recover.ts';
import { parseEngineConfig } from '../../main/engine/config.ts';
import { createStore } from '../../main/engine/create.ts';
import type { Engine } from '../../main/engine/engine.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { temporaryDirectory } from '../support/desk.ts';
import { removeFiles } from '../support/store-files.ts';

const LONG = process.env.REARM_PROFILE === 'long';
const OPERATIONS = LONG ? 1_000_000 : 100_000;
const POSITIONS = 10_000;
const ORDERS = 50_000;
const RTO_MS_MAX = 2_000;

const root = join(temporaryDirectory(), 'store');
afterAll(() => fs.rmSync(dirname(root), { recursive: true, force: true }));

const INSTRUMENTS = 100;
const ACCOUNTS = POSITIONS / INSTRUMENTS;
const symbolOf = (index: number) => `S${index % INSTRUMENTS}/USD`;
const accountOf = (index: number) => `account-${Math.floor(index / INSTRUMENTS) % ACCOUNTS}`;
const TIME = 1_767_600_000_000_000_000n;

const order = (index: number): Intent<'order.submit'> => ({
  type: 'order.submit',
  clientId: `order-${index}`,
  account: accountOf(index),
  venue: 'ALPHA',
  symbol: symbolOf(index),
  strategy: 'maker',
  trader: 'ada',
  side: index % 2 ? 'buy' : 'sell',
  orderType: 'limit',
  timeInForce: 'gtc',
  reduceOnly: false,
  price: `${100 + (index % 50)}.25`,
  trigger: '',
  quantity: '1000000',
  time: TIME,
});

/** As quotes do: fills in part, amendments, marks. None of them adds an order or a position. */
function busy(step: number): Intent {
  const random = randomOf(3, step);
  const clientId = `order-${random.below(ORDERS)}`;
  const kind = random.next();
  const price = `${100 + random.below(50)}.${10 + random.below(80)}`;
  if (kind < 0.3) {
    return {
      type: 'fill',
      clientId,
      tradeId: `t${step}`,
      quantity: `${1 + random.below(9)}`,
      price,
      fee: '0.01',
      feeAsset: 'USD',
      liquidity: 'maker',
      provenance: 'engine',
      time: TIME + BigInt(step),
    };
  }
  if (kind < 0.9) return { type: 'order.amend', clientId, price, trigger: '', quantity: '', time: TIME + BigInt(step) };
  return { type: 'mark', venue: 'ALPHA', symbol: symbolOf(random.below(INSTRUMENTS)), price, time: TIME + BigInt(step) };
}

function post(engine: Engine, intent: Intent): void {
  try {
    engine.post(intent);
  } catch (error) {
    throw error instanceof RearmError ? new Error(`${error.code} ${error.message}: ${intent.type}`) : error;
  }
}

it(`replays ${OPERATIONS.toLocaleString('en')} operations on 10,000 positions and 50,000 orders`, { timeout: 300_000 }, async () => {
  const clock = new SteppedClock(TIME);
  const platform = { ...nativePlatform, clock, scheduler: new SteppedScheduler(clock) };
  const engine = await createStore({
    platform,
    root,
    name: 'large',
    stepped: true,
    rowsMax: { orders: 65_536, positions: 16_384 },
    config: parseEngineConfig({ tiers: 'inline', archive: false, segmentBytes: 64 << 20, l2Ms: 86_400_000, l3Ms: 86_400_000 }),
  });
  post(engine, { type: 'asset.define', asset: 'USD', scale: 2, rate: '', time: TIME });
  for (let i = 0; i < INSTRUMENTS; i += 1) {
    post(engine, {
      type: 'instrument.define',
      venue: 'ALPHA',
      symbol: symbolOf(i),
      base: '',
      settle: 'USD',
      kind: 'perpetual',
      priceScale: 2,
      quantityScale: 0,
      multiplier: '1',
      tick: '0.01',
      lot: '1',
      tolerance: '',
    });
  }
  for (let i = 0; i < ORDERS; i += 1) post(engine, order(i));
  for (let i = 0; i < POSITIONS; i += 1) {
    post(engine, {
      type: 'fill',
      clientId: `order-${i}`,
      tradeId: `first-${i}`,
      quantity: '5',
      price: '100.25',
      fee: '',
      feeAsset: '',
      liquidity: 'taker',
      provenance: 'engine',
      time: TIME,
    });
  }
  await engine.checkpoint();
  await engine.snapshot(false);
  const snapshotLsn = Number(engine.durableLsn);
  for (let step = 0; step < OPERATIONS; step += 1) post(engine, busy(step));
  await engine.flush();
  const { stateDigest } = engine.canonical();
  const last = Number(engine.durableLsn);
  expect(last - snapshotLsn).toBe(OPERATIONS);
  await engine.abandon();
  removeFiles(root, 'l1', 'l2');

  const { report } = recover({ storage: nativePlatform.storage, clock: nativePlatform.clock, root, bootId: nativePlatform.bootId });
  const phases = report.steps
    .filter((step) => !step.afterRto)
    .map(({ step, ms }) => `${step} ${ms.toFixed(0)}`)
    .join(', ');
  console.log(
    `large: base ${report.base}, ${report.replayed} operations replayed, RTO ${report.rtoMs.toFixed(0)} ms (${phases}), ${Math.round(report.replayed / (report.rtoMs / 1000))} operations/s`,
  );
  expect(report.outcome).toBe('recovered');
  expect(report.base).toBe('L3');
  expect(report.baseLsn).toBe(snapshotLsn);
  expect(report.replayed).toBe(OPERATIONS);
  expect(report.lsn).toBe(last);
  expect(report.stateDigest).toBe(stateDigest);
  if (LONG) expect(report.rtoMs).toBeLessThan(RTO_MS_MAX);
});
