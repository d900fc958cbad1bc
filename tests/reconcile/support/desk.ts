/**
 * A small trading desk on the simulator: a real engine, real ccxt clients, and nothing that it does not do on purpose. It can be
 * abandoned at any point: what it had not recorded by then is what reconciliation has to find.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recover } from '../../../main/cascade/recover.ts';
import { parseEngineConfig } from '../../../main/engine/config.ts';
import { createStore } from '../../../main/engine/create.ts';
import type { Engine } from '../../../main/engine/engine.ts';
import { nativePlatform } from '../../../main/engine/native-platform.ts';
import { openLog, readOperations } from '../../../main/history/operations.ts';
import type { ReconcileOptions } from '../../../main/reconcile/break.ts';
import { historyOf, type LoggedOperation, readHistory } from '../../../main/reconcile/history.ts';
import { needsOf } from '../../../main/reconcile/needs.ts';
import { type Ours, readOurs } from '../../../main/reconcile/ours.ts';
import { type Reconciliation, reconciliation } from '../../../main/reconcile/reconcile.ts';
import { TOLERANCES } from '../../../main/reconcile/tolerances.ts';
import { systemClock } from '../../../main/storage/native.ts';
import type { Clock } from '../../../main/storage/storage.ts';
import type { CcxtClient, Params, Row } from '../../../main/venues/ccxt.ts';
import { connectVenues, createClient, type VenueConnection } from '../../../main/venues/client.ts';
import { loadVenues, type VenueConfiguration } from '../../../main/venues/configuration.ts';
import { gatherEvidence, type VenueEvidence } from '../../../main/venues/evidence.ts';
import { intentToJson } from '../../../shared/model/json.ts';
import type { Intent } from '../../../shared/model/operations.ts';
import { type ImpliedBreak, impliedBreaks, type Operation, type OracleOptions } from '../oracle.ts';
import { Simulator, type SimulatorSettings } from './simulator.ts';

export type Venue = 'BINANCE' | 'BYBIT';
export const BOTH: readonly Venue[] = ['BINANCE', 'BYBIT'];
export const BTC = 'BTC/USDT:USDT';
export const ETH = 'ETH/USDT:USDT';
export const SOL = 'SOL/USDT:USDT';

export interface TradingClient extends CcxtClient {
  createOrder(symbol: string, type: string, side: string, amount: string, price?: string, params?: Params): Promise<Row>;
  editOrder(id: string, symbol: string, type: string, side: string, amount: string, price?: string, params?: Params): Promise<Row>;
  timeout: number;
}

export interface OrderSpec {
  readonly clientId: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: string;
  /** Absent: a market order. */
  readonly price?: string;
  readonly reduceOnly?: boolean;
  readonly strategy?: string;
  readonly trigger?: string;
}

const ACCOUNT = 'MM1';
const TICK_MS = 100;

/** Time of the simulated world: the simulator's ticks, and a microsecond per look so that it moves. */
class WorldClock implements Clock {
  ns: bigint;

  constructor(epochMs: number) {
    this.ns = BigInt(epochMs) * 1_000_000n;
  }

  wallNs(): bigint {
    this.ns += 1_000n;
    return this.ns;
  }

  monotonicNs(): bigint {
    return systemClock.monotonicNs();
  }
}

export interface DeskSettings extends SimulatorSettings {
  readonly pageRows?: VenueConfiguration['pageRows'];
  /** Symbols that the configuration names and the engine defines; all of the venue's by default. */
  readonly symbols?: readonly string[];
  readonly timeoutMs?: number;
}

export class Desk {
  readonly simulator: Simulator;
  readonly root: string;
  readonly venues: readonly VenueConfiguration[];
  readonly clients: ReadonlyMap<string, TradingClient>;
  /** Every operation that was committed, as the log has it. */
  readonly logged: LoggedOperation[] = [];
  readonly #clock: WorldClock;
  readonly #stepped: boolean;
  engine: Engine;

  private constructor(
    simulator: Simulator,
    root: string,
    venues: readonly VenueConfiguration[],
    clients: ReadonlyMap<string, TradingClient>,
    clock: WorldClock,
    stepped: boolean,
    engine: Engine,
  ) {
    this.simulator = simulator;
    this.root = root;
    this.venues = venues;
    this.clients = clients;
    this.#clock = clock;
    this.#stepped = stepped;
    this.engine = engine;
  }

