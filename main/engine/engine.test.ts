/** The engine against the reference model, through its embedding API. */

import fs from 'node:fs';
import os from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { intentFromJson } from '../../shared/model/json.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { TABLE_LIST, type TABLES } from '../../shared/model/tables.ts';
import { formatTime } from '../../shared/units.ts';
import { Generator } from '../../simulation/model/generator.ts';
import { History } from '../../simulation/model/history.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { assertRecovered, BOOT, type ConfigInput, Desk, SMALL_ROWS, STEPPED_CONFIG, temporaryDirectory } from '../../tests/support/desk.ts';
import { NativeStorage } from '../storage/native.ts';
import { parseEngineConfig } from './config.ts';
import { createStore } from './create.ts';

const made: string[] = [];
afterAll(() => {
  for (const root of made) fs.rmSync(dirname(root), { recursive: true, force: true });
});

async function deskOf(config: ConfigInput = {}, real = false): Promise<Desk> {
  const desk = await Desk.create({ config, real });
  made.push(desk.root);
  return desk;
}

async function work(desk: Desk, seed: number, steps: number, options: ConstructorParameters<typeof Generator>[1] = {}): Promise<void> {
  const generator = new Generator(seed, options);
  for (let step = 0; step < steps; step += 1) {
    const random = randomOf(seed, step, 7);
    desk.pass(random.next() * 4);
    const how = random.next();
    await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()), how < 0.04 ? 'commit' : how < 0.05 ? 'commitSync' : 'post');
  }
}

const order = (clientId: string, more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'order.submit',
  clientId,
  account: 'acc0',
  venue: 'ALPHA',
  symbol: 'BTC/USD',
  strategy: '',
  trader: '',
  side: 'buy',
  orderType: 'limit',
  timeInForce: 'gtc',
  reduceOnly: false,
  price: '1',
  trigger: '',
  quantity: '1',
  time: '2026-01-05T08:00:00Z',
  ...more,
});
const external = (account: string, tradeId: string, more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'fill.external',
  account,
  venue: 'ALPHA',
  symbol: 'BTC/USD',
  side: 'buy',
  clientId: '',
  tradeId,
  quantity: '1',
  price: '7',
  fee: '',
  feeAsset: '',
  liquidity: 'maker',
  provenance: 'engine',
  time: '2026-01-05T08:00:00Z',
  ...more,
});

