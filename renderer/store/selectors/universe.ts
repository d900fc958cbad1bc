/** The names that a scope can be made of, from everything that is known: answers of venues, the recovered state, breaks. */

import type { ConsoleState } from '../state.ts';
import { subjectsOf } from '../state.ts';

export interface Universe {
  readonly venues: readonly string[];
  readonly accounts: readonly string[];
  readonly symbols: readonly string[];
  readonly strategies: readonly string[];
  readonly traders: readonly string[];
}

export function universeOf(state: ConsoleState): Universe {
  const sets = {
    venues: new Set<string>(),
    accounts: new Set<string>(),
    symbols: new Set<string>(),
    strategies: new Set<string>(),
    traders: new Set<string>(),
  };
  const add = (set: Set<string>, value: unknown): void => {
    if (typeof value === 'string' && value !== '') set.add(value);
  };
  const { venues, reconcile, facts } = subjectsOf(state);
  for (const venue of venues.view?.venues ?? []) {
    add(sets.venues, venue.name);
    add(sets.accounts, venue.account);
    for (const order of venue.openOrders.items) {
      add(sets.accounts, order.account);
      add(sets.symbols, order.symbol);
    }
    for (const position of venue.positions.items) add(sets.symbols, position.symbol);
  }
  for (const venue of facts.view?.venues ?? []) add(sets.venues, venue.venue);
  for (const entry of reconcile.view?.report?.breaks ?? []) {
    add(sets.accounts, entry.account);
    add(sets.symbols, entry.symbol);
  }
  for (const fetched of Object.values(state.postmortem.states)) {
    if (fetched.state !== 'here') continue;
    for (const order of fetched.value.liveOrders) {
      add(sets.strategies, order.strategy);
      add(sets.traders, order.trader);
    }
  }
  for (const page of Object.values(state.postmortem.operations)) {
    if (page.state !== 'here') continue;
    for (const operation of page.value) {
      add(sets.strategies, operation.intent.strategy);
      add(sets.traders, operation.intent.trader);
    }
  }
  const sorted = (set: Set<string>): readonly string[] => [...set].sort();
  return {
    venues: sorted(sets.venues),
    accounts: sorted(sets.accounts),
    symbols: sorted(sets.symbols),
    strategies: sorted(sets.strategies),
    traders: sorted(sets.traders),
  };
}
