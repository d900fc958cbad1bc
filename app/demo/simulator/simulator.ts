/**
 * The simulated world, put together: one walk of prices, one clock, one event log, the venues, and a port for each.
 * It begins, or goes on from a saved state.
 */

import { randomBytes } from 'node:crypto';
import type { VenueRequest } from './dialects/dialect.ts';
import { createKeys } from './dialects/keys.ts';
import { Clock, VenueClock } from './domain/clock.ts';
import { assertConservation } from './domain/conservation.ts';
import { MONEY_SCALE, parseUnits } from './domain/decimal.ts';
import { EventLog, type LoggedEvent } from './domain/event-log.ts';
import { Exchange } from './domain/exchange.ts';
import { START_PRICES } from './domain/instrument.ts';
import { PriceWalk } from './domain/price-walk.ts';
import { type SavedRecords, SETTLE_ASSET } from './domain/venue-books.ts';
import { bookView } from './server/book-view.ts';
import { control } from './server/control.ts';
import { type Action, type HttpServer, serve } from './server/http.ts';
import { VenueEndpoint } from './server/venue-endpoint.ts';
import type { SavedWorld, WorldState } from './state-file.ts';
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
/** More ids than anybody can have been given between two saves. */
const IDS_SKIPPED = 1_000_000;

/** All of the world but its lists. */
export interface WorldFacts {
  /** The process ended in order, and nothing happened after the save. */
  readonly clean: boolean;
  readonly terms: ReturnType<typeof termsOf>;
  readonly token: string;
  /** Of the control port, then of the venues. */
  readonly ports: readonly number[];
  readonly clock: ReturnType<Clock['state']>;
  readonly walk: ReturnType<PriceWalk['state']>;
  /** In the order of VENUES. */
  readonly venues: readonly ReturnType<VenueEndpoint['state']>[];
}

/** What a world cannot change while it lasts, by the name of its option. */
const termsOf = ({ seed, stepped, tickMs, fundingMinutes = FUNDING_MINUTES, deviationPpm = DEVIATION_PPM }: SimulatorOptions) => ({
  seed,
  stepped,
  'tick-ms': tickMs,
  'funding-minutes': fundingMinutes,
  'deviation-ppm': deviationPpm,
});

export class Simulator {
  readonly endpoints: readonly VenueEndpoint[];
  readonly token: string;
  /** Called when the control port asks for the end. */
  onShutdown: () => void = () => {};
  readonly #options: SimulatorOptions;
  /** The saved state that it goes on from, until it has started. */
  #resumed: { readonly clean: boolean } | null;
  #ports: readonly number[];
  readonly #clock: Clock;
  readonly #log = new EventLog();
  readonly #walk: PriceWalk;
  #servers: HttpServer[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** @throws RangeError when the saved world is another one, or does not add up */
  constructor(options: SimulatorOptions, saved: SavedWorld<WorldFacts> | null = null) {
    this.#options = options;
    for (const [name, value] of Object.entries(saved?.facts.terms ?? {})) {
      const asked = Object.entries(termsOf(options)).find(([term]) => term === name)?.[1];
      if (asked !== value) throw new RangeError(`its world began with ${name} ${value}, not ${asked}`);
    }
    this.#resumed = saved?.facts ?? null;
    this.#ports = saved?.facts.ports ?? [];
    this.token = saved?.facts.token ?? randomBytes(24).toString('hex');
    const { seed, tickMs, stepped, epochMs = Date.now() } = options;
    this.#clock = new Clock({ stepped, tickMs, epochMs });
    this.#walk = new PriceWalk(seed, START_PRICES, options.deviationPpm ?? DEVIATION_PPM);
    if (saved !== null) {
      this.#clock.restore(saved.facts.clock);
      this.#walk.restore(saved.facts.walk);
      this.#log.restore(saved.lists.events as readonly LoggedEvent[]);
    }
    this.endpoints = VENUES.map((definition, index) => this.#venue(definition, index, saved));
  }

  #venue(definition: VenueDefinition, index: number, saved: SavedWorld<WorldFacts> | null): VenueEndpoint {
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
    const state = saved?.facts.venues[index];
    const keys = state?.keys ?? createKeys(definition.keyCharacters);
    const endpoint = new VenueEndpoint({ exchange, dialect: definition.dialect, keys, failsAs: definition.failsAs });
    if (state !== undefined) {
      const list = (name: string) => saved!.lists[`${definition.name}/${name}`]!;
      endpoint.restore(state, { orders: list('orders'), trades: list('trades'), ledger: list('ledger') } as SavedRecords);
      assertConservation(exchange.books);
      return endpoint;
    }
    const amount = parseUnits(deposit, MONEY_SCALE);
    if (typeof amount !== 'bigint') throw new RangeError(`the deposit is not a decimal: ${deposit}`);
    exchange.transfer(SETTLE_ASSET, amount, 'deposit');
    return endpoint;
  }

  /** Everything. To be saved before the next call. @param clean nothing will happen after it */
  state(clean: boolean): WorldState<WorldFacts> {
    const records = this.endpoints.flatMap(({ exchange }) =>
      Object.entries(exchange.books.lists()).map(([name, list]) => [`${exchange.books.name}/${name}`, list] as const),
    );
    return {
      facts: {
        clean,
        terms: termsOf(this.#options),
        token: this.token,
        ports: this.#ports,
        clock: this.#clock.state(),
        walk: this.#walk.state(),
        venues: this.endpoints.map((endpoint) => endpoint.state()),
      },
      lists: { events: this.#log.list(), ...Object.fromEntries(records) },
    };
  }

  /** The process was down and the market did not move; time passed all the same, unless it is frozen or stepped. */
  #resume(clean: boolean): void {
    if (!clean) for (const { exchange } of this.endpoints) exchange.skipIds(IDS_SKIPPED);
    this.#log.append(this.#clock.stampNs(), null, 'restart', { clean });
    if (this.#clock.frozen || this.#log.full) return;
    for (const { exchange } of this.endpoints) exchange.resume();
  }

  get stepped(): boolean {
    return this.#clock.stepped;
  }

  /** Opens the ports, and starts the ticks unless they are stepped. */
  async start(): Promise<void> {
    const { tickMs } = this.#options;
    if (this.#resumed !== null) this.#resume(this.#resumed.clean);
    const responders = [control(this, this.token), ...this.endpoints.map((endpoint) => endpoint.respond.bind(endpoint))];
    for (const [index, respond] of responders.entries()) this.#servers.push(await this.#serve(index, respond));
    this.#ports = this.#servers.map(({ port }) => port);
    this.#resumed = null;
    if (!this.stepped) this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  /** On its port of before, so that clients find it; when somebody else has that by now, on any. */
  async #serve(index: number, respond: (request: VenueRequest) => Action): Promise<HttpServer> {
    const { portBase = 0 } = this.#options;
    const port = portBase === 0 ? (this.#ports[index] ?? 0) : portBase + index;
    try {
      return await serve(port, respond);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (this.#resumed === null || (code !== 'EADDRINUSE' && code !== 'EACCES')) throw error;
      return serve(0, respond);
    }
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
