/** Which live orders a cancel is about. What cannot be attributed to a strategy or a trader is said so, never silently left out. */

import type { CancelScope, VenueOrder } from '../../shared/contract/venues.ts';

/** Whose order it is, by our own records. */
export interface Attribution {
  readonly strategy: string;
  readonly trader: string;
}

/** Finds our record of a live order of a venue, by its client id or its venue id; null: we have none. */
export type CancelLookup = (order: Pick<VenueOrder, 'venue' | 'account' | 'clientId' | 'orderId'>) => Attribution | null;

/** `in`: to be cancelled. `protects`: a stop or reduce-only order that was not asked for. `unattributed`: it may be in or out. */
export type ScopeVerdict = 'in' | 'out' | 'protects' | 'unattributed';

export const isProtective = ({ reduceOnly, trigger }: Pick<VenueOrder, 'reduceOnly' | 'trigger'>): boolean =>
  reduceOnly || trigger !== null;

/** Orders by name, whatever a scope would say: strangers may have no client id. */
export interface NamedOrder {
  readonly venue: string;
  readonly clientId: string;
  /** Empty where the venue's id is not known. */
  readonly orderId: string;
}

/** Only the named orders, protective or not. */
export function verdictByName(order: VenueOrder, named: readonly NamedOrder[]): ScopeVerdict {
  const isNamed = named.some(
    ({ venue, orderId, clientId }) =>
      venue === order.venue && (orderId === '' ? clientId !== '' && clientId === order.clientId : orderId === order.orderId),
  );
  return isNamed ? 'in' : 'out';
}

const differs = (wanted: string | undefined, value: string): boolean => wanted !== undefined && wanted !== value;

export function verdictOf(order: VenueOrder, scope: CancelScope, lookup: CancelLookup): ScopeVerdict {
  if (differs(scope.venue, order.venue) || differs(scope.account, order.account) || differs(scope.symbol, order.symbol)) return 'out';
  if (scope.clientIds && !(order.clientId !== null && scope.clientIds.includes(order.clientId))) return 'out';
  if (scope.strategy !== undefined || scope.trader !== undefined) {
    const record = lookup(order);
    if (!record) return 'unattributed';
    if (differs(scope.strategy, record.strategy) || differs(scope.trader, record.trader)) return 'out';
  }
  return isProtective(order) && scope.includeProtective !== true ? 'protects' : 'in';
}

/** A lookup in records that are at hand; the venue's id decides where both are known. */
export function lookupIn(
  records: Iterable<
    Attribution & { readonly venue: string; readonly account: string; readonly clientId: string; readonly orderId: string }
  >,
): CancelLookup {
  const found = new Map<string, Attribution>();
  for (const record of records) {
    found.set(`client ${record.venue} ${record.account} ${record.clientId}`, record);
    if (record.orderId !== '') found.set(`order ${record.venue} ${record.account} ${record.orderId}`, record);
  }
  return ({ venue, account, clientId, orderId }) =>
    found.get(`order ${venue} ${account} ${orderId}`) ??
    (clientId === null ? null : (found.get(`client ${venue} ${account} ${clientId}`) ?? null));
}
