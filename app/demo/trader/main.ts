/**
 * The trading process of the demo desk: quotes and trades at the venues through ccxt and persists through the engine. It is what
 * gets killed. Started again on the same store, it waits for the gate and trades on in the scope that was released.
 *
 * node app/demo/trader/main.ts --store DIR --venues FILE [--seed N] [--submissions FILE]
 */

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import '../../bundled.ts';
import { type Alarm, createStore, type Engine, nativePlatform, openStore, parseEngineConfig } from '../../../main/index.ts';
import { seededRandom } from '../random.ts';
import { acknowledgeToParent, Ledger, submissionLog } from './journal.ts';
import { type LiveOrder, OrderDesk } from './orders.ts';
import { Polling } from './polling.ts';
import { Quoter } from './quoter.ts';
import { defineDesk } from './setup.ts';
import { VenueClient, type VenueTarget } from './venue-client.ts';

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    venues: { type: 'string' },
    seed: { type: 'string', default: '1' },
    submissions: { type: 'string' },
    commit: { type: 'string', default: 'threaded' },
  },
});
if (!values.store || !values.venues) {
  process.stderr.write('usage: trader/main.ts --store DIR --venues FILE [--seed N] [--submissions FILE]\n');
  process.exit(1);
}

/** The dead-man switch fires this long after the last heartbeat. */
const COUNTDOWN_MS = 4_000;
const HEARTBEAT_MS = 1_000;

const say = (message: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};

// A demo of minutes: the slow tiers run often enough to be seen.
const config = parseEngineConfig({
  commit: values.commit === 'inline' ? 'inline' : 'threaded',
  l3Ms: 5_000,
  l4Ms: 15_000,
  segmentBytes: 4 << 20,
});
const observer = submissionLog(values.submissions ?? null);
const random = (bytes: number) => randomBytes(bytes);

/** What an operator of a desk would be paged for; standard error is the process's log. */
const alarm = ({ code, text }: Alarm): void => {
  process.stderr.write(`${new Date().toISOString()} ALARM ${code}: ${text}\n`);
};

async function start(): Promise<{ engine: Engine; isNew: boolean; sinceMs: number }> {
  const root = values.store!;
  if (!existsSync(join(root, 'store.json'))) {
    const engine = await createStore({ platform: nativePlatform, root, name: 'demo desk', config, observer, alarm });
    return { engine, isNew: true, sinceMs: Date.now() - 1_000 };
  }
  const opened = await openStore({ platform: nativePlatform, root, config, random, observer, alarm });
  if (opened.state === 'running')
    return { engine: opened.engine, isNew: false, sinceMs: Date.parse(opened.report.lastOperationAt ?? '') || Date.now() };
  say({ state: 'halted', sentence: opened.store.report.sentence });
  const sinceMs = Date.parse(opened.store.report.lastOperationAt ?? '') || Date.now();
  const { engine, scope } = await opened.store.waitForRelease();
  opened.store.gate.reportEngine('trading', `trading in ${scope.mode} from LSN ${engine.nextLsn}`);
  return { engine, isNew: false, sinceMs };
}

/** Orders that the state holds as live, as the order desk knows them. */
function liveOrders(engine: Engine, venue: string): LiveOrder[] {
  return engine
    .rows('orders')
    .filter(
      (row) => String(row.instrument).startsWith(`${venue}:`) && ['open', 'partiallyFilled', 'pendingCancel'].includes(String(row.status)),
    )
    .map((row) => ({
      symbol: String(row.instrument).slice(venue.length + 1),
      side: row.side === 'sell' ? 'sell' : 'buy',
      kind: row.orderType === 'stop' ? 'stop' : row.orderType === 'market' ? 'market' : 'limit',
      price: String(row.price),
      trigger: String(row.trigger),
      quantity: String(row.quantity),
      reduceOnly: row.reduceOnly === true,
      strategy: String(row.strategy ?? ''),
      clientId: String(row.clientId),
      orderId: String(row.orderId),
      busy: false,
    }));
}

const { engine, isNew, sinceMs } = await start();
const ledger = new Ledger(engine, acknowledgeToParent);
const targets = (JSON.parse(readFileSync(values.venues, 'utf8')) as { venues: VenueTarget[] }).venues;
const clients = targets.map((target) => new VenueClient(target));
await Promise.all(clients.map((client) => client.open()));
if (isNew) await defineDesk(ledger, clients);

let stopping = false;
const swallow = (what: string) => (error: unknown) => {
  if ((error as { code?: string }).code?.startsWith('WRITER_')) {
    say({ state: 'failed', what, message: (error as Error).message });
    process.exit(1);
  }
  engine.side('log', { level: 'warning', what, message: (error as Error).message.slice(0, 300) });
};

/** One venue: its own loop, so that a slow venue does not hold up the other. */
async function trade(client: VenueClient, index: number): Promise<void> {
  const desk = new OrderDesk(client, ledger);
  for (const row of engine.rows('orders')) {
    if (String(row.instrument).startsWith(`${client.name}:`) && row.orderId) desk.knows(String(row.orderId), String(row.clientId));
  }
  for (const order of liveOrders(engine, client.name)) desk.adopt(order);
  const polling = new Polling(client, desk, ledger, sinceMs - 60_000);
  for (const row of engine.rows('fills')) {
    const [venue, symbol] = String(row.instrument).split(/:(.*)/);
    if (venue === client.name) polling.knows(symbol!, String(row.tradeId));
  }
  const quoter = new Quoter(desk, ledger, seededRandom(Number(values.seed) * 31 + index));
  const symbols = [...client.markets.keys()];
  let round = 0;
  let lastHeartbeat = 0;
  while (!stopping) {
    if (Date.now() - lastHeartbeat > HEARTBEAT_MS) {
      lastHeartbeat = Date.now();
      await client.heartbeat(COUNTDOWN_MS).catch(swallow('heartbeat'));
    }
    const symbol = symbols[round % symbols.length]!;
    try {
      const mark = await polling.mark(symbol);
      await quoter.requote(symbol, mark);
      if (round % 3 === 0) await polling.fills(symbol);
      if (round % 5 === 4) await polling.listing(symbol);
      if (round % 17 === 5) await polling.account();
      if (round % 5 === 0) polling.session();
    } catch (error) {
      swallow(symbol)(error);
    }
    round += 1;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

say({ state: 'trading', epoch: engine.epoch, pid: process.pid });
const stop = () => {
  stopping = true;
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
await Promise.all(clients.map((client, index) => trade(client, index)));
await engine.close();
say({ state: 'closed' });
