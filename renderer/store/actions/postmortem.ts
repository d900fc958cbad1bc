/** Reading the crash: the timeline, operations by pages, and what one LSN was. */

import type { Tools } from '../console.ts';
import { type Fetched, OPERATIONS_PAGE, type PostmortemSlice, pageOf } from '../slices/postmortem.ts';
import { asking, failed, received } from '../subject.ts';

export interface PostmortemActions {
  loadTimeline(range?: { from: number; to: number }): Promise<void>;
  loadDeath(): Promise<void>;
  /** Asks for the page that holds `lsn`, unless it is here. */
  loadOperations(lsn: number): Promise<void>;
  /** Moves the cursor, inside the log; the change there follows at once, the state where it is shown. */
  moveCursor(lsn: number): void;
  loadState(lsn: number): Promise<void>;
  toggleMark(lsn: number): void;
  compareWith(lsn: number | null): void;
}

/** Points of the timeline: more than the pixels of a pane hold nothing. */
const BUCKETS = 800;
/** States and changes kept around the cursor. */
const KEPT_MAX = 64;
function keep<T>(kept: Readonly<Record<number, Fetched<T>>>, lsn: number, value: Fetched<T>): Readonly<Record<number, Fetched<T>>> {
  const entries = Object.entries(kept).filter(([key]) => Number(key) !== lsn);
  // Records list whole-number keys in ascending order: what is furthest from the cursor leaves.
  if (entries.length >= KEPT_MAX) {
    entries.sort((a, b) => Math.abs(Number(a[0]) - lsn) - Math.abs(Number(b[0]) - lsn));
    entries.length = KEPT_MAX - 1;
  }
  return { ...Object.fromEntries(entries), [lsn]: value };
}

export function postmortemActions(tools: Tools): PostmortemActions {
  const { store, ask, clock } = tools;
  let following = false;

  const patch = (change: (slice: PostmortemSlice) => Partial<PostmortemSlice>): void =>
    store.setState((state) => ({ postmortem: { ...state.postmortem, ...change(state.postmortem) } }));

  /** The store on the screen, or where its log ends, may change while a question is under way: its answer is then dropped. */
  const stillOn = (index: number, reading: number): boolean =>
    store.getState().storeIndex === index && store.getState().postmortem.reading === reading;

  async function loadChange(lsn: number): Promise<void> {
    const { storeIndex: index, postmortem } = store.getState();
    if (postmortem.changes[lsn]?.state === 'here') return;
    patch((slice) => ({ changes: keep(slice.changes, lsn, { state: 'asking' }) }));
    const reply = await ask('postmortem.change', { store: index, lsn });
    if (!stillOn(index, postmortem.reading)) return;
    patch((slice) => ({
      changes: keep(slice.changes, lsn, reply.ok ? { state: 'here', value: reply.value } : { state: 'failed', error: reply.error }),
    }));
  }

  /** One question at a time: a cursor that runs on is caught up with, not queued behind every record that it passed. */
  async function follow(): Promise<void> {
    if (following) return;
    following = true;
    try {
      let asked: number | null = null;
      for (let { cursor } = store.getState().postmortem; cursor !== null && cursor !== asked; { cursor } = store.getState().postmortem) {
        asked = cursor;
        await loadChange(cursor);
      }
    } finally {
      following = false;
    }
  }

  const actions: PostmortemActions = {
    async loadTimeline(range) {
      const { storeIndex: index, postmortem } = store.getState();
      patch((slice) => ({ timeline: asking(slice.timeline, clock()) }));
      const reply = await ask('postmortem.timeline', { store: index, buckets: BUCKETS, ...(range ?? {}) });
      if (!stillOn(index, postmortem.reading)) return;
      if (!reply.ok) {
        patch((slice) => ({ timeline: failed(slice.timeline, reply.error) }));
        return;
      }
      patch(() => ({ timeline: received(reply.value, clock()) }));
      if (store.getState().postmortem.cursor === null && reply.value.to >= 1) actions.moveCursor(reply.value.to);
    },

    async loadDeath() {
      const { storeIndex: index, postmortem } = store.getState();
      patch((slice) => ({ death: asking(slice.death, clock()) }));
      const reply = await ask('postmortem.death', { store: index });
      if (!stillOn(index, postmortem.reading)) return;
      patch((slice) => ({ death: reply.ok ? received(reply.value, clock()) : failed(slice.death, reply.error) }));
    },

    async loadOperations(lsn) {
      const { storeIndex: index, postmortem } = store.getState();
      const first = pageOf(lsn, 1);
      const state = postmortem.operations[first]?.state;
      if (state === 'here' || state === 'asking') return;
      patch((slice) => ({ operations: { ...slice.operations, [first]: { state: 'asking' } } }));
      const reply = await ask('postmortem.operations', { store: index, from: first, count: OPERATIONS_PAGE });
      if (!stillOn(index, postmortem.reading)) return;
      patch((slice) => ({
        operations: {
          ...slice.operations,
          [first]: reply.ok ? { state: 'here', value: reply.value } : { state: 'failed', error: reply.error },
        },
      }));
    },

    moveCursor(lsn) {
      const report = store.getState().stores[store.getState().storeIndex]?.recovery.view?.report;
      const last = Math.max(
        store.getState().postmortem.death.view?.lastLsn ?? 0,
        store.getState().postmortem.timeline.view?.to ?? 0,
        report?.lsn ?? 0,
      );
      const cursor = Math.min(Math.max(1, Math.trunc(lsn)), Math.max(1, last));
      patch(() => ({ cursor }));
      void follow();
    },

    async loadState(lsn) {
      const { storeIndex: index, postmortem } = store.getState();
      if (postmortem.states[lsn]?.state === 'here' || postmortem.states[lsn]?.state === 'asking') return;
      patch((slice) => ({ states: keep(slice.states, lsn, { state: 'asking' }) }));
      const reply = await ask('postmortem.state', { store: index, lsn });
      if (!stillOn(index, postmortem.reading)) return;
      patch((slice) => ({
        states: keep(slice.states, lsn, reply.ok ? { state: 'here', value: reply.value } : { state: 'failed', error: reply.error }),
      }));
    },

    toggleMark: (lsn) =>
      patch((slice) => ({
        marks: slice.marks.includes(lsn) ? slice.marks.filter((mark) => mark !== lsn) : [...slice.marks, lsn].sort((a, b) => a - b),
      })),

    compareWith: (lsn) => patch(() => ({ comparedWith: lsn })),
  };
  return actions;
}
