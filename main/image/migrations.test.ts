/**
 * The ladder on a whole store of an invented version 0: its orders had no trigger price, its store.json no bounds. A real engine writes
 * the store, and what follows takes it back to that layout by a writer of its own.
 */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Intent } from '../../shared/model/operations.ts';
import { table as declareTable, type Table } from '../../shared/model/schema.ts';
import { TABLE_LIST, TABLES } from '../../shared/model/tables.ts';
import { BOOT, Desk } from '../../tests/support/desk.ts';
import { copyStore, filesIn, removeFiles } from '../../tests/support/store-files.ts';
import { recover } from '../cascade/recover.ts';
import { parseEngineConfig } from '../engine/config.ts';
import type { Engine } from '../engine/engine.ts';
import { openStore } from '../engine/open.ts';
import { STORE_RUNGS } from '../store/identity.ts';
import type { Rung } from '../store/ladder.ts';
import { verify } from '../verify/verify.ts';
import { SEGMENT_RUNGS } from '../wal/segment.ts';
import { LAYOUT_RUNGS, type LaidOut, layoutRung } from './migrations.ts';

const NEVER = 86_400_000;
const QUIET = { archive: false, l1Ms: NEVER, l2Ms: NEVER, l3Ms: NEVER, windowMs: NEVER } as const;

/** The table of orders as version 0 had it. */
const OLD_ORDERS = declareTable('orders', {
  ...TABLES.orders,
  columns: Object.fromEntries(TABLES.orders.columns.filter(({ name }) => name !== 'trigger').map(({ name, type }) => [name, type])),
});
const OLD_TABLES: readonly Table[] = TABLE_LIST.map((table) => (table === TABLES.orders ? OLD_ORDERS : table));

const reseal = (bytes: Uint8Array, from = 0, to = bytes.length) =>
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(from, xxh64(bytes.subarray(from + 8, to)), true);

/** The pages of a slot in version 0: the tables in reverse order, so that no page keeps its number. */
function agePages(pages: Uint8Array): Uint8Array {
  const view = new DataView(pages.buffer, pages.byteOffset, pages.length);
  const made: Uint8Array[] = [];
  for (const table of [...TABLE_LIST].reverse()) {
    const old = table === TABLES.orders ? OLD_ORDERS : table;
    const own = new Map<number, Uint8Array>();
    for (let at = 0; at < pages.length; at += 4096) {
      if (view.getUint16(at + 24, true) !== table.id) continue;
      for (let slot = 0; slot < table.rowsPerPage; slot += 1) {
        const row = pages.subarray(at + 32 + slot * table.rowBytes, at + 32 + (slot + 1) * table.rowBytes);
        if (row[0] !== 1) continue;
        const number = view.getUint32(at + 20, true) * table.rowsPerPage + slot;
        const index = Math.floor(number / old.rowsPerPage);
        const page = own.get(index) ?? new Uint8Array(4096);
        own.set(index, page);
        const to = 32 + (number % old.rowsPerPage) * old.rowBytes;
        page[to] = 1;
        for (const column of old.columns) {
          const from = table.byName.get(column.name)!.offset;
          page.set(row.subarray(from, from + column.size), to + column.offset);
        }
      }
      for (const [index, page] of own) {
        const header = new DataView(page.buffer);
        header.setBigUint64(8, 7n, true);
        header.setUint32(20, index, true);
        header.setUint16(24, table.id, true);
      }
    }
    made.push(...own.values());
  }
  const result = new Uint8Array(made.length * 4096);
  for (const [number, page] of made.entries()) {
    new DataView(page.buffer).setUint32(16, number, true);
    reseal(page);
    result.set(page, number * 4096);
  }
  return result;
}

/** Takes an L2 file back to version 0. */
function ageSlot(path: string): void {
  const slot = Uint8Array.from(fs.readFileSync(path));
  const view = new DataView(slot.buffer);
  const pagesAt = 4096 + Math.ceil((view.getUint32(32, true) * 16) / 4096) * 4096;
  const pages = agePages(slot.slice(pagesAt, pagesAt + view.getUint32(44, true) * 4096));
  slot.fill(0, 4096);
  slot.set(pages, pagesAt);
  const roots: [bigint, bigint] = [0n, 0n];
  for (let at = 0; at < pages.length; at += 4096) {
    slot.set(pages.subarray(at + 8, at + 16), 4096 + at / 256);
    slot.set(pages.subarray(at, at + 8), 4096 + at / 256 + 8);
    const page = new DataView(pages.buffer, at);
    const hot = TABLE_LIST.find(({ id }) => id === page.getUint16(24, true))!.hot;
    roots[hot ? 0 : 1] = BigInt.asUintN(64, roots[hot ? 0 : 1] + page.getBigUint64(0, true));
  }
  view.setUint32(44, pages.length / 4096, true);
  view.setBigUint64(64, roots[0], true);
  view.setBigUint64(72, roots[1], true);
  reseal(slot, 0, 4096);
  fs.writeFileSync(path, slot);
}

