/** docs/FORMATS.md is enough to read a store: reader.py, written from it in another language, reaches the engine's own state. */

import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore, nativePlatform, openStore, parseEngineConfig } from '../../main/index.ts';

const READER = fileURLToPath(new URL('reader.py', import.meta.url));
const python = spawnSync('python3', ['-c', 'import sqlite3, sys; sys.exit(sys.version_info < (3, 8))'], { encoding: 'utf8' });
const missing = python.error
  ? 'python3 is not on the path'
  : python.status !== 0
    ? 'python3 is older than 3.8, or has no sqlite3'
    : undefined;

interface Rebuilt {
  file?: string;
  base?: number;
  lsn?: number;
  complete?: boolean;
  rootsCompared?: number;
  stateDigest?: string;
  reason?: string;
  tables?: unknown;
}

interface Report {
  unreadable?: string;
  epochs: number[];
  log: { first: number; last: number; frames: number };
  sideRecords: number;
  copies: { tier: string; file: string; epoch: number; lsn: number }[];
  states: Record<'l1' | 'l2' | 'l3' | 'l4' | 'log', Rebuilt>;
  intents: { lsn: number; intent: Record<string, unknown> }[];
  findings: { file: string; what: string }[];
}

function read(store: string, ...options: string[]): Promise<{ status: number; report: Report }> {
  return new Promise((resolve, reject) => {
    const args = [READER, store, '--node', process.execPath, ...options];
    execFile('python3', args, { maxBuffer: 1 << 28, encoding: 'utf8' }, (error, out, problem) => {
      const status = error ? Number(error.code) : 0;
      if (problem || ![0, 2, 3].includes(status)) reject(new Error(`reader.py ended with ${status}: ${problem}`));
      else resolve({ status, report: JSON.parse(out) as Report });
    });
  });
}

type Engine = Awaited<ReturnType<typeof createStore>>;
type Intent = Parameters<Engine['post']>[0];
const clock = () => nativePlatform.clock.wallNs();

/** What was submitted, by LSN, in the reader's spelling. */
const submitted = new Map<number, Record<string, unknown>>();

function spelled(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

function post(engine: Engine, intent: Record<string, unknown>): void {
  const lsn = engine.post(intent as Intent);
  submitted.set(lsn, Object.fromEntries(Object.entries(intent).map(([name, value]) => [name, spelled(value)])));
}

const BTC = { venue: 'BINANCE', symbol: 'BTCUSDT' };
const ORDER = { account: 'MM1', ...BTC, strategy: 'mm', trader: '', timeInForce: 'gtc', reduceOnly: false, trigger: '' };

function trade(engine: Engine, prefix: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const clientId = `${prefix}${index}`;
    const side = index % 3 ? 'buy' : 'sell';
    const price = `${64_000 + index}.25`;
    post(engine, { type: 'order.submit', clientId, ...ORDER, side, orderType: 'limit', price, quantity: '1.5', time: clock() });
    if (index % 2) {
      const fee = { fee: index % 3 ? '0.0123' : '-0.002', feeAsset: index % 3 ? 'USDT' : `COIN${index}` };
      const fill = { clientId, tradeId: `${prefix}t${index}`, quantity: index % 4 === 1 ? '1.5' : '0.33333', price, ...fee };
      post(engine, { type: 'fill', ...fill, liquidity: 'taker', provenance: 'engine', time: clock() });
    }
  }
}

