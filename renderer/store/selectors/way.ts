/** The way from a crash to trading: which step is done, which is next, and who owes it. */

import type { GateView } from '../../../shared/contract/gate.ts';
import type { StoreSubjects } from '../slices/desk.ts';
import { blockingOf } from './breaks.ts';

export type WayState = 'done' | 'next' | 'later' | 'failed';

export interface WayStep {
  readonly id: 'risk' | 'recovery' | 'breaks' | 'accept' | 'propose' | 'sign' | 'release' | 'resume';
  readonly title: string;
  readonly detail: string;
  readonly state: WayState;
}

/** Signatures that are there, of those that a dossier needs. */
export function signaturesOf(gate: GateView): { readonly have: number; readonly need: number } {
  const have = gate.dossier?.signatures.length ?? 0;
  return { have, need: have + (gate.dossier?.owes.length ?? (gate.onePersonMode ? 1 : 2)) };
}

export function wayOf({ facts, recovery, reconcile, gate }: StoreSubjects): readonly WayStep[] {
  const report = recovery.view?.report ?? null;
  const view = gate.view;
  const breaks = reconcile.view?.report ? blockingOf(reconcile.view.report.breaks) : null;
  // Decided, and not carried out yet: an acceptance does that.
  const pending = breaks === null ? 0 : breaks.found - breaks.left;
  const dossier = view?.dossier ?? null;
  const trades = view?.engine.state === 'trading' && view.mode !== 'HALTED';
  // After another crash the dossier of the one before is of no acceptance that stands.
  const ofNow = dossier !== null && (trades || dossier.dossier.epoch === view?.accepted?.epoch);
  const live = ofNow && dossier.status !== 'void' && dossier.status !== 'expired';
  const signed = live && (dossier.status === 'complete' || dossier.status === 'released');
  const released = view !== null && view.mode !== 'HALTED' && view.token !== null;
  const silent = facts.view?.venues.filter((venue) => venue.status !== 'answered') ?? [];

  const steps: { id: WayStep['id']; title: string; detail: string; done: boolean; failed?: boolean }[] = [
    {
      id: 'risk',
      title: 'Risk seen',
      detail:
        facts.view === null
          ? 'venues not asked yet'
          : silent.length === 0
            ? 'all venues answered'
            : `${silent.map((venue) => `${venue.venue} ${venue.status}`).join(', ')}`,
      done: facts.view?.venues.every((venue) => venue.status !== 'asking') ?? false,
    },
    {
      id: 'recovery',
      title: 'State recovered',
      detail: report === null ? (recovery.view?.running ? 'running' : 'not run') : report.outcome,
      done: report !== null && (report.outcome === 'recovered' || report.outcome === 'salvaged'),
      failed: report !== null && report.outcome === 'refused',
    },
    {
      id: 'breaks',
      title: 'Breaks decided',
      detail: breaks === null ? 'not reconciled' : breaks.found === 0 ? 'none block' : `${breaks.found - breaks.left} of ${breaks.found}`,
      done: breaks !== null && breaks.left === 0,
    },
    {
      id: 'accept',
      title: 'Result accepted',
      detail:
        pending > 0 && view?.accepted ? `${pending} decided since` : view?.accepted ? `epoch ${view.accepted.epoch}` : 'by one person',
      done: trades || (view?.accepted != null && pending === 0),
    },
    {
      id: 'propose',
      title: 'Dossier proposed',
      detail: !ofNow
        ? 'scope and bounds'
        : dossier.status === 'void' || dossier.status === 'expired'
          ? dossier.status
          : `by ${dossier.dossier.proposedBy}`,
      done: live,
      failed: ofNow && !live,
    },
    {
      id: 'sign',
      title: 'Signed',
      detail:
        view === null
          ? ''
          : dossier && live && dossier.owes.length > 0
            ? `${dossier.owes.join(' and ')} ${dossier.owes.length === 1 ? 'owes' : 'owe'}`
            : live
              ? `${signaturesOf(view).have} of ${signaturesOf(view).need}`
              : `0 of ${view.onePersonMode ? 1 : 2}`,
      done: signed,
    },
    {
      id: 'release',
      title: 'Released',
      detail: !ofNow ? 'one token' : view?.token?.burntAt ? 'token burnt' : view?.token ? 'token issued' : 'one token',
      done: released || (live && dossier.status === 'released'),
    },
    {
      id: 'resume',
      title: 'Engine trades',
      detail: view?.engine.state ?? '',
      done: trades,
      failed: view?.engine.state === 'refused',
    },
  ];
  const next = steps.findIndex((step) => !step.done);
  return steps.map((step, index) => ({
    id: step.id,
    title: step.title,
    detail: step.detail,
    state: step.failed ? 'failed' : step.done ? 'done' : index === next ? 'next' : 'later',
  }));
}
