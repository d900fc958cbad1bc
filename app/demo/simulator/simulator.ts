/** The simulated world, put together: one walk of prices, one clock, one event log, the venues, and a port for each. */

import { randomBytes } from 'node:crypto';
import { createKeys } from './dialects/keys.ts';
import { Clock, VenueClock } from './domain/clock.ts';
import { MONEY_SCALE, parseUnits } from './domain/decimal.ts';
import { EventLog } from './domain/event-log.ts';
import { Exchange } from './domain/exchange.ts';
import { START_PRICES } from './domain/instrument.ts';
import { PriceWalk } from './domain/price-walk.ts';
import { SETTLE_ASSET } from './domain/venue-books.ts';
import { bookView } from './server/book-view.ts';
import { control } from './server/control.ts';
import { type HttpServer, serve } from './server/http.ts';
import { VenueEndpoint } from './server/venue-endpoint.ts';
import { VENUES, type VenueDefinition } from './venues.ts';

export interface SimulatorOptions {
  readonly seed: number;
  readonly tickMs: number;
  /** Ticks come only from the control port, and times only from the ticks. */
  readonly stepped: boolean;
  /** Time of tick 0 in stepped mode; now, if left out. Two runs are equal only with equal epochs. */
  readonly epochMs?: number | undefined;
  /** Ports base (control), base + 1, base + 2 ...; 0: any free ones. */
  readonly portBase?: number | undefined;
  readonly fundingMinutes?: number | undefined;
  /** USDT that each account starts with. */
  readonly deposit?: string | undefined;
  /** Standard deviation of the fair price in one tick, in millionths. */
  readonly deviationPpm?: number | undefined;
}

const FUNDING_MINUTES = 480;
const DEPOSIT = '500000';
const DEVIATION_PPM = 40;

export class Simulator {
  readonly endpoints: readonly VenueEndpoint[];
  readonly token = randomBytes(24).toString('hex');
  /** Called when the control port asks for the end. */
  onShutdown: () => void = () => {};
  readonly #options: SimulatorOptions;
  readonly #clock: Clock;
  readonly #log = new EventLog();
  readonly #walk: PriceWalk;
  #servers: HttpServer[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: SimulatorOptions) {
    this.#options = options;
    const { seed, tickMs, stepped, epochMs = Date.now() } = options;
    this.#clock = new Clock({ stepped, tickMs, epochMs });
    this.#walk = new PriceWalk(seed, START_PRICES, options.deviationPpm ?? DEVIATION_PPM);
    this.endpoints = VENUES.map((definition) => this.#venue(definition));
  }

  #venue(definition: VenueDefinition): VenueEndpoint {
    const { seed, fundingMinutes = FUNDING_MINUTES, deposit = DEPOSIT } = this.#options;
    const exchange = new Exchange({
      name: definition.name,
      account: definition.account,
      instruments: definition.instruments,
      rules: definition.rules,
      identities: definition.identities(seed),
      walk: this.#walk,
      clock: new VenueClock(this.#clock),
      log: this.#log,
      seed,
      fundingIntervalMs: fundingMinutes * 60_000,
    });
    const amount = parseUnits(deposit, MONEY_SCALE);
    if (typeof amount !== 'bigint') throw new RangeError(`the deposit is not a decimal: ${deposit}`);
    exchange.transfer(SETTLE_ASSET, amount, 'deposit');
    const keys = createKeys(definition.keyCharacters);
    return new VenueEndpoint({ exchange, dialect: definition.dialect, keys, failsAs: definition.failsAs });
  }

  get stepped(): boolean {
    return this.#clock.stepped;
  }

  /** Opens the ports, and starts the ticks unless they are stepped. */
  async start(): Promise<void> {
    const { portBase = 0, tickMs } = this.#options;
    const port = (index: number): number => (portBase === 0 ? 0 : portBase + index);
    const responders = [control(this, this.token), ...this.endpoints.map((endpoint) => endpoint.respond.bind(endpoint))];
    for (const [index, respond] of responders.entries()) this.#servers.push(await serve(port(index), respond));
    if (!this.stepped) this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(servers.map((server) => server.close()));
  }

  requestShutdown(): void {
    setImmediate(() => this.onShutdown());
  }

  get controlOrigin(): string {
    return this.#servers[0]!.origin;
  }

  venueOrigin(index: number): string {
    return this.#servers[index + 1]!.origin;
  }

  /** @returns whether the world moved: it does not while it is frozen, nor when the log is full. */
  #tick(): boolean {
    if (this.#log.full && !this.#clock.frozen) this.setFrozen(true);
    if (this.#clock.frozen) return false;
    this.#clock.advance();
    this.#walk.step();
    for (const { exchange } of this.endpoints) exchange.tick();
    return true;
  }

  /** @returns how many ticks were done. */
  step(ticks: number): number {
    let done = 0;
    while (done < ticks && this.#tick()) done += 1;
    return done;
  }

  setFrozen(frozen: boolean): boolean {
    this.#clock.setFrozen(frozen);
    this.#log.append(this.#clock.stampNs(), null, 'freeze', { frozen });
    return frozen;
  }

  /** The fair price of an asset jumps; the markets follow with the next tick. */
  setPrice(base: string, price: bigint): void {
    this.#walk.set(base, price);
    this.#log.append(this.#clock.stampNs(), null, 'price', { base, price: price.toString() });
  }

  book(eventsAfter: number): unknown {
    const head = {
      seed: this.#options.seed,
      stepped: this.stepped,
      tickMs: this.#options.tickMs,
      ticks: this.#clock.ticks,
      frozen: this.#clock.frozen,
      full: this.#log.full,
      timeNs: this.#clock.nowNs().toString(),
    };
    return bookView(head, this.endpoints, this.#log, eventsAfter);
  }

  /** What clients need: it holds the secrets of the keys. */
  configuration(): { readonly venues: readonly VenueConfiguration[] } {
    return { venues: this.endpoints.map((endpoint, index) => this.#configurationOf(endpoint, index)) };
  }

  #configurationOf(endpoint: VenueEndpoint, index: number): VenueConfiguration {
    const definition = VENUES[index]!;
    const keys = Object.fromEntries(endpoint.keys.map(({ kind, apiKey, secret }) => [kind, { apiKey, secret }]));
    return {
      name: definition.name,
      dialect: definition.dialect.ccxtId,
      origin: this.venueOrigin(index),
      account: definition.account,
      symbols: definition.instruments.map(({ symbol }) => symbol),
      cancelOnDisconnect: definition.cancelOnDisconnect,
      keys: keys as VenueConfiguration['keys'],
      emergency: definition.emergency,
    };
  }
}

interface KeyPair {
  readonly apiKey: string;
  readonly secret: string;
}

export interface VenueConfiguration {
  readonly name: string;
  readonly dialect: string;
  readonly origin: string;
  readonly account: string;
  readonly symbols: readonly string[];
  readonly cancelOnDisconnect: 'yes' | 'no';
  readonly keys: { readonly read: KeyPair; readonly cancel: KeyPair; readonly trade: KeyPair };
  readonly emergency: { readonly phone: string; readonly desk: string; readonly account: string };
}