  static async open(settings: DeskSettings): Promise<Desk> {
    const epochMs = Date.now();
    const simulator = await Simulator.start({ ...settings, epochMs });
    const { venues: loaded } = await loadVenues(simulator.configPath);
    const { pageRows, symbols, timeoutMs } = settings;
    const venues = loaded.map((venue) => ({
      ...venue,
      ...(pageRows && { pageRows }),
      ...(symbols && { symbols }),
      ...(timeoutMs && { timeoutMs }),
    }));
    const clients = new Map<string, TradingClient>();
    for (const venue of venues) {
      const client = createClient(venue, venue.keys.trade ?? null) as TradingClient;
      await client.loadMarkets();
      clients.set(venue.name, client);
    }
    const root = mkdtempSync(join(tmpdir(), 'rearm-desk-'));
    const clock = new WorldClock(epochMs);
    const engine = await createStore({
      platform: { ...nativePlatform, clock },
      root: join(root, 'store'),
      name: 'test desk',
      stepped: true,
      config: parseEngineConfig({
        commit: 'inline',
        tiers: 'inline',
        archive: false,
        segmentBytes: 1 << 20,
        pruneMs: 3_600_000,
        markMs: 3_600_000,
      }),
    });
    const desk = new Desk(simulator, root, venues, clients, clock, settings.stepped ?? true, engine);
    await desk.#define();
    return desk;
  }

  async close(): Promise<void> {
    await this.engine.abandon().catch(() => {});
    await this.simulator.stop();
    rmSync(this.root, { recursive: true, force: true });
  }

  get nowNs(): bigint {
    return this.#stepped ? this.#clock.wallNs() : BigInt(Date.now()) * 1_000_000n;
  }

