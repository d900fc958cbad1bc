/** Gives components the console that main.tsx built. */

import { createContext, type ReactNode, useContext } from 'react';
import { useStore } from 'zustand';
import type { ConsoleObject } from './console.ts';
import type { StoreViews, SubjectName } from './slices/desk.ts';
import { type ConsoleState, subjectsOf } from './state.ts';
import type { Subject } from './subject.ts';

const Context = createContext<ConsoleObject | null>(null);

export function ConsoleProvider({ value, children }: { value: ConsoleObject; children: ReactNode }) {
  return <Context value={value}>{children}</Context>;
}

function useObject(): ConsoleObject {
  const object = useContext(Context);
  if (object === null) throw new Error('a component of the console stands outside ConsoleProvider');
  return object;
}

export const useConsole = <T,>(selector: (state: ConsoleState) => T): T => useStore(useObject().store, selector);

/** The state right now, without following it: for handlers. */
export const useConsoleState = (): (() => ConsoleState) => useObject().store.getState;

export const useActions = (): ConsoleObject['actions'] => useObject().actions;

/** One subject of the store on the screen. */
export const useSubject = <S extends SubjectName>(name: S): Subject<StoreViews[S]> =>
  useConsole((state) => subjectsOf(state)[name] as unknown as Subject<StoreViews[S]>);
