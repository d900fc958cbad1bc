/**
 * The demo desk: starts the venue simulator and the trading process, lets them trade, and kills the trading process with SIGKILL
 * while orders are in flight. The venues go on.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { Gate } from '../../main/gate/gate.ts';
import { readIdentity } from '../../main/store/identity.ts';
import { RearmError } from '../../shared/errors.ts';
import { type Random, seededRandom } from './random.ts';

/** What a desk's directory says of it; holds the control port's token, mode 0600. */
export interface DeskFile {
  readonly seed: number;
  readonly store: string;
  readonly venueConfig: string;
  readonly simulatorPid: number;
  readonly control: { readonly origin: string; readonly token: string };
}

export interface DeskPaths {
  readonly root: string;
  readonly store: string;
  readonly venueConfig: string;
  readonly desk: string;
}

export const deskPaths = (root: string): DeskPaths => ({
  root,
  store: join(root, 'store'),
  venueConfig: join(root, 'venues.json'),
  desk: join(root, 'desk.json'),
});

const entry = (path: string): string => {
  const source = new URL(path, import.meta.url);
  return source.pathname;
};
const SIMULATOR = import.meta.url.endsWith('.ts') ? entry('./simulator/main.ts') : entry('./app-demo-simulator-main.js');
const TRADER = import.meta.url.endsWith('.ts') ? entry('./trader/main.ts') : entry('./app-demo-trader-main.js');

/** Lines of JSON that a child prints, as they come. */
function onJson(child: ChildProcess, listener: (message: Record<string, unknown>) => void): void {
  createInterface({ input: child.stdout! }).on('line', (line) => {
    try {
      listener(JSON.parse(line) as Record<string, unknown>);
    } catch {
      // A line that is no JSON is for a person: it is not ours to interpret.
    }
  });
}

export interface Simulator {
  readonly child: ChildProcess;
  readonly control: DeskFile['control'];
}

/** What the simulator said last. */
const lastLine = (log: string): string =>
  (existsSync(log) && readFileSync(log, 'utf8').trimEnd().split('\n').at(-1)?.slice(0, 300)) || 'it said nothing';

/**
 * Starts the venues; resolves when they listen.
 * @param lasting they outlive this process, until told to end or left alone for long
 */
export async function startSimulator(paths: DeskPaths, seed: number, lasting: boolean): Promise<Simulator> {
  const logPath = join(paths.root, 'simulator.log');
  const log = openSync(logPath, 'a');
  const args = [
    SIMULATOR,
    '--seed',
    String(seed),
    '--config-out',
    paths.venueConfig,
    '--state',
    join(paths.root, 'venues.state'),
    ...(lasting ? [] : ['--with-parent']),
  ];
  const child = spawn(process.execPath, args, { stdio: [lasting ? 'ignore' : 'pipe', 'pipe', log], detached: lasting });
  const control = await new Promise<DeskFile['control']>((resolve, reject) => {
    const ended = (code: number | null): void =>
      reject(new RearmError('DEMO_FAILED', `the venue simulator ended with status ${code}: ${lastLine(logPath)}`, { root: paths.root }));
    child.once('error', reject);
    child.once('exit', ended);
    onJson(child, (message) => {
      if (!message.ready) return;
      child.off('exit', ended);
      resolve(message.control as DeskFile['control']);
    });
  });
  if (lasting) {
    child.unref();
    (child.stdout as { unref?: () => void }).unref?.();
  }
  return { child, control };
}

