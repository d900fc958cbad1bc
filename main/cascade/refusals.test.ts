/** What a recovery refuses to do, and leaves the store as it was. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Generator } from '../../simulation/model/generator.ts';
import { BOOT, Desk } from '../../tests/support/desk.ts';
import { storeLayout } from '../store/layout.ts';
import { parseSegmentName } from '../wal/segment.ts';
import { reconstructed } from './reconstruct.ts';
import { recover } from './recover.ts';

let desk: Desk;
const asked = (more: Partial<Parameters<typeof recover>[0]> = {}) =>
  recover({ storage: desk.platform.storage, clock: desk.clock, root: desk.root, bootId: BOOT, ...more });

beforeAll(async () => {
  desk = await Desk.create({ config: { archive: false } });
  const generator = new Generator(3, { invalid: 0 });
  for (let step = 0; step < 200; step += 1) await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()));
  await desk.engine.checkpoint();
  await desk.engine.abandon();
});
afterAll(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));

test('a recovery that is cancelled ends as cancelled, at whichever piece of its work', () => {
  let asks = 0;
  const after = (count: number) => () => {
    asks += 1;
    return asks > count;
  };
  asked({ cancelled: after(Number.POSITIVE_INFINITY) });
  const all = asks;
  expect(all).toBeGreaterThan(3);
  for (let count = 0; count < all; count += 1) {
    asks = 0;
    expect(() => asked({ cancelled: after(count) }), `at ${count}`).toThrow(expect.objectContaining({ code: 'CANCELLED' }));
  }
});

test('where a state can be recovered, none is made of what the venues know', () => {
  const recovery = asked();
  expect(recovery.image!.lsn).toBeGreaterThan(100);
  expect(() => reconstructed(recovery, desk.platform.storage, desk.root)).toThrow(
    expect.objectContaining({ code: 'RECONSTRUCTION_REFUSED' }),
  );
});

test('an LSN beyond the last one is not reachable', () => {
  const last = asked().image!.lsn;
  expect(asked({ at: last }).image!.lsn).toBe(last);
  expect(() => asked({ at: last + 1 })).toThrow(
    expect.objectContaining({ code: 'LSN_UNREACHABLE', message: expect.stringContaining(`beyond the last one, ${last}`) }),
  );
});

test('an LSN from before the oldest copy is not reachable once the log does not begin at its beginning', () => {
  const { wal } = storeLayout(desk.root);
  const [first] = fs
    .readdirSync(wal)
    .filter((name) => parseSegmentName(name))
    .sort();
  fs.rmSync(`${wal}/${first}`);
  expect(() => asked({ at: 3 })).toThrow(
    expect.objectContaining({ code: 'LSN_UNREACHABLE', message: expect.stringContaining('no longer') }),
  );
});
