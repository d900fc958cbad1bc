/** Two writers on one store: never at once, whoever is faster; and a writer that is killed keeps nobody out. */

import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { recover } from '../../main/cascade/recover.ts';
import { acceptRecovery } from '../../main/engine/accept.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { createStore, parseEngineConfig } from '../../main/index.ts';
import { RearmError } from '../../shared/errors.ts';
import { Desk, temporaryDirectory } from '../support/desk.ts';
import { amount, leaveFigures } from '../support/profile.ts';
import { copyStore } from '../support/store-files.ts';

const RACERS = 4;
const RACES = amount(250, 2_500);
const HOLDERS_KILLED = amount(5, 100);
const RACER = fileURLToPath(new URL('./racer.ts', import.meta.url));
const CONTENDER = fileURLToPath(new URL('./contender.ts', import.meta.url));

/** A process that begins when its input says so. */
function started(
  program: string,
  ...args: readonly string[]
): { child: ChildProcess; ready: Promise<void>; says: Promise<string>; ended: Promise<string> } {
  const child = spawn(process.execPath, ['--no-warnings', program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  let told: () => void;
  const ready = new Promise<void>((resolve) => {
    told = resolve;
  });
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (out.includes('ready\n')) told();
  });
  const says = new Promise<string>((resolve) => {
    child.stdout!.on('data', () => {
      const [, line] = /^ready\n(.+)\n/.exec(out) ?? [];
      if (line !== undefined) resolve(line);
    });
  });
  return { child, ready, says, ended: new Promise((resolve) => child.once('close', () => resolve(out.replace('ready\n', '')))) };
}

test(`${RACERS} processes, ${RACES} times each: one holds the lock, the others are refused`, { timeout: 120_000 }, async (context) => {
  const directory = temporaryDirectory();
  context.onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  const [lock, marker] = [join(directory, 'lock'), join(directory, 'held')];
  const racers = Array.from({ length: RACERS }, () => started(RACER, lock, marker, String(RACES)));
  await Promise.all(racers.map(({ ready }) => ready));
  for (const { child } of racers) child.stdin!.end('x');
  const told = (await Promise.all(racers.map(({ ended }) => ended))).map(
    (text) => JSON.parse(text) as { held: number; refused: number; violations: string[] },
  );
  expect(told.flatMap(({ violations }) => violations)).toEqual([]);
  expect(told.map(({ held }) => held)).toEqual(Array.from({ length: RACERS }, () => RACES));
  leaveFigures({ races: RACERS * RACES, holdersKilled: HOLDERS_KILLED });
  // They did meet.
  expect(told.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0);
});

test('a holder that is killed keeps nobody out', { timeout: 60_000 }, async (context) => {
  const directory = temporaryDirectory();
  context.onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  const lock = join(directory, 'lock');
  for (let round = 0; round < HOLDERS_KILLED; round += 1) {
    const marker = join(directory, `held-${round}`);
    const { child, ready, ended } = started(RACER, lock, marker, '1000000000');
    await ready;
    child.stdin!.end('x');
    while (!fs.existsSync(marker)) await new Promise(setImmediate);
    child.kill('SIGKILL');
    await ended;
    nativePlatform.storage.lock(lock).release();
  }
});

test.for(['inline', 'threaded'] as const)(
  'engines that open one store at once (%s commit): one trades, and while it lives the others are refused by name',
  {
    timeout: 60_000,
  },
  async (commit, context) => {
    const desk = await Desk.create({ config: { archive: false } });
    await desk.engine.commit({ type: 'risk.day', day: 1, time: 1n });
    await desk.engine.close();
    const { root } = desk;
    context.onTestFinished(() => fs.rmSync(dirname(root), { recursive: true, force: true }));
    const contenders = Array.from({ length: 3 }, () => started(CONTENDER, root, commit));
    context.onTestFinished(() => {
      for (const { child } of contenders) child.kill('SIGKILL');
    });
    await Promise.all(contenders.map(({ ready }) => ready));
    for (const { child } of contenders) child.stdin!.write('x');
    const told = await Promise.all(contenders.map(({ says }) => says));
    expect(told.sort()).toEqual(['STORE_LOCKED', 'STORE_LOCKED', 'running']);
    // One that comes later is refused as well, and changes nothing.
    const before = fs.readdirSync(join(root, 'lineage'));
    const late = started(CONTENDER, root, commit);
    await late.ready;
    late.child.stdin!.end('x');
    expect(await late.says).toBe('STORE_LOCKED');
    expect(fs.readdirSync(join(root, 'lineage'))).toEqual(before);
    expect(before).toHaveLength(2);
    for (const { child } of contenders) child.stdin!.end();
    await Promise.all(contenders.map(({ ended }) => ended));
    const { report } = recover({ ...nativePlatform, root, brief: true });
    expect(report).toMatchObject({ outcome: 'recovered', closedInOrder: true, epoch: 2, lostAcknowledged: 0 });
  },
);

