/**
 * The risk at the venues, without any store: open orders, positions, balances, marks. Every question to a venue is put side by
 * side, and every answer is told at once, so that one slow venue, or one slow question, holds nothing up.
 */

import type { Answer, VenueBalance, VenueMark, VenueOrder, VenuePosition, VenueReport } from '../../shared/contract/venues.ts';
import type { Clock } from '../storage/storage.ts';
import { answerOf, asking, isoTime, isWhole, merged, type Outcome } from './answer.ts';
import type { Row } from './ccxt.ts';
import type { VenueConnection } from './client.ts';
import { textOf, times, unitsOf, unitsOrZero } from './decimal.ts';
import type { AccountRow } from './dialects/dialect.ts';
import { needsSymbol } from './failure.ts';
import { type InstrumentTerms, termsOf } from './instruments.ts';
import { openOrders } from './open-orders.ts';
import { balanceOf, markOf, positionOf } from './rows.ts';

export interface QueryOptions {
  readonly clock: Clock;
  /** Symbols of a venue that the state, the journal and the configuration know. */
  readonly symbols: (venue: string) => readonly string[];
  /** Called as each answer comes. */
  readonly onReport?: ((report: VenueReport) => void) | undefined;
}

/** A report with what reconciliation needs beside it. */
export interface RiskAnswers {
  readonly report: VenueReport;
  /** null where the balances were not answered. */
  readonly account: AccountRow | null;
  readonly terms: ReadonlyMap<string, InstrumentTerms>;
}

interface Answers {
  openOrders: Answer<VenueOrder>;
  positions: Answer<VenuePosition>;
  balances: Answer<VenueBalance>;
  marks: Answer<VenueMark>;
}
type Question = keyof Answers;
/** A clock read within this round trip is good; above the other one, asking again would only take longer. */
const EXACT_MS = 40;
const SLOW_MS = 1_000;
const NO_ROWS: Readonly<Record<string, Row>> = {};
const QUESTIONS: readonly Question[] = ['openOrders', 'positions', 'balances', 'marks'];

/** What a venue's answers come to, in one word and in a sentence. */
export function standingOf(answers: readonly (readonly [string, Answer<unknown>])[]): { status: VenueReport['status']; reason: string } {
  const open = answers.filter(([, answer]) => !isWhole(answer));
  const reason = [...new Set(open.filter(([, { reason: why }]) => why !== '').map(([, { reason: why }]) => why))]
    .map(
      (why) =>
        `${open
          .filter(([, answer]) => answer.reason === why)
          .map(([name]) => name)
          .join(', ')}: ${why}`,
    )
    .join('; ');
  if (open.some(([, { status }]) => status === 'asking')) return { status: 'asking', reason };
  if (open.length === 0) return { status: 'answered', reason: '' };
  const heard = answers.some(([, { status }]) => status !== 'silent' && status !== 'failed' && status !== 'notLoaded');
  if (heard) return { status: 'partial', reason };
  return { status: open.some(([, { status }]) => status === 'silent') ? 'silent' : 'failed', reason };
}

class RiskQuery {
  readonly #connection: VenueConnection;
  readonly #options: QueryOptions;
  readonly #askedAt: string;
  readonly #startNs: bigint;
  readonly #answers: Answers;
  #account: AccountRow | null = null;
  #terms = new Map<string, InstrumentTerms>();