  async commit(intent: Intent): Promise<void> {
    const lsn = Number(await this.engine.commit(intent));
    this.logged.push({ lsn, timeNs: this.#clock.ns, intent });
  }

  async #define(): Promise<void> {
    const time = this.nowNs;
    await this.commit({ type: 'asset.define', asset: 'USDT', scale: 8, rate: '1', time });
    for (const venue of this.venues) {
      await this.commit({ type: 'venue.define', venue: venue.name, dialect: venue.dialect, cancelOnDisconnect: venue.cancelOnDisconnect });
      for (const symbol of venue.symbols) {
        const precision = this.client(venue.name as Venue).market(symbol).precision as Row;
        const places = (step: unknown): number => String(step).split('.')[1]?.length ?? 0;
        await this.commit({
          type: 'instrument.define',
          venue: venue.name,
          symbol,
          base: symbol.split('/')[0]!,
          settle: 'USDT',
          kind: 'perpetual',
          priceScale: places(precision.price),
          quantityScale: places(precision.amount),
          multiplier: '1',
          tick: String(precision.price),
          lot: String(precision.amount),
          tolerance: '',
        });
      }
      await this.reportBalance(venue.name as Venue);
    }
  }

  client(venue: Venue): TradingClient {
    return this.clients.get(venue)!;
  }

  /** What the wallet is now, recorded. */
  async reportBalance(venue: Venue): Promise<void> {
    const book = await this.simulator.book();
    const { wallet, initialMargin } = book.venues.find(({ name }) => name === venue)!.balances[0]!;
    const free = (BigInt(wallet.replace('.', '')) - BigInt(initialMargin.replace('.', ''))).toString().padStart(9, '0');
    await this.commit({
      type: 'balance.set',
      venue,
      account: ACCOUNT,
      asset: 'USDT',
      free: `${free.slice(0, -8)}.${free.slice(-8)}`,
      locked: initialMargin,
      time: this.nowNs,
    });
  }

  async step(ticks: number): Promise<void> {
    await this.simulator.step(ticks);
    this.#clock.ns += BigInt(ticks * TICK_MS) * 1_000_000n;
  }

  /** A price `percent` away from the mark, at the tick. */
  async away(venue: Venue, symbol: string, percent: number): Promise<string> {
    const { mark } = (await this.simulator.book()).venues
      .find(({ name }) => name === venue)!
      .positions.find((position) => position.symbol === symbol)!;
    return (Number(mark) * (1 + percent / 100)).toFixed(mark.split('.')[1]?.length ?? 0);
  }

  /** Records the submission; nothing is sent. */
  submitted(venue: Venue, spec: OrderSpec): Promise<void> {
    const orderType = spec.trigger ? 'stopLimit' : spec.price ? 'limit' : 'market';
    return this.commit({
      type: 'order.submit',
      clientId: spec.clientId,
      account: ACCOUNT,
      venue,
      symbol: spec.symbol,
      strategy: spec.strategy ?? 'maker',
      trader: 'ada',
      side: spec.side,
      orderType,
      timeInForce: 'gtc',
      reduceOnly: spec.reduceOnly ?? false,
      price: spec.price ?? '',
      trigger: spec.trigger ?? '',
      quantity: spec.quantity,
      time: this.nowNs,
    });
  }

  /** Sends an order; nothing is recorded. @returns the venue's id of it */
  async send(venue: Venue, { clientId, symbol, side, quantity, price, reduceOnly, trigger }: OrderSpec): Promise<string> {
    const params: Params = {
      clientOrderId: clientId,
      ...(reduceOnly && { reduceOnly: true }),
      ...(trigger && { triggerPrice: trigger, triggerDirection: side === 'sell' ? 'descending' : 'ascending' }),
    };
    const row = await this.client(venue).createOrder(symbol, price ? 'limit' : 'market', side, quantity, price, params);
    return String(row.id);
  }

  accepted(clientId: string, orderId: string): Promise<void> {
    return this.commit({ type: 'order.accept', clientId, orderId, time: this.nowNs });
  }

  /** Submitted, sent, acknowledged: an order as it should be. */
  async place(venue: Venue, spec: OrderSpec): Promise<string> {
    await this.submitted(venue, spec);
    const orderId = await this.send(venue, spec);
    await this.accepted(spec.clientId, orderId);
    return orderId;
  }

  /** Records a fill of an order, as the venue reports it; with changes for the sake of a test. Trade ids may come again in another symbol. */
  async recordFill(venue: Venue, clientId: string, tradeId: string, changes: Partial<Intent<'fill'>> = {}): Promise<void> {
    const trade = (await this.simulator.book()).venues
      .find(({ name }) => name === venue)!
      .trades.find((entry) => entry.tradeId === tradeId && entry.clientId === clientId)!;
    await this.commit({
      type: 'fill',
      clientId: trade.clientId,
      tradeId,
      quantity: trade.quantity,
      price: trade.price,
      fee: trade.fee,
      feeAsset: trade.feeAsset,
      liquidity: trade.liquidity === 'maker' ? 'maker' : 'taker',
      provenance: 'engine',
      time: BigInt(trade.timeNs),
      ...changes,
    });
  }

  /** Records every fill of an order. @returns their trade ids */
  async recordFills(venue: Venue, clientId: string): Promise<string[]> {
    const trades = (await this.simulator.book()).venues
      .find(({ name }) => name === venue)!
      .trades.filter((trade) => trade.clientId === clientId);
    for (const { tradeId } of trades) await this.recordFill(venue, clientId, tradeId);
    return trades.map(({ tradeId }) => tradeId);
  }

  /** Our state as it is now in the running engine. */
  ours(): Ours {
    return readOurs(this.engine.state.image, 'test desk');
  }

  /** The state as the cascade recovers it, after the engine was let go. */
  recovered(): Ours {
    const { storage, scheduler: _scheduler, ...platform } = { ...nativePlatform, clock: this.#clock };
    const { image } = recover({ storage, clock: platform.clock, root: join(this.root, 'store'), bootId: platform.bootId, brief: true });
    if (!image) throw new Error('nothing was recovered');
    return readOurs(image, 'test desk');
  }

  connections(): VenueConnection[] {
    return connectVenues(this.venues, systemClock);
  }

  gather(ours: Ours, options: ReconcileOptions, connections = this.connections()): Promise<VenueEvidence[]> {
    return gatherEvidence(connections, {
      clock: systemClock,
      needs: (name) => needsOf(this.venues.find((venue) => venue.name === name)!, ours, options.history),
    });
  }

  options(ours: Ours, history: ReconcileOptions['history'] = historyOf(this.logged, ours)): ReconcileOptions {
    return { askedAt: new Date(Number(this.nowNs / 1_000_000n)).toISOString(), store: 'test desk', tolerances: TOLERANCES, history };
  }

  /** Asks the venues and compares. */
  async reconcile(
    ours: Ours = this.ours(),
  ): Promise<Reconciliation & { readonly ours: Ours; readonly evidence: readonly VenueEvidence[]; readonly options: ReconcileOptions }> {
    const options = this.options(ours);
    const evidence = await this.gather(ours, options);
    return { ...reconciliation(ours, evidence, options), ours, evidence, options };
  }

  /** As {@link reconcile}, on the state that the cascade recovers, with the store's own log. */
  async reconcileRecovered(): Promise<
    Reconciliation & { readonly ours: Ours; readonly evidence: readonly VenueEvidence[]; readonly options: ReconcileOptions }
  > {
    const ours = this.recovered();
    const options = this.options(ours, readHistory(openLog(nativePlatform.storage, join(this.root, 'store')), ours));
    const evidence = await this.gather(ours, options);
    return { ...reconciliation(ours, evidence, options), ours, evidence, options };
  }

  /** What `rearm wal` prints of this store. */
  operations(): Operation[] {
    const lines: Operation[] = [];
    readOperations(openLog(nativePlatform.storage, join(this.root, 'store')), 1, Number.MAX_SAFE_INTEGER, ({ lsn, intent }) => {
      lines.push({ lsn, type: intent.type, intent: intentToJson(intent) });
      return undefined;
    });
    return lines;
  }

  /** What must be found, by the simulator's book and the log alone. */
  async implied(evidence: readonly VenueEvidence[], options: Partial<OracleOptions> = {}): Promise<ImpliedBreak[]> {
    const fillsSinceMs = Object.fromEntries(evidence.map((venue) => [venue.report.name, venue.fillsSinceMs]));
    return impliedBreaks(await this.simulator.book(), this.operations(), { fillsSinceMs, ...options });
  }
}