/** Takes a store back to version 0: of its copies only L2 stays. */
function age(root: string): void {
  removeFiles(root, 'l1', 'l3');
  for (const path of filesIn(root, 'l2')) ageSlot(path);
  for (const path of filesIn(root, 'wal')) {
    const segment = Uint8Array.from(fs.readFileSync(path));
    if (segment.subarray(0, 4096).every((byte) => byte === 0)) continue;
    new DataView(segment.buffer).setUint16(12, 0, true);
    reseal(segment, 0, 4096);
    fs.writeFileSync(path, segment);
  }
  const { checksum: _, rowsMax: __, ...identity } = JSON.parse(fs.readFileSync(join(root, 'store.json'), 'utf8'));
  const old = Object.fromEntries(Object.entries({ ...identity, version: 0 }).sort());
  const checksum = xxh64(JSON.stringify(old)).toString(16).padStart(16, '0');
  fs.writeFileSync(join(root, 'store.json'), `${JSON.stringify({ ...old, checksum })}\n`);
}

const register = <T>(ladder: Rung<T>[], rung: Rung<T>) => {
  ladder.push(rung);
  undo.push(() => ladder.splice(ladder.indexOf(rung), 1));
};
const undo: (() => void)[] = [];
const registerAll = () => {
  register<LaidOut>(LAYOUT_RUNGS, layoutRung(0, OLD_TABLES));
  register(SEGMENT_RUNGS, { from: 0, climb: (header) => header });
  register(STORE_RUNGS, { from: 0, climb: (fields) => ({ ...fields, version: 1, rowsMax: {} }) });
};

let desk: Desk;
let digest: string;
let closedAt: number;
let closed: string;
let crashed: string;
let copies = 0;

const order = (clientId: string): Intent => ({
  type: 'order.submit',
  clientId,
  account: 'MM1',
  venue: 'ALPHA',
  symbol: 'BTCUSDT',
  strategy: '',
  trader: 'ada',
  side: 'buy',
  orderType: 'limit',
  timeInForce: 'gtc',
  reduceOnly: false,
  price: '64000.25',
  trigger: '',
  quantity: '1.5',
  time: desk.clock.wallNs(),
});

beforeAll(async () => {
  desk = await Desk.create({ config: QUIET, rowsMax: {} });
  const { engine } = desk;
  const now = desk.clock.wallNs();
  engine.post({ type: 'asset.define', asset: 'USDT', scale: 8, rate: '1', time: now });
  engine.post({ type: 'venue.define', venue: 'ALPHA', dialect: 'binance', cancelOnDisconnect: 'yes' });
  const scales = { priceScale: 2, quantityScale: 5, multiplier: '1', tick: '0.01', lot: '0.00001', tolerance: '0' };
  const instrument = { venue: 'ALPHA', symbol: 'BTCUSDT', base: 'BTC', settle: 'USDT', kind: 'perpetual' as const };
  engine.post({ type: 'instrument.define', ...instrument, ...scales });
  engine.post({ type: 'configuration.set', scope: 'venue', name: 'ALPHA', value: `"${'x'.repeat(900)}"`, time: now });
  for (let i = 0; i < 120; i += 1) engine.post(order(`old-${i}`));
  await engine.flush();
  crashed = copyStore(desk.root, 'crashed');
  await engine.checkpoint();
  engine.post({ type: 'order.reject', clientId: 'old-3', reason: 'no', time: now });
  await engine.close();
  digest = engine.canonical().stateDigest;
  closedAt = Number(engine.durableLsn);
  closed = desk.root;
});
afterAll(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));

beforeEach(() => {
  copies += 1;
});
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

const aged = () => {
  const root = copyStore(closed, `aged-${copies}`);
  age(root);
  return root;
};
const look = (root: string, at?: number) => recover({ storage: desk.platform.storage, clock: desk.clock, root, bootId: BOOT, at });
const open = async (root: string): Promise<Engine> => {
  const config = parseEngineConfig({ tiers: 'inline', segmentBytes: 65_536, ...QUIET });
  const opened = await openStore({ platform: desk.platform, root, config, random: (bytes) => new Uint8Array(bytes) });
  if (opened.state !== 'running') throw new Error(opened.store.report.sentence);
  return opened.engine;
};

