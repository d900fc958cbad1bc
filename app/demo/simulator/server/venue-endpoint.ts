/**
 * One venue as its clients see it: every request passes here, in this order: fault, signature, permission, trap, handling,
 * answer. Whatever may change something leaves a line in the event log, with the client ids as they were seen.
 */

import { type Dialect, DialectError, type Outcome, type Params, type Reply, type Route, type VenueRequest } from '../dialects/dialect.ts';
import { type ApiKey, allows } from '../dialects/keys.ts';
import type { Exchange } from '../domain/exchange.ts';
import { Refusal } from '../domain/refusal.ts';
import type { SavedRecords } from '../domain/venue-books.ts';
import { type Fault, Faults, halfPageOf, Trap } from './faults.ts';
import type { Action } from './http.ts';

const CLIENT_ID_NAMES = [
  'newClientOrderId',
  'origClientOrderId',
  'clientAlgoId',
  'orderLinkId',
  'origClientOrderIdList',
  'origclientorderidlist',
];

export interface VenueEndpointOptions {
  readonly exchange: Exchange;
  readonly dialect: Dialect;
  readonly keys: readonly ApiKey[];
  /** How this venue fails when it fails. */
  readonly failsAs: 'http' | 'venue';
}

export class VenueEndpoint {
  readonly exchange: Exchange;
  readonly dialect: Dialect;
  readonly keys: readonly ApiKey[];
  readonly faults = new Faults();
  /** Submissions that are accepted, without an answer. */
  readonly ambiguous = new Trap();
  /** Submissions that are swallowed: neither accepted nor answered. */
  readonly lose = new Trap();
  readonly #failsAs: 'http' | 'venue';
  #minute = 0;
  #used = 0;

  constructor(options: VenueEndpointOptions) {
    this.exchange = options.exchange;
    this.dialect = options.dialect;
    this.keys = options.keys;
    this.#failsAs = options.failsAs;
  }

  state() {
    return {
      exchange: this.exchange.state(),
      keys: this.keys,
      faults: this.faults.state(),
      ambiguous: this.ambiguous.state(),
      lose: this.lose.state(),
      minute: this.#minute,
      used: this.#used,
    };
  }

  /** The keys are told to the constructor. */
  restore(state: ReturnType<VenueEndpoint['state']>, records: SavedRecords): void {
    this.exchange.restore(state.exchange, records);
    this.faults.restore(state.faults);
    this.ambiguous.set(state.ambiguous.left, state.ambiguous.how);
    this.lose.set(state.lose.left, state.lose.how);
    this.#minute = state.minute;
    this.#used = state.used;
  }

  get #serverMs(): number {
    return this.exchange.books.clock.serverMs();
  }

  respond(request: VenueRequest): Action {
    const route = this.dialect.route(request);
    if (route === null) return this.#reply(this.dialect.unknownPath(this.#serverMs));
    const fault = this.faults.of(route.operation, request.path);
    if (fault?.mode === 'silent') {
      this.#log(route, request, { outcome: 'swallowed', answered: false });
      return { kind: 'hold' };
    }
    if (fault?.mode === 'failing') {
      this.#log(route, request, { outcome: 'failed', answered: true });
      return this.#reply(this.dialect.unavailable(fault.error ?? this.#failsAs, this.#serverMs));
    }
    const action = this.#handle(route, request, fault);
    return action.kind === 'reply' && fault?.mode === 'slow' ? { ...action, delayMs: fault.ms } : action;
  }

  #handle(route: Route, request: VenueRequest, fault: Fault | null): Action {
    const entry = this.#log(route, request, {});
    try {
      const key = this.#admit(route, request);
      entry.key = key?.kind ?? null;
      const swallowed = route.operation === 'create' ? this.lose.spring() : null;
      if (swallowed !== null) {
        Object.assign(entry, { outcome: 'swallowed', answered: false });
        return { kind: swallowed };
      }
      const { params, batch } = this.dialect.parse(request);
      const outcome = route.handle({ exchange: this.exchange, key, params, batch, halfPage: halfPageOf(fault) });
      const unanswered = route.operation === 'create' ? this.ambiguous.spring() : null;
      Object.assign(entry, { outcome: 'accepted', answered: unanswered === null, orders: idsOf(outcome) });
      if (unanswered !== null) return { kind: unanswered };
      return this.#reply(this.dialect.success(outcome, this.#serverMs));
    } catch (error) {
      const reply = this.dialect.failure(error, this.#serverMs);
      const known = error instanceof Refusal || error instanceof DialectError;
      const text = error instanceof Error ? error.message : String(error);
      Object.assign(entry, { outcome: known ? 'refused' : 'defect', answered: true, code: reply.code, text });
      if (!known) process.stderr.write(`${error instanceof Error ? error.stack : text}\n`);
      return this.#reply(reply);
    }
  }

  #admit(route: Route, request: VenueRequest): ApiKey | null {
    if (route.access === 'public') return null;
    const key = this.dialect.authenticate(request, this.keys, this.#serverMs);
    if (!allows(key, route.access)) throw this.dialect.forbidden();
    return key;
  }

  #reply(reply: Reply): Action {
    const minute = Math.floor(this.#serverMs / 60_000);
    this.#used = minute === this.#minute ? this.#used + 1 : 1;
    this.#minute = minute;
    return { kind: 'reply', reply: { ...reply, headers: this.dialect.rateHeaders(this.#used) }, delayMs: 0 };
  }

  /**
   * Queries leave no line: what is written to their entry is thrown away. Nor do requests once the log is full; what they
   * still can change (cancels) is logged by the exchange itself.
   */
  #log(route: Route, request: VenueRequest, outcome: Record<string, unknown>): Record<string, unknown> {
    if (route.access === 'public' || route.access === 'read' || this.exchange.books.full) return {};
    const seen = this.#seen(request);
    return this.exchange.books.note(route.operation, { request: `${request.method} ${request.path}`, ...seen, ...outcome });
  }

  #seen(request: VenueRequest): Record<string, unknown> {
    try {
      const { params, batch } = this.dialect.parse(request);
      const names = (part: Params): string[] => CLIENT_ID_NAMES.flatMap((name) => part.get(name) ?? []);
      return { symbol: params.get('symbol') ?? null, clientIds: [params, ...batch].flatMap(names) };
    } catch {
      return { symbol: null, clientIds: [] };
    }
  }
}

const idsOf = ({ orders }: Outcome): Record<string, string | null>[] =>
  (orders ?? []).map(({ orderId, algoId, clientId }) => ({ orderId, algoId, clientId }));
