/**
 * `rearm wal` and `rearm state` against what the demo desk's processes wrote down beside the engine: what was submitted, what was
 * acknowledged; and against the reference model, which makes the state of the submissions alone.
 */

import fs from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { History } from '../../simulation/model/history.ts';
import type { Operation } from '../../simulation/model/reference.ts';
import { type DemoDesk, demoDesk, documentOf, linesOf, rearm } from './run.ts';

let desk: DemoDesk;
let submitted: Operation[];
let acknowledged: number[];
let logged: Operation[];
const history = new History();

const readLines = <T>(path: string): T[] =>
  fs
    .readFileSync(path, 'utf8')
    // The process was killed: its last line may be cut.
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T);

beforeAll(async () => {
  desk = await demoDesk(11, 2.5);
  submitted = readLines<Operation>(desk.submissions);
  acknowledged = readLines<{ lsn: number }>(desk.acks).map(({ lsn }) => lsn);
  for (const operation of submitted) history.add(operation);
  logged = linesOf<Operation>(await rearm(['wal', desk.store]));
});
afterAll(() => desk?.stop());

/** An amount as the log has it: the instrument's places are in its definition, so that trailing zeros mean nothing. */
const plain = (value: unknown): unknown =>
  typeof value === 'string' && /^[+-]?\d+\.\d+$/.test(value) ? value.replace(/^\+/, '').replace(/\.?0+$/, '') : value;
const comparable = ({ intent, ...rest }: Operation) => ({
  ...rest,
  intent: Object.fromEntries(Object.entries(intent).map(([name, value]) => [name, plain(value)])),
});

test('the log holds every acknowledged operation, without a gap, as it was submitted', () => {
  expect(acknowledged.length).toBeGreaterThan(50);
  expect(Math.max(...acknowledged)).toBe(desk.killedAtLsn);
  expect(logged.map(({ lsn }) => lsn)).toEqual(logged.map((_, index) => index + 1));
  const lsns = new Set(logged.map(({ lsn }) => lsn));
  expect(acknowledged.filter((lsn) => !lsns.has(lsn))).toEqual([]);
  expect(logged.length).toBeLessThanOrEqual(submitted.length);
  for (const line of logged) expect(comparable(line)).toEqual(comparable(history.lines[line.lsn - 1]!));
});

test('every line of the log has its LSN, type, class, time and intent', () => {
  for (const line of logged) expect(Object.keys(line)).toEqual(['lsn', 'type', 'class', 'time', 'intent']);
  expect([...new Set(logged.map((line) => line.class))].sort()).toEqual(['commit', 'post']);
  expect(new Set(logged.map(({ type }) => type)).size).toBeGreaterThan(5);
});

test('--from and --to cut that range out', async () => {
  const middle = Math.floor(logged.length / 2);
  const range = await rearm(['wal', desk.store, '--from', String(middle), '--to', String(middle + 9)]);
  expect(linesOf(range)).toEqual(logged.slice(middle - 1, middle + 9));
  const rest = await rearm(['wal', desk.store, '--from', String(middle), '--json']);
  expect(linesOf(rest)).toEqual(logged.slice(middle - 1));
  const next = await rearm(['wal', desk.store, '--from', String(logged.length + 1)]);
  expect([next.status, next.stdout, next.stderr]).toEqual([0, '', '']);
});

interface State {
  readonly lsn: number;
  readonly stateDigest: string;
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
}

test.each([0, 1, 0.3, 0.7, 'last'] as const)('the state at %s is what the submissions make of it', async (where) => {
  const last = logged.length;
  const lsn = where === 'last' ? last : where < 1 ? Math.floor(where * last) : where;
  const run = await rearm(where === 'last' ? ['state', desk.store] : ['state', desk.store, '--at', String(lsn)]);
  expect(run.status).toBe(0);
  const state = documentOf<State>(run);
  const model = history.at(lsn);
  expect(state.lsn).toBe(lsn);
  expect(state.stateDigest).toBe(model.digest());
  expect(state.tables).toEqual(model.state().tables);
});

test('the state is canonical: the same bytes every time, sorted keys, amounts as text', async () => {
  const [first, second] = await Promise.all([rearm(['state', desk.store, '--json']), rearm(['state', desk.store, '--json'])]);
  expect(second.stdout).toBe(first.stdout);
  const state = documentOf<State>(first);
  const sorted = (value: object): boolean => Object.keys(value).every((name, index, names) => index === 0 || names[index - 1]! < name);
  expect(sorted(state) && sorted(state.tables)).toBe(true);
  for (const rows of Object.values(state.tables)) expect(rows.filter((row) => !sorted(row))).toEqual([]);
  const amounts = state.tables.orders!.flatMap(({ price, quantity }) => [price, quantity]);
  expect(amounts.length).toBeGreaterThan(10);
  for (const amount of amounts) expect(amount).toMatch(/^-?\d+(\.\d+)?$/);
});

test('the digest of a recovery is that of the state', async () => {
  const report = documentOf<{ stateDigest: string; lsn: number }>(await rearm(['recover', desk.store, '--json']));
  expect(report.lsn).toBe(logged.length);
  expect(report.stateDigest).toBe(history.at(report.lsn).digest());
});