  constructor(connection: VenueConnection, options: QueryOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#askedAt = isoTime(options.clock.wallNs());
    this.#startNs = options.clock.monotonicNs();
    this.#answers = {
      openOrders: asking(this.#askedAt),
      positions: asking(this.#askedAt),
      balances: asking(this.#askedAt),
      marks: asking(this.#askedAt),
    };
  }

  async run(): Promise<RiskAnswers> {
    const connection = this.#connection;
    this.#tell();
    const symbols = this.#options.symbols(connection.name);
    // The clock is needed for ages and for signatures that are refused; nothing waits for it.
    const clock = connection.syncClock().catch(() => {});
    const scope = { symbols, nowMs: this.#venueMs() };
    await Promise.all([
      this.#put('openOrders', () => openOrders(connection, scope)),
      this.#put('positions', () => this.#positions(symbols)),
      this.#put('balances', () => this.#balances()),
      this.#put('marks', () => this.#marks(symbols)),
    ]);
    await this.#marksOfOthers(symbols);
    await clock;
    await this.#clockAgain();
    this.#tell();
    return { report: this.report(), account: this.#account, terms: this.#terms };
  }

  #venueMs(): number {
    return Number(this.#options.clock.wallNs() / 1_000_000n) + (this.#connection.clockOffsetMs ?? 0);
  }

  /** The first measurement stands behind the start of everything; a second one is nearer where the venue itself is not slow. */
  async #clockAgain(): Promise<void> {
    const { clockRoundTripMs: roundTrip } = this.#connection;
    if (roundTrip !== null && roundTrip > EXACT_MS && roundTrip < SLOW_MS) await this.#connection.syncClock().catch(() => {});
  }

  async #put<Q extends Question>(question: Q, ask: () => Promise<Outcome<Answers[Q]['items'][number]>>): Promise<void> {
    const answer = await answerOf(this.#options.clock, (error) => this.#connection.failure(error), ask as () => Promise<Outcome<never>>);
    this.#answers[question] = answer as Answers[Q];
    this.#tell();
  }

  #tell(): void {
    this.#options.onReport?.(this.report());
  }

  async #positions(symbols: readonly string[]): Promise<Outcome<VenuePosition>> {
    const connection = this.#connection;
    const client = await connection.ready('read');
    const place = { venue: connection.name, account: connection.configuration.account };
    const lists = connection.dialect.segments(client, symbols).flatMap(({ positions }) => (positions === null ? [] : [positions]));
    const list = async (params: object): Promise<readonly Row[]> => {
      try {
        return await connection.ask('read', () => client.fetchPositions(undefined, { ...params }));
      } catch (error) {
        if (!needsSymbol(error)) throw error;
        return (await Promise.all(symbols.map((symbol) => connection.ask('read', () => client.fetchPositions([symbol]))))).flat();
      }
    };
    const rows = (await Promise.all(lists.map(list))).flat();
    return { items: rows.map((row) => positionOf(row, place)).filter((position) => position !== null) };
  }

  async #balances(): Promise<Outcome<VenueBalance>> {
    const connection = this.#connection;
    const client = await connection.ready('read');
    const account = connection.dialect.account(await connection.ask('read', () => client.fetchBalance()));
    this.#account = account;
    const place = { venue: connection.name, account: connection.configuration.account };
    return { items: account.assets.map((row) => balanceOf(row, place)) };
  }

  async #marks(symbols: readonly string[]): Promise<Outcome<VenueMark>> {
    const connection = this.#connection;
    const client = await connection.ready('read');
    const known = symbols.filter((symbol) => client.markets?.[symbol]);
    const missing = symbols.filter((symbol) => !client.markets?.[symbol]);
    for (const symbol of known) this.#terms.set(symbol, termsOf(client, symbol)!);
    const swaps = known.filter((symbol) => client.markets?.[symbol]?.swap === true && client.has.fetchFundingRates === true);
    const others = known.filter((symbol) => !swaps.includes(symbol));
    const [rates, tickers] = await Promise.all([
      swaps.length > 0 ? connection.ask('read', () => client.fetchFundingRates(swaps)) : NO_ROWS,
      others.length > 0 ? connection.ask('read', () => client.fetchTickers(others)) : NO_ROWS,
    ]);
    const rows = [...Object.values(rates), ...Object.values(tickers)];
    const items = rows.map((row) => markOf(row, connection.name, this.#venueMs())).filter((mark) => mark !== null);
    const without = known.filter((symbol) => !items.some((mark) => mark.symbol === symbol));
    if (missing.length > 0) return { items, short: { status: 'notLoaded', reason: `not listed there: ${missing.slice(0, 5).join(', ')}` } };
    return { items, short: without.length === 0 ? null : { status: 'truncated', reason: `no mark for ${without.slice(0, 5).join(', ')}` } };
  }

  /** What the orders and positions named beyond the known symbols needs a mark too. */
  async #marksOfOthers(symbols: readonly string[]): Promise<void> {
    const { openOrders: orders, positions, marks } = this.#answers;
    const named = new Set([...orders.items, ...positions.items].map(({ symbol }) => symbol));
    const others = [...named].filter((symbol) => !symbols.includes(symbol)).sort();
    if (others.length === 0 || !(isWhole(marks) || marks.status === 'notLoaded' || marks.status === 'truncated')) return;
    const more = await answerOf(
      this.#options.clock,
      (error) => this.#connection.failure(error),
      () => this.#marks(others),
    );
    this.#answers.marks = merged([marks, more]);
  }

  /** Of working orders at their own price, else their trigger, else the mark. null: not all are known. */
  #notional(): string | null {
    const { openOrders: orders, marks } = this.#answers;
    if (!isWhole(orders)) return null;
    let sum = 0n;
    for (const order of orders.items) {
      const price = order.price ?? order.trigger ?? marks.items.find(({ symbol }) => symbol === order.symbol)?.price;
      const units = unitsOf(price);
      if (units === null) return null;
      sum += times(times(unitsOrZero(order.remaining), units), this.#terms.get(order.symbol)?.multiplier ?? 10n ** 18n);
    }
    return textOf(sum);
  }

  report(): VenueReport {
    const { configuration, name, canCancel, clockOffsetMs } = this.#connection;
    const { openOrders: orders } = this.#answers;
    const standing = standingOf(QUESTIONS.map((question) => [question, this.#answers[question]] as const));
    return {
      name,
      dialect: configuration.dialect,
      account: configuration.account,
      ...standing,
      askedAt: this.#askedAt,
      ms: Math.max(
        standing.status === 'asking' ? Number(this.#options.clock.monotonicNs() - this.#startNs) / 1e6 : 0,
        ...QUESTIONS.map((question) => this.#answers[question].ms),
      ),
      clockOffsetMs,
      orders: isWhole(orders) ? orders.items.length : null,
      notional: this.#notional(),
      ...this.#answers,
      canCancel,
      cancelOnDisconnect: configuration.cancelOnDisconnect,
      marginUsed: this.#account?.marginUsed ?? null,
      marginFree: this.#account?.marginFree ?? null,
      rateLimit: this.#connection.rateLimit(),
      emergency: configuration.emergency,
    };
  }
}

/** Asks one venue. Never throws: what could not be learnt is in the answers. */
export const askVenue = (connection: VenueConnection, options: QueryOptions): Promise<RiskAnswers> =>
  new RiskQuery(connection, options).run();

/** Asks every venue side by side; `onReport` tells each answer as it comes. Never throws. */
export const queryVenues = async (connections: readonly VenueConnection[], options: QueryOptions): Promise<VenueReport[]> =>
  (await Promise.all(connections.map((connection) => askVenue(connection, options)))).map(({ report }) => report);
