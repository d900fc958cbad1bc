/**
 * The one place where what the host says enters the state: events, and the views that requests answer with. Both carry whole
 * views, so that applying is replacing.
 */

import type { EventName, Events } from '../../shared/contract/contract.ts';
import { ALARMS_MAX } from './slices/alarms.ts';
import type { StoreViews, SubjectName } from './slices/desk.ts';
import { readAnew } from './slices/postmortem.ts';
import { type ConsoleState, subjectsOf } from './state.ts';
import { received, type Subject } from './subject.ts';

/** Replaces one subject of one store. */
export function setSubject<S extends SubjectName>(
  state: ConsoleState,
  store: number,
  name: S,
  change: (subject: Subject<StoreViews[S]>) => Subject<StoreViews[S]>,
): Pick<ConsoleState, 'stores'> {
  const subjects = subjectsOf(state, store);
  return { stores: { ...state.stores, [store]: { ...subjects, [name]: change(subjects[name] as Subject<StoreViews[S]>) } } };
}

/** A whole view arrived. */
export const applyView = <S extends SubjectName>(state: ConsoleState, store: number, name: S, view: StoreViews[S], at: number) => {
  const applied = setSubject(state, store, name, () => received(view, at));
  return store === state.storeIndex && endOf({ ...state, ...applied }) !== endOf(state)
    ? { ...applied, postmortem: readAnew(state.postmortem) }
    : applied;
};

/** Where the log on the screen ends: an acceptance, or another engine, takes it elsewhere. */
function endOf(state: ConsoleState): string {
  const report = subjectsOf(state).recovery.view?.report;
  return report ? `${report.epoch}/${report.lsn}` : '';
}

type Applied = { readonly [E in EventName]: (state: ConsoleState, event: Events[E], at: number) => Partial<ConsoleState> };

/** To add an event: the compiler asks for its line here. */
export const APPLY: Applied = {
  'recovery.changed': (state, event, at) => applyView(state, event.store, 'recovery', event.view, at),
  'venues.changed': (state, event, at) => applyView(state, event.store, 'venues', event.view, at),
  'facts.changed': (state, event, at) => applyView(state, event.store, 'facts', event.facts, at),
  'reconcile.changed': (state, event, at) => applyView(state, event.store, 'reconcile', event.view, at),
  'gate.changed': (state, event, at) => applyView(state, event.store, 'gate', event.view, at),
  // Only the head came: the entries are asked for by whoever shows them (actions/desk.ts).
  'audit.changed': () => ({}),
  alarm: (state, event) => ({
    alarms: [...state.alarms.filter((alarm) => alarm.id !== event.id || alarm.store !== event.store), event].slice(-ALARMS_MAX),
  }),
};

export const EVENT_NAMES = Object.keys(APPLY) as readonly EventName[];
