/** One line per store: what a supervisor of many engines looks for, abnormal ones first. */

import type { StoreView } from '../../../shared/contract/contract.ts';
import type { TierName } from '../../../shared/contract/recovery.ts';
import { millisecondsOf } from '../../format/time.ts';
import type { Tone } from '../../format/words.ts';
import type { StoreSubjects } from '../slices/desk.ts';
import { blockingOf } from './breaks.ts';

/** Default cadences of the tiers, milliseconds. A store may be configured otherwise; the contract does not say. */
export const CADENCE_MS: Readonly<Record<'L1' | 'L2' | 'L3' | 'L4', number>> = { L1: 100, L2: 1_000, L3: 300_000, L4: 3_600_000 };
const TIERS = ['L1', 'L2', 'L3', 'L4'] as const;
/** A tier is late when it is this many cadences behind. */
const LATE = 2;

export interface TierLag {
  readonly tier: TierName;
  /** How long before the last operation it was taken; null: it holds nothing. */
  readonly lagMs: number | null;
  /** In cadences. */
  readonly cadences: number | null;
  readonly late: boolean;
}

export interface FleetRow {
  readonly store: StoreView;
  readonly tone: Tone;
  readonly subjects: StoreSubjects;
  readonly tiers: readonly TierLag[];
  readonly liveOrders: { readonly known: number; readonly unknownVenues: number } | null;
  readonly blocking: number | null;
}

const TONE_RANK: readonly Tone[] = ['critical', 'high', 'note', 'normal'];

export function fleetRow(store: StoreView, subjects: StoreSubjects): FleetRow {
  const report = subjects.recovery.view?.report ?? null;
  const facts = subjects.facts.view;
  const breaks = subjects.reconcile.view?.report?.breaks ?? null;
  const mode = subjects.gate.view?.mode ?? null;
  const last = millisecondsOf(report?.lastOperationAt ?? null);
  const tiers = TIERS.map((tier): TierLag => {
    const taken = millisecondsOf(report?.tiers.find((entry) => entry.tier === tier && entry.lsn !== null)?.takenAt ?? null);
    const lagMs = taken === null || last === null ? null : Math.max(0, last - taken);
    const cadences = lagMs === null ? null : lagMs / CADENCE_MS[tier];
    return { tier, lagMs, cadences, late: cadences !== null && cadences > LATE };
  });
  const liveOrders =
    facts === null
      ? null
      : {
          known: facts.liveOrders.reduce((sum, venue) => sum + (venue.count ?? 0), 0),
          unknownVenues: facts.liveOrders.filter((venue) => venue.count === null).length,
        };
  const blocking = breaks === null ? null : blockingOf(breaks).left;
  const silent = facts?.venues.some((venue) => venue.status === 'silent' || venue.status === 'failed') ?? false;
  const tone: Tone =
    facts?.engine.value === 'secondWriter' || report?.outcome === 'refused' || (report?.lostAcknowledged ?? 0) > 0 || silent
      ? 'critical'
      : mode !== 'ACTIVE' && report?.outcome !== 'empty'
        ? 'high'
        : (blocking ?? 0) > 0 || tiers.some((tier) => tier.late)
          ? 'note'
          : 'normal';
  return { store, tone, subjects, tiers, liveOrders, blocking };
}

/** Abnormal ones float up; equals keep the order in which the host opened them. */
export const compareFleet = (a: FleetRow, b: FleetRow): number =>
  TONE_RANK.indexOf(a.tone) - TONE_RANK.indexOf(b.tone) || a.store.index - b.store.index;
