/** Accepting: halted from its first moment, and never under a number that a file bears already. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { TABLES } from '../../shared/model/tables.ts';
import { BOOT, Desk } from '../../tests/support/desk.ts';
import { copyStore, filesIn } from '../../tests/support/store-files.ts';
import { recover } from '../cascade/recover.ts';
import { CanonicalReader } from '../image/canonical.ts';
import { acceptRecovery } from './accept.ts';

const made: string[] = [];
afterAll(() => {
  for (const root of made) fs.rmSync(dirname(root), { recursive: true, force: true });
});

async function crashed(...halts: readonly string[]): Promise<Desk> {
  const desk = await Desk.create({ config: { archive: false } });
  made.push(desk.root);
  for (let day = 1; day <= 20; day += 1) await desk.engine.commit({ type: 'risk.day', day, time: 1n });
  for (const reason of halts) await desk.engine.commit({ type: 'risk.halt', reason, time: 7n });
  return desk;
}

const accept = (desk: Desk, root: string) => acceptRecovery({ platform: desk.platform, root, by: 'ada' });
const riskIn = (desk: Desk, root: string) => {
  const { image } = recover({ storage: desk.platform.storage, clock: desk.clock, root, bootId: BOOT });
  return new CanonicalReader(image!).row(TABLES.risk, 0);
};

it('a desk that was trading is halted, and says by whom it was accepted', async () => {
  const desk = await crashed();
  const root = copyStore(desk.root, 'left');
  expect(riskIn(desk, root)).toMatchObject({ halted: false });
  await accept(desk, root);
  expect(riskIn(desk, root)).toMatchObject({ halted: true, haltReason: 'the engine died; accepted by ada' });
});

it('a desk that was halted keeps its first reason', async () => {
  const desk = await crashed('a fat finger');
  const root = copyStore(desk.root, 'left');
  await accept(desk, root);
  expect(riskIn(desk, root)).toMatchObject({ halted: true, haltReason: 'a fat finger' });
});

it('where another acceptance died before its epoch was, its number is not used again, and its files stay', async () => {
  const desk = await crashed();
  const other = copyStore(desk.root, 'died');
  expect(await accept(desk, other)).toMatchObject({ epoch: 2 });
  const root = copyStore(desk.root, 'left');
  const left = ['wal', 'l1', 'l2'].flatMap((folder) => filesIn(other, folder, /^00000002/));
  expect(left.length).toBeGreaterThanOrEqual(4);
  const before = left.map((path) => {
    const to = join(root, path.slice(other.length));
    fs.copyFileSync(path, to);
    return { to, bytes: fs.readFileSync(to) };
  });
  expect(await accept(desk, root)).toMatchObject({ epoch: 3 });
  for (const { to, bytes } of before) expect(fs.readFileSync(to).equals(bytes), to).toBe(true);
});
