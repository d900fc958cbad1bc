/** The past, walked through in every direction, is what a recovery to the same LSN finds. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Generator } from '../../simulation/model/generator.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { BOOT, Desk } from '../../tests/support/desk.ts';
import type { Image } from '../image/image.ts';
import { openLog, readOperations } from './operations.ts';
import { Past } from './past.ts';

const STRETCH = 48;
let desk: Desk;
let last = 0;

beforeAll(async () => {
  desk = await Desk.create({
    config: { windowMs: 86_400_000, retentionMs: 600, marketRetentionMs: 300, pruneMs: 60, l3Keep: 100, l3Ms: 900, l4Ms: 9_000_000 },
  });
  const generator = new Generator(11);
  for (let step = 0; step < 1_400; step += 1) {
    const random = randomOf(11, step, 7);
    desk.pass(random.next() * 4);
    await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()), random.next() < 0.05 ? 'commit' : 'post');
  }
  await desk.engine.close();
  last = desk.lines.length;
});
afterAll(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));

const opened = (): Past =>
  new Past({ storage: desk.platform.storage, clock: desk.clock, root: desk.root, bootId: BOOT, stretchRecords: STRETCH });

/** Every page but for the hash in its head, which is brought up to date only where somebody asks for a root. */
const pagesOf = (image: Image): Buffer[] =>
  Array.from({ length: image.pageCount }, (_, page) => Buffer.from(image.pageBytes(page).slice(8)));

function expectRecovered(past: Past, lsn: number): void {
  const image = past.imageAt(lsn);
  const recovered = desk.recover(lsn).image!;
  expect(image.lsn).toBe(lsn);
  expect(image.pageCount, `pages at LSN ${lsn}`).toBe(recovered.pageCount);
  const theirs = pagesOf(recovered);
  const differing = pagesOf(image).flatMap((page, number) => (page.equals(theirs[number]!) ? [] : [number]));
  expect(differing, `pages that differ at LSN ${lsn}`).toEqual([]);
}

it('forward and backward, by one, by many and by leaps', () => {
  const past = opened();
  let at = Math.floor(last / 2);
  for (let round = 0; round < 40; round += 1) {
    const random = randomOf(5, round, 1);
    const way = random.next();
    const step =
      way < 0.3 ? 1 : way < 0.6 ? -1 : way < 0.7 ? STRETCH + 1 : way < 0.8 ? -STRETCH - 1 : Math.floor((random.next() - 0.5) * last);
    at = Math.min(last, Math.max(1, at + step));
    expectRecovered(past, at);
  }
});

it('back through more stretches than stay in memory, to the first record, and forward to the last', () => {
  const past = opened();
  for (let lsn = last; lsn >= 1; lsn -= 1) past.imageAt(lsn);
  expectRecovered(past, 1);
  for (let lsn = 1; lsn <= last; lsn += 1) past.imageAt(lsn);
  expectRecovered(past, last);
});

it('steps back read neither the copies nor the log anew', () => {
  const past = opened();
  past.imageAt(last);
  fs.renameSync(`${desk.root}/wal`, `${desk.root}/wal.away`);
  try {
    for (let lsn = last; lsn > last - STRETCH; lsn -= 1) expect(past.change(lsn, last).operation.lsn).toBe(lsn);
  } finally {
    fs.renameSync(`${desk.root}/wal.away`, `${desk.root}/wal`);
  }
});

it('a record and its changes are those of the log, from wherever the cursor comes', () => {
  const types = new Map<number, string>();
  readOperations(openLog(desk.platform.storage, desk.root), 1, last, ({ lsn, intent }) => {
    types.set(lsn, intent.type);
    return undefined;
  });
  const [forward, backward] = [opened(), opened()];
  const there = new Map<number, unknown>();
  for (let lsn = last - 300; lsn <= last; lsn += 1) there.set(lsn, forward.change(lsn, last));
  for (let lsn = last; lsn >= last - 300; lsn -= 1) {
    const change = backward.change(lsn, last);
    expect(change).toEqual(there.get(lsn));
    expect(change.operation.type).toBe(types.get(lsn));
  }
});

it('what the log does not hold is refused by name, and the cursor stands where it stood', () => {
  const past = opened();
  expect(() => past.change(last + 1, last)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  expectRecovered(past, last - 3);
  expect(() => past.imageAt(last + 1)).toThrow(expect.objectContaining({ code: 'LSN_UNREACHABLE' }));
  expectRecovered(past, last - 4);
});
