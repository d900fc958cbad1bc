/** What the gate says reaches an engine that runs, and outlives its restart. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { intentFromJson } from '../../shared/model/json.ts';
import type { IntentJson } from '../../simulation/model/reference.ts';
import { Desk, STEPPED_CONFIG } from '../../tests/support/desk.ts';
import { Gate } from '../gate/gate.ts';
import type { OpenMode } from '../storage/storage.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { parseEngineConfig } from './config.ts';
import { openStore } from './open.ts';

const made: string[] = [];
afterEach(() => {
  for (const root of made.splice(0)) fs.rmSync(dirname(root), { recursive: true, force: true });
});

let drawn = 0;
/** Other bytes at each call. */
const random = (count: number): Uint8Array => {
  drawn += 1;
  return Uint8Array.from({ length: count }, (_, i) => (drawn * 31 + i * 7) & 0xff);
};

async function trading() {
  const desk = await Desk.create();
  made.push(desk.root);
  const { engine, platform, root } = desk;
  const time = '2026-01-05T08:00:00Z';
  const commit = (json: IntentJson) => engine.commit(intentFromJson(json));
  await commit({ type: 'asset.define', asset: 'USD', scale: 2, rate: '1', time });
  await commit({ type: 'venue.define', venue: 'ALPHA', dialect: 'generic', cancelOnDisconnect: 'yes' });
  const instrument = { venue: 'ALPHA', symbol: 'B1', base: '', settle: 'USD', kind: 'future', priceScale: 0, quantityScale: 0 };
  await commit({ type: 'instrument.define', ...instrument, multiplier: '1', tick: '', lot: '', tolerance: '' });
  let number = 0;
  const order = (reduceOnly = false) => {
    number += 1;
    const who = { clientId: `order-${number}`, account: 'MM1', venue: 'ALPHA', symbol: 'B1', strategy: 'maker', trader: 'ada' };
    const terms = { side: 'buy', orderType: 'limit', timeInForce: 'gtc', reduceOnly, price: '50', trigger: '', quantity: '1' };
    return commit({ type: 'order.submit', ...who, ...terms, time });
  };
  const gate = Gate.open(root, {
    storage: platform.storage,
    clock: platform.clock,
    storeId: engine.storeId,
    random,
    engineAlive: () => true,
  });
  const open = () => openStore({ platform, root, config: parseEngineConfig(STEPPED_CONFIG), random });
  return { desk, engine, gate, order, open };
}

describe('an engine that trades', () => {
  it('does not trade again because somebody halts it on a full disk', async () => {
    const { desk, gate, order } = await trading();
    const { storage, clock } = desk.platform;
    gate.enrolFirstSet([
      { id: 'ada', name: 'Ada', role: 'trader', passphrase: 'ada says open' },
      { id: 'rob', name: 'Rob', role: 'risk', passphrase: 'rob says open' },
    ]);
    gate.setMode({ mode: 'CANCEL_ONLY', by: 'ada', reason: 'careful' });
    desk.pass(50);
    await expect(order()).rejects.toMatchObject({ code: 'GATE_CLOSED' });
    const full = new Proxy(storage, {
      get: (target, call: keyof typeof storage) => {
        if (call !== 'open') return target[call].bind(target);
        return (path: string, mode: OpenMode) => {
          if (mode === 'create') throw systemFailure('ENOSPC', 'create', path);
          return target.open(path, mode);
        };
      },
    });
    const { storeId } = desk.engine;
    const onFullDisk = Gate.open(desk.root, { storage: full, clock, storeId, random, engineAlive: () => true });
    expect(() => onFullDisk.setMode({ mode: 'HALTED', by: 'rob', reason: 'smoke' })).toThrow(
      expect.objectContaining({ code: 'DISK_FULL' }),
    );
    desk.pass(50);
    await expect(order()).rejects.toMatchObject({ code: 'GATE_CLOSED' });
  });

  it('takes orders while nobody ever set a mode, and none from the moment at which somebody halts it', async () => {
    const { desk, gate, order } = await trading();
    await order();
    gate.setMode({ mode: 'HALTED', by: 'ada', reason: 'smoke' });
    desk.pass(50);
    await expect(order()).rejects.toMatchObject({ code: 'GATE_CLOSED', message: expect.stringContaining('smoke') });
  });

  it('takes none that does not reduce while it is held to that, and no order at all while it may only cancel', async () => {
    const { desk, gate, order } = await trading();
    gate.enrolFirstSet([
      { id: 'ada', name: 'Ada', role: 'trader', passphrase: 'a' },
      { id: 'rob', name: 'Rob', role: 'risk', passphrase: 'b' },
    ]);
    gate.setMode({ mode: 'REDUCING', by: 'ada', reason: 'too large' });
    desk.pass(50);
    await expect(order()).rejects.toMatchObject({ code: 'GATE_CLOSED' });
    await order(true);
    gate.setMode({ mode: 'CANCEL_ONLY', by: 'ada', reason: 'still too large' });
    desk.pass(50);
    await expect(order(true)).rejects.toMatchObject({ code: 'GATE_CLOSED' });
  });

  it('that was halted at the gate stays so when it was ended in order and is started again', async () => {
    const { engine, gate, open } = await trading();
    gate.setMode({ mode: 'HALTED', by: 'ada', reason: 'smoke' });
    await engine.close();
    expect((await open()).state).toBe('halted');
  });

  it('starts again where nobody halted it', async () => {
    const { engine, open } = await trading();
    await engine.close();
    const opened = await open();
    expect(opened.state).toBe('running');
    if (opened.state === 'running') await opened.engine.close();
  });
});

it('a store that holds no operation lost them: it is refused, and does not run', async () => {
  const { desk, engine, open } = await trading();
  await engine.close();
  for (const folder of ['l1', 'l2', 'l3', 'l4']) fs.rmSync(`${desk.root}/${folder}`, { recursive: true, force: true });
  for (const name of fs.readdirSync(`${desk.root}/wal`)) fs.truncateSync(`${desk.root}/wal/${name}`, 4096);
  const opened = await open();
  expect(opened.state).toBe('halted');
  if (opened.state === 'halted') expect(opened.store.report).toMatchObject({ outcome: 'refused', lostAcknowledged: null });
});
