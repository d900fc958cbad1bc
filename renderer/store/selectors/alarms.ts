/**
 * Alarms: those that the host raised, and those that the views themselves imply, so that a console that was opened late shows
 * the same. An alarm asks for a response; what needs none is not one.
 */

import { plural } from '../../format/words.ts';
import type { Acknowledgement } from '../slices/alarms.ts';
import type { StoreSubjects } from '../slices/desk.ts';
import { type ConsoleState, subjectsOf } from '../state.ts';

export interface Alarm {
  readonly id: string;
  readonly severity: 'critical' | 'high' | 'note';
  readonly text: string;
  /** ISO; null where the views do not say when it began. */
  readonly at: string | null;
  readonly acknowledged: Acknowledgement | null;
}

const RANK = { critical: 0, high: 1, note: 2 } as const;

type Implied = Omit<Alarm, 'acknowledged'>;

/** What the views of one store imply. Ids are stable, so that an acknowledgement holds across updates. */
export function impliedAlarms(subjects: StoreSubjects): readonly Implied[] {
  const found: Implied[] = [];
  const add = (id: string, severity: Alarm['severity'], text: string, at: string | null = null): void => {
    found.push({ id, severity, text, at });
  };
  const facts = subjects.facts.view;
  const report = subjects.recovery.view?.report;
  const reconcile = subjects.reconcile.view?.report;

  const unread = subjects.gate.error ?? subjects.facts.error;
  if (unread) add('host.unread', 'critical', `The desk cannot be read: ${unread.message}`);
  if (facts?.engine.value === 'secondWriter')
    add('engine.secondWriter', 'critical', `A second engine is sending: ${facts.engine.detail}`, facts.engine.at);
  for (const venue of facts?.venues ?? []) {
    if (venue.status === 'silent')
      add(`venue.silent.${venue.venue}`, 'critical', `${venue.venue} is silent: ${venue.reason || 'no answer'}`);
    if (venue.status === 'failed')
      add(`venue.failed.${venue.venue}`, 'critical', `${venue.venue} failed: ${venue.reason || 'no usable answer'}`);
    if (venue.status === 'partial') add(`venue.partial.${venue.venue}`, 'high', `${venue.venue} answered in part: ${venue.reason}`);
    if (!venue.canCancel && venue.status !== 'asking')
      add(`venue.cannotCancel.${venue.venue}`, 'high', `No key that can cancel at ${venue.venue}`);
  }
  const unacknowledged = facts?.unacknowledged.value;
  if (unacknowledged && unacknowledged.count > 0) {
    add('orders.unacknowledged', 'high', `${plural(unacknowledged.count, 'order')} without an acknowledgement`, facts.unacknowledged.at);
  }
  const exposure = facts?.exposure;
  if (exposure?.value?.gross && exposure.grossLimit && Number(exposure.value.gross) > Number(exposure.grossLimit)) {
    add('exposure.gross', 'critical', 'Gross exposure is over its limit', exposure.at);
  }
  if (report) {
    if (report.outcome === 'refused') add('recovery.refused', 'critical', 'Recovery refused: a person must decide', report.startedAt);
    if (report.lostAcknowledged) {
      add('recovery.lost', 'critical', `${plural(report.lostAcknowledged, 'acknowledged operation')} lost`, report.startedAt);
    } else if (report.lostAcknowledged === null && report.base !== null) {
      add('recovery.unknown', 'critical', 'What was acknowledged last is not known', report.startedAt);
    }
    if (report.writerAlive) add('recovery.writerAlive', 'critical', 'The store has a living writer: observe only', report.startedAt);
    if (report.outcome === 'salvaged') add('recovery.salvaged', 'high', 'The state was salvaged from more than one tier', report.startedAt);
    if (report.rtoMs > report.rtoBudgetMs) add('recovery.rto', 'note', 'Recovery took longer than its objective', report.startedAt);
  }
  const critical = reconcile?.breaks.filter((entry) => entry.severity === 'critical' && entry.staged === null).length ?? 0;
  if (critical > 0) add('breaks.critical', 'critical', `${plural(critical, 'critical break')} undecided`, reconcile?.askedAt ?? null);
  const audit = subjects.audit.view;
  if (audit && !audit.verified) {
    add('audit.broken', 'critical', `The audit log does not verify${audit.firstBad === null ? '' : ` at entry ${audit.firstBad}`}`);
  }
  const engine = subjects.gate.view?.engine;
  if (engine?.state === 'refused') add('engine.refused', 'high', `The engine refused to resume: ${engine.detail}`, engine.at);
  return found;
}

/** The slices that alarms are derived from. */
export type AlarmSources = Pick<ConsoleState, 'stores' | 'storeIndex' | 'alarms' | 'acknowledged'>;

/** Every alarm of the store on the screen, unacknowledged and worst first. */
export function alarmsOf(state: AlarmSources): readonly Alarm[] {
  const raised = state.alarms.filter((alarm) => alarm.store === state.storeIndex);
  const implied = impliedAlarms(subjectsOf(state)).filter((alarm) => !raised.some((other) => other.id === alarm.id));
  return [...raised, ...implied]
    .map((alarm) => ({ ...alarm, acknowledged: state.acknowledged[acknowledgementKey(state.storeIndex, alarm)] ?? null }))
    .sort((a, b) => Number(a.acknowledged !== null) - Number(b.acknowledged !== null) || RANK[a.severity] - RANK[b.severity]);
}

/** The key under which an acknowledgement of this alarm is kept. */
export const acknowledgementKey = (storeIndex: number, alarm: Pick<Alarm, 'id'>): string => `${storeIndex}/${alarm.id}`;
