import { describe, expect, it } from 'vitest';
import type { Bridge, EventName, Events, RecoveryView, Reply, RequestName } from '../../shared/contract/contract.ts';
import { runningView } from '../testing/data/recovery.ts';
import { worldOf } from '../testing/data/world.ts';
import { createFixture } from '../testing/fixture.ts';
import { APPLY } from './apply.ts';
import { createConsole } from './console.ts';
import { ALARMS_MAX } from './slices/alarms.ts';
import { postmortemSlice } from './slices/postmortem.ts';
import { DEFAULT_PREFERENCES } from './slices/preferences.ts';
import { initialState, subjectsOf } from './state.ts';

const EMPTY: RecoveryView = { running: false, progress: null, report: null };
const RUNNING: RecoveryView = { running: true, progress: null, report: null };
const state = () => initialState(DEFAULT_PREFERENCES, 0);
const alarm = (id: string, text = id): Events['alarm'] => ({ store: 0, id, severity: 'high', text, at: '2026-01-31T09:31:04Z' });

describe('events', () => {
  it('replace the whole view of their store and leave the others', () => {
    const first = { ...state(), ...APPLY['recovery.changed'](state(), { store: 0, view: EMPTY }, 5) };
    const second = { ...first, ...APPLY['recovery.changed'](first, { store: 1, view: RUNNING }, 6) };
    expect(subjectsOf(second, 0).recovery).toMatchObject({ view: EMPTY, receivedAt: 5 });
    expect(subjectsOf(second, 1).recovery.view).toBe(RUNNING);
    expect(subjectsOf(second, 1).venues.view).toBeNull();
  });

  it('that take the log on the screen elsewhere make it read anew; the marks stay', () => {
    const { report } = runningView(worldOf('crashed', 0), 1e6);
    const event = (store: number, lsn: number): Events['recovery.changed'] => ({
      store,
      view: { running: false, progress: null, report: { ...report!, lsn } },
    });
    let now = { ...state(), ...APPLY['recovery.changed'](state(), event(0, 10), 0) };
    const read = { ...now.postmortem, cursor: 10, marks: [3], operations: { 1: { state: 'asking' as const } } };
    now = { ...now, postmortem: read };
    // The same end once more, and another store's.
    for (const same of [event(0, 10), event(1, 20)]) now = { ...now, ...APPLY['recovery.changed'](now, same, 0) };
    expect(now.postmortem).toBe(read);
    now = { ...now, ...APPLY['recovery.changed'](now, event(0, 12), 0) };
    expect(now.postmortem).toEqual({ ...postmortemSlice(), reading: read.reading + 1, marks: [3] });
  });

  it('raise an alarm once by its id, and keep a bounded number', () => {
    let now = state();
    for (const event of [alarm('a', 'old'), alarm('b'), alarm('a', 'new')]) now = { ...now, ...APPLY.alarm(now, event, 0) };
    expect(now.alarms.map((entry) => entry.text)).toEqual(['b', 'new']);
    for (let i = 0; i < ALARMS_MAX + 10; i += 1) now = { ...now, ...APPLY.alarm(now, alarm(`x${i}`), 0) };
    expect(now.alarms).toHaveLength(ALARMS_MAX);
  });
});

describe('answers', () => {
  it('never replace an event that came after the question', async () => {
    const inner = createFixture('crashed', 0);
    let release: () => void = () => {};
    const waits = new Promise<void>((resolve) => {
      release = resolve;
    });
    const listeners = new Map<EventName, (event: never) => void>();
    const bridge: Bridge = {
      async request<R extends RequestName>(name: R, payload: Parameters<Bridge['request']>[1]): Promise<Reply<R>> {
        const reply = await inner.request(name, payload as never);
        if (name === 'recovery.get') await waits;
        return reply as Reply<R>;
      },
      subscribe(name, listener) {
        listeners.set(name, listener as (event: never) => void);
        return () => listeners.delete(name);
      },
    };
    const object = createConsole({ bridge, storage: null, clock: Date.now });
    const end = object.start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    (listeners.get('recovery.changed') as unknown as (event: Events['recovery.changed']) => void)({ store: 0, view: RUNNING });
    release();
    await new Promise((resolve) => setTimeout(resolve, 30));
    end();
    expect(subjectsOf(object.store.getState()).recovery).toMatchObject({ view: RUNNING, asking: false });
    expect(listeners.size).toBe(0);
  });

  it('about a log that goes elsewhere by now are dropped', async () => {
    const inner = createFixture('crashed', 0);
    const listeners = new Map<EventName, (event: never) => void>();
    let answer: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const bridge: Bridge = {
      async request<R extends RequestName>(name: R, payload: Parameters<Bridge['request']>[1]): Promise<Reply<R>> {
        if (name === 'postmortem.death') await asked;
        return (await inner.request(name, payload as never)) as Reply<R>;
      },
      subscribe(name, listener) {
        listeners.set(name, listener as (event: never) => void);
        return () => listeners.delete(name);
      },
    };
    const object = createConsole({ bridge, storage: null, clock: Date.now });
    const end = object.start();
    await object.actions.loadStore(0);
    const death = object.actions.loadDeath();
    const { report } = subjectsOf(object.store.getState()).recovery.view!;
    const changed = { store: 0, view: { running: false, progress: null, report: { ...report!, epoch: report!.epoch + 1 } } };
    (listeners.get('recovery.changed') as unknown as (event: Events['recovery.changed']) => void)(changed);
    answer();
    await death;
    expect(object.store.getState().postmortem.death).toMatchObject({ view: null, asking: false });
    await object.actions.loadDeath();
    expect(object.store.getState().postmortem.death.view).not.toBeNull();
    end();
  });

  it('that throw on the way are errors like any other', async () => {
    const bridge: Bridge = {
      request: () => Promise.reject(new Error('socket closed')),
      subscribe: () => () => {},
    };
    const object = createConsole({ bridge, storage: null, clock: Date.now });
    await object.actions.load();
    expect(object.store.getState().console.error).toMatchObject({ code: 'INTERNAL', message: 'socket closed' });
  });
});
