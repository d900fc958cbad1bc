/** The state of trading, always visible. */

import { formatTimestamp } from '../../format/time.ts';
import { MODE, MODE_MEANING, sentence } from '../../format/words.ts';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { modeSince } from '../../store/selectors/crash.ts';
import { subjectsOf } from '../../store/state.ts';
import { Button } from '../Button.tsx';
import { Mark } from '../Mark.tsx';
import { Elapsed, useTimeFrame } from '../Stamp.tsx';

export function Banner() {
  const gate = useSubject('gate');
  const next = useSubject('facts').view?.next;
  const frame = useTimeFrame();
  const failed = useConsole((state) => state.console.error);
  // Cancelling stays reachable on every screen; on Restart it stands beside the facts already.
  const covered = useConsole((state) => state.screen !== 'restart' || state.drawerOpen || state.scrolled);
  const noStore = useConsole((state) => state.console.view?.stores.length === 0);
  const since = useConsole((state) => modeSince(subjectsOf(state)));
  const { openDialog } = useActions();
  const view = gate.view;
  if (noStore)
    return (
      <section className="banner" aria-label="State of trading">
        <b>NO STORE IS OPEN</b>
        <span className="text-soft">Whether anything trades is not known here.</span>
      </section>
    );
  if (view === null) {
    return (
      <section className="banner" aria-label="State of trading" data-tone={failed || gate.error ? 'high' : undefined}>
        <b>{failed || gate.error ? 'STATE OF TRADING UNKNOWN' : 'Asking for the state of trading'}</b>
        <span className="text-soft">{failed?.message ?? gate.error?.message ?? ''}</span>
      </section>
    );
  }
  const mode = MODE[view.mode];
  const words = `${MODE_MEANING[view.mode]} ${sentence(view.reason)}`;
  // A counter beside it already says how long ago: the relative switch keeps the clock time here.
  const absolute = frame.mode === 'relative' ? { ...frame, mode: 'utc' as const } : frame;
  return (
    <section className="banner" aria-label="State of trading" data-tone={mode.tone === 'normal' ? undefined : mode.tone}>
      <Mark tone={mode.tone} />
      <b>
        {mode.word}
        {since ? ` since ${formatTimestamp(since, absolute, { precision: 3, zone: true })}` : ''}
      </b>
      {since ? (
        <b>
          (<Elapsed since={since} />)
        </b>
      ) : null}
      <span className="min-w-0 text-soft">{words}</span>
      <span className="ml-auto flex min-w-0 items-center gap-3">
        {next?.action ? (
          <span>
            <span className="text-soft">Next:</span> {next.action} <span className="text-soft">· {next.owner}</span>
          </span>
        ) : null}
        {covered ? (
          <Button kind="danger" shortcut="X" onClick={() => openDialog('cancel')}>
            Cancel working orders
          </Button>
        ) : null}
      </span>
    </section>
  );
}