const REPLACED = {
  'is removed': (lock: string) => fs.rmSync(lock),
  'is removed and made anew': (lock: string) => {
    fs.rmSync(lock);
    fs.writeFileSync(lock, '');
  },
  'is renamed over': (lock: string) => {
    fs.writeFileSync(`${lock}.new`, '');
    fs.renameSync(`${lock}.new`, lock);
  },
} as const;

test.for(
  (['inline', 'threaded'] as const).flatMap((commit) =>
    (Object.keys(REPLACED) as (keyof typeof REPLACED)[]).map((how) => [commit, how] as const),
  ),
)(
  'an engine (%s commit) whose lock %s under it stops: nothing more is acknowledged, and another one takes over',
  { timeout: 60_000 },
  async ([commit, how], context) => {
    const root = join(temporaryDirectory(), 'store');
    context.onTestFinished(() => fs.rmSync(dirname(root), { recursive: true, force: true }));
    const alarms: string[] = [];
    const engine = await createStore({
      platform: nativePlatform,
      root,
      name: 'fenced',
      config: parseEngineConfig({ commit, archive: false, l1Ms: 5, syncMs: 5 }),
      alarm: ({ code }) => alarms.push(code),
    });
    const commitDay = (day: number): Promise<number> => engine.commit({ type: 'risk.day', day, time: 1n });
    let acknowledged = 0;
    for (let day = 1; day <= 10; day += 1) acknowledged = await commitDay(day);
    REPLACED[how](join(root, 'lock'));
    for (let day = 11; day <= 13; day += 1) await expect(commitDay(day)).rejects.toMatchObject({ code: 'WRITER_FENCED' });
    await engine.close().catch((error: unknown) => expect(error).toMatchObject({ code: 'WRITER_FENCED' }));
    expect(new Set(alarms)).toEqual(new Set(['WRITER_FENCED']));
    // Whoever replaced it holds the store now; what the first one still had in hand is in no log.
    const { report } = await acceptRecovery({ platform: nativePlatform, root, by: 'ada' });
    expect(report).toMatchObject({ outcome: 'recovered', lsn: acknowledged, lostAcknowledged: 0 });
  },
);

test('two acceptances at once: each opens an epoch of its own after the other, or is refused', { timeout: 60_000 }, async (context) => {
  const desk = await Desk.create({ config: { archive: false } });
  for (let day = 1; day <= 20; day += 1) await desk.engine.commit({ type: 'risk.day', day, time: 1n });
  const root = copyStore(desk.root, 'left');
  context.onTestFinished(() => fs.rmSync(join(root, '..'), { recursive: true, force: true }));
  const accept = (by: string) =>
    acceptRecovery({ platform: nativePlatform, root, by }).then(
      ({ epoch }) => epoch,
      (error: unknown) => (error instanceof RearmError ? error.code : 'INTERNAL'),
    );
  const told = await Promise.all(['ada', 'rob', 'eve'].map(accept));
  const epochs = told.filter((one) => typeof one === 'number');
  expect(new Set(epochs).size).toBe(epochs.length);
  expect(epochs.length).toBeGreaterThan(0);
  for (const one of told) if (typeof one === 'string') expect(one).toBe('STORE_LOCKED');
  expect(fs.readdirSync(join(root, 'lineage'))).toHaveLength(1 + epochs.length);
});
