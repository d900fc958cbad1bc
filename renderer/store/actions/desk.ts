/** Asking for views: which stores there are, and what is known of each. */

import type { RequestName } from '../../../shared/contract/contract.ts';
import { millisecondsOf } from '../../format/time.ts';
import { applyView, setSubject } from '../apply.ts';
import type { Tools } from '../console.ts';
import type { StoreViews, SubjectName } from '../slices/desk.ts';
import { postmortemSlice } from '../slices/postmortem.ts';
import { asking, failed, received } from '../subject.ts';

export interface DeskActions {
  load(): Promise<void>;
  /** Puts a store on the screen. */
  chooseStore(index: number): void;
  loadStore(index: number): Promise<void>;
  loadAudit(index: number, last?: number): Promise<void>;
}

/** Entries of the audit log that the console holds. */
export const AUDIT_ENTRIES = 2000;

export function deskActions(tools: Tools): DeskActions {
  const { store, ask, clock } = tools;

  async function loadSubject<S extends SubjectName>(
    index: number,
    name: S,
    request: () => Promise<{ ok: true; value: StoreViews[S] } | { ok: false; error: import('../../../shared/errors.ts').ErrorData }>,
  ) {
    const before = store.getState().stores[index]?.[name].receivedAt ?? null;
    store.setState((state) => setSubject(state, index, name, (subject) => asking(subject, clock())));
    const reply = await request();
    store.setState((state) => {
      if (!reply.ok) return setSubject(state, index, name, (subject) => failed(subject, reply.error));
      // An event that came meanwhile is newer than this answer.
      const now = state.stores[index]?.[name];
      if (now && now.receivedAt !== before) return setSubject(state, index, name, (subject) => ({ ...subject, asking: false }));
      return applyView(state, index, name, reply.value, clock());
    });
  }

  const actions: DeskActions = {
    async load() {
      store.setState((state) => ({ console: asking(state.console, clock()) }));
      const reply = await ask('console.describe', {});
      if (!reply.ok) {
        store.setState((state) => ({ console: failed(state.console, reply.error) }));
        return;
      }
      const at = clock();
      const hostMs = millisecondsOf(reply.value.now) ?? at;
      const indexes = reply.value.stores.map((view) => view.index);
      store.setState((state) => ({
        console: received(reply.value, at),
        hostOffsetMs: hostMs - at,
        nowMs: hostMs,
        storeIndex: indexes.includes(state.storeIndex) ? state.storeIndex : (indexes[0] ?? 0),
      }));
      await Promise.all(indexes.map((index) => actions.loadStore(index)));
    },

    chooseStore(index) {
      store.setState({ storeIndex: index, postmortem: postmortemSlice() });
    },

    async loadStore(index) {
      const payload = { store: index };
      const names = {
        facts: 'facts.get',
        venues: 'venues.get',
        recovery: 'recovery.get',
        gate: 'gate.get',
        reconcile: 'reconcile.get',
      } as const satisfies Partial<Record<SubjectName, RequestName>>;
      await Promise.all([
        loadSubject(index, 'facts', () => ask(names.facts, payload)),
        loadSubject(index, 'venues', () => ask(names.venues, payload)),
        loadSubject(index, 'recovery', () => ask(names.recovery, payload)),
        loadSubject(index, 'gate', () => ask(names.gate, payload)),
        loadSubject(index, 'reconcile', () => ask(names.reconcile, payload)),
        actions.loadAudit(index),
      ]);
    },

    loadAudit: (index, last = AUDIT_ENTRIES) => loadSubject(index, 'audit', () => ask('audit.get', { store: index, last })),
  };
  return actions;
}
