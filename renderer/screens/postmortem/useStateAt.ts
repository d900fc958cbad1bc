/** The whole state at an LSN, asked for where it is shown. */

import { useEffect } from 'react';
import type { StateAt } from '../../../shared/contract/postmortem.ts';
import { useActions, useConsole } from '../../store/context.tsx';
import type { Fetched } from '../../store/slices/postmortem.ts';

/** The cursor rests this long before it is asked for, milliseconds: its cost follows the size of the state. */
const REST_MS = 90;

/** undefined: nobody asked yet. */
export function useStateAt(lsn: number | null): Fetched<StateAt> | undefined {
  const { loadState } = useActions();
  const reading = useConsole((state) => state.postmortem.reading);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a log that goes elsewhere is read anew
  useEffect(() => {
    if (lsn === null) return;
    const resting = setTimeout(() => void loadState(lsn), REST_MS);
    return () => clearTimeout(resting);
  }, [lsn, reading, loadState]);
  return useConsole((state) => (lsn === null ? undefined : state.postmortem.states[lsn]));
}