/** Something in every table, with names that sort differently by code unit, by code point and by part. */
function define(engine: Engine): void {
  const now = clock();
  post(engine, { type: 'asset.define', asset: 'USDT', scale: 8, rate: '1', time: now });
  post(engine, { type: 'asset.define', asset: 'EUR', scale: 2, rate: '1.083333333', time: now });
  for (const venue of ['BINANCE', 'A', 'A!', '｡', '😀']) {
    post(engine, { type: 'venue.define', venue, dialect: '', cancelOnDisconnect: 'yes' });
    for (const symbol of venue === 'BINANCE' ? [] : ['x', '!x', '￮', '😀', '\u2028\u007f\b\n\u0001"\\/']) {
      const scales = { priceScale: 3, quantityScale: 6, multiplier: '0.5', tick: '0.005', lot: '0.0001', tolerance: '0' };
      post(engine, { type: 'instrument.define', venue, symbol, base: 'ETH', settle: 'EUR', kind: 'spot', ...scales });
      post(engine, { type: 'mark', venue, symbol, price: '1999.995', time: now });
    }
  }
  const scales = { priceScale: 2, quantityScale: 5, multiplier: '1', tick: '0.01', lot: '0.00001', tolerance: '0.0001' };
  post(engine, { type: 'instrument.define', ...BTC, base: 'BTC', settle: 'USDT', kind: 'perpetual', ...scales });
  const json = '{ "b" : 1.0,  "a": "ü€😀" }';
  post(engine, { type: 'configuration.set', scope: 'system', name: '', value: json, time: now });
  post(engine, { type: 'configuration.set', scope: 'venue', name: 'A', value: `"${'x'.repeat(3000)}"`, time: now });
  post(engine, { type: 'configuration.set', scope: 'venue', name: 'A', value: `"${'y'.repeat(900)}"`, time: now });
  const desk = { maxQuantity: '7', maxExposure: '123456789.123456789123456789', maxLoss: '' };
  post(engine, { type: 'limit.set', venue: '', symbol: '', ...desk, time: now });
  post(engine, { type: 'limit.set', ...BTC, maxQuantity: '10.00001', maxExposure: '1000000', maxLoss: '5000.25', time: now });
  post(engine, { type: 'strategy.define', strategy: 'mm', name: 'Market maker é', parameters: '{}', active: true, time: now });
  const state = new Uint8Array([0, 255, 1, 254, 128]);
  post(engine, { type: 'strategy.update', strategy: 'mm', active: false, state, signalTime: 0n, time: now });
  const session = { state: 'connected', cancelOnDisconnect: 'no', sequenceSent: 12345678901234567890n, sequenceReceived: 0n };
  post(engine, { type: 'session.update', venue: 'BINANCE', ...session, time: now });
  post(engine, { type: 'risk.day', day: 20260131, time: now });
  post(engine, { type: 'mark', ...BTC, price: '64100.25', time: now });
  post(engine, { type: 'rate', asset: 'EUR', rate: '1.1', time: now });
  const balance = { venue: 'BINANCE', account: 'MM1' };
  post(engine, { type: 'balance.set', ...balance, asset: 'USDT', free: '1000.5', locked: '-0.00000001', time: now });
  post(engine, { type: 'balance.set', ...balance, account: '', asset: 'NEW', free: '1.000000000001', locked: '0', time: now });
  post(engine, { type: 'margin.set', ...balance, asset: 'USDT', initial: '10', maintenance: '5', equity: '-100', time: now });
  const decision = { breakId: 'BREAK-1', decision: 'acceptVenue', person: 'carol', comment: 'ok' };
  post(engine, { type: 'resolution.record', ...decision, time: now });
  post(engine, { type: 'market.status', ...BTC, status: 'auction', time: now });
}

function act(engine: Engine): void {
  const order = (type: string, clientId: string, more: object) => post(engine, { type, clientId, ...more, time: clock() });
  order('order.accept', 'a1', { orderId: 'v1' });
  order('order.reject', 'a2', { reason: 'no' });
  order('order.amend', 'a4', { price: '5', trigger: '6.5', quantity: '' });
  order('order.cancelRequest', 'a4', {});
  order('order.close', 'a8', { status: 'cancelled', reason: 'by us' });
  const adopted = { orderType: 'stopLimit', reduceOnly: true, price: '70000', trigger: '69999.5', quantity: '2', time: clock() };
  post(engine, { type: 'order.adopt', clientId: 'adopted', ...ORDER, side: 'sell', ...adopted, orderId: '99', filled: '0.5' });
  const external = { account: 'MM2', venue: 'A', symbol: 'x', side: 'sell', clientId: '', tradeId: 'e1', quantity: '1.234567' };
  const fee = { price: '2100.125', fee: '0.07', feeAsset: 'XYZ', liquidity: 'unknown', provenance: 'venue', time: 0n };
  post(engine, { type: 'fill.external', ...external, ...fee });
  post(engine, { type: 'fill.external', ...external, ...fee });
  const adjusted = { account: 'MM3', venue: '😀', symbol: '!x', quantity: '-7', price: '3', reason: 'by hand' };
  post(engine, { type: 'position.adjust', ...adjusted, time: clock() });
  const levels = [1, 2, 3, 4, 5].flatMap((level) => [
    [`bidPrice${level}`, `${64_000 - level}`],
    [`bidQuantity${level}`, `0.${level}`],
    [`askPrice${level}`, level === 5 ? '' : `${64_000 + level}`],
    [`askQuantity${level}`, level === 5 ? '' : '1'],
  ]);
  for (let index = 0; index < 30; index += 1) {
    post(engine, { type: 'market.book', ...BTC, time: clock(), ...Object.fromEntries(levels) });
    const print = { tradeId: `m${index}`, side: index % 2 ? 'buy' : 'none', price: '64000.5', quantity: '0.5', time: clock() };
    post(engine, { type: 'market.trade', ...BTC, ...print });
  }
  post(engine, { type: 'prune', table: 'books', before: clock(), count: 11 });
  post(engine, { type: 'prune', table: 'orders', before: clock(), count: 5 });
  post(engine, { type: 'risk.halt', reason: 'test ü', time: clock() });
  post(engine, { type: 'risk.resume', dossier: 'd', nonce: 'n', time: clock() });
}

