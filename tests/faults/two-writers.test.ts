/** Two writers on one store: never at once, whoever is faster; and a writer that is killed keeps nobody out. */

import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { acceptRecovery } from '../../main/engine/accept.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { RearmError } from '../../shared/errors.ts';
import { Desk, temporaryDirectory } from '../support/desk.ts';
import { amount, leaveFigures } from '../support/profile.ts';
import { copyStore } from '../support/store-files.ts';

const RACERS = 4;
const RACES = amount(250, 2_500);
const HOLDERS_KILLED = amount(5, 100);
const RACER = fileURLToPath(new URL('./racer.ts', import.meta.url));

function racer(lock: string, marker: string, races: number): { child: ChildProcess; ready: Promise<void>; ended: Promise<string> } {
  const child = spawn(process.execPath, ['--no-warnings', RACER, lock, marker, String(races)], { stdio: ['pipe', 'pipe', 'inherit'] });
  let out = '';
  let told: () => void;
  const ready = new Promise<void>((resolve) => {
    told = resolve;
  });
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (out.includes('ready\n')) told();
  });
  return { child, ready, ended: new Promise((resolve) => child.once('close', () => resolve(out.replace('ready\n', '')))) };
}

test(`${RACERS} processes, ${RACES} times each: one holds the lock, the others are refused`, { timeout: 120_000 }, async (context) => {
  const directory = temporaryDirectory();
  context.onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  const [lock, marker] = [join(directory, 'lock'), join(directory, 'held')];
  const racers = Array.from({ length: RACERS }, () => racer(lock, marker, RACES));
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
    const { child, ready, ended } = racer(lock, marker, 1_000_000_000);
    await ready;
    child.stdin!.end('x');
    while (!fs.existsSync(marker)) await new Promise(setImmediate);
    child.kill('SIGKILL');
    await ended;
    nativePlatform.storage.lock(lock).release();
  }
});

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