describe('a store of an older row layout that was closed in order', () => {
  it('is recovered with every row and every reference, and is not written by that', () => {
    const root = aged();
    registerAll();
    const before = filesIn(root, 'l2').map((path) => fs.readFileSync(path).toString('base64'));
    const { report, image } = look(root);
    expect(report).toMatchObject({ outcome: 'recovered', base: 'L2', stateDigest: digest, closedInOrder: true });
    expect(image!.pagesOf(TABLES.orders).pages).toHaveLength(Math.ceil(120 / TABLES.orders.rowsPerPage));
    expect(filesIn(root, 'l2').map((path) => fs.readFileSync(path).toString('base64'))).toEqual(before);
  });

  it('is traded on in the present layout, and recovers from there: by the old copy and the new log, by new copies, by a snapshot', async () => {
    const root = aged();
    registerAll();
    const engine = await open(root);
    for (let i = 0; i < 60; i += 1) engine.post({ ...order(`new-${i}`), trigger: '63000.5' } as Intent);
    engine.post({ type: 'order.amend', clientId: 'old-7', price: '', trigger: '1.25', quantity: '', time: desk.clock.wallNs() });
    engine.markRoot();
    await engine.flush();
    const state = engine.canonical().stateDigest;
    const died = copyStore(root, `died-${copies}`);
    expect(look(died).report).toMatchObject({ outcome: 'recovered', baseLsn: closedAt, stateDigest: state });
    await engine.checkpoint();
    await engine.snapshot();
    await engine.close();
    const closing = engine.canonical().stateDigest;
    expect(look(root).report).toMatchObject({ outcome: 'recovered', stateDigest: closing });
    removeFiles(root, 'l1', 'l2');
    expect(look(root).report).toMatchObject({ outcome: 'recovered', base: 'L3', stateDigest: closing });
  });

  it('verifies whole: what cannot be compared across the layouts is noted', async () => {
    const root = aged();
    registerAll();
    const engine = await open(root);
    engine.post(order('new'));
    await engine.checkpoint();
    await engine.close();
    const report = verify({ storage: desk.platform.storage, clock: desk.clock, root, bootId: BOOT });
    expect(report.files.filter((file) => file.status !== 'whole')).toEqual([]);
    const notes = report.files.flatMap((file) => file.findings.map((finding) => finding.code));
    expect(notes).toContain('VERSION_OLDER');
  });

  it('is refused by name where a rung is missing', () => {
    const root = aged();
    expect(() => look(root)).toThrow(expect.objectContaining({ code: 'VERSION_OLDER' }));
    registerAll();
    expect(look(root).report.outcome).toBe('recovered');
    for (const ladder of [LAYOUT_RUNGS, SEGMENT_RUNGS, STORE_RUNGS] as Rung<unknown>[][]) {
      const rungs = ladder.splice(0);
      expect(() => look(root)).toThrow(expect.objectContaining({ code: 'VERSION_OLDER' }));
      ladder.push(...rungs);
    }
  });
});

it('the log of an older row layout is not replayed: a crash is recovered by the release that wrote it', () => {
  registerAll();
  // The copy that the log would have to be replayed on is of the same layout.
  const root = copyStore(crashed, `crashed-${copies}`);
  for (const path of filesIn(root, 'wal')) {
    const segment = Uint8Array.from(fs.readFileSync(path));
    new DataView(segment.buffer).setUint16(12, 0, true);
    reseal(segment, 0, 4096);
    fs.writeFileSync(path, segment);
  }
  expect(() => look(root)).toThrow(expect.objectContaining({ code: 'VERSION_OLDER', message: expect.stringContaining('LSN 1 ') }));
});

function refusesNewer(root: string): void {
  const newer = expect.objectContaining({ code: 'VERSION_NEWER' });
  expect(() => look(root)).toThrow(newer);
  expect(() => verify({ storage: desk.platform.storage, clock: desk.clock, root, bootId: BOOT })).toThrow(newer);
}

it.each([
  ['wal', /\.wal$/, 4096],
  ['lineage', /\.epoch$/, 128],
] as const)('what a newer release wrote into %s is refused by name, and not left out', (folder, pattern, bytes) => {
  const root = copyStore(closed, `newer-${copies}`);
  const path = filesIn(root, folder, pattern).at(-1)!;
  const content = Uint8Array.from(fs.readFileSync(path));
  new DataView(content.buffer).setUint16(12, 2, true);
  reseal(content, 0, bytes);
  fs.writeFileSync(path, content);
  refusesNewer(root);
});

it('store.json of a newer release is refused by name, whatever its other fields are', () => {
  const root = copyStore(closed, `newer-${copies}`);
  fs.writeFileSync(join(root, 'store.json'), '{"version":2,"checksum":"of another kind","shards":[]}\n');
  refusesNewer(root);
});
