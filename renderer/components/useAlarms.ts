import { useMemo } from 'react';
import { useConsole } from '../store/context.tsx';
import { type Alarm, alarmsOf } from '../store/selectors/alarms.ts';

/** The alarms of the store on the screen, unacknowledged and worst first. */
export function useAlarms(): readonly Alarm[] {
  const stores = useConsole((state) => state.stores);
  const storeIndex = useConsole((state) => state.storeIndex);
  const alarms = useConsole((state) => state.alarms);
  const acknowledged = useConsole((state) => state.acknowledged);
  return useMemo(() => alarmsOf({ stores, storeIndex, alarms, acknowledged }), [stores, storeIndex, alarms, acknowledged]);
}
