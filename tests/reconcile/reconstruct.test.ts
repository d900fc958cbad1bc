/**
 * Reconstruction by the terminal, on the demo desk, and what can go wrong with it: a silent venue, a log of which half is readable,
 * files that are evidence, client ids that two venues share, a second loss. tests/flow/reconstruct.test.ts has the console's way.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, type TestContext, test } from 'vitest';
import { tellSimulator } from '../../app/demo/desk.ts';
import type { ReconcileReport } from '../../shared/contract/reconcile.ts';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { type CrashedDesk, crashedDesk } from '../flow/desk.ts';
import type { Book, Operation } from './oracle.ts';

const PROGRAM = fileURLToPath(new URL('../../app/cli/rearm.ts', import.meta.url));
const EVIDENCE = ['l1', 'l2', 'l3', 'l4', 'lineage', 'quarantine', 'wal'];
const TRADING_SECONDS = 2;
const TIMEOUT = { timeout: 120_000 };

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the terminal's program, whatever its exit status. */
async function rearm(...args: string[]): Promise<Ran> {
  try {
    return { status: 0, ...(await promisify(execFile)(process.execPath, [PROGRAM, ...args], { maxBuffer: 1 << 28 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
    if (typeof code !== 'number' || stdout === undefined || stderr === undefined) throw error;
    return { status: code, stdout, stderr };
  }
}

interface Reconstruction extends RecoveryReport {
  readonly accepted: { readonly epoch: number; readonly lsn: number; readonly quarantined: readonly string[] };
  readonly takenOver: Readonly<Record<string, number>>;
}

interface State {
  readonly lsn: number;
  readonly stateDigest: string;
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, string | boolean | null>>[]>>;
}

const jsonOf = async <T>(...args: string[]): Promise<T> => JSON.parse((await rearm(...args)).stdout) as T;
const operationsOf = async (store: string): Promise<Operation[]> =>
  (await rearm('wal', store)).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Operation);
const fromVenues = (store: string, venueConfig: string): Promise<Ran> =>
  rearm('recover', store, '--accept', '--from-venues', venueConfig, '--override', 'the disk was lost', '--by', 'risk-1', '--json');

async function reconstruction(store: string, venueConfig: string): Promise<Reconstruction> {
  const { status, stdout, stderr } = await fromVenues(store, venueConfig);
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
  return JSON.parse(stdout) as Reconstruction;
}

/** A crashed desk whose venues answer, and stand still while they are compared. */
async function stillDesk(context: TestContext, seed: number): Promise<CrashedDesk> {
  const desk = await crashedDesk(context, seed, TRADING_SECONDS);
  await tellSimulator(desk.simulator.control, '/fault', { venue: 'BYBIT', mode: 'normal' });
  await tellSimulator(desk.simulator.control, '/freeze', { frozen: true });
  return desk;
}

const filesOf = (store: string, directories: readonly string[]): string[] =>
  directories.flatMap((directory) => readdirSync(join(store, directory)).map((name) => join(store, directory, name)));

function lose(store: string, directories: readonly string[]): void {
  for (const file of filesOf(store, directories)) rmSync(file);
}

/** Every tier cut short, and the first frames of every segment overwritten: the rest of the log is readable and leads nowhere. */
function ruin(store: string): void {
  for (const file of filesOf(store, ['l1', 'l2', 'l3'])) truncateSync(file, 100);
  for (const file of filesOf(store, ['wal'])) {
    const opened = openSync(file, 'r+');
    writeSync(opened, new Uint8Array(4096).fill(0xff), 0, 4096, 4096);
    closeSync(opened);
  }
}

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
/** Hash of every file that tells of the state, by name. */
const evidence = (store: string): Record<string, string> =>
  Object.fromEntries(filesOf(store, EVIDENCE).map((file) => [file.slice(store.length + 1), hashOf(file)]));

interface Listed {
  readonly side?: unknown;
  readonly quantity?: unknown;
  readonly filled?: unknown;
  readonly price?: unknown;
  readonly trigger?: unknown;
  readonly reduceOnly?: unknown;
}

/** Of an amount zeros at the end are a matter of taste; none is zero. */
const plain = (amount: unknown): string =>
  String(amount ?? '0')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
const termsOf = ({ side, quantity, filled, price, trigger, reduceOnly }: Listed): string =>
  `${side} ${plain(quantity)} filled ${plain(filled)} price ${plain(price)} trigger ${plain(trigger)}${reduceOnly ? ' reduce' : ''}`;

/** Positions, live orders and balances of the simulator's own book, as lines. */
function linesOfBook({ venues }: Book): string[] {
  return venues
    .flatMap(({ name, positions, orders, balances }) => [
      ...positions.filter(({ entryPrice }) => entryPrice !== null).map(({ symbol, quantity }) => `${name}:${symbol} ${plain(quantity)}`),
      ...orders
        .filter(({ live, lost }) => live && !lost)
        .map((order) => `${name}:${order.symbol} ${order.orderId ?? order.algoId} ${termsOf(order)}`),
      ...balances.map(({ asset, wallet }) => `${name} ${asset} ${plain(wallet)}`),
    ])
    .sort();
}

const linesOfState = ({ tables }: State): string[] =>
  [
    ...tables.positions!.map(({ instrument, quantity }) => `${instrument} ${quantity}`),
    ...tables.orders!.map((order) => `${order.instrument} ${order.orderId} ${termsOf(order)}`),
    ...tables.balances!.map(({ venue, asset, total }) => `${venue} ${asset} ${total}`),
  ].sort();

const bookOf = async (desk: CrashedDesk): Promise<Book> => (await desk.book()) as unknown as Book;

test('everything is gone but store.json and the lineage: the venues’ books, then an ordinary store', TIMEOUT, async (context) => {
  const desk = await stillDesk(context, 2);
  const { store, venueConfig } = desk.paths;
  // Two people's orders may bear one name, at one venue or at two.
  for (const venue of ['BINANCE', 'BYBIT'])
    await tellSimulator(desk.simulator.control, '/external', {
      venue,
      symbol: 'ETH/USDT:USDT',
      side: 'buy',
      quantity: '0.5',
      type: 'limit',
      price: '2000',
      clientId: 'by-hand',
    });
  lose(store, ['l1', 'l2', 'l3', 'l4', 'wal']);
  expect(await jsonOf<RecoveryReport>('recover', store, '--json')).toMatchObject({ outcome: 'refused', base: null, stateDigest: null });
  expect((await rearm('recover', store, '--accept', '--override', 'no')).stderr).toContain('NOTHING_LEFT');

  const made = await reconstruction(store, venueConfig);
  expect(made).toMatchObject({ base: 'L5', accepted: { epoch: 2 } });
  // Who decided it, and why, is on the record.
  const audit = readFileSync(join(store, 'audit/audit.log'), 'utf8').trimEnd().split('\n').slice(-2);
  expect(audit[0]).toContain('the disk was lost');
  expect(audit[1]).toContain(`"lsn":${made.accepted.lsn}`);
  const state = await jsonOf<State>('state', store, '--json');
  const book = linesOfBook(await bookOf(desk));
  expect(book.filter((line) => line.includes('buy 0.5 filled 0 price 2000 ')).length).toBe(2);
  expect(linesOfState(state)).toEqual(book);
  expect(state.tables.orders!.filter(({ strategy }) => strategy !== null)).toEqual([]);
  const { positions, orders, balances } = state.tables;
  expect(Object.values(made.takenOver).reduce((sum, count) => sum + count)).toBe(positions!.length + orders!.length + balances!.length);
  // Exposure and P&L follow from positions, average prices and marks; what was lost before is not known.
  const held = (await bookOf(desk)).venues.flatMap(({ positions: rows }) => rows.filter(({ entryPrice }) => entryPrice !== null));
  const sum = (of: (row: (typeof held)[number]) => number): number => held.reduce((total, row) => total + of(row), 0);
  const unrealised = sum(({ quantity, mark, entryPrice }) => Number(quantity) * (Number(mark) - Number(entryPrice)));
  const [risk] = state.tables.risk!;
  expect(risk).toMatchObject({ halted: true, dailyRealised: '0', maxDrawdown: '0', openUnrealised: risk!.unrealised });
  expect(Number(risk!.grossExposure)).toBeCloseTo(
    sum(({ quantity, mark }) => Math.abs(Number(quantity)) * Number(mark)),
    4,
  );
  expect(Number(risk!.netExposure)).toBeCloseTo(
    sum(({ quantity, mark }) => Number(quantity) * Number(mark)),
    4,
  );
  // An average price is kept at the tick.
  const roundings = held.length * 0.5;
  expect(Math.abs(Number(risk!.unrealised) - unrealised)).toBeLessThan(roundings);
  expect(unrealised).not.toBe(0);

  // Every copy of it leads to the same state, and what the venues say is what is there.
  for (const [base, lost] of [
    ['L1', ['l1']],
    ['L2', ['l2']],
    ['L3', ['l3']],
    [null, []],
  ] as const) {
    const found = await jsonOf<RecoveryReport>('recover', store, '--json');
    expect(found).toMatchObject({
      outcome: 'recovered',
      base,
      lsn: made.accepted.lsn,
      stateDigest: state.stateDigest,
      lostAcknowledged: 0,
    });
    lose(store, lost);
  }
  const { breaks } = await jsonOf<ReconcileReport>('reconcile', store, '--venues', venueConfig, '--json');
  expect(breaks.filter(({ kind }) => kind !== 'averagePriceDiffers')).toEqual([]);
});

test(
  'a log of which half is readable: no number is given out again, nothing is thrown away, and it can be lost again',
  TIMEOUT,
  async (context) => {
    const desk = await stillDesk(context, 3);
    const { store, venueConfig } = desk.paths;
    const last = (await operationsOf(store)).at(-1)!.lsn;
    ruin(store);
    const before = evidence(store);
    const first = await reconstruction(store, venueConfig);
    expect(last).toBeGreaterThanOrEqual(desk.killedAtLsn);
    expect(first.baseLsn).toBe(last);
    expect(first.lostAcknowledged).toBeGreaterThan(0);
    const kept = new Set(Object.values(evidence(store)));
    expect(Object.entries(before).filter(([, hash]) => !kept.has(hash))).toEqual([]);
    expect(linesOfState(await jsonOf<State>('state', store, '--json'))).toEqual(linesOfBook(await bookOf(desk)));
    const operations = await operationsOf(store);
    expect(operations[0]).toMatchObject({
      lsn: first.baseLsn! + 1,
      type: 'epoch.open',
      intent: { reason: 'reconstructed', parent: 0 },
    });
    expect(operations.at(-1)!.lsn).toBe(first.accepted.lsn);

    ruin(store);
    const second = await reconstruction(store, venueConfig);
    expect(second.baseLsn).toBe(first.accepted.lsn);
    expect(second.accepted.epoch).toBe(first.accepted.epoch + 1);
    expect(linesOfState(await jsonOf<State>('state', store, '--json'))).toEqual(linesOfBook(await bookOf(desk)));
    expect(await jsonOf<RecoveryReport>('recover', store, '--json')).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
  },
);

test('refused, and nothing is changed: a venue that answers half or fails, and a state that can be recovered', TIMEOUT, async (context) => {
  const desk = await stillDesk(context, 4);
  const { store, venueConfig } = desk.paths;
  const whole = evidence(store);
  const kept = await fromVenues(store, venueConfig);
  expect(kept).toMatchObject({ status: 4, stdout: '' });
  expect(kept.stderr).toContain('RECONSTRUCTION_REFUSED');
  expect(evidence(store)).toEqual(whole);

  lose(store, ['l1', 'l2', 'l3', 'wal']);
  const nothing = evidence(store);
  for (const mode of ['half-page', 'failing']) {
    await tellSimulator(desk.simulator.control, '/fault', { venue: 'BINANCE', mode });
    const refused = await fromVenues(store, venueConfig);
    expect({ mode, status: refused.status, stdout: refused.stdout }).toEqual({ mode, status: 4, stdout: '' });
    expect(refused.stderr).toContain('VENUES_INCOMPLETE');
    expect(refused.stderr).toContain('BINANCE');
  }
  expect(evidence(store)).toEqual(nothing);
  await tellSimulator(desk.simulator.control, '/fault', { venue: 'BINANCE', mode: 'normal' });
  await reconstruction(store, venueConfig);
});

test('store.json cannot be read: refused by name, and the venue configuration alone makes a new store', TIMEOUT, async (context) => {
  const desk = await stillDesk(context, 6);
  const { store, venueConfig } = desk.paths;
  writeFileSync(join(store, 'store.json'), readFileSync(join(store, 'store.json'), 'utf8').replace('"version":1', '"version": '));
  const whole = evidence(store);
  for (const ran of [await rearm('recover', store), await fromVenues(store, venueConfig)]) {
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toMatch(/IDENTITY_LOST: .*rearm recover DIRECTORY --accept --from-venues FILE --override REASON/);
  }
  expect(evidence(store)).toEqual(whole);

  const other = join(desk.root, 'other');
  // A name that is mistyped must not make a store.
  expect(await fromVenues(other, venueConfig)).toMatchObject({ status: 2, stdout: '' });
  expect(existsSync(other)).toBe(false);
  mkdirSync(other);
  const made = await reconstruction(other, venueConfig);
  expect(made).toMatchObject({ base: 'L5', baseLsn: 0, store: 'other', accepted: { epoch: 1 } });
  const state = await jsonOf<State>('state', other, '--json');
  expect(linesOfState(state)).toEqual(linesOfBook(await bookOf(desk)));
  const again = await jsonOf<RecoveryReport>('recover', other, '--json');
  expect(again).toMatchObject({ outcome: 'recovered', lsn: made.accepted.lsn, stateDigest: state.stateDigest, lostAcknowledged: 0 });
});
