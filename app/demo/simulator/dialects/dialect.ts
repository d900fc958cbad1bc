/**
 * What a dialect is: the paths, parameters, signatures, rows and error codes of one real exchange, over the same
 * {@link Exchange}. A dialect holds no state of its own.
 */

import type { Exchange } from '../domain/exchange.ts';
import type { Order } from '../domain/order.ts';
import type { ApiKey } from './keys.ts';

/** What a request asks for, named the same in all dialects: faults are aimed at these. */
export const OPERATIONS = [
  'time',
  'instruments',
  'ticker',
  'depth',
  'account',
  'balance',
  'positions',
  'openOrders',
  'order',
  'orderHistory',
  'trades',
  'ledger',
  'create',
  'amend',
  'cancel',
  'cancelAll',
  'countdown',
] as const;
export type Operation = (typeof OPERATIONS)[number];

export type Access = 'public' | 'read' | 'cancel' | 'trade';

export interface VenueRequest {
  readonly method: string;
  readonly path: string;
  /** As sent, without the question mark: signatures cover these bytes. */
  readonly rawQuery: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** Parameters by name; what a request leaves empty is not there. */
export type Params = ReadonlyMap<string, string>;

/** The answers of lists are cut: see server/faults.ts. */
export interface HalfPage {
  /** Rows that can be seen; null: half of what there is. */
  readonly limit: number | null;
}

export interface Call {
  readonly exchange: Exchange;
  readonly key: ApiKey | null;
  readonly params: Params;
  /** The parts of a batch; empty for all other requests. */
  readonly batch: readonly Params[];
  readonly halfPage: HalfPage | null;
}

export interface Outcome {
  readonly payload: unknown;
  /** What the dialect's envelope carries beside the payload, if it has such a place. */
  readonly extra?: unknown;
  /** Orders that the request created or changed. */
  readonly orders?: readonly Order[];
}

export interface Route {
  readonly operation: Operation;
  readonly access: Access;
  /** Synchronous: a request is handled whole, or not at all. @throws Refusal, DialectError */
  readonly handle: (call: Call) => Outcome;
}

export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Dialect {
  readonly ccxtId: string;
  readonly route: (request: VenueRequest) => Route | null;
  /** @throws DialectError */
  readonly parse: (request: VenueRequest) => { readonly params: Params; readonly batch: readonly Params[] };
  /** @throws DialectError */
  readonly authenticate: (request: VenueRequest, keys: readonly ApiKey[], serverMs: number) => ApiKey;
  readonly forbidden: () => DialectError;
  readonly success: (outcome: Outcome, serverMs: number) => Reply;
  /** The dialect's own words for a Refusal, a DialectError, or (for anything else) an internal error. */
  readonly failure: (error: unknown, serverMs: number) => Reply & { readonly code: string };
  /** How the venue tells what is left of the request quota. `used`: requests of the running minute. It is told, not enforced. */
  readonly rateHeaders: (used: number) => Readonly<Record<string, string>>;
  readonly unknownPath: (serverMs: number) => Reply;
  /** `http`: the gateway is down. `venue`: the venue answers that it failed. */
  readonly unavailable: (kind: 'http' | 'venue', serverMs: number) => Reply;
}

export class DialectError extends Error {
  readonly code: number;
  /** HTTP status. */
  readonly status: number;

  constructor(code: number, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The visible part of a list while its pages are cut: always the first rows, so that no paging reaches the others. */
export function cutRows<T>(rows: readonly T[], halfPage: HalfPage | null): readonly T[] {
  if (halfPage === null) return rows;
  const visible = halfPage.limit ?? Math.max(1, Math.floor(rows.length / 2));
  return rows.slice(0, visible);
}
