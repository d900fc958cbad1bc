/** A trading process that waits for its release: what fails meanwhile reaches it as an alarm, and it stays halted. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { release } from '../../simulation/released.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { ROOT, ROWS_MAX } from '../../simulation/workload.ts';
import { BOOT, Desk, STEPPED_CONFIG } from '../../tests/support/desk.ts';
import { gateLayout } from '../gate/layout.ts';
import { PASSPHRASES } from '../gate/simulated.test-support.ts';
import { NativeStorage } from '../storage/native.ts';
import { storeLayout } from '../store/layout.ts';
import { acceptRecovery } from './accept.ts';
import { parseEngineConfig } from './config.ts';
import { createStore } from './create.ts';
import { openStore } from './open.ts';

/** A store whose crash was accepted, with its trading process waiting. */
async function waiting(context: TestContext, storage: NativeStorage = new NativeStorage()) {
  const desk = await Desk.create();
  context.onTestFinished(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));
  const { root } = desk;
  const clock = desk.clock as SteppedClock;
  const scheduler = desk.platform.scheduler as SteppedScheduler;
  await desk.engine.commit({ type: 'risk.day', day: 20260105, time: 1n });
  await desk.engine.abandon();
  await acceptRecovery({ platform: desk.platform, root, by: 'a person' });
  const alarms: string[] = [];
  let nonces = 0;
  const opened = await openStore({
    platform: { storage, clock, scheduler, bootId: BOOT },
    root,
    config: parseEngineConfig(STEPPED_CONFIG),
    random: (bytes) => new Uint8Array(bytes).fill(++nonces),
    alarm: ({ code }) => alarms.push(code),
  });
  if (opened.state !== 'halted') throw new Error('a store after a crash is halted');
  const { store } = opened;
  const ended: string[] = [];
  let cancelled = false;
  const wait = (): void =>
    void store.waitForRelease({ cancelled: () => cancelled }).then(
      () => ended.push('released'),
      (error: RearmError) => ended.push(error.code),
    );
  /** The process looks once more. */
  const look = async (): Promise<void> => {
    clock.pass(250_000_000n);
    scheduler.run();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const cancel = () => {
    cancelled = true;
    return look();
  };
  return { store, alarms, ended, wait, look, cancel, layout: gateLayout(root) };
}

test('a broken audit log is told once, and the wait goes on until it is mended', async (context) => {
  const { store, alarms, ended, wait, look, cancel, layout } = await waiting(context);
  store.gate.enrolFirstSet([{ id: 'ada', name: 'Ada', role: 'trader', passphrase: PASSPHRASES.ada }]);
  const whole = fs.readFileSync(layout.auditLog);
  const broken = Buffer.from(whole);
  broken[broken.length - 20]! ^= 1;
  fs.writeFileSync(layout.auditLog, broken);
  wait();
  await look();
  await look();
  expect(alarms).toEqual(['AUDIT_BROKEN']);
  expect(ended).toEqual([]);
  expect(store.gate.mode().mode).toBe('HALTED');
  expect(store.gate.view().engine.state).toBe('absent');
  fs.writeFileSync(layout.auditLog, whole);
  await look();
  expect(store.gate.view().engine.state).toBe('waiting');
  expect(alarms).toEqual(['AUDIT_BROKEN']);
  await cancel();
  expect(ended).toEqual(['CANCELLED']);
});

test('a disk that does not answer while a token lies there is told, and trading stays halted', async (context) => {
  const storage = new NativeStorage();
  let fails = false;
  const open = storage.open.bind(storage);
  storage.open = (path, mode) => {
    if (fails && path.endsWith('current.json')) throw new RearmError('IO_FAILED', `could not read ${path}`, { path });
    return open(path, mode);
  };
  const { store, alarms, ended, wait, look, cancel, layout } = await waiting(context, storage);
  wait();
  await look();
  expect(alarms).toEqual([]);
  const nonce = '5'.repeat(64);
  fs.mkdirSync(layout.tokens, { recursive: true });
  fs.writeFileSync(join(layout.tokens, `${nonce}.json`), '{}');
  fs.writeFileSync(layout.current, '{}');
  await look();
  // No token at all: nothing to tell.
  expect(alarms).toEqual([]);
  fails = true;
  await look();
  await look();
  expect(alarms).toEqual(['IO_FAILED']);
  fails = false;
  await look();
  fails = true;
  await look();
  // It came back.
  expect(alarms).toEqual(['IO_FAILED', 'IO_FAILED']);
  expect(ended).toEqual([]);
  expect(store.gate.mode().mode).toBe('HALTED');
  await cancel();
});

test('a token that nothing names is looked at once: a store that waits is not locked again and again', async (context) => {
  const storage = new NativeStorage();
  let locks = 0;
  const lock = storage.lock.bind(storage);
  storage.lock = (path) => {
    if (path.endsWith('store/lock')) locks += 1;
    return lock(path);
  };
  const { ended, wait, look, cancel, layout } = await waiting(context, storage);
  wait();
  await look();
  expect(locks).toBe(0);
  fs.mkdirSync(layout.tokens, { recursive: true });
  fs.writeFileSync(join(layout.tokens, `${'5'.repeat(64)}.json`), '{}');
  for (let turn = 0; turn < 5; turn += 1) await look();
  expect(locks).toBe(1);
  // Another one may be the one.
  fs.writeFileSync(join(layout.tokens, `${'6'.repeat(64)}.json`), '{}');
  for (let turn = 0; turn < 5; turn += 1) await look();
  expect(locks).toBe(2);
  expect(ended).toEqual([]);
  await cancel();
});

test('an engine whose trading could not be resumed goes on writing nothing: no file stays open, no timer runs, and the lock is free', async () => {
  const clock = new SteppedClock();
  const scheduler = new SteppedScheduler(clock);
  const storage = new SimulatedStorage({ tree: new FileTree() });
  const platform = { storage, clock, scheduler, bootId: BOOT };
  const config = parseEngineConfig({ tiers: 'inline', archive: false, segmentBytes: 65_536 });
  await (await createStore({ platform, root: ROOT, name: 'desk', rowsMax: ROWS_MAX, config })).abandon();
  await acceptRecovery({ platform, root: ROOT, by: 'a person', segmentBytes: 65_536 });
  release(storage, clock);
  const opened = await openStore({
    platform,
    root: ROOT,
    config,
    random: (count) => new Uint8Array(count).fill(7),
    observer: ({ intent }) => {
      if (intent.type === 'risk.resume') throw new RearmError('OPERATION_INVALID', 'not now', {});
    },
  });
  if (opened.state !== 'halted') throw new Error('a store after a crash is halted');
  await expect(opened.store.tryRelease()).rejects.toMatchObject({ message: 'not now' });
  expect([...storage.opened.values()]).toEqual([]);
  const { calls } = storage;
  clock.pass(60_000_000_000n);
  scheduler.run();
  expect(storage.calls).toBe(calls);
  storage.lock(storeLayout(ROOT).lock).release();
});
