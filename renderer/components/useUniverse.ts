import { useEffect, useMemo } from 'react';
import { useActions, useConsole, useConsoleState, useSubject } from '../store/context.tsx';
import { type Universe, universeOf } from '../store/selectors/universe.ts';

/** The names that a scope can be made of. Strategies and traders stand in the recovered state: it is asked for once, at its last LSN. */
export function useUniverse(): Universe {
  const read = useConsoleState();
  const { loadState } = useActions();
  const stores = useConsole((state) => state.stores);
  const states = useConsole((state) => state.postmortem.states);
  const operations = useConsole((state) => state.postmortem.operations);
  const lastLsn = useSubject('recovery').view?.report?.lsn ?? 0;
  useEffect(() => {
    if (lastLsn > 0) void loadState(lastLsn);
  }, [lastLsn, loadState]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the state is read whole, and these are what the selector reads of it
  return useMemo(() => universeOf(read()), [read, stores, states, operations]);
}