describe('a store, read from docs/FORMATS.md alone', () => {
  let folder = '';
  let live = ''; // as a crash would leave it: the log is ahead of every tier
  let closed = '';
  let canonical: ReturnType<Engine['canonical']>;

  beforeAll(async () => {
    if (missing) return;
    folder = mkdtempSync(join(tmpdir(), 'rearm-formats-'));
    closed = join(folder, 'store');
    live = join(folder, 'live');
    const hour = 3_600_000;
    // Every cadence but the one that is asked for is out of the way, so that what is where does not depend on time.
    const cadences = { l1Ms: hour, l2Ms: hour, l3Ms: hour, l4Ms: hour, markMs: hour, pruneMs: hour };
    const config = parseEngineConfig({ tiers: 'inline', segmentBytes: 65_536, ...cadences });
    const random = (bytes: number) => randomBytes(bytes);
    const options = { platform: nativePlatform, root: closed, config, random };
    const first = await createStore({ ...options, name: 'désk "q"', rowsMax: { orders: 2000, fills: 1000 } });
    define(first);
    trade(first, 'a', 60);
    act(first);
    await first.flush();
    await first.checkpoint();
    await first.markRoot();
    trade(first, 'b', 200);
    await first.close();

    const opened = await openStore(options);
    if (opened.state !== 'running') throw new Error('the store was closed in order');
    const second = opened.engine;
    trade(second, 'c', 30);
    second.side('log', { text: 'wörld', number: 1 });
    second.side('log', { text: 'second' });
    await second.checkpoint();
    await second.snapshot(true);
    trade(second, 'd', 30);
    await second.markRoot();
    post(second, { type: 'prune', table: 'fills', before: clock(), count: 10 });
    trade(second, 'e', 20);
    await second.checkpoint();
    post(second, { type: 'configuration.set', scope: 'venue', name: 'B', value: `"${'z'.repeat(700)}"`, time: clock() });
    trade(second, 'f', 40);
    await second.markRoot();
    await second.flush();
    canonical = second.canonical();
    cpSync(closed, live, { recursive: true });
    await second.close();
  });

  afterAll(() => {
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('gives the state of the engine from L3, from L2 and from the log alone', async (context) => {
    if (missing) return context.skip(missing);
    const { status, report } = await read(live, '--state', '--intents');
    expect(report.findings).toEqual([]);
    expect(status).toBe(0);
    expect(report.epochs).toEqual([1, 2]);
    expect(report.log).toMatchObject({ first: 1, last: canonical.lsn });
    expect(new Set(report.copies.map((copy) => copy.tier))).toEqual(new Set(['l1', 'l2', 'l3', 'l4']));
    for (const [source, state] of Object.entries(report.states)) {
      expect(state, source).toMatchObject({ complete: true, lsn: canonical.lsn, stateDigest: canonical.stateDigest });
      expect(state.tables, source).toEqual(canonical.tables);
      expect(state.base, source).toBeLessThan(canonical.lsn);
      if (source !== 'l1') expect(state.rootsCompared, source).toBeGreaterThan(0);
    }
    const { l2, l3, log } = report.states;
    expect(log.base).toBe(0);
    expect(l3.base).toBeGreaterThan(0);
    expect(l2.base).toBeGreaterThan(l3.base!);
    const decoded = new Map(report.intents.map(({ lsn, intent }) => [lsn, intent]));
    for (const [lsn, intent] of submitted) expect(decoded.get(lsn)).toEqual(intent);
    expect(submitted.size).toBeGreaterThan(400);
  });

  it('gives the same state of the store that was closed in order', async (context) => {
    if (missing) return context.skip(missing);
    const { status, report } = await read(closed);
    expect(report.findings).toEqual([]);
    expect(status).toBe(0);
    for (const state of Object.values(report.states)) expect(state.stateDigest).toBe(canonical.stateDigest);
    expect(report.sideRecords).toBe(2);
  });

  it('does without the beginning of the log, and says so', async (context) => {
    if (missing) return context.skip(missing);
    const store = join(folder, 'freed');
    cpSync(live, store, { recursive: true });
    for (const name of readdirSync(join(store, 'wal'))) if (name.startsWith('00000001')) rmSync(join(store, 'wal', name));
    const { status, report } = await read(store);
    expect(report.findings).toEqual([]);
    expect(status).toBe(0);
    expect(report.states.log.reason).toBe('the log does not begin at LSN 1');
    expect(report.states.l3.stateDigest).toBe(canonical.stateDigest);
    expect(report.states.l2.stateDigest).toBe(canonical.stateDigest);
  });

  const lastUsed = (bytes: Buffer) => bytes.findLastIndex((byte) => byte !== 0);
  type Flip = { kind: string; folder: string; name: RegExp; at: (bytes: Buffer) => number; what?: string };
  const FLIPS: Flip[] = [
    { kind: 'identity', folder: '.', name: /^store\.json$/, at: (bytes) => bytes.indexOf('sk ') },
    { kind: 'lineage', folder: 'lineage', name: /2\.epoch$/, at: () => 56 },
    { kind: 'segment header', folder: 'wal', name: /2-0+1\.wal$/, at: () => 48 },
    { kind: 'first frame', folder: 'wal', name: /1-0+1\.wal$/, at: () => 4096 + 90, what: 'damage before the valid frame' },
    { kind: 'end of a segment', folder: 'wal', name: /1-0+1\.wal$/, at: lastUsed, what: 'damage before a whole segment' },
    { kind: 'end of the log', folder: 'wal', name: /2-0+1\.wal$/, at: lastUsed, what: 'torn tail' },
    { kind: 'tail of a segment', folder: 'wal', name: /2-0+1\.wal$/, at: (bytes) => bytes.length - 1, what: 'behind the last frame' },
    { kind: 'L1 header', folder: 'l1', name: /2\.map$/, at: () => 40 },
    { kind: 'L1 acknowledged LSN', folder: 'l1', name: /2\.map$/, at: () => 4096, what: 'acknowledged LSN' },
    { kind: 'L1 slot', folder: 'l1', name: /2\.map$/, at: () => 8192 + 30, what: 'slot 0' },
    { kind: 'L1 page', folder: 'l1', name: /2\.map$/, at: () => 16384 + 100, what: 'page 0' },
    { kind: 'L2 header', folder: 'l2', name: /2-b\.slot$/, at: () => 50 },
    { kind: 'L2 page table', folder: 'l2', name: /2-b\.slot$/, at: () => 4096 + 3, what: 'page 0' },
    { kind: 'L2 page', folder: 'l2', name: /2-b\.slot$/, at: lastUsed, what: 'page' },
    { kind: 'L3 header', folder: 'l3', name: /\.snapshot$/, at: () => 50 },
    { kind: 'L3 directory', folder: 'l3', name: /\.snapshot$/, at: () => 128 + 9 },
    { kind: 'L3 page table', folder: 'l3', name: /\.snapshot$/, at: () => 160 + 3 },
    { kind: 'L3 chunk', folder: 'l3', name: /\.snapshot$/, at: (bytes) => bytes.length - 9, what: 'chunk 0' },
    {
      kind: 'L4 image',
      folder: 'l4',
      name: /^archive\.db$/,
      at: (bytes) => bytes.indexOf(Buffer.from('28b52ffd', 'hex')) + 1,
      what: 'chunk',
    },
    { kind: 'L4 row', folder: 'l4', name: /^archive\.db$/, at: (bytes) => bytes.indexOf('BREAK-1'), what: 'resolutions' },
    { kind: 'side record', folder: 'side', name: /\.side$/, at: () => 20, what: 'line 1' },
  ];

  describe.concurrent('finds one flipped bit, names the file and does without it', () => {
    it.for(FLIPS)('$kind', async (flip, context) => {
      if (missing) return context.skip(missing);
      const store = join(folder, flip.kind.replaceAll(' ', '-'));
      cpSync(flip.folder === 'side' ? closed : live, store, { recursive: true });
      const name = readdirSync(join(store, flip.folder)).find((candidate) => flip.name.test(candidate))!;
      const path = join(store, flip.folder, name);
      const bytes = readFileSync(path);
      const offset = flip.at(bytes);
      expect(offset).toBeGreaterThan(0);
      bytes[offset]! ^= 4;
      writeFileSync(path, bytes);
      const file = flip.folder === '.' ? name : `${flip.folder}/${name}`;
      const { status, report } = await read(store, '--from', 'l3');
      if (['identity', 'lineage'].includes(flip.kind)) {
        expect(status).toBe(2);
        expect(report.unreadable).toContain(file);
        return;
      }
      expect(status).toBe(3);
      const found = report.findings.filter((finding) => finding.file === file).map((finding) => finding.what);
      expect(found.join('; ')).toContain(flip.what ?? 'header');
      if (flip.kind === 'end of the log') expect(report.findings.map((finding) => finding.file)).toContain('wal');
      if (flip.folder === 'l3') expect(report.states.l3.reason).toBe('no sound copy in l3');
      else if (flip.folder !== 'wal') expect(report.states.l3.stateDigest).toBe(canonical.stateDigest);
    });
  });
});
