/**
 * One connection to one venue: a client of the library per permission, the markets loaded once for all of them, the clock's
 * offset measured and allowed for. Every question goes through {@link VenueConnection.ask}: one time limit, one retry where the
 * connection broke or the clock was refused, errors in words without secrets.
 */

import ccxt from 'ccxt';
import { RearmError } from '../../shared/errors.ts';
import type { Clock } from '../storage/storage.ts';
import type { CcxtClient } from './ccxt.ts';
import { PERMISSIONS, type Permission, type VenueConfiguration, type VenueKey } from './configuration.ts';
import type { Dialect } from './dialects/dialect.ts';
import { dialectOf } from './dialects/index.ts';
import { type Failure, failureOf, isClockRefusal, isReset } from './failure.ts';
import type { Secret } from './secret.ts';

/** Keys that may stand in for a missing one: a key that can do more. */
const STAND_INS: Readonly<Record<Permission, readonly Permission[]>> = {
  read: ['read', 'cancel', 'trade'],
  cancel: ['cancel', 'trade'],
  trade: ['trade'],
};

function redirect(node: unknown, origin: string): unknown {
  if (typeof node === 'string') return node.replace(/^(https?|wss?):\/\/[^/]+/, origin);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, redirect(value, origin)]));
}

/** A client of the library, ready to be used; it loads its markets itself. @throws RearmError CONFIGURATION_INVALID for a dialect that is none. */
export function createClient(venue: VenueConfiguration, key: VenueKey | null): CcxtClient {
  const Class = (ccxt as unknown as Record<string, (new (settings: object) => CcxtClient) | undefined>)[venue.dialect];
  if (typeof Class !== 'function')
    throw new RearmError('CONFIGURATION_INVALID', `no dialect is called ${venue.dialect}`, { venue: venue.name });
  const client = new Class({
    ...(key && {
      apiKey: key.apiKey.reveal(),
      secret: key.secret.reveal(),
      ...(key.password && { password: key.password.reveal() }),
      ...(key.uid && { uid: key.uid.reveal() }),
    }),
    // A recovery asks few questions, all of them now; what is left of the quota is reported.
    enableRateLimit: false,
    timeout: venue.timeoutMs,
    number: String,
    verbose: false,
    options: { ...dialectOf(venue.dialect).options, ...venue.options },
  });
  client.has.fetchCurrencies = false;
  if (venue.origin !== null) client.urls.api = redirect(client.urls.api, venue.origin);
  return client;
}

/** Below this round trip the middle of it is when the venue looked at its clock. */
const PROMPT_MS = 200;

export class VenueConnection {
  readonly configuration: VenueConfiguration;
  readonly dialect: Dialect;
  /** Venue's clock minus ours; null until measured. Zero where the round trip explains the difference. */
  clockOffsetMs: number | null = null;
  /** Round trip of the measurement that the offset is from; null until measured. */
  clockRoundTripMs: number | null = null;
  /** Questions that were put to the venue. */
  questions = 0;
  readonly #clock: Clock;
  readonly #secrets: readonly Secret[];
  readonly #clients = new Map<Permission, CcxtClient>();
  #markets: Promise<void> | null = null;
  #synced: Promise<void> | null = null;

  constructor(configuration: VenueConfiguration, clock: Clock) {
    this.configuration = configuration;
    this.dialect = dialectOf(configuration.dialect);
    this.#clock = clock;
    this.#secrets = PERMISSIONS.flatMap((permission) => {
      const key = configuration.keys[permission];
      return key ? [key.apiKey, key.secret, key.password, key.uid].filter((secret) => secret !== null) : [];
    });
  }

  get name(): string {
    return this.configuration.name;
  }

  get canCancel(): boolean {
    return this.#keyFor('cancel') !== null;
  }

  #keyFor(permission: Permission): Permission | null {
    return STAND_INS[permission].find((candidate) => this.configuration.keys[candidate]) ?? null;
  }

  /**
   * The client for a permission; with a stronger key where its own is missing.
   * @throws RearmError VENUE_REFUSED where there is no key for it
   */
  client(permission: Permission): CcxtClient {
    const found = this.#keyFor(permission);
    if (found === null && permission !== 'read') {
      throw new RearmError('VENUE_REFUSED', `${this.name} has no key that may ${permission}`, { venue: this.name, permission });
    }
    const slot = found ?? 'read';
    const known = this.#clients.get(slot);
    if (known) return known;
    const client = createClient(this.configuration, found === null ? null : (this.configuration.keys[found] ?? null));
    this.#clients.set(slot, client);
    return client;
  }

  /** Loads the markets once; a failure is forgotten, so that the next call tries again. */
  markets(): Promise<void> {
    this.#markets ??= this.ask('read', async (client) => {
      await client.loadMarkets();
    }).catch((error: unknown) => {
      this.#markets = null;
      throw error;
    });
    return this.#markets;
  }

  /** The client for a permission with its markets loaded. */
  async ready(permission: Permission): Promise<CcxtClient> {
    await this.markets();
    const client = this.client(permission);
    const loaded = this.client('read');
    if (client !== loaded && !client.markets) client.setMarkets(loaded.markets, loaded.currencies);
    return client;
  }

  /**
   * Puts one question. A broken connection and a refused clock are tried once more; a silence is not.
   * @throws whatever the library throws; {@link failure} puts it into words
   */
  async ask<T>(permission: Permission, question: (client: CcxtClient) => Promise<T>): Promise<T> {
    const client = this.client(permission);
    this.questions += 1;
    try {
      return await question(client);
    } catch (error) {
      if (isClockRefusal(error)) await this.syncClock();
      else if (!isReset(error) || permission !== 'read') throw error;
      this.questions += 1;
      return question(client);
    }
  }

  /** Measures the clock's offset, and signs by the venue's clock from then on. Side by side calls share one measurement. */
  syncClock(): Promise<void> {
    this.#synced ??= this.#measureClock().finally(() => {
      this.#synced = null;
    });
    return this.#synced;
  }

  async #measureClock(): Promise<void> {
    const client = this.client('read');
    const wallMs = () => Number(this.#clock.wallNs() / 1_000_000n);
    this.questions += 1;
    const sent = wallMs();
    const server = Number(await client.fetchTime());
    const received = wallMs();
    if (!Number.isFinite(server)) throw new RearmError('VENUE_REFUSED', `${this.name} did not tell its time`, { venue: this.name });
    const [low, high] = [server - received, server - sent];
    this.clockRoundTripMs = received - sent;
    // A slow answer says only that the offset lies between the two.
    if (received - sent <= PROMPT_MS) this.clockOffsetMs = Math.round((low + high) / 2);
    else this.clockOffsetMs = low > 0 ? low : high < 0 ? high : 0;
    for (const known of this.#clients.values()) known.options.timeDifference = -this.clockOffsetMs;
  }

  failure(error: unknown): Failure {
    return failureOf(error, this.configuration.dialect, this.configuration.timeoutMs, this.#secrets);
  }

  /** What is left of the request quota, by the last answer. */
  rateLimit(): string | null {
    const headers = this.client('read').last_response_headers;
    return headers ? this.dialect.rateLimit(headers) : null;
  }
}

export const connectVenues = (venues: readonly VenueConfiguration[], clock: Clock): VenueConnection[] =>
  venues.map((venue) => new VenueConnection(venue, clock));
