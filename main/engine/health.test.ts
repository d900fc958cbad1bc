/** The size of the state against its bounds: measured per table, and told before a bound is reached. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { Desk } from '../../tests/support/desk.ts';

test('each table is measured with its growth, and an alert comes before its bound', async (context) => {
  const desk = await Desk.create({ rowsMax: { assets: 20 }, config: { markMs: 1_000, boundAlertFraction: 0.75 } });
  context.onTestFinished(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));
  const define = (index: number) => desk.submit({ type: 'asset.define', asset: `A${index}`, scale: 2, rate: '1', time: null });
  const assets = () => desk.engine.health.tables.find(({ table }) => table === 'assets')!;
  for (let index = 0; index < 4; index += 1) await define(index);
  desk.pass(1_000);
  for (let index = 4; index < 8; index += 1) await define(index);
  desk.pass(1_000);
  // Four rows in a second, twelve left.
  expect(assets()).toEqual({ table: 'assets', used: 8, rowsMax: 20, rowsPerSecond: 4, fullInMs: 3_000 });
  expect(desk.alarms).toEqual([]);
  for (let index = 8; index < 15; index += 1) await define(index);
  desk.pass(1_000);
  expect(desk.alarms).toEqual(['bound.assets assets is at 75 % of its bound of 20 rows']);
  // Told before anything was refused.
  expect(await define(15)).toBe(true);
  for (let index = 16; index < 20; index += 1) expect(await define(index)).toBe(true);
  expect(await define(20)).toBe(false);
  // A table that does not grow has no time at which it is full.
  desk.pass(1_000);
  await desk.submit({ type: 'asset.define', asset: 'A0', scale: 2, rate: '2', time: null });
  desk.pass(1_000);
  expect(assets()).toMatchObject({ used: 20, rowsPerSecond: 0, fullInMs: null });
});
