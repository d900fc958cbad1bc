/** The program as a process of its own. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { parseArguments } from './arguments.ts';
import type { VenueConfiguration } from './simulator.ts';
import { clientOf, ETH } from './testing/harness.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const started: ChildProcessWithoutNullStreams[] = [];
const directories: string[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

interface Ready {
  readonly ready: boolean;
  readonly control: { readonly origin: string; readonly token: string };
  readonly venues: readonly { readonly name: string; readonly origin: string }[];
}

function start(...argv: string[]): { child: ChildProcessWithoutNullStreams; ready: Promise<Ready>; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [MAIN, ...argv]);
  started.push(child);
  const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  const ready = new Promise<Ready>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))) as Ready);
    });
    ended.then((code) => reject(new Error(`it ended with ${code}`)));
  });
  ready.catch(() => {});
  return { child, ready, ended };
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'venue-simulator-'));
  directories.push(directory);
  return directory;
}

test('it says that it is ready, writes its configuration for the owner alone, trades, and ends on SIGTERM', async () => {
  const file = join(temporary(), 'venues.json');
  const { child, ready, ended } = start('--seed', '3', '--tick-ms', '20', '--config-out', file);
  const answer = await ready;
  expect(answer.ready).toBe(true);
  expect(answer.venues.map(({ name }) => name)).toEqual(['BINANCE', 'BYBIT']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { venues } = JSON.parse(readFileSync(file, 'utf8')) as { venues: VenueConfiguration[] };
  expect(venues.map(({ origin }) => origin)).toEqual(answer.venues.map(({ origin }) => origin));
  expect(JSON.stringify(answer)).not.toContain(venues[0]!.keys.trade.secret);
  const client = clientOf(venues[0]!, 'trade');
  expect((await client.createOrder(ETH, 'market', 'buy', '0.1')).status).toBe('closed');
  const headers = { Authorization: `Bearer ${answer.control.token}` };
  const ticks = async (): Promise<number> =>
    ((await (await fetch(`${answer.control.origin}/book`, { headers })).json()) as { ticks: number }).ticks;
  const before = await ticks();
  await expect.poll(ticks, { timeout: 10_000 }).toBeGreaterThan(before);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('it ends when its parent does, if it was asked to', async () => {
  const { child, ready, ended } = start('--seed', '3', '--stepped', '--with-parent');
  await ready;
  child.stdin.end();
  expect(await ended).toBe(0);
});

test('it stays without its parent otherwise, and ends when the control port says so', async () => {
  const { child, ready, ended } = start('--seed', '3', '--stepped');
  const { control } = await ready;
  child.stdin.end();
  const ask = (path: string, method: string) =>
    fetch(`${control.origin}${path}`, { method, headers: { Authorization: `Bearer ${control.token}` } });
  expect((await ask('/book', 'GET')).status).toBe(200);
  expect((await ask('/shutdown', 'POST')).status).toBe(200);
  expect(await ended).toBe(0);
});

test('a wrong command line ends with 2 and the usage', async () => {
  const { child, ended } = start('--seed', 'x');
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  expect(await ended).toBe(2);
  expect(text).toContain('--config-out');
});

test('arguments have defaults and ranges', () => {
  expect(parseArguments(['--seed', '1'])).toMatchObject({
    simulator: { seed: 1, tickMs: 100, stepped: false, portBase: 0, fundingMinutes: 480, deposit: '500000' },
    configOut: null,
    withParent: false,
  });
  for (const argv of [
    [],
    ['--seed', '-1'],
    ['--seed', '1', '--tick-ms', '0'],
    ['--seed', '1', '--deposit', 'much'],
    ['--seed', '1', '--what'],
  ]) {
    expect(() => parseArguments(argv)).toThrow();
  }
});
