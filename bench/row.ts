/** One line of the bench: what ours takes, what the limit and the peers take, and whether that is enough. */

import type { Spread } from './statistics.ts';

/** `us`, `ns`, `ms`: less is better. `operations/s`: more is better. `bytes`, `times`: less is better. */
export type Unit = 'ns' | 'us' | 'ms' | 'operations/s' | 'rows/s' | 'bytes' | 'times';

const MORE_IS_BETTER: ReadonlySet<Unit> = new Set(['operations/s', 'rows/s']);

/** Who shows what the machine can do at least. */
export type LimitBy = 'C' | 'bare Node' | 'bare page';

/** What a row must reach. A cost is how many times as much ours takes as the other: 1.15 is 15 % more, 0.5 is twice as fast. */
export type Target =
  | { readonly against: 'limit'; readonly costMax: number }
  | { readonly against: 'bestPeer'; readonly costMax: number }
  /** Ours itself, in the row's unit: at most, or at least where more is better. */
  | { readonly against: 'bound'; readonly bound: number };

export interface RowInput {
  readonly name: string;
  readonly unit: Unit;
  readonly ours: Spread;
  readonly limit?: { readonly by: LimitBy; readonly spread: Spread } | undefined;
  readonly peers?: Readonly<Record<string, Spread>> | undefined;
  readonly targets: readonly Target[];
  /** Medians of ratios that were taken pair by pair, where they are better than a ratio of medians. */
  readonly pairedCost?: number | undefined;
  readonly note?: string | undefined;
}

/** As `--json` writes it. */
export interface Row {
  readonly name: string;
  readonly unit: Unit;
  readonly ours: number;
  readonly limit: number | null;
  readonly limitBy: LimitBy | null;
  readonly peers: Readonly<Record<string, number>>;
  /** Cost of ours against the limit; against the best peer where there is no limit; null where there is neither. */
  readonly ratio: number | null;
  readonly peerRatio: number | null;
  readonly target: string;
  readonly pass: boolean;
  readonly spread: { readonly ours: Spread; readonly limit: Spread | null; readonly peers: Readonly<Record<string, Spread>> };
  readonly note: string | null;
}

const costOf = (unit: Unit, ours: number, other: number): number => (MORE_IS_BETTER.has(unit) ? other / ours : ours / other);

function words(target: Target, unit: Unit): string {
  if (target.against === 'bound') return `${MORE_IS_BETTER.has(unit) ? 'at least' : 'at most'} ${target.bound} ${unit}`;
  const other = target.against === 'limit' ? 'the limit' : 'the best peer';
  return `at most ${Math.round(target.costMax * 1000) / 1000} x ${other}`;
}

export function rowOf({ name, unit, ours, limit, peers = {}, targets, pairedCost, note }: RowInput): Row {
  const best = Object.values(peers).map(({ median }) => costOf(unit, ours.median, median));
  const limitCost = limit ? (pairedCost ?? costOf(unit, ours.median, limit.spread.median)) : null;
  const peerCost = best.length > 0 ? Math.max(...best) : null;
  const holds = (target: Target): boolean => {
    if (target.against === 'bound') return MORE_IS_BETTER.has(unit) ? ours.median >= target.bound : ours.median <= target.bound;
    const cost = target.against === 'limit' ? limitCost : peerCost;
    // What could not be compared has not passed.
    return cost !== null && cost <= target.costMax;
  };
  return {
    name,
    unit,
    ours: ours.median,
    limit: limit?.spread.median ?? null,
    limitBy: limit?.by ?? null,
    peers: Object.fromEntries(Object.entries(peers).map(([peer, { median }]) => [peer, median])),
    ratio: limitCost ?? peerCost,
    peerRatio: peerCost,
    target: targets.map((target) => words(target, unit)).join('; '),
    pass: targets.every(holds),
    spread: { ours, limit: limit?.spread ?? null, peers },
    note: note ?? null,
  };
}
