/** What the tests share: a simulator in stepped mode, unmodified ccxt clients on it, and its control port over HTTP. */

import ccxt from 'ccxt';
import type { KeyKind } from '../dialects/keys.ts';
import { Simulator, type SimulatorOptions, type VenueConfiguration } from '../simulator.ts';

export type VenueName = 'BINANCE' | 'BYBIT';
export const BTC = 'BTC/USDT:USDT';
export const ETH = 'ETH/USDT:USDT';

// biome-ignore lint/suspicious/noExplicitAny: ccxt's types know numbers only; these clients run on decimal strings.
export type Client = any;

/** The shape of `GET /book`, as far as the tests read it. */
export interface BookVenue {
  readonly name: string;
  readonly orders: readonly Row[];
  readonly trades: readonly Row[];
  readonly positions: readonly Row[];
  readonly balances: readonly Row[];
  readonly ledger: readonly Row[];
  readonly marks: readonly Row[];
  readonly instruments: readonly Row[];
  readonly countdowns: readonly Row[];
  readonly faults: readonly Row[];
}
// biome-ignore lint/suspicious/noExplicitAny: rows are read field by field, as an oracle in another language would.
export type Row = Readonly<Record<string, any>>;
export interface Book {
  readonly seed: number;
  readonly ticks: number;
  readonly frozen: boolean;
  readonly venues: readonly BookVenue[];
  readonly events: readonly Row[];
}

/** Every string under urls.api gets the simulator's origin and keeps its path. */
function redirect(node: unknown, origin: string): unknown {
  if (typeof node === 'string') return node.replace(/^https?:\/\/[^/]+/, origin);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, redirect(value, origin)]));
}

export function clientOf(venue: VenueConfiguration, kind: KeyKind, settings: object = {}): Client {
  const options = venue.dialect === 'binanceusdm' ? { fetchCurrencies: false, fetchMargins: false } : {};
  const Class = venue.dialect === 'binanceusdm' ? ccxt.binanceusdm : ccxt.bybit;
  const client: Client = new Class({
    ...venue.keys[kind],
    enableRateLimit: false,
    enableLastJsonResponse: true,
    timeout: 20_000,
    number: String,
    options,
    ...settings,
  });
  client.urls.api = redirect(client.urls.api, venue.origin);
  return client;
}

export class World {
  readonly simulator: Simulator;

  private constructor(simulator: Simulator) {
    this.simulator = simulator;
  }

  static async start(options: Partial<SimulatorOptions> = {}): Promise<World> {
    const simulator = new Simulator({ seed: 11, tickMs: 100, stepped: true, ...options });
    await simulator.start();
    return new World(simulator);
  }

  stop(): Promise<void> {
    return this.simulator.stop();
  }

  venue(name: VenueName): VenueConfiguration {
    return this.simulator.configuration().venues.find((venue) => venue.name === name)!;
  }

  client(name: VenueName, kind: KeyKind = 'trade', settings: object = {}): Client {
    return clientOf(this.venue(name), kind, settings);
  }

  async control(path: string, body: object, token: string = this.simulator.token): Promise<{ status: number; body: Row }> {
    const response = await fetch(`${this.simulator.controlOrigin}${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Row };
  }

  /** A control request that has to succeed. */
  async tell(path: string, body: object): Promise<Row> {
    const { status, body: answer } = await this.control(path, body);
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  async book(): Promise<Book> {
    const response = await fetch(`${this.simulator.controlOrigin}/book`, {
      headers: { Authorization: `Bearer ${this.simulator.token}` },
    });
    return (await response.json()) as Book;
  }

  async bookOf(name: VenueName): Promise<BookVenue> {
    return (await this.book()).venues.find((venue) => venue.name === name)!;
  }

  async market(name: VenueName, symbol: string): Promise<Row> {
    return (await this.bookOf(name)).marks.find((market) => market.symbol === symbol)!;
  }

  /** A price `percent` away from the mark, at the tick. */
  async away(name: VenueName, symbol: string, percent: number): Promise<string> {
    const { mark } = await this.market(name, symbol);
    const places = String(mark).split('.')[1]?.length ?? 0;
    return (Number(mark) * (1 + percent / 100)).toFixed(places);
  }
}

/** The error that a request is rejected with; a request that is not rejected gives one that no test expects. */
export async function rejection(action: Promise<unknown>): Promise<Error> {
  return action.then(
    () => new Error('it was not rejected'),
    (error: Error) => error,
  );
}
