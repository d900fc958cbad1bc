/**
 * The console as an object: state, and the actions that talk to the host. Built once by main.tsx from what the host gives, and
 * by tests from fakes; nothing is created at import.
 */

import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Bridge, EventName, Payload, Reply, RequestName } from '../../shared/contract/contract.ts';
import { type ErrorData, errorData } from '../../shared/errors.ts';
import { type DeskActions, deskActions } from './actions/desk.ts';
import { type GateActions, gateActions } from './actions/gate.ts';
import { type PostmortemActions, postmortemActions } from './actions/postmortem.ts';
import { type ShellActions, shellActions } from './actions/shell.ts';
import { type WorkActions, workActions } from './actions/work.ts';
import { APPLY, EVENT_NAMES } from './apply.ts';
import { type PreferenceStorage, readPreferences } from './slices/preferences.ts';
import { type ConsoleState, initialState } from './state.ts';

export interface Surroundings {
  readonly bridge: Bridge;
  readonly storage: PreferenceStorage | null;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** What actions are given. */
export interface Tools extends Surroundings {
  readonly store: StoreApi<ConsoleState>;
  /** Asks the host; an exception on the way is an error like any other. */
  readonly ask: <R extends RequestName>(name: R, payload: Payload<R>) => Promise<Reply<R>>;
  /** For the status line. */
  readonly say: (text: string, tone?: 'normal' | 'high') => void;
}

/** null: it went well. */
export type Outcome = Promise<ErrorData | null>;

export interface ConsoleObject {
  readonly store: StoreApi<ConsoleState>;
  readonly actions: DeskActions & WorkActions & GateActions & PostmortemActions & ShellActions;
  /** Subscribes to events, asks for the first views, starts the clock; returns the way to end all that. */
  start(): () => void;
}

export function createConsole(surroundings: Surroundings): ConsoleObject {
  const { bridge, clock } = surroundings;
  const store = createStore<ConsoleState>(() => initialState(readPreferences(surroundings.storage), clock()));
  const tools: Tools = {
    ...surroundings,
    store,
    ask: async (name, payload) => {
      try {
        return await bridge.request(name, payload);
      } catch (thrown) {
        return { ok: false, error: errorData(thrown) };
      }
    },
    say: (text, tone = 'normal') => store.setState({ said: { text, tone, at: clock() } }),
  };
  const desk = deskActions(tools);
  const postmortem = postmortemActions(tools);
  const actions = { ...desk, ...workActions(tools), ...gateActions(tools), ...postmortem, ...shellActions(tools) };

  const listen = <E extends EventName>(name: E): (() => void) =>
    bridge.subscribe(name, (event) => {
      store.setState(APPLY[name](store.getState(), event, clock()));
      if (name === 'audit.changed') void desk.loadAudit(event.store);
    });

  return {
    store,
    actions,
    start() {
      const ends = EVENT_NAMES.map((name) => listen(name));
      const ticker = setInterval(() => store.setState((state) => ({ nowMs: clock() + state.hostOffsetMs })), 1000);
      void desk.load();
      return () => {
        clearInterval(ticker);
        for (const end of ends) end();
      };
    },
  };
}
