/**
 * Everything that one venue answers to a reconciliation: the risk query, and behind it the fills, a look-up of every live order of
 * ours that is not listed, and the account's ledger.
 *
 * The answers have to belong together: a fill between the positions and the trades would look like a break. So trades are asked
 * before and after the positions, until nothing was filled between them.
 */

import type { Answer, VenueFill, VenueOrder, VenueReport } from '../../shared/contract/venues.ts';
import { answerOf, isWhole, merged, payloadHash } from './answer.ts';
import type { VenueConnection } from './client.ts';
import { unitsOrZero } from './decimal.ts';
import type { AccountRow, WantedOrder } from './dialects/dialect.ts';
import { AT_ONCE, askFills } from './fills.ts';
import type { InstrumentTerms } from './instruments.ts';
import { askLedger, type LedgerEntry } from './ledger.ts';
import { limited } from './limited.ts';
import { askVenue, type QueryOptions, type RiskAnswers, standingOf } from './query.ts';
import { orderOf } from './rows.ts';

/** What is to be asked of one venue, by our own records. */
export interface Needs {
  readonly symbols: readonly string[];
  /** Our live orders there. */
  readonly orders: readonly WantedOrder[];
  readonly fillsSinceMs: number;
  /** null: nothing is asked. */
  readonly ledgerSinceMs: number | null;
}

/** `absent`: the venue says that there is none. `unanswered`: nothing is known. */
export interface OrderLookUp {
  readonly clientId: string;
  readonly status: 'found' | 'absent' | 'unanswered';
  readonly order: VenueOrder | null;
  readonly reason: string;
}

export interface VenueEvidence {
  readonly report: VenueReport;
  readonly account: AccountRow | null;
  readonly terms: ReadonlyMap<string, InstrumentTerms>;
  readonly fills: Answer<VenueFill>;
  readonly fillsSinceMs: number;
  readonly lookUps: Answer<OrderLookUp>;
  readonly ledger: Answer<LedgerEntry>;
  /** No fill came between the positions and the trades that were listed. */
  readonly settled: boolean;
  readonly questions: number;
  readonly ms: number;
}

export interface EvidenceOptions extends Omit<QueryOptions, 'symbols'> {
  readonly needs: (venue: string) => Needs;
}

/** Fills are asked for from a little before, so that two clocks do not hide one. */
const MARGIN_MS = 60_000;
const ROUNDS_MAX = 5;
const LOOK_UPS_MAX = 2_000;

const heard = (report: VenueReport): boolean => report.status === 'answered' || report.status === 'partial';
const idsOf = (fills: readonly VenueFill[]): Set<string> => new Set(fills.map(({ symbol, tradeId }) => `${symbol} ${tradeId}`));

/** The same answer to the same question, asked later for what is new: the items of both. */
function joined(before: Answer<VenueFill>, after: Answer<VenueFill>): Answer<VenueFill> {
  const known = idsOf(before.items);
  const items = [...before.items, ...after.items.filter(({ symbol, tradeId }) => !known.has(`${symbol} ${tradeId}`))];
  const { status, reason } = merged([before, after]);
  return { ...before, status, reason, items, ms: before.ms + after.ms, payloadHash: payloadHash(items) };
}

interface Gathered extends Pick<VenueEvidence, 'fills' | 'lookUps' | 'ledger' | 'settled'> {
  readonly risk: RiskAnswers;
}

class Gathering {
  readonly #connection: VenueConnection;
  readonly #options: EvidenceOptions;
  readonly #needs: Needs;

  constructor(connection: VenueConnection, options: EvidenceOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#needs = options.needs(connection.name);
  }

  #risk(tell: boolean, symbols: readonly string[]): Promise<RiskAnswers> {
    const { clock, onReport } = this.#options;
    return askVenue(this.#connection, { clock, symbols: () => symbols, onReport: tell ? onReport : undefined });
  }

  async run(): Promise<VenueEvidence> {
    const { clock } = this.#options;
    const needs = this.#needs;
    const startNs = clock.monotonicNs();
    const before = this.#connection.questions;
    // The fills of before are asked for with the first round: the second one shows whether one came in between.
    const earlier = this.#askFills(needs.symbols, this.#from);
    const first = await this.#risk(true, needs.symbols);
    const answers = heard(first.report) ? await this.#heard(first, await earlier) : nothingHeard(first);
    this.#options.onReport?.(answers.risk.report);
    const { risk, ...rest } = answers;
    await earlier;
    return {
      ...risk,
      ...rest,
      fillsSinceMs: needs.fillsSinceMs,
      questions: this.#connection.questions - before,
      ms: Number(clock.monotonicNs() - startNs) / 1e6,
    };
  }

