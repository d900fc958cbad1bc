/** Closing in order: nothing follows the operation that closes the epoch, whatever is due and whoever comes. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { intentFromJson } from '../../shared/model/json.ts';
import { Generator } from '../../simulation/model/generator.ts';
import { Desk } from '../../tests/support/desk.ts';
import { parseEngineConfig } from './config.ts';
import { openStore } from './open.ts';

const NEVER = 86_400_000;

test('an engine that is closed while it prunes, and is asked for more, is closed in order: the next opening trades', async (context) => {
  const desk = await Desk.create({ config: { archive: false, pruneMs: 1_000, marketRetentionMs: 500, markMs: NEVER } });
  context.onTestFinished(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));
  const { engine, platform, root } = desk;
  for (let step = 0; step < new Generator(5).setupSteps; step += 1)
    await desk.submit(new Generator(5, { invalid: 0 }).intent(step, desk.model, desk.clock.wallNs()));
  const trade = {
    type: 'market.trade',
    venue: 'ALPHA',
    symbol: 'BTC/USD',
    side: 'buy',
    price: '1',
    quantity: '1',
    time: '2026-01-05T08:00:00Z',
  };
  for (let count = 0; count < 300; count += 1) expect(await desk.submit({ ...trade, tradeId: `t${count}` })).toBe(true);
  desk.pass(1_000);
  const pruned = () => desk.lines.filter(({ type }) => type === 'prune').length;
  const before = pruned();
  expect(before).toBeGreaterThan(0);
  const closing = engine.close();
  // The rest of the rows is due a moment later.
  desk.pass(1);
  desk.pass(1_000);
  const closed = expect.objectContaining({ code: 'WRITER_POISONED', message: 'the engine is closed' });
  expect(() => engine.post(intentFromJson({ ...trade, tradeId: 'late' }))).toThrow(closed);
  expect(() => engine.pruneDue()).toThrow(closed);
  expect(() => engine.markRoot()).toThrow(closed);
  await expect(engine.checkpoint()).rejects.toEqual(closed);
  await closing;
  expect(pruned()).toBe(before);
  expect(desk.lines.at(-1)!.type).toBe('epoch.close');
  expect(desk.alarms).toEqual([]);
  const opened = await openStore({
    platform,
    root,
    config: parseEngineConfig({ archive: false }),
    random: (count) => new Uint8Array(count),
  });
  expect(opened.state).toBe('running');
  if (opened.state === 'running') await opened.engine.close();
});

test('an engine that could not be closed, because its last operation was not taken, goes on', async (context) => {
  const desk = await Desk.create({ real: true, config: { commit: 'threaded', tiers: 'off', ringBytes: 131_072 } });
  context.onTestFinished(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));
  const { engine } = desk;
  const fill = () => {
    for (;;) engine.post({ type: 'configuration.set', scope: 'risk', name: 'x', value: 'y'.repeat(100), time: 1n });
  };
  expect(fill).toThrow(expect.objectContaining({ code: 'RING_FULL' }));
  await engine.close().catch(async (error) => {
    expect(error).toMatchObject({ code: 'RING_FULL' });
    await engine.flush();
    await engine.close();
  });
  expect(desk.recover().report.closedInOrder).toBe(true);
});
