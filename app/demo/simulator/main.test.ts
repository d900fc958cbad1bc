/** The program as a process of its own. */

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parseArguments } from './arguments.ts';
import type { VenueConfiguration } from './simulator.ts';
import { clientOf, ETH } from './testing/harness.ts';
import { cleanUp, start, temporary } from './testing/process.ts';

afterEach(cleanUp);

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
  const { ended, complaint } = start('--seed', 'x');
  expect(await ended).toBe(2);
  expect(complaint()).toContain('--config-out');
});

test('arguments have defaults and ranges', () => {
  expect(parseArguments(['--seed', '1'])).toMatchObject({
    simulator: { seed: 1, tickMs: 100, stepped: false, portBase: 0, fundingMinutes: 480, deposit: '500000' },
    configOut: null,
    stateFile: null,
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