  get #from(): number {
    return this.#needs.fillsSinceMs - MARGIN_MS;
  }

  /** Known symbols, and those that the venue itself named. */
  #named(report: VenueReport): string[] {
    const there = [...report.openOrders.items, ...report.positions.items].map(({ symbol }) => symbol);
    return [...new Set([...this.#needs.symbols, ...there])].sort();
  }

  #askFills(symbols: readonly string[], sinceMs: number): Promise<Answer<VenueFill>> {
    return askFills(this.#connection, { clock: this.#options.clock, symbols, sinceMs });
  }

  async #heard(first: RiskAnswers, earlier: Answer<VenueFill>): Promise<Gathered> {
    const symbols = this.#named(first.report);
    const ledger = askLedger(this.#connection, this.#options.clock, this.#needs.ledgerSinceMs);
    const others = symbols.filter((symbol) => !this.#needs.symbols.includes(symbol));
    const known = others.length === 0 ? earlier : joined(earlier, await this.#askFills(others, this.#from));
    const round = await this.#settle(known, symbols);
    const risk = await this.#relisted(round.risk, round.lookUps, symbols);
    const fills = await this.#verified(round.fills, risk.report, round.lookUps, symbols);
    const settled = round.settled && fills.items.length === round.fills.items.length;
    return { risk, fills, lookUps: round.lookUps, ledger: await ledger, settled };
  }

  /** Positions between two questions for fills, until the second one brings nothing new. */
  async #settle(earlier: Answer<VenueFill>, symbols: readonly string[]): Promise<Omit<Gathered, 'ledger'>> {
    let fills = earlier;
    for (let round = 1; ; round += 1) {
      const risk = await this.#risk(false, symbols);
      const latest = fills.items.reduce((last, { at }) => Math.max(last, Date.parse(at)), this.#from);
      const known = fills.items.length;
      const [more, lookUps] = await Promise.all([this.#askFills(symbols, latest), this.#lookUpOrders(risk.report)]);
      fills = joined(fills, more);
      const settled = isWhole(more) && fills.items.length === known;
      if (settled || !isWhole(more) || round === ROUNDS_MAX) return { risk, fills, lookUps, settled };
    }
  }

  async #lookUpOrders(report: VenueReport): Promise<Answer<OrderLookUp>> {
    const connection = this.#connection;
    const listed = new Set(report.openOrders.items.flatMap(({ orderId, clientId }) => [orderId, clientId ?? '']));
    const wanted = this.#needs.orders.filter(({ orderId, clientId }) => !(orderId !== '' && listed.has(orderId)) && !listed.has(clientId));
    const asked = wanted.slice(0, LOOK_UPS_MAX);
    return answerOf(
      this.#options.clock,
      (error) => connection.failure(error),
      async () => {
        const client = await connection.ready('read');
        const place = { venue: connection.name, account: connection.configuration.account };
        const items = await limited(asked, AT_ONCE, async (order): Promise<OrderLookUp> => {
          try {
            const row = await connection.ask('read', () => connection.dialect.lookUp(client, order));
            return { clientId: order.clientId, status: row ? 'found' : 'absent', order: row && orderOf(row, place), reason: '' };
          } catch (error) {
            return { clientId: order.clientId, status: 'unanswered', order: null, reason: connection.failure(error).reason };
          }
        });
        const open = items.filter(({ status }) => status === 'unanswered');
        if (wanted.length > asked.length)
          return {
            items,
            short: { status: 'truncated', reason: `${wanted.length} orders are not listed: only ${asked.length} were asked for` },
          };
        if (open.length === 0) return { items };
        return {
          items,
          short: { status: 'failed', reason: `${open.length} of ${asked.length} look-ups were not answered: ${open[0]!.reason}` },
        };
      },
    );
  }

  /** An order that is live by its look-up and not listed: it came in between, or the list was cut. Asking again tells which. */
  async #relisted(risk: RiskAnswers, lookUps: Answer<OrderLookUp>, symbols: readonly string[]): Promise<RiskAnswers> {
    const live = lookUps.items.flatMap(({ order }) => (order && isLive(order) ? [order] : []));
    if (live.length === 0 || !isWhole(risk.report.openOrders)) return risk;
    const again = await this.#risk(false, symbols);
    const { openOrders } = again.report;
    const hidden = live.find(
      ({ orderId, clientId }) =>
        !openOrders.items.some((order) => order.orderId === orderId || (clientId !== null && order.clientId === clientId)),
    );
    if (!hidden || !isWhole(openOrders)) return { ...risk, report: withOpenOrders(risk.report, openOrders) };
    const still = await limited([hidden], 1, (order) => this.#stillLive(order));
    if (!still[0]) return { ...risk, report: withOpenOrders(risk.report, openOrders) };
    const reason = `order ${hidden.orderId} is live by its look-up and not in the list`;
    return { ...risk, report: withOpenOrders(risk.report, { ...openOrders, status: 'truncated', reason }) };
  }

  async #stillLive({ symbol, orderId, clientId, trigger }: VenueOrder): Promise<boolean> {
    const connection = this.#connection;
    try {
      const client = await connection.ready('read');
      const row = await connection.ask('read', () =>
        connection.dialect.lookUp(client, { symbol, orderId, clientId: clientId ?? '', conditional: trigger !== null }),
      );
      return row !== null && isLive(orderOf(row, { venue: connection.name, account: connection.configuration.account }));
    } catch {
      return true;
    }
  }

  /** An order that was filled more than its listed trades amount to: the list of trades was cut. */
  async #verified(
    fills: Answer<VenueFill>,
    report: VenueReport,
    lookUps: Answer<OrderLookUp>,
    symbols: readonly string[],
  ): Promise<Answer<VenueFill>> {
    if (!isWhole(fills)) return fills;
    const orders = [...report.openOrders.items, ...lookUps.items.flatMap(({ order }) => (order ? [order] : []))];
    const since = this.#needs.fillsSinceMs;
    const short = (answer: Answer<VenueFill>): VenueOrder | undefined => {
      const sums = new Map<string, bigint>();
      for (const { orderId, quantity } of answer.items) sums.set(orderId, (sums.get(orderId) ?? 0n) + unitsOrZero(quantity));
      return orders.find(
        ({ orderId, filled, createdAt }) =>
          createdAt !== null && Date.parse(createdAt) >= since && (sums.get(orderId) ?? 0n) < unitsOrZero(filled),
      );
    };
    if (!short(fills)) return fills;
    const again = joined(fills, await this.#askFills(symbols, since - MARGIN_MS));
    const order = short(again);
    if (!order || !isWhole(again)) return again;
    return { ...again, status: 'truncated', reason: `order ${order.orderId} was filled ${order.filled}: the listed trades amount to less` };
  }
}

const isLive = ({ status }: VenueOrder): boolean => status === 'open' || status === 'partiallyFilled';

const nothingHeard = (risk: RiskAnswers): Gathered => ({
  risk,
  fills: unasked(risk.report),
  lookUps: unasked(risk.report),
  ledger: unasked(risk.report),
  settled: false,
});

/** The answer that was not even asked for, because the venue was not heard. */
function unasked<T>(report: VenueReport): Answer<T> {
  const status = report.status === 'silent' ? 'silent' : 'failed';
  return { status, items: [], reason: report.reason, askedAt: report.askedAt, ms: 0, payloadHash: null };
}

function withOpenOrders(report: VenueReport, openOrders: VenueReport['openOrders']): VenueReport {
  const { positions, balances, marks } = report;
  const standing = standingOf(Object.entries({ openOrders, positions, balances, marks }));
  const whole = isWhole(openOrders);
  return { ...report, ...standing, openOrders, orders: whole ? openOrders.items.length : null, notional: whole ? report.notional : null };
}

/** Asks one venue for everything. Never throws. */
export const gatherVenue = (connection: VenueConnection, options: EvidenceOptions): Promise<VenueEvidence> =>
  new Gathering(connection, options).run();

/** Asks every venue for everything, side by side; `onReport` tells each first answer as it comes. Never throws. */
export const gatherEvidence = (connections: readonly VenueConnection[], options: EvidenceOptions): Promise<VenueEvidence[]> =>
  Promise.all(connections.map((connection) => gatherVenue(connection, options)));
