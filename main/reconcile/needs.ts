/** What is to be asked of the venues, by our own records: symbols, live orders, and how far back fills are compared. */

import type { VenueConfiguration } from '../venues/configuration.ts';
import type { Needs } from '../venues/evidence.ts';
import type { History } from './history.ts';
import { isConditional, isLiveHere, type Ours, oldestFillMs } from './ours.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Symbols of a venue that the configuration or the state know. */
export function universeOf(venue: VenueConfiguration, ours: Ours | null): string[] {
  const known =
    ours === null ? [] : [...ours.instruments.values()].filter((instrument) => instrument.venue === venue.name).map(({ symbol }) => symbol);
  return [...new Set([...venue.symbols, ...known])].sort();
}

/**
 * Where the comparison of fills begins: with the oldest order or fill that the state still has, but never before what was pruned:
 * a fill that we freed is not missing. Without the log the retention's hour is what can be relied on.
 */
export function lookBackMs(ours: Ours, history: History | null): number {
  const submitted = ours.orders.map(({ submittedMs }) => submittedMs).filter((at) => at > 0);
  const oldest = [...submitted, oldestFillMs(ours)].filter((at) => at !== null);
  const first = oldest.length > 0 ? oldest.reduce((a, b) => Math.min(a, b)) : ours.lastActivityMs - HOUR_MS;
  // A log that was not read to its beginning may have pruned before: the hour again.
  const unread = history === null || history.from > 1;
  const floor = Math.max(history?.prunedBeforeMs ?? 0, unread ? ours.lastActivityMs - HOUR_MS : 0, ours.lastActivityMs - DAY_MS);
  return Math.max(0, first, floor);
}

/** For a state that is made anew of the answers: every fill is in the positions already, so that only later ones count. */
export const needsFromNothing = (venue: VenueConfiguration, ours: Ours, nowMs: number): Needs => ({
  symbols: universeOf(venue, ours),
  orders: [],
  fillsSinceMs: nowMs,
  ledgerSinceMs: null,
});

export function needsOf(venue: VenueConfiguration, ours: Ours, history: History | null): Needs {
  const here = (entry: { readonly venue: string; readonly account: string }): boolean =>
    entry.venue === venue.name && entry.account === venue.account;
  const balances = ours.balances.filter(here).map(({ updatedMs }) => updatedMs);
  return {
    symbols: universeOf(venue, ours),
    orders: ours.orders
      .filter((order) => here(order) && isLiveHere(order))
      .map((order) => ({ symbol: order.symbol, clientId: order.clientId, orderId: order.orderId, conditional: isConditional(order) })),
    fillsSinceMs: lookBackMs(ours, history),
    ledgerSinceMs: balances.length === 0 ? null : Math.min(...balances),
  };
}
