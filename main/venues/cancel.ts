/**
 * Cancelling, scoped, with a key that may cancel. It lists what is live, cancels what is in scope, and lists again, until a whole
 * list of every venue shows none of it left, or the time is over. Every order has its fate; nothing is called done before that.
 *
 * It needs no store. It may be started by one person at any time, and started again: a cancel of what is gone does no harm.
 */

import { randomUUID } from 'node:crypto';
import type { AnswerStatus, CancelFate, CancelReport, CancelScope, VenueOrder } from '../../shared/contract/venues.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Clock } from '../storage/storage.ts';
import { answerOf, isoTime, isWhole } from './answer.ts';
import { type CancelLookup, type NamedOrder, verdictByName, verdictOf } from './cancel-scope.ts';
import type { Row } from './ccxt.ts';
import type { VenueConnection } from './client.ts';
import type { WantedOrder } from './dialects/dialect.ts';
import { isNotFound, isRefusedKey } from './failure.ts';
import { limited } from './limited.ts';
import { openOrders } from './open-orders.ts';
import { orderOf } from './rows.ts';

export { type Attribution, type CancelLookup, isProtective, lookupIn, type NamedOrder, verdictOf } from './cancel-scope.ts';

export interface CancelOptions {
  readonly clock: Clock;
  readonly scope: CancelScope;
  /** Who cancels. */
  readonly by: string;
  /** Cancels exactly these, instead of what the scope says. */
  readonly orders?: readonly NamedOrder[] | undefined;
  /** Our records of orders, for scopes by strategy or trader. */
  readonly lookup: CancelLookup;
  /** Symbols of a venue that are known. */
  readonly symbols: (venue: string) => readonly string[];
  readonly onReport?: ((report: CancelReport) => void) | undefined;
  readonly timeLimitMs?: number | undefined;
}

const TIME_LIMIT_MS = 15_000;
/** Between two lists; it doubles. */
const PAUSE_MS = 50;
const PAUSE_MS_MAX = 1_000;
const AT_ONCE = 8;
/** A cancel that the venue refuses is sent this often. */
const REFUSALS_MAX = 3;

interface Target {
  readonly order: VenueOrder;
  fate: CancelFate;
  reason: string;
  refusals: number;
  /** In scope, as far as we know. */
  readonly attributed: boolean;
}

type Phase = 'listing' | 'sending' | 'confirming' | 'done' | 'incomplete';
const PHASES: readonly Phase[] = ['listing', 'sending', 'confirming', 'incomplete', 'done'];

interface VenueProgress {
  phase: Phase;
  listed: AnswerStatus;
  left: number | null;
  reason: string;
  readonly targets: Map<string, Target>;
}

