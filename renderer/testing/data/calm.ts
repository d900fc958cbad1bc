/** The second store of the fixture: an engine that trades, so that a fleet shows what normal looks like. */

import type { ReconcileView, RecoveryView, RequestName, Result, VenuesView } from '../../../shared/contract/contract.ts';
import type { TenFacts } from '../../../shared/contract/facts.ts';
import type { GateView } from '../../../shared/contract/gate.ts';
import { iso, type World } from './world.ts';

/** What the crashed store would answer, calmed. */
export function calmAnswer<R extends RequestName>(world: World, name: R, answer: Result<R>): Result<R> {
  const now = Date.now();
  const calm: { readonly [K in RequestName]?: (value: Result<K>) => Result<K> } = {
    'recovery.get': (value: RecoveryView) => ({
      ...value,
      report: value.report && {
        ...value.report,
        outcome: 'recovered',
        sentence: 'Recovered from L1 to LSN 9,204,118; 3 records replayed; RTO 0.31 s of 5 s; nothing blocks.',
        lsn: 9_204_118,
        lastOperationAt: iso(world.startedMs),
        tiers: value.report.tiers.map((tier, index) => ({
          ...tier,
          status: tier.tier === 'L5' ? tier.status : 'valid',
          chosen: tier.tier === 'L1',
          pagesBad: 0,
          takenAt: iso(world.startedMs - [61, 840, 190_000, 8_600_000, 0][index]!),
        })),
      },
    }),
    'facts.get': (value: TenFacts) => ({
      ...value,
      engine: { ...value.engine, value: 'alive', detail: 'Process 40110 holds the lock and answers.' },
      liveOrders: value.liveOrders.map((venue) => ({ ...venue, status: 'complete', count: 12, notional: '81204.50', at: iso(now) })),
      venues: value.venues.map((venue) => ({ ...venue, status: 'answered', ageMs: 900, ms: 140, reason: '' })),
      unacknowledged: { ...value.unacknowledged, value: { count: 0, notional: '0' } },
      next: { ...value.next, action: 'Nothing is owed', owner: 'nobody' },
    }),
    'venues.get': (value: VenuesView) => ({ ...value, venues: value.venues.slice(0, 1) }),
    'reconcile.get': (value: ReconcileView) => ({ ...value, report: value.report && { ...value.report, breaks: [], blocking: 0 } }),
    'gate.get': (value: GateView) => ({
      ...value,
      mode: 'ACTIVE',
      since: iso(now - 5_400_000),
      reason: 'Released by token',
      engine: { state: 'trading', detail: 'trades', at: iso(now) },
    }),
  };
  return calm[name]?.(answer) ?? answer;
}
