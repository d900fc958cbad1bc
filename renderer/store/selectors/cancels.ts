/** What a cancel came to. */

import type { CancelReport, CancelScope, VenueOrder } from '../../../shared/contract/venues.ts';

export interface Fates {
  /** Orders that are proved not to work any more. */
  readonly gone: number;
  readonly open: number;
  /** Venues whose list never came: their orders are UNKNOWN. */
  readonly venuesUnknown: readonly string[];
}

const GONE = new Set(['confirmed', 'alreadyGone', 'filled']);

export function fatesOf(cancel: CancelReport): Fates {
  const gone = cancel.orders.filter((order) => GONE.has(order.fate)).length;
  return {
    gone,
    open: cancel.orders.length - gone,
    venuesUnknown: cancel.venues.filter((venue) => !['complete', 'empty', 'asking'].includes(venue.listed)).map((venue) => venue.venue),
  };
}

/** Stops and reduce-only orders protect: they are left alone unless they are asked for. */
export const isProtective = (order: Pick<VenueOrder, 'reduceOnly' | 'type' | 'trigger'>): boolean =>
  order.reduceOnly || order.trigger !== null || /stop|profit/i.test(order.type);

/** The listed orders that a scope takes in. Strategy and trader are known to the host only: they cannot be counted here. */
export function inScope(orders: readonly VenueOrder[], scope: CancelScope): readonly VenueOrder[] {
  return orders.filter(
    (order) =>
      (scope.venue === undefined || order.venue === scope.venue) &&
      (scope.account === undefined || order.account === scope.account) &&
      (scope.symbol === undefined || order.symbol === scope.symbol) &&
      (scope.clientIds === undefined || (order.clientId !== null && scope.clientIds.includes(order.clientId))) &&
      (scope.includeProtective === true || !isProtective(order)),
  );
}

/** The scope in words: `every venue`, `ATLAS, BTC/USDT`. */
export function scopeText(scope: CancelScope): string {
  const parts = [
    scope.venue,
    scope.account && `account ${scope.account}`,
    scope.symbol,
    scope.strategy && `strategy ${scope.strategy}`,
    scope.trader && `trader ${scope.trader}`,
  ].filter((part) => part !== undefined && part !== '');
  return parts.length === 0 ? 'every venue' : parts.join(', ');
}
