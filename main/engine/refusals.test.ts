/** What an engine refuses before it does anything. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { intentFromJson } from '../../shared/model/json.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { BOOT, Desk, temporaryDirectory } from '../../tests/support/desk.ts';
import { ACCEPTED, DRAFT, ROOT, releaseBy, STORE_ID, signBoth, staffed } from '../gate/simulated.test-support.ts';
import { RECORD_BYTES_MAX } from '../operations/record.ts';
import { NativeStorage } from '../storage/native.ts';
import { parseEngineConfig } from './config.ts';
import { createStore } from './create.ts';
import { Permission } from './permission.ts';

const TIME = '2026-01-05T08:00:00Z';

test('an engine that was closed says so, of every operation', async (context) => {
  const desk = await Desk.create();
  context.onTestFinished(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));
  const define = () => desk.engine.commit(intentFromJson({ type: 'asset.define', asset: 'USD', scale: 2, rate: '1', time: TIME }));
  await define();
  await desk.engine.close();
  await expect(define()).rejects.toMatchObject({ code: 'WRITER_POISONED', message: 'the engine is closed' });
});

test('an operation that no record can hold is refused before room is made for it', async (context) => {
  const desk = await Desk.create();
  context.onTestFinished(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));
  const set = (value: string) => desk.engine.commit({ type: 'configuration.set', scope: 'risk', name: '', value, time: 1n });
  await set('x');
  const lsn = desk.engine.nextLsn;
  const why = expect.objectContaining({ code: 'OPERATION_INVALID', message: expect.stringContaining('the record would take') });
  await expect(set('x'.repeat(RECORD_BYTES_MAX / 3))).rejects.toEqual(why);
  expect(desk.engine.nextLsn).toBe(lsn);
  await desk.engine.abandon();
});

test('a configuration that makes no sense makes no engine', () => {
  for (const config of [{ segmentBytes: -1 }, { commit: 'sometimes' }, { l1ms: 5 }])
    expect(() => parseEngineConfig(config as never), JSON.stringify(config)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
    );
});

test('a store is made in an empty directory only', async (context: TestContext) => {
  const directory = temporaryDirectory();
  context.onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  fs.writeFileSync(join(directory, 'somebody’s'), 'work');
  const clock = new SteppedClock();
  const platform = { storage: new NativeStorage(), clock, scheduler: new SteppedScheduler(clock), bootId: BOOT };
  const made = createStore({ platform, root: directory, name: 'desk', config: parseEngineConfig({}) });
  await expect(made).rejects.toMatchObject({ code: 'STORE_EXISTS' });
  expect(fs.readdirSync(directory)).toEqual(['somebody’s']);
});

test('an order is held to the venues and the strategies that were released', () => {
  const desk = staffed();
  const draft = { ...DRAFT, scope: { ...DRAFT.scope, venues: ['ALPHA'], strategies: ['maker'] } };
  const { hash } = desk.gate.propose({ by: 'ada', accepted: ACCEPTED, draft });
  signBoth(desk, hash);
  const token = releaseBy(desk, hash);
  desk.gate.verifyAndBurn(token, ACCEPTED);
  const { storage, clock } = desk;
  const permission = new Permission({ storage, clock, root: ROOT, storeId: STORE_ID, gated: true });
  const order = (venue: string, strategy: string) => () =>
    permission.require({ venue, strategy, reduceOnly: false } as Parameters<Permission['require']>[0]);
  expect(order('ALPHA', 'maker')).not.toThrow();
  expect(order('BETA', 'maker')).toThrow(expect.objectContaining({ code: 'GATE_CLOSED', message: expect.stringContaining('BETA') }));
  expect(order('ALPHA', 'taker')).toThrow(expect.objectContaining({ code: 'GATE_CLOSED', message: expect.stringContaining('taker') }));
  expect(order('ALPHA', '')).toThrow(expect.objectContaining({ code: 'GATE_CLOSED', message: expect.stringContaining('none') }));
});
