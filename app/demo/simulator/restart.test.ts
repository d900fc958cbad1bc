/** The venues survive the process: what a client sees before the end and after the next start, through the unmodified ccxt client. */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { VenueConfiguration } from './simulator.ts';
import { VERSION } from './state-file.ts';
import { type Book, type BookVenue, BTC, type Client, clientOf, ETH, type Row, rejection, type VenueName } from './testing/harness.ts';
import { cleanUp, type Ready, type Started, start, temporary } from './testing/process.ts';

afterEach(cleanUp);

/** One world in one directory, with one process after another. */
class Lasting {
  readonly directory = temporary();
  readonly state = join(this.directory, 'state');
  readonly config = join(this.directory, 'venues.json');
  process: Started | null = null;
  ready: Ready | null = null;

  start(...argv: string[]): Started {
    return start('--seed', '4', '--tick-ms', '20', '--config-out', this.config, '--state', this.state, ...argv);
  }

  async up(...argv: string[]): Promise<void> {
    this.process = this.start(...argv);
    this.ready = await this.process.ready;
  }

  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.process!.child.kill(signal);
    expect(await this.process!.ended).toBe(signal === 'SIGKILL' ? null : 0);
  }

  get configuration(): string {
    return readFileSync(this.config, 'utf8');
  }

  client(name: VenueName): Client {
    const { venues } = JSON.parse(this.configuration) as { venues: VenueConfiguration[] };
    return clientOf(venues.find((venue) => venue.name === name)!, 'trade');
  }

  async tell(path: string, body: object): Promise<void> {
    const { origin, token } = this.ready!.control;
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    expect((await fetch(origin + path, { method: 'POST', headers, body: JSON.stringify(body) })).status).toBe(200);
  }

  async book(): Promise<Book> {
    const { origin, token } = this.ready!.control;
    return (await (await fetch(`${origin}/book`, { headers: { Authorization: `Bearer ${token}` } })).json()) as Book;
  }

  async venue(name: VenueName): Promise<BookVenue> {
    return (await this.book()).venues.find((venue) => venue.name === name)!;
  }
}

const away = (venue: BookVenue, symbol: string, percent: number): string =>
  (Number(venue.marks.find((mark) => mark.symbol === symbol)!.mark) * (1 + percent / 100)).toFixed(1);

/** An order by its client id, in the words that ccxt has for it at this venue. */
const named = (client: Client, clientId: string): object =>
  client.id === 'bybit' ? { acknowledged: true, orderLinkId: clientId } : { clientOrderId: clientId };

/** What a client can see of its account. */
async function seen(client: Client): Promise<unknown> {
  const rows = (list: readonly Row[]): unknown[] => list.map(({ info }) => info);
  const { info: _, ...balance } = await client.fetchBalance();
  return {
    open: rows(await client.fetchOpenOrders(ETH)),
    fills: rows(await client.fetchMyTrades(ETH)),
    positions: rows(await client.fetchPositions()),
    ledger: rows(client.id === 'bybit' ? await client.fetchLedger() : await client.fetchFundingHistory(ETH)),
    total: balance.total,
    byClientId: (await client.fetchOrder(undefined, ETH, named(client, 'bid-1'))).info,
  };
}

test.each(['BINANCE', 'BYBIT'] as const)('%s: orders, fills, positions, balances, ids and keys are those of before', async (name) => {
  const world = new Lasting();
  await world.up();
  const client = world.client(name);
  const far = away(await world.venue(name), ETH, -3);
  const first = await client.createOrder(ETH, 'limit', 'buy', '0.5', far, { clientOrderId: 'bid-1' });
  await client.createOrder(ETH, 'market', 'buy', '1', undefined, { clientOrderId: 'hit-1' });
  await client.createOrder(BTC, 'market', 'sell', '0.01', undefined, { clientOrderId: 'hit-2' });
  const stop = { triggerPrice: away(await world.venue(name), ETH, -4), triggerDirection: 'descending', reduceOnly: true };
  await client.createOrder(ETH, 'market', 'sell', '1', undefined, { ...stop, clientOrderId: 'stop-1' });
  await world.tell('/external', { venue: name, symbol: ETH, side: 'sell', quantity: '0.2', type: 'market' });
  await world.tell('/funding', { venue: name });
  await world.tell('/freeze', { frozen: true });
  const [before, book, configuration] = [await seen(client), await world.book(), world.configuration];
  await world.down();
  expect(statSync(world.state).mode & 0o777).toBe(0o600);

  await world.up();
  expect(world.configuration).toBe(configuration);
  expect(await seen(client)).toEqual(before);
  const { events, timeNs: _, ...rest } = (await world.book()) as Book & { timeNs: string };
  expect({ ...book, timeNs: undefined, events: [] }).toEqual({ ...rest, timeNs: undefined, events: [] });
  expect(events.slice(0, book.events.length)).toEqual(book.events);
  expect(events.slice(book.events.length)).toMatchObject([{ kind: 'restart', venue: null, clean: true }]);

  await world.tell('/freeze', { frozen: false });
  const taken = await rejection(client.createOrder(ETH, 'limit', 'buy', '0.5', far, { clientOrderId: 'bid-1' }));
  expect(taken.message).toMatch(/-4116|110072/);
  const second = await client.createOrder(ETH, 'limit', 'buy', '0.5', far, { clientOrderId: 'bid-2' });
  await client.createOrder(ETH, 'market', 'sell', '0.3');
  const after = await world.venue(name);
  for (const [rows, id] of [
    [after.orders, 'orderId'],
    [after.trades, 'tradeId'],
  ] as const) {
    const ids = rows.filter((row) => row[id] !== null).map((row) => `${row.symbol} ${row[id]}`);
    expect(new Set(ids).size).toBe(ids.length);
  }
  expect(second.id).not.toBe(first.id);
  await client.cancelOrder(undefined, ETH, named(client, 'bid-1'));
  expect((await client.fetchOpenOrders(ETH)).map(({ clientOrderId }: Row) => clientOrderId)).toContain('bid-2');
});

