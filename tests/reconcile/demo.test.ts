/**
 * The demo desk itself, over seeds: what `rearm reconcile` finds after the crash must be exactly what the simulator's own book and
 * `rearm wal` imply. Every tenth time one venue is silent from then on. Two seeds in the default run, twenty in the long profile.
 */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { tellSimulator } from '../../app/demo/desk.ts';
import type { ReconcileReport } from '../../shared/contract/reconcile.ts';
import { crashedDesk } from '../flow/desk.ts';
import { type Book, impliedBreaks, named, type Operation } from './oracle.ts';

const PROGRAM = fileURLToPath(new URL('../../app/cli/rearm.ts', import.meta.url));
const LONG = process.env.REARM_PROFILE === 'long';
const SEEDS = Array.from({ length: LONG ? 20 : 2 }, (_, index) => index + 1);
const TRADING_SECONDS = 2;
/** For how long the venues go on by themselves after the crash. */
const OUTAGE_MS = 2_000;

/** Runs the terminal's program; status 3, breaks found, is an answer like 0. */
async function rearm(...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(process.execPath, [PROGRAM, ...args], { maxBuffer: 1 << 28 })).stdout;
  } catch (error) {
    const { code, stdout } = error as { code?: number; stdout?: string };
    if (code !== 3 || stdout === undefined) throw error;
    return stdout;
  }
}

const seen = new Map<string, number>();

test.for(SEEDS)('demo seed %i: exactly the breaks that book and log imply', { timeout: 120_000 }, async (seed, context) => {
  const desk = await crashedDesk(context, seed, TRADING_SECONDS);
  await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
  await tellSimulator(desk.simulator.control, '/freeze', { frozen: true });
  const silent = seed % 10 === 0;
  if (silent) await tellSimulator(desk.simulator.control, '/fault', { venue: 'BINANCE', mode: 'silent' });
  const { store, venueConfig } = desk.paths;
  const report = JSON.parse(await rearm('reconcile', store, '--venues', venueConfig, '--json')) as ReconcileReport;
  const operations = (await rearm('wal', store))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Operation);
  const book = (await desk.book()) as unknown as Book;
  const fillsSinceMs = Object.fromEntries(book.venues.map(({ name }) => [name, 0]));
  expect(named(report.breaks)).toEqual(
    impliedBreaks(book, operations, { fillsSinceMs, ...(silent && { unanswered: { BINANCE: ['*'] } }) }),
  );
  expect(report.venues.map(({ name, provable }) => [name, provable])).toEqual([
    ['BINANCE', !silent],
    ['BYBIT', true],
  ]);
  for (const { kind } of report.breaks) seen.set(kind, (seen.get(kind) ?? 0) + 1);
});

if (LONG)
  test('every kind of break occurs over the seeds of the demo', () => {
    console.log(`demo: ${SEEDS.length} seeds; breaks: ${[...seen].map(([kind, count]) => `${kind} ${count}`).join(', ')}`);
    for (const kind of ['missingFill', 'unknownOrder', 'vanishedOrder', 'pendingUnknown', 'balanceDiffers', 'notProvable'])
      expect([...seen.keys()]).toContain(kind);
    expect(['positionDiffers', 'sideFlipped', 'openHereFlatThere', 'openThereNoneHere'].some((kind) => seen.has(kind))).toBe(true);
  });
