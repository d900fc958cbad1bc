/** The handlers of the contract: each names the store's session and asks it. */

import type { ConsoleView, Handlers, StoreView } from '../../shared/contract/contract.ts';
import type { AuditOrigin } from '../../shared/contract/gate.ts';
import { RearmError } from '../../shared/errors.ts';
import type { GateService } from './gate-service.ts';
import type { StoreSession } from './store-session.ts';

export interface ConsoleDescription {
  readonly version: string;
  readonly host: ConsoleView['host'];
  readonly environment: ConsoleView['environment'];
  readonly user: string;
  readonly now: () => string;
}

/** @param origin who asks: every act of theirs in the audit log names it */
export function makeHandlers(sessions: readonly StoreSession[], description: ConsoleDescription, origin: AuditOrigin): Handlers {
  const at = ({ store }: { readonly store: number }): StoreSession => {
    const session = sessions[store];
    if (!session) throw new RearmError('NOT_FOUND', `the console shows ${sessions.length} stores, there is no number ${store}`, { store });
    return session;
  };
  const gateOf = (payload: { readonly store: number }): GateService => at(payload).gate.from(origin);
  const stores = (): StoreView[] =>
    sessions.map((session, index) => ({ index, path: session.root, name: session.name, venueConfigured: session.venues.configured }));
  return {
    'console.describe': async () => ({ ...description, now: description.now(), stores: stores() }),
    'recovery.get': async (payload) => at(payload).recovery.view,
    'recovery.run': async (payload) => at(payload).runRecovery(payload.reconstruct === true),
    'recovery.cancel': async (payload) => at(payload).cancelRecovery(),
    'recovery.accept': (payload) => at(payload).accept(payload, gateOf(payload)),
    'recovery.page': ({ tier, page, ...payload }) => at(payload).thread.ask('page', { tier, page }),
    'venues.get': async (payload) => at(payload).venues.view,
    'venues.query': async (payload) => at(payload).queryVenues(),
    'venues.cancel': (payload) => at(payload).cancelOrders(payload.scope, payload.by, gateOf(payload)),
    'facts.get': async (payload) => at(payload).facts(),
    'risk.setMode': async (payload) => gateOf(payload).setMode(payload.mode, payload.by, payload.reason),
    'reconcile.get': async (payload) => at(payload).reconciliation.view,
    'reconcile.run': async (payload) => at(payload).runReconciliation(),
    'reconcile.stage': async (payload) => at(payload).stage(payload, gateOf(payload)),
    'reconcile.unstage': async (payload) => at(payload).unstage(payload.breakIds, payload.by, gateOf(payload)),
    'gate.get': async (payload) => at(payload).gate.view(),
    'gate.enrol': async (payload) => gateOf(payload).enrol({ ...payload, by: payload.by ?? payload.id }),
    'gate.propose': async (payload) => gateOf(payload).propose(payload.by, payload.scope, payload.bounds),
    'gate.sign': async (payload) => gateOf(payload).sign(payload),
    'gate.release': (payload) => at(payload).release(payload.by, payload.dossierHash, gateOf(payload)),
    'gate.stayHalted': async (payload) => gateOf(payload).stayHalted(payload.by, payload.reason),
    'audit.get': async (payload) => at(payload).gate.gate.auditView(payload.last),
    'postmortem.timeline': ({ from, to, buckets, ...payload }) => at(payload).thread.ask('timeline', { from, to, buckets }),
    'postmortem.operations': ({ from, count, ...payload }) => at(payload).thread.ask('operations', { from, count }),
    'postmortem.state': ({ lsn, ...payload }) => at(payload).thread.ask('state', { lsn }),
    'postmortem.change': ({ lsn, ...payload }) => at(payload).thread.ask('change', { lsn }),
    'postmortem.death': (payload) => at(payload).thread.ask('death'),
  };
}