test('a countdown goes on while the process is down, and has cancelled its orders when it is back', async () => {
  const world = new Lasting();
  await world.up();
  const client = world.client('BINANCE');
  const venue = await world.venue('BINANCE');
  await client.createOrder(ETH, 'limit', 'buy', '0.5', away(venue, ETH, -3), { clientOrderId: 'counted' });
  await client.createOrder(BTC, 'limit', 'buy', '0.01', away(venue, BTC, -3), { clientOrderId: 'not-counted' });
  await client.fapiPrivatePostCountdownCancelAll({ symbol: 'ETHUSDT', countdownTime: '1500' });
  await world.down();
  await new Promise((resolve) => setTimeout(resolve, 1_600));
  await world.up();
  expect((await client.fetchOrder(undefined, ETH, named(client, 'counted'))).status).toBe('canceled');
  const { orders, countdowns } = await world.venue('BINANCE');
  expect(orders.map(({ clientId, status, cause }) => [clientId, status, cause])).toEqual([
    ['counted', 'cancelled', 'countdown'],
    ['not-counted', 'open', null],
  ]);
  expect(countdowns).toEqual([]);
});

test('a process that was killed is back with its last save, and gives no id twice', async () => {
  const world = new Lasting();
  await world.up();
  const client = world.client('BINANCE');
  const price = away(await world.venue('BINANCE'), ETH, -3);
  const kept = await client.createOrder(ETH, 'limit', 'buy', '0.5', price, { clientOrderId: 'kept' });
  const written = (): boolean => readFileSync(world.state).includes('kept');
  await expect.poll(written, { timeout: 20_000, interval: 10 }).toBe(true);
  const forgotten = await client.createOrder(ETH, 'limit', 'buy', '0.5', price, { clientOrderId: 'late' });
  await world.down('SIGKILL');
  await world.up();
  expect((await client.fetchOpenOrders(ETH)).map(({ id }: Row) => id)).toEqual([kept.id]);
  const next = await client.createOrder(ETH, 'limit', 'buy', '0.5', price, { clientOrderId: 'late' });
  expect(BigInt(next.id) > BigInt(forgotten.id)).toBe(true);
  expect((await world.book()).events).toContainEqual(expect.objectContaining({ kind: 'restart', clean: false }));
});

test('a port that somebody else has by now is replaced, in the configuration too; the others stay', async () => {
  const world = new Lasting();
  await world.up();
  const [before, configuration] = [world.ready!, world.configuration];
  await world.down();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(Number(new URL(before.venues[0]!.origin).port), '127.0.0.1', resolve));
  try {
    await world.up();
  } finally {
    other.close();
  }
  expect(world.ready!.control).toEqual(before.control);
  expect(world.ready!.venues[1]).toEqual(before.venues[1]);
  const { origin } = world.ready!.venues[0]!;
  expect(origin).not.toBe(before.venues[0]!.origin);
  expect(world.configuration).toBe(configuration.replace(before.venues[0]!.origin, origin));
  await world.client('BINANCE').fetchBalance();
});

describe('a state that cannot be gone on from ends with 2 and one line, and nothing is written', () => {
  const refused = async (world: Lasting, words: string, ...argv: string[]): Promise<void> => {
    const [state, configuration] = [readFileSync(world.state), world.configuration];
    const { ended, complaint } = world.start(...argv);
    expect(await ended).toBe(2);
    expect(complaint()).toMatch(/^[^\n]+\n$/);
    expect(complaint()).toContain(`state file ${world.state}: `);
    expect(complaint()).toContain(words);
    expect(readFileSync(world.state).equals(state)).toBe(true);
    expect(world.configuration).toBe(configuration);
  };

  test('damaged, empty, of another version, of another world', async () => {
    const world = new Lasting();
    await world.up();
    await world.down('SIGINT');
    const good = readFileSync(world.state);
    await refused(world, 'its world began with seed 4, not 5', '--seed', '5');
    const damaged = Buffer.from(good);
    damaged[good.length >> 1]! ^= 1;
    writeFileSync(world.state, damaged);
    await refused(world, 'it is damaged: the checksum is wrong');
    writeFileSync(world.state, good.subarray(0, good.length - 1));
    await refused(world, 'it is damaged: the checksum is wrong');
    writeFileSync(world.state, '');
    await refused(world, 'it is damaged, or no state of the venue simulator');
    writeFileSync(world.state, good.toString('latin1').replace(` ${VERSION} `, ' 99 '), 'latin1');
    await refused(world, `it has version 99, and this simulator reads version ${VERSION}`);
  });

  test('its simulator is still running', async () => {
    const world = new Lasting();
    await world.up('--stepped');
    await refused(world, 'its simulator is still running', '--stepped');
  });

  test('a place where nothing can be written', async () => {
    const { ended, complaint } = start('--seed', '4', '--state', join(temporary(), 'missing', 'state'));
    expect(await ended).toBe(2);
    expect(complaint()).toMatch(/^state file .*missing\/state: ENOENT[^\n]*\n$/);
  });
});
