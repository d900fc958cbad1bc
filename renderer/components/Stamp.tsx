/** Times and ages, by the one switch of the console. The title always holds the full UTC time. */

import { useMemo } from 'react';
import { formatDuration, formatElapsed } from '../format/duration.ts';
import { formatTimestamp, millisecondsOf, type Precision, type TimeFrame } from '../format/time.ts';
import { useConsole } from '../store/context.tsx';
import { crashedAt } from '../store/selectors/crash.ts';
import { subjectsOf } from '../store/state.ts';

/** How times are shown right now. `nowMs` only decides whether the day is named, so that it changes by the day. */
export function useTimeFrame(): TimeFrame {
  const mode = useConsole((state) => state.preferences.timeMode);
  const crashMs = useConsole((state) => millisecondsOf(crashedAt(subjectsOf(state))));
  const day = useConsole((state) => Math.floor(state.nowMs / 60_000) * 60_000);
  return useMemo(() => ({ mode, crashMs, nowMs: day }), [mode, crashMs, day]);
}

export function Stamp({ at, precision = 3, zone = false }: { at: string | null; precision?: Precision; zone?: boolean }) {
  const frame = useTimeFrame();
  if (at === null) return <span className="text-faint">never</span>;
  return (
    <time dateTime={at} data-raw={at} title={at} className="whitespace-nowrap">
      {formatTimestamp(at, frame, { precision, zone })}
    </time>
  );
}

/** How long ago something was, running. */
export function Age({ at }: { at: string | null }) {
  const nowMs = useConsole((state) => state.nowMs);
  const ms = millisecondsOf(at);
  if (ms === null) return <span className="text-faint">no time</span>;
  return (
    <span className="whitespace-nowrap" title={at ?? undefined}>
      {formatDuration(Math.max(0, nowMs - ms))}
    </span>
  );
}

/** Time since a moment, counting up. */
export function Elapsed({ since }: { since: string | null }) {
  const nowMs = useConsole((state) => state.nowMs);
  const ms = millisecondsOf(since);
  return <span className="whitespace-nowrap">{ms === null ? 'unknown' : formatElapsed(nowMs - ms)}</span>;
}