export async function tellSimulator(control: DeskFile['control'], path: string, body: object): Promise<void> {
  const response = await fetch(`${control.origin}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${control.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new RearmError('INTERNAL', `the venue simulator refused ${path}: ${await response.text()}`, { path });
}

export interface Trader {
  readonly child: ChildProcess;
  /** Last LSN that it acknowledged. */
  acknowledged(): number;
  /** Its last word: trading, halted ... */
  state(): Record<string, unknown>;
}

export function startTrader(
  paths: DeskPaths,
  seed: number,
  files: { readonly submissions?: string | undefined; readonly acks?: string | undefined },
  heard?: (message: Record<string, unknown>) => void,
): Trader {
  const log = openSync(join(paths.root, 'trader.log'), 'a');
  const args = [
    TRADER,
    '--store',
    paths.store,
    '--venues',
    paths.venueConfig,
    '--seed',
    String(seed),
    ...(files.submissions ? ['--submissions', files.submissions] : []),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', log] });
  if (files.acks) appendFileSync(files.acks, '');
  const acks = files.acks ? openSync(files.acks, 'a') : null;
  let acknowledged = 0;
  let state: Record<string, unknown> = {};
  onJson(child, (message) => {
    if (typeof message.acknowledged === 'number') {
      acknowledged = message.acknowledged;
      if (acks !== null) writeSync(acks, `{"lsn":${acknowledged}}\n`);
      return;
    }
    state = message;
    heard?.(message);
  });
  return { child, acknowledged: () => acknowledged, state: () => state };
}

/** The demo's two people; their passphrase is in the README. A real desk enrols its own. */
const PEOPLE = [
  { id: 'trader-1', name: 'Demo trader', role: 'trader', passphrase: 'demo' },
  { id: 'risk-1', name: 'Demo risk officer', role: 'risk', passphrase: 'demo' },
] as const;

/** While the engine trades, and nothing has closed its gate yet. */
function enrolPeople(store: string): void {
  const { storage, clock } = nativePlatform;
  const { storeId } = readIdentity(storage, store);
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  Gate.open(store, { storage, clock, storeId, random, neverClosed: () => true }).enrolFirstSet(PEOPLE);
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A price below the mark at which an order rests. */
async function restingPrice(control: DeskFile['control'], venue: string, symbol: string): Promise<string> {
  const response = await fetch(`${control.origin}/book`, { headers: { authorization: `Bearer ${control.token}` } });
  const book = (await response.json()) as {
    readonly venues: readonly {
      readonly name: string;
      readonly positions: readonly { readonly symbol: string; readonly mark: string }[];
    }[];
  };
  const mark = book.venues.find(({ name }) => name === venue)?.positions.find((position) => position.symbol === symbol)?.mark;
  if (mark === undefined) throw new RearmError('INTERNAL', `the venue simulator knows no mark of ${symbol} at ${venue}`, {});
  return (Number(mark) * 0.97).toFixed(mark.split('.')[1]?.length ?? 0);
}

/** What happens around the crash, by seed: every kind of break comes up over the seeds. */
async function trouble(control: DeskFile['control'], random: Random, moment: 'before' | 'after'): Promise<void> {
  if (moment === 'before') {
    const roll = random.below(3);
    const venue = random.below(2) === 0 ? 'BINANCE' : 'BYBIT';
    if (roll === 0) await tellSimulator(control, '/ambiguous', { venue, count: 2, how: 'hold' });
    if (roll === 1) await tellSimulator(control, '/lose', { venue, count: 1, how: 'hold' });
    await wait(40 + random.below(160));
    return;
  }
  const symbol = ['ETH/USDT:USDT', 'SOL/USDT:USDT', 'XRP/USDT:USDT'][random.below(3)]!;
  if (random.below(3) > 0) {
    await tellSimulator(control, '/external', {
      venue: 'BYBIT',
      symbol,
      side: random.below(2) === 0 ? 'buy' : 'sell',
      quantity: symbol.startsWith('XRP') ? '900' : '1',
      type: 'market',
      clientId: '',
    });
  }
  if (random.below(2) === 0) {
    await tellSimulator(control, '/external', {
      venue: 'BYBIT',
      symbol: 'ETH/USDT:USDT',
      side: 'buy',
      quantity: '0.5',
      type: 'limit',
      price: await restingPrice(control, 'BYBIT', 'ETH/USDT:USDT'),
      clientId: '',
    });
  }
  if (random.below(3) === 0) await tellSimulator(control, '/transfer', { venue: 'BINANCE', asset: 'USDT', amount: '-250' });
  await tellSimulator(control, '/fault', { venue: 'BYBIT', mode: 'slow', ms: 400 });
}

export interface DemoOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly acks?: string | undefined;
  readonly submissions?: string | undefined;
  /** The venues outlive this process. */
  readonly lasting: boolean;
  /** Aborted: what was started is ended, and the reason is thrown. */
  readonly signal?: AbortSignal;
  readonly progress?: (text: string, fraction: number | null) => void;
}

export interface Demo {
  readonly paths: DeskPaths;
  readonly simulator: Simulator;
  /** Last LSN that was acknowledged to the parent when it killed the process. */
  readonly killedAtLsn: number;
  readonly crashedAt: string;
}

/**
 * Runs the desk into `root` up to the crash. Whatever it throws, what it had started is told to end.
 * @throws RearmError STORE_EXISTS where a store is there already, or around it
 */
export async function runDemo(root: string, options: DemoOptions): Promise<Demo> {
  const paths = deskPaths(root);
  if (existsSync(paths.store)) throw new RearmError('STORE_EXISTS', `${paths.store} is there already`, { root });
  for (let above = root; ; above = dirname(above)) {
    if (existsSync(join(above, 'store.json')))
      throw new RearmError('STORE_EXISTS', `${root} lies in the store ${above}: nothing was written`, { root, store: above });
    if (above === dirname(above)) break;
  }
  mkdirSync(root, { recursive: true, mode: 0o700 });
  options.progress?.('starting the venues', null);
  const simulator = await startSimulator(paths, options.seed, options.lasting);
  const file: DeskFile = {
    seed: options.seed,
    store: paths.store,
    venueConfig: paths.venueConfig,
    simulatorPid: simulator.child.pid!,
    control: simulator.control,
  };
  writeFileSync(paths.desk, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  let trader: Trader | undefined;
  try {
    options.signal?.throwIfAborted();
    trader = startTrader(paths, options.seed, options);
    return await untilCrash(paths, simulator, trader, options);
  } catch (error) {
    trader?.child.kill('SIGKILL');
    simulator.child.kill('SIGTERM');
    throw error;
  }
}

/** Lets the trading process trade, and kills it. */
async function untilCrash(paths: DeskPaths, simulator: Simulator, trader: Trader, options: DemoOptions): Promise<Demo> {
  const { root } = paths;
  const random = seededRandom(options.seed);
  const ended = new Promise<never>((_, reject) => {
    trader.child.once(
      'exit',
      (code) =>
        code !== null && reject(new RearmError('INTERNAL', `the trading process ended by itself; see ${root}/trader.log`, { code })),
    );
    options.signal?.addEventListener('abort', () => reject(options.signal!.reason));
  });
  ended.catch(() => {});
  const until = Date.now() + 30_000;
  while (trader.state().state !== 'trading') {
    if (Date.now() > until) throw new RearmError('INTERNAL', `the trading process did not start; see ${root}/trader.log`, {});
    await Promise.race([wait(20), ended]);
  }
  enrolPeople(paths.store);
  const start = Date.now();
  const length = options.seconds * 1000;
  while (Date.now() - start < length) {
    options.progress?.(`trading: ${trader.acknowledged()} operations acknowledged`, (Date.now() - start) / length);
    await Promise.race([wait(100), ended]);
  }
  await trouble(simulator.control, random, 'before');
  const killed = new Promise((resolve) => trader.child.once('exit', resolve));
  trader.child.kill('SIGKILL');
  await killed;
  const crashedAt = new Date().toISOString();
  options.progress?.('killed with SIGKILL while orders were in flight', 1);
  await trouble(simulator.control, random, 'after');
  return { paths, simulator, killedAtLsn: trader.acknowledged(), crashedAt };
}

/** The desk file of a directory; null where there is none. @throws where this user may not read it */
export function readDesk(root: string): DeskFile | null {
  try {
    return JSON.parse(readFileSync(deskPaths(root).desk, 'utf8')) as DeskFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Whether the venues of a desk still answer. */
export async function venuesAnswer(file: DeskFile): Promise<boolean> {
  try {
    const response = await fetch(`${file.control.origin}/config`, {
      headers: { authorization: `Bearer ${file.control.token}` },
      signal: AbortSignal.timeout(1_000),
    });
    return response.ok;
  } catch {
    return false;
  }
}