describe('engine and reference model', () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    it(`agree after 1,500 steps, and so does what is recovered (seed ${seed})`, async () => {
      const desk = await deskOf();
      await work(desk, seed, 1_500);
      desk.compare();
      expect(desk.refusedByBoth).toBeGreaterThan(20);
      expect(desk.alarms).toEqual([]);
      if (seed % 2 === 0) await desk.engine.close();
      else await desk.engine.abandon();
      desk.follow();
      const recovery = desk.recover();
      expect(recovery.report.outcome).toBe('recovered');
      expect(recovery.report.closedInOrder).toBe(seed % 2 === 0);
      assertRecovered(recovery, desk.model);
    });
  }

  for (const [commit, tiers] of [
    ['inline', 'thread'],
    ['inline', 'off'],
    ['threaded', 'thread'],
    ['threaded', 'inline'],
    ['threaded', 'off'],
  ] as const) {
    it(`agree with ${commit} commit and tiers ${tiers}`, async () => {
      const desk = await deskOf({ commit, tiers, pruneMs: 20, retentionMs: 200, marketRetentionMs: 100 }, true);
      await work(desk, 40, 1_200);
      desk.compare();
      await desk.engine.flush();
      desk.follow();
      desk.compare();
      await desk.engine.abandon();
      const recovery = desk.recover();
      expect(recovery.report.outcome).toBe('recovered');
      assertRecovered(recovery, desk.model);
    });
  }

  it('agree when far more has outlived its retention than one call prunes: the rest follows at once, oldest first, in small operations', async () => {
    const desk = await deskOf({ pruneMs: 1_000, retentionMs: 500, markMs: 1_000_000 });
    await work(desk, 5, new Generator(5).setupSteps, { invalid: 0 });
    const before = desk.engine.usage().find(({ table }) => table === 'fills')!.used;
    expect(before).toBe(0);
    const first = desk.clock.wallNs();
    for (let n = 0; n < 300; n += 1) {
      // Some share a time, and come in another order than they were dealt.
      const time = formatTime(first + BigInt((n * 7) % 30) * 1_000_000n)!;
      expect(await desk.submit(external(`acc${n % 3}`, `trade-${n}`, { time }))).toBe(true);
    }
    for (let passed = 0; passed < 1_030; passed += 1) desk.pass(1);
    desk.compare();
    const prunes = desk.lines.filter(({ type }) => type === 'prune');
    expect(prunes).toHaveLength(Math.ceil(300 / 64));
    expect(desk.engine.usage().find(({ table }) => table === 'fills')!.used).toBe(0);
    await desk.engine.abandon();
    assertRecovered(desk.recover(), desk.model);
  });

  it('agree at every LSN of the window', async () => {
    const desk = await deskOf({ windowMs: 86_400_000, retentionMs: 300, marketRetentionMs: 200, pruneMs: 30, l3Keep: 40, l3Ms: 60 });
    await work(desk, 3, 400);
    await desk.engine.close();
    desk.follow();
    const history = new History({ fillsMax: SMALL_ROWS.fills });
    for (const line of desk.lines) history.add(line);
    const bases = new Set<unknown>();
    for (let at = 1; at <= history.lastLsn; at += at < 80 ? 17 : 7) {
      const recovery = desk.recover(at);
      bases.add(recovery.report.base);
      expect(recovery.report.lsn).toBe(at);
      assertRecovered(recovery, history.at(at));
    }
    expect(bases.size).toBeGreaterThan(1);
    expect(() => desk.recover(history.lastLsn + 1)).toThrow(/LSN_UNREACHABLE|beyond the last/);
  });

  it('goes on after a close in order as if it had not been closed', async () => {
    const desk = await deskOf();
    await work(desk, 8, 300);
    const { stateDigest } = desk.engine.canonical();
    await desk.engine.close();
    desk.follow();
    expect(desk.recover().report.stateDigest).toBe(stateDigest);
    expect(desk.model.digest()).toBe(stateDigest);
  });
});

describe('a refused operation', () => {
  it('leaves no trace in the state', async () => {
    const desk = await deskOf();
    await work(desk, 21, 300);
    const generator = new Generator(22, { invalid: 1 });
    let refused = 0;
    for (let step = 300; step < 1_200; step += 1) {
      const before = step % 20 === 0 ? desk.engine.canonical().stateDigest : null;
      const lsn = desk.engine.nextLsn;
      if (await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()))) continue;
      refused += 1;
      expect(desk.engine.nextLsn).toBe(lsn);
      if (before !== null) expect(desk.engine.canonical().stateDigest).toBe(before);
    }
    expect(refused).toBeGreaterThan(300);
    desk.compare();
    desk.engine.markRoot();
    await desk.engine.flush();
  });

  it('leaves no trace where the observer refused it', async () => {
    const root = join(temporaryDirectory(), 'store');
    made.push(root);
    const clock = new SteppedClock();
    let refusing = false;
    const engine = await createStore({
      platform: { storage: new NativeStorage(), clock, scheduler: new SteppedScheduler(clock), bootId: BOOT },
      root,
      name: 'observed',
      rowsMax: SMALL_ROWS,
      stepped: true,
      config: parseEngineConfig(STEPPED_CONFIG),
      observer: () => {
        if (refusing) throw new Error('not now');
      },
    });
    await engine.commit({ type: 'asset.define', asset: 'USD', scale: 2, rate: '', time: 1n });
    await engine.commit({ type: 'venue.define', venue: 'A', dialect: '', cancelOnDisconnect: 'yes' });
    refusing = true;
    // One that changes a page that is there, and one that needs a new page.
    await expect(engine.commit({ type: 'venue.define', venue: 'A', dialect: '', cancelOnDisconnect: 'no' })).rejects.toMatchObject({
      code: 'OPERATION_INVALID',
    });
    await expect(
      engine.commit({ type: 'strategy.define', strategy: 's', name: '', parameters: '{}', active: true, time: 1n }),
    ).rejects.toMatchObject({ code: 'OPERATION_INVALID' });
    refusing = false;
    await engine.commit({ type: 'asset.define', asset: 'USD', scale: 2, rate: '2', time: 2n });
    // The root that is logged here is compared with the writer's shadow.
    engine.markRoot();
    await engine.flush();
    await engine.close();
  });
});