/** No word of its end was heard. */
const isOpenFate = (fate: CancelFate): boolean => fate === 'listed' || fate === 'sent' || fate === 'unknown' || fate === 'rejected';
const wantedOf = ({ symbol, orderId, clientId, trigger }: VenueOrder): WantedOrder => ({
  symbol,
  orderId,
  clientId: clientId ?? '',
  conditional: trigger !== null,
});
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Cancelling {
  readonly #connections: readonly VenueConnection[];
  readonly #options: CancelOptions;
  readonly #id = randomUUID();
  readonly #startedAt: string;
  readonly #deadlineNs: bigint;
  readonly #progress = new Map<string, VenueProgress>();

  constructor(connections: readonly VenueConnection[], options: CancelOptions) {
    this.#connections = connections;
    this.#options = options;
    this.#startedAt = isoTime(options.clock.wallNs());
    this.#deadlineNs = options.clock.monotonicNs() + BigInt(options.timeLimitMs ?? TIME_LIMIT_MS) * 1_000_000n;
    for (const { name } of connections)
      this.#progress.set(name, { phase: 'listing', listed: 'asking', left: null, reason: '', targets: new Map() });
  }

  async run(): Promise<CancelReport> {
    this.#tell();
    await Promise.all(this.#connections.map((connection) => this.#venue(connection)));
    this.#tell();
    return this.report();
  }

  get #timeLeft(): boolean {
    return this.#options.clock.monotonicNs() < this.#deadlineNs;
  }

  #tell(): void {
    this.#options.onReport?.(this.report());
  }

  async #venue(connection: VenueConnection): Promise<void> {
    const progress = this.#progress.get(connection.name)!;
    let pauseMs = PAUSE_MS;
    let keyRefused = '';
    for (;;) {
      const left = await this.#list(connection, progress);
      if (left !== null && left.length === 0) {
        this.#finish(progress);
        return;
      }
      if (keyRefused !== '' || !this.#timeLeft) {
        progress.phase = 'incomplete';
        progress.reason =
          keyRefused ||
          `the time of ${this.#options.timeLimitMs ?? TIME_LIMIT_MS} ms is over${progress.reason === '' ? '' : `; ${progress.reason}`}`;
        this.#tell();
        return;
      }
      if (connection.canCancel) {
        progress.phase = 'sending';
        // Without a whole list, what was seen is cancelled all the same.
        const targets = left ?? [...progress.targets.values()].filter(({ attributed, fate }) => attributed && isOpenFate(fate));
        keyRefused = await this.#send(connection, targets);
        progress.phase = 'confirming';
        this.#tell();
      } else {
        keyRefused = 'there is no key that may cancel';
      }
      await sleep(pauseMs);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
    }
  }

  /** @returns what is in scope and live; null where the list is not whole */
  async #list(connection: VenueConnection, progress: VenueProgress): Promise<readonly Target[] | null> {
    const { clock, scope, orders, lookup, symbols } = this.#options;
    const nowMs = Number(clock.wallNs() / 1_000_000n) + (connection.clockOffsetMs ?? 0);
    const answer = await answerOf(
      clock,
      (error) => connection.failure(error),
      () => openOrders(connection, { symbols: symbols(connection.name), nowMs }),
    );
    const whole = isWhole(answer);
    progress.listed = answer.status;
    const live: Target[] = [];
    let protecting = 0;
    for (const order of answer.items) {
      const verdict = orders ? verdictByName(order, orders) : verdictOf(order, scope, lookup);
      if (verdict === 'protects') protecting += 1;
      if (verdict !== 'in' && verdict !== 'unattributed') continue;
      const known = progress.targets.get(order.orderId);
      const unattributed = verdict === 'unattributed';
      const target = known ?? {
        order,
        fate: 'listed',
        refusals: 0,
        attributed: !unattributed,
        reason: unattributed ? 'not attributed: no record of ours names its strategy or trader; it was left alone' : '',
      };
      if (!known) progress.targets.set(order.orderId, target);
      // A cancel that was acknowledged, and the order is there again: not confirmed after all.
      else if (known.fate === 'confirmed' || known.fate === 'alreadyGone') known.fate = 'sent';
      if (!unattributed) live.push(target);
    }
    const seen = new Set(answer.items.map(({ orderId }) => orderId));
    const gone = [...progress.targets.values()].filter(({ order, fate }) => whole && !seen.has(order.orderId) && isOpenFate(fate));
    await limited(gone, AT_ONCE, (target) => this.#gone(connection, target));
    const standing = protecting === 0 ? '' : `${protecting} protective order${protecting === 1 ? '' : 's'} left standing`;
    progress.left = whole ? live.length : null;
    progress.reason = [answer.reason, standing].filter((part) => part !== '').join('; ');
    this.#tell();
    return whole ? live : null;
  }

  /** Not in a whole list any more: cancelled, or filled in the meantime. */
  async #gone(connection: VenueConnection, target: Target): Promise<void> {
    const sent = target.fate !== 'listed';
    target.reason = '';
    let row: Row | null = null;
    try {
      const client = await connection.ready('read');
      row = await connection.ask('read', () => connection.dialect.lookUp(client, wantedOf(target.order)));
    } catch {
      target.reason = 'not live any more; how it ended was not told';
    }
    const status = row && orderOf(row, { venue: target.order.venue, account: target.order.account }).status;
    if (status === 'filled') target.fate = 'filled';
    else target.fate = sent ? 'confirmed' : 'alreadyGone';
  }

  /** @returns why no cancel of this key can succeed; empty where that is not so */
  async #send(connection: VenueConnection, targets: readonly Target[]): Promise<string> {
    let refused = '';
    const due = targets.filter(({ refusals }) => refusals < REFUSALS_MAX);
    await limited(due, AT_ONCE, async (target) => {
      if (refused !== '' || !this.#timeLeft) return;
      target.fate = 'sent';
      target.reason = '';
      this.#tell();
      try {
        const client = await connection.ready('cancel');
        const row = (await connection.ask('cancel', () => connection.dialect.cancel(client, wantedOf(target.order)))) as Row;
        // Only an answer that says so is a confirmation; a bare acknowledgement is proved by the next list.
        if (row?.status === 'canceled') target.fate = 'confirmed';
        else target.reason = 'acknowledged';
      } catch (error) {
        const { status, reason } = connection.failure(error);
        target.reason = reason;
        if (isNotFound(error)) target.fate = 'unknown';
        else if (isRefusedKey(error)) [target.fate, refused] = ['rejected', reason];
        else if (status === 'silent' || reason.startsWith('no connection')) target.fate = 'unknown';
        else {
          target.fate = 'rejected';
          target.refusals += 1;
        }
      }
      this.#tell();
    });
    if (refused === '' && due.length === 0 && targets.length > 0)
      return `the venue refused ${targets.length === 1 ? 'a cancel' : `${targets.length} cancels`} ${REFUSALS_MAX} times: ${targets[0]!.reason}`;
    return refused;
  }

  #finish(progress: VenueProgress): void {
    const unattributed = [...progress.targets.values()].filter(({ attributed, fate }) => !attributed && fate === 'listed').length;
    progress.phase = unattributed === 0 ? 'done' : 'incomplete';
    if (unattributed > 0)
      progress.reason = `${unattributed} live order${unattributed === 1 ? '' : 's'} cannot be attributed and may belong to the scope`;
    this.#tell();
  }

  report(): CancelReport {
    const all = [...this.#progress];
    const phase = PHASES.find((candidate) => all.some(([, progress]) => progress.phase === candidate)) ?? 'done';
    return {
      id: this.#id,
      scope: this.#options.scope,
      by: this.#options.by,
      startedAt: this.#startedAt,
      status: phase,
      orders: all.flatMap(([venue, { targets }]) =>
        [...targets.values()].map(({ order: { symbol, orderId, clientId, side, remaining, price, trigger }, fate, reason }) => ({
          venue,
          symbol,
          orderId,
          clientId,
          side,
          remaining,
          price,
          trigger,
          fate,
          reason,
        })),
      ),
      venues: all.map(([venue, { listed, left, reason }]) => ({ venue, listed, left, reason })),
    };
  }
}

/**
 * Cancels what is in scope, at every venue side by side. Never throws for what a venue does: it is in the report.
 * @throws RearmError NOT_FOUND for a venue or an account that is not configured
 */
export async function cancelOrders(connections: readonly VenueConnection[], options: CancelOptions): Promise<CancelReport> {
  const { venue, account } = options.scope;
  const named = options.orders && new Set(options.orders.map((order) => order.venue));
  const concerned = connections.filter(
    ({ name, configuration }) =>
      (named ? named.has(name) : true) &&
      (venue === undefined || venue === name) &&
      (account === undefined || account === configuration.account),
  );
  if (concerned.length === 0)
    throw new RearmError(
      'NOT_FOUND',
      `nothing was cancelled: no venue is configured for ${venue ?? 'any venue'}${account === undefined ? '' : `, account ${account}`}`,
      { venue, account },
    );
  return new Cancelling(concerned, options).run();
}
