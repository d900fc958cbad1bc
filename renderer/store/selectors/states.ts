/** Differences between the states at two LSNs. */

import type { StateAt } from '../../../shared/contract/postmortem.ts';

type Row = Readonly<Record<string, unknown>>;

export interface StateDifference {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  /** null: the row was not there. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What names a row, in the order in which the columns are tried. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  positions: ['account', 'instrument', 'venue', 'symbol'],
  liveOrders: ['clientId'],
  balances: ['venue', 'account', 'asset'],
};

const text = (value: unknown): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? ''));

function keyOf(table: string, row: Row): string {
  return (KEYS[table] ?? [])
    .filter((column) => column in row)
    .map((column) => text(row[column]))
    .join(' ');
}

function compareRow(table: string, key: string, before: Row | undefined, after: Row | undefined): StateDifference[] {
  const columns = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter(
    (column) => !(KEYS[table] ?? []).includes(column),
  );
  return columns
    .map((column) => ({
      table,
      key,
      column,
      before: before === undefined ? null : text(before[column]),
      after: after === undefined ? null : text(after[column]),
    }))
    .filter((difference) => difference.before !== difference.after);
}

/** Every column that differs, tables in the order in which a supervisor asks. */
export function compareStates(before: StateAt, after: StateAt): readonly StateDifference[] {
  const differences = compareRow('risk', '', before.risk, after.risk);
  for (const table of ['positions', 'balances', 'liveOrders'] as const) {
    const old = new Map(before[table].map((row) => [keyOf(table, row), row]));
    const now = new Map(after[table].map((row) => [keyOf(table, row), row]));
    for (const key of new Set([...old.keys(), ...now.keys()])) differences.push(...compareRow(table, key, old.get(key), now.get(key)));
  }
  return differences;
}
