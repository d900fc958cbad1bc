/** The window of points in time stands on snapshots: what goes, goes on the strength of those that are whole, and what is not whole stays. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Generator } from '../../simulation/model/generator.ts';
import { Desk } from '../../tests/support/desk.ts';

const NEVER = 86_400_000;
const WINDOW_MS = 2_000;
let desk: Desk;
afterEach(async () => {
  await desk.engine.abandon();
  fs.rmSync(dirname(desk.root), { recursive: true, force: true });
});

const file = (lsn: number): string => {
  const directory = join(desk.root, 'l3');
  return join(directory, fs.readdirSync(directory).find((name) => name.endsWith(`-${lsn.toString().padStart(16, '0')}.snapshot`))!);
};

function rot(path: string): void {
  const bytes = fs.readFileSync(path);
  const at = bytes.length - 40;
  bytes.set([bytes[at]! ^ 1], at);
  fs.writeFileSync(path, bytes);
}

/** Snapshots `first` and `covering` from before the window, two in it, and an LSN that only these two lead to. */
async function lived() {
  const never = { l1Ms: NEVER, l2Ms: NEVER, l3Ms: NEVER, l4Ms: NEVER, markMs: NEVER, pruneMs: NEVER };
  desk = await Desk.create({ config: { ...never, archive: false, windowMs: WINDOW_MS, l3Keep: 2 } });
  const generator = new Generator(3, { invalid: 0 });
  let step = 0;
  const work = async (steps: number): Promise<number> => {
    for (const end = step + steps; step < end; step += 1)
      await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()), 'commit');
    return Number(desk.engine.durableLsn);
  };
  const snapshot = async (steps: number, ms: number): Promise<number> => {
    await work(steps);
    await desk.engine.checkpoint();
    await desk.engine.snapshot();
    const lsn = Number(desk.engine.durableLsn);
    desk.pass(ms);
    return lsn;
  };
  const first = await snapshot(400, 1_000);
  const covering = await snapshot(400, 900);
  const wanted = await work(10);
  desk.pass(100);
  await snapshot(400, 900);
  await snapshot(10, 500);
  return { first, covering, wanted, snapshot };
}

test('where the snapshot that covers the window has rotted, the one before it stays, and the window with it', async () => {
  const { covering, wanted, snapshot } = await lived();
  rot(file(covering));
  expect(desk.recover(wanted).report.lsn).toBe(wanted);
  await snapshot(5, 0);
  expect(desk.recover(wanted).report.lsn).toBe(wanted);
  expect(desk.alarms.join('\n')).toContain(`is damaged: it counts for nothing, and stays`);
});

test('one that has rotted is evidence: it stays when its turn to go has come', async () => {
  const { first, snapshot } = await lived();
  const path = file(first);
  rot(path);
  await snapshot(5, 0);
  expect(fs.existsSync(path)).toBe(true);
});

test('one that is whole goes when its turn has come', async () => {
  const { first, snapshot } = await lived();
  const path = file(first);
  await snapshot(5, 0);
  expect(fs.existsSync(path)).toBe(false);
});
