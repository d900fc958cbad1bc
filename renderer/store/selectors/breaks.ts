/** Numbers and orders derived from a reconciliation. */

import type { Break, BreakSide, Decision } from '../../../shared/contract/reconcile.ts';
import { absoluteAmount, compareAmounts, formatAmount } from '../../format/amount.ts';
import { isAmount } from './bounds.ts';

/** A decision that settles a break; a note only says something about it. */
export const settles = (decision: Decision): boolean => decision !== 'note';

export const isSettled = (entry: Break): boolean => entry.staged !== null && settles(entry.staged.decision);

export interface Blocking {
  readonly found: number;
  /** Blocking ones on which nothing is staged that settles them. */
  readonly left: number;
}

export function blockingOf(breaks: readonly Break[]): Blocking {
  let found = 0;
  let left = 0;
  for (const entry of breaks) {
    if (!entry.blocking) continue;
    found += 1;
    if (!isSettled(entry)) left += 1;
  }
  return { found, left };
}

/** Breaks on which nobody decided anything, those that do not block too. */
export const undecidedOf = (breaks: readonly Break[]): number =>
  breaks.reduce((count, entry) => count + (entry.staged === null ? 1 : 0), 0);

/** How often each decision is staged, the most first. */
/** Decisions that the next acceptance carries out; a note changes nothing. */
export const toCarryOut = (breaks: readonly Break[]): number =>
  breaks.filter(({ staged }) => staged !== null && staged.decision !== 'note').length;

export function decisionsOf(breaks: readonly Break[]): readonly (readonly [Decision, number])[] {
  const counts = new Map<Decision, number>();
  for (const { staged } of breaks) if (staged) counts.set(staged.decision, (counts.get(staged.decision) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

const SEVERITY_RANK = { critical: 0, high: 1, low: 2, note: 3 } as const;

/** A break never changes: a decision makes a new one. What is derived from it is kept as long as it is. */
const kept = <T>(derive: (entry: Break) => T): ((entry: Break) => T) => {
  const cache = new WeakMap<Break, T>();
  return (entry) => {
    const found = cache.get(entry);
    if (found !== undefined) return found;
    const value = derive(entry);
    cache.set(entry, value);
    return value;
  };
};

/** The size of the money as a double, whose order is never wrong, only sometimes equal: a hundred thousand breaks sort in time. */
const roughMoney = kept((entry) => Math.abs(Number(entry.moneyAtRisk)) || 0);

/**
 * By money at risk, the most first. Unknown money stands above every known figure: it may be the most. Ties: blocking first,
 * then by severity, then by id, so that the order never depends on how the list arrived.
 */
export function compareByMoney(a: Break, b: Break): number {
  if (a.moneyAtRisk === null || b.moneyAtRisk === null) {
    if (a.moneyAtRisk !== b.moneyAtRisk) return a.moneyAtRisk === null ? -1 : 1;
  } else {
    const [left, right] = [roughMoney(a), roughMoney(b)];
    if (left !== right) return left > right ? -1 : 1;
    const byMoney = compareAmounts(absoluteAmount(b.moneyAtRisk), absoluteAmount(a.moneyAtRisk));
    if (byMoney !== 0) return byMoney;
  }
  return (
    Number(b.blocking) - Number(a.blocking) ||
    SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity] ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

/** The fields that a grid row shows, in the order of preference: the first on which the sides differ. */
const TELLING = [
  'quantity',
  'filled',
  'remaining',
  'total',
  'free',
  'locked',
  'price',
  'averagePrice',
  'trigger',
  'fee',
  'equity',
  'offsetMs',
  'count',
  'status',
] as const;

const FIRST_TELLING = 'quantity';

/** Amounts differ as amounts: a venue writes 16.0 for 16. */
const differ = (ours: string | null, theirs: string | null): boolean =>
  ours !== null && theirs !== null && isAmount(ours) && isAmount(theirs) ? compareAmounts(ours, theirs) !== 0 : ours !== theirs;

function tellingField(ours: BreakSide | null, theirs: BreakSide | null): string | null {
  const keys = [...new Set([...Object.keys(ours ?? {}), ...Object.keys(theirs ?? {})])];
  const ordered = [...TELLING.filter((key) => keys.includes(key)), ...keys.filter((key) => !(TELLING as readonly string[]).includes(key))];
  if (ours === null || theirs === null) return ordered.find((key) => key === FIRST_TELLING) ?? ordered[0] ?? null;
  return ordered.find((key) => differ(ours[key] ?? null, theirs[key] ?? null)) ?? ordered[0] ?? null;
}

export interface SideText {
  readonly value: string | null;
  /** What stands there where there is no value. */
  readonly word: string;
}

function sideText(entry: Break, which: 'ours' | 'theirs', field: string | null): SideText {
  const side = entry[which];
  // Silence is no statement: only a venue that answered can be said not to have it.
  if (side === null) return { value: null, word: which === 'theirs' && !entry.answered ? 'not answered' : 'not there' };
  const value = field === null ? null : (side[field] ?? null);
  if (field !== 'price' || value !== null) return { value, word: 'none' };
  return { value: null, word: side.trigger ? `trigger ${formatAmount(side.trigger).text}` : 'market' };
}

/** What stands in the columns "ours" and "venue": one telling field of both records. */
const tellingOf = (entry: Break): { readonly field: string | null; readonly ours: SideText; readonly theirs: SideText } => {
  const field = tellingField(entry.ours, entry.theirs);
  return { field, ours: sideText(entry, 'ours', field), theirs: sideText(entry, 'theirs', field) };
};
export const telling = kept(tellingOf);

/** Every field of both records side by side, differing ones first. */
export function fieldsOf(
  entry: Break,
): readonly { readonly field: string; readonly ours: SideText; readonly theirs: SideText; readonly differs: boolean }[] {
  const keys = [...new Set([...Object.keys(entry.ours ?? {}), ...Object.keys(entry.theirs ?? {})])];
  const rows = keys.map((field) => {
    const ours = sideText(entry, 'ours', field);
    const theirs = sideText(entry, 'theirs', field);
    return { field, ours, theirs, differs: entry.ours !== null && entry.theirs !== null && differ(ours.value, theirs.value) };
  });
  return [...rows.filter((row) => row.differs), ...rows.filter((row) => !row.differs)];
}

/** Since when the difference can be there, ISO: its age runs on after it was found. null: nothing says. */
export const sinceOf = ({ foundAt, ageMs }: Break): string | null =>
  ageMs === null ? null : new Date(Date.parse(foundAt) - ageMs).toISOString();

/** Text that a filter looks through, lower case. */
export const searchText = kept((entry) =>
  [
    entry.id,
    entry.kind,
    entry.venue,
    entry.account,
    entry.symbol,
    entry.clientId,
    entry.orderId,
    entry.tradeId,
    entry.asset,
    entry.cause,
    entry.staged?.decision,
  ]
    .filter((part) => part !== null && part !== undefined)
    .join(' ')
    .toLowerCase(),
);

/** Every word of the filter must occur. */
export function filterBreaks(breaks: readonly Break[], filter: string, onlyOpen: boolean): readonly Break[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0 && !onlyOpen) return breaks;
  return breaks.filter((entry) => {
    if (onlyOpen && (!entry.blocking || isSettled(entry))) return false;
    if (words.length === 0) return true;
    const text = searchText(entry);
    return words.every((word) => text.includes(word));
  });
}