describe('text', () => {
  it('that begins with a byte order mark keeps it', async () => {
    const desk = await deskOf();
    await work(desk, 5, 30, { invalid: 0 });
    await desk.submit(order('o1', { account: '\ufeffA' }), 'commit');
    await desk.submit(order('\ufeffo1', { account: 'A' }), 'commit');
    await desk.submit({ type: 'configuration.set', scope: 'risk', name: 'bom', value: '\ufeff{}', time: null }, 'commit');
    desk.compare();
    await desk.engine.abandon();
    assertRecovered(desk.recover(), desk.model);
  });

  it('that UTF-8 cannot hold is refused: two names would become one', async () => {
    const desk = await deskOf();
    await work(desk, 5, 30, { invalid: 0 });
    expect(await desk.submit(external('\ufffd', 'q1'), 'commit')).toBe(true);
    expect(await desk.submit(external('\ud800', 'q2'), 'commit')).toBe(false);
    expect(desk.engine.rows('positions').filter((row) => row.account === '\ufffd')).toHaveLength(1);
  });
});

describe('amounts', () => {
  it('of an asset that nobody defined give it the places that they need: what the log says must lead to the same', async () => {
    const desk = await deskOf();
    await desk.submit(
      { type: 'balance.set', venue: 'ALPHA', account: '', asset: 'NEW', free: '1.500000000000', locked: '0', time: null },
      'commit',
    );
    desk.compare();
  });

  /** A day that realises almost as much as 128 bits hold. */
  const day = (symbol: string): Readonly<Record<string, unknown> & { type: string }>[] => [
    { ...order(`buy-${symbol}`, { symbol, strategy: 'maker', side: 'buy', price: '1', quantity: '1000000000' }) },
    {
      type: 'fill',
      clientId: `buy-${symbol}`,
      tradeId: 'b',
      quantity: '1000000000',
      price: '1',
      fee: '',
      feeAsset: '',
      liquidity: 'maker',
      provenance: 'engine',
      time: null,
    },
    { ...order(`sell-${symbol}`, { symbol, strategy: 'maker', side: 'sell', price: '1', quantity: '1000000000' }) },
    {
      type: 'fill',
      clientId: `sell-${symbol}`,
      tradeId: 's',
      quantity: '1000000000',
      price: '100000000000',
      fee: '',
      feeAsset: '',
      liquidity: 'maker',
      provenance: 'engine',
      time: null,
    },
    { type: 'risk.day', day: 20260106, time: null },
  ];

  it('of a strategy that do not fit any more are refused', async () => {
    const desk = await deskOf();
    await work(desk, 5, new Generator(5).setupSteps, { invalid: 0 });
    for (const symbol of ['B1', 'B2']) {
      await desk.submit({
        type: 'instrument.define',
        venue: 'ALPHA',
        symbol,
        base: '',
        settle: 'USD',
        kind: 'future',
        priceScale: 0,
        quantityScale: 0,
        multiplier: '1',
        tick: '',
        lot: '',
        tolerance: '',
      });
    }
    for (const json of day('B1')) expect(await desk.submit(json, 'commit')).toBe(true);
    const taken: boolean[] = [];
    for (const json of day('B2')) taken.push(await desk.submit(json, 'commit'));
    expect(taken).toEqual([true, true, true, false, true]);
    desk.compare();
  });

  it('of a drawdown that do not fit any more are refused', async () => {
    const desk = await deskOf();
    await work(desk, 5, new Generator(5).setupSteps, { invalid: 0 });
    await desk.submit({
      type: 'instrument.define',
      venue: 'ALPHA',
      symbol: 'B1',
      base: '',
      settle: 'USD',
      kind: 'future',
      priceScale: 0,
      quantityScale: 0,
      multiplier: '1',
      tick: '',
      lot: '',
      tolerance: '',
    });
    const mark = (price: string) => ({ type: 'mark', venue: 'ALPHA', symbol: 'B1', price, time: '2026-01-05T08:00:00Z' });
    const adjust = (quantity: string) => ({
      type: 'position.adjust',
      account: 'a',
      venue: 'ALPHA',
      symbol: 'B1',
      quantity,
      price: '1',
      reason: '',
      time: null,
    });
    expect(await desk.submit(adjust('1000000000'), 'commit')).toBe(true);
    expect(await desk.submit(mark('100000000000'), 'commit')).toBe(true);
    expect(await desk.submit(mark('1'), 'commit')).toBe(true);
    expect(await desk.submit(adjust('-1000000000'), 'commit')).toBe(true);
    // The day's peak is 1e20, and its equity would become -1e20: a drawdown of 2e20 is more than 128 bits hold.
    expect(await desk.submit(mark('100000000000'), 'commit')).toBe(false);
    desk.compare();
  });
});

