/** What a replay costs, in counts: the pages that are hashed follow what was changed, not how often a root was logged. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { BOOT, Desk } from '../../tests/support/desk.ts';
import { removeFiles } from '../../tests/support/store-files.ts';
import { Image } from '../image/image.ts';
import { NativeStorage, systemClock } from '../storage/native.ts';
import { recover } from './recover.ts';

const NEVER_MS = 86_400_000;
const ORDERS = 2_000;
const ROOTS = 100;
/** Pages that one mark changes: its instrument's profits, the desk's risk, and little else. */
const PAGES_PER_ROOT_MAX = 10;

const made: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const root of made.splice(0)) fs.rmSync(dirname(root), { recursive: true, force: true });
});

it('a root costs the pages that changed since the one before it, however many there were in all', async () => {
  const desk = await Desk.create({
    config: { l1: false, l1Ms: NEVER_MS, l2Ms: NEVER_MS, l3Ms: NEVER_MS, l4Ms: NEVER_MS, markMs: NEVER_MS, archive: false },
  });
  made.push(desk.root);
  const { engine, clock } = desk;
  const time = clock.wallNs();
  engine.post({ type: 'asset.define', asset: 'USD', scale: 2, rate: '1', time });
  engine.post({ type: 'venue.define', venue: 'V', dialect: 'generic', cancelOnDisconnect: 'yes' });
  engine.post({
    ...{ type: 'instrument.define', venue: 'V', symbol: 'S', base: 'B', settle: 'USD', kind: 'spot', priceScale: 2, quantityScale: 2 },
    ...{ multiplier: '1', tick: '', lot: '', tolerance: '' },
  });
  for (let i = 0; i < ORDERS; i += 1)
    engine.post({
      ...{ type: 'order.submit', clientId: `order-${i}`, account: 'A', venue: 'V', symbol: 'S', strategy: '', trader: '', side: 'buy' },
      ...{ orderType: 'limit', timeInForce: 'gtc', reduceOnly: false, price: '1', trigger: '', quantity: '1', time },
    });
  for (let i = 0; i < ROOTS; i += 1) {
    engine.post({ type: 'mark', venue: 'V', symbol: 'S', price: `${1 + i}`, time });
    engine.markRoot();
  }
  await engine.abandon();
  removeFiles(desk.root, 'l2', 'l3');

  const seals = vi.spyOn(Image.prototype, 'seal');
  const { report, image } = recover({ storage: new NativeStorage(), clock: systemClock, root: desk.root, bootId: BOOT, brief: true });
  expect(report.steps.find(({ step }) => step === 'replay')?.reason).toContain(`${ROOTS} logged roots agree`);
  const { pageCount } = image!;
  expect(pageCount).toBeGreaterThan(3 * PAGES_PER_ROOT_MAX);
  expect(seals.mock.calls.length).toBeLessThan(pageCount + ROOTS * PAGES_PER_ROOT_MAX);
});