describe('a row', () => {
  it('of every table is found by the key that it is shown with', async () => {
    const desk = await deskOf();
    await work(desk, 5, 400, { invalid: 0 });
    for (const table of TABLE_LIST) {
      const name = table.name as keyof typeof TABLES;
      if (name === 'dictionary' || table.key.length === 0) continue;
      const rows = desk.engine.rows(name);
      expect(rows.length, name).toBeGreaterThan(0);
      for (const row of rows) expect(desk.engine.row(name, ...table.key.map((column) => String(row[column] ?? ''))), name).toEqual(row);
      expect(
        desk.engine.row(name, ...table.key.map((column) => (column === 'time' ? '2026-01-01T00:00:00Z' : 'nothing'))),
        name,
      ).toBeNull();
    }
  });
});

describe('marks', () => {
  it('without a time are refused: a trade would replace them', async () => {
    const desk = await deskOf();
    await work(desk, 5, new Generator(5).setupSteps, { invalid: 0 });
    const taken = await desk.engine
      .commit(intentFromJson({ type: 'mark', venue: 'ALPHA', symbol: 'BTC/USD', price: '100', time: null }))
      .then(
        () => true,
        () => false,
      );
    await desk.engine.commit(intentFromJson(external('a', 'q')));
    expect(desk.engine.row('profits', 'ALPHA:BTC/USD')!.mark).toBe(taken ? '100' : '7');
  });

  it('of the image root that are not its root are refused, and the engine goes on', async () => {
    const desk = await deskOf();
    await expect(desk.engine.commit({ type: 'root.mark', root: 5n })).rejects.toMatchObject({ code: 'OPERATION_INVALID' });
    await desk.engine.commit({ type: 'risk.day', day: 1, time: 1n });
  });
});

describe('bounds', () => {
  it('of a table are the same after a restart', async () => {
    const root = join(temporaryDirectory(), 'store');
    made.push(root);
    const desk = await Desk.create({ root, rowsMax: { ...SMALL_ROWS, venues: 5 } });
    const define = (index: number): Intent => ({ type: 'venue.define', venue: `V${index}`, dialect: '', cancelOnDisconnect: 'yes' });
    for (let i = 0; i < 5; i += 1) await desk.engine.commit(define(i));
    await expect(desk.engine.commit(define(5))).rejects.toMatchObject({ code: 'STATE_BOUND' });
    await desk.engine.close();
    const { openStore } = await import('./open.ts');
    const opened = await openStore({
      platform: desk.platform,
      root,
      config: parseEngineConfig(STEPPED_CONFIG),
      random: (bytes) => new Uint8Array(bytes),
    });
    if (opened.state !== 'running') throw new Error('it was closed in order');
    await expect(opened.engine.commit(define(5))).rejects.toMatchObject({ code: 'STATE_BOUND' });
    await opened.engine.close();
  });

  it('of fills make room for the oldest by time, and the model agrees', async () => {
    const root = join(temporaryDirectory(), 'store');
    made.push(root);
    const desk = await Desk.create({ root, rowsMax: { ...SMALL_ROWS, fills: 32 } });
    await work(desk, 5, new Generator(5).setupSteps, { invalid: 0 });
    for (let i = 0; i < 80; i += 1) {
      const nanos = ((i * 7) % 80) + 1;
      await desk.submit(external('a', `t${i}`, { time: `2026-01-05T08:00:00.${nanos.toString().padStart(9, '0')}Z` }));
    }
    expect(desk.engine.rows('fills')).toHaveLength(32);
    desk.compare();
  });

  it('of the ring are told apart: a record that never fits is not "try again"', async () => {
    const desk = await deskOf({ commit: 'threaded', ringBytes: 131_072, tiers: 'off' }, true);
    const document = (bytes: number): Intent => ({
      type: 'configuration.set',
      scope: 'risk',
      name: 'x',
      value: 'y'.repeat(bytes),
      time: 1n,
    });
    await desk.engine.flush();
    await expect(desk.engine.commit(document(400_000))).rejects.toMatchObject({ code: 'OPERATION_INVALID' });
    await desk.engine.close();
  });

  it('of the ring do not wait for the cadence of syncs when somebody flushes what was posted', async () => {
    const desk = await deskOf({ commit: 'threaded', ringBytes: 131_072, tiers: 'off', syncMs: 2 ** 31 - 1, markMs: 2 ** 31 - 1 }, true);
    for (let i = 0; i < 40; i += 1) {
      const posted = desk.engine.post({ type: 'configuration.set', scope: 'risk', name: 'x', value: 'y'.repeat(1_000), time: 1n });
      if (i % 3 > 0) continue;
      expect(await desk.engine.flush()).toBe(posted);
      expect(desk.engine.durableLsn).toBeGreaterThanOrEqual(posted);
    }
    await desk.engine.close();
  });

  it.runIf(process.platform === 'linux')('of time: the thread of the tiers gives way to every other one', async () => {
    const nicer = () =>
      fs.readdirSync('/proc/self/task').filter((task) => {
        // After the name, which may hold anything: state is the third field, niceness the nineteenth.
        const [, rest = ''] = fs.readFileSync(`/proc/self/task/${task}/stat`, 'utf8').split(/^.*\) /);
        return Number(rest.split(' ')[16]) === Math.min(19, os.getPriority(process.pid) + 10);
      }).length;
    const before = nicer();
    const desk = await deskOf({ commit: 'threaded', tiers: 'thread' }, true);
    expect(nicer()).toBe(before + 1);
    await desk.engine.close();
    await expect.poll(nicer).toBe(before);
  });

  it('of the ring let a record of more than half of it pass, wherever the last one ended', async () => {
    const desk = await deskOf({ commit: 'threaded', ringBytes: 131_072, tiers: 'off' }, true);
    /** As the refusal says: wait, then submit again. */
    const patiently = async (intent: Intent): Promise<void> => {
      for (let tries = 0; ; tries += 1) {
        try {
          await desk.engine.commit(intent);
          return;
        } catch (error) {
          if ((error as { code?: string }).code !== 'RING_FULL' || tries === 200) throw error;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    };
    for (let i = 0; i < 40; i += 1) {
      await patiently({ type: 'configuration.set', scope: 'risk', name: 'small', value: 'y'.repeat(1 + i * 97), time: 1n });
      await patiently({ type: 'configuration.set', scope: 'risk', name: 'large', value: 'y'.repeat(19_000), time: 1n });
    }
    await desk.engine.close();
  });
});
