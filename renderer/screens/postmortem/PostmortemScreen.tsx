/** Post-mortem: the crash record by record; every pane follows one cursor on an LSN. */

import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { ExportMenu } from '../../components/Export.tsx';
import { Screen } from '../../components/Screen.tsx';
import { formatCount } from '../../format/amount.ts';
import { plural } from '../../format/words.ts';
import { useCommands } from '../../keyboard/commands.tsx';
import { useActions, useConsole, useConsoleState, useSubject } from '../../store/context.tsx';
import { lsnOfText, nextStop } from '../../store/selectors/timeline.ts';
import { AtCursor, type CursorTab } from './AtCursor.tsx';
import { Death } from './Death.tsx';
import { OPERATION_EXPORT, operationCells } from './exports.ts';
import { Operations } from './Operations.tsx';
import { TimelinePanel } from './TimelinePanel.tsx';

export function PostmortemScreen() {
  const read = useConsoleState();
  const report = useSubject('recovery').view?.report ?? null;
  const timeline = useConsole((state) => state.postmortem.timeline.view);
  const death = useConsole((state) => state.postmortem.death.view);
  const cursor = useConsole((state) => state.postmortem.cursor);
  const marks = useConsole((state) => state.postmortem.marks);
  const { loadTimeline, loadDeath, moveCursor, toggleMark, compareWith, say } = useActions();
  const [tab, setTab] = useState<CursorTab>('change');
  const goField = useRef<HTMLInputElement>(null);

  const reading = useConsole((state) => state.postmortem.reading);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a log that goes elsewhere is read anew
  useEffect(() => {
    const { postmortem } = read();
    if (postmortem.timeline.view === null && !postmortem.timeline.asking) void loadTimeline();
    if (postmortem.death.view === null && !postmortem.death.asking) void loadDeath();
  }, [read, reading, loadTimeline, loadDeath]);

  // The log itself says where it begins; the timeline may be zoomed. What an acceptance wrote stands behind the end of the engine.
  const last = Math.max(death?.lastLsn ?? 0, report?.lsn ?? 0, timeline?.to ?? 0);
  const end = death?.lastLsn ?? last;
  const first = Math.max(1, report?.wal.firstLsn ?? timeline?.from ?? 1);
  const missing = report && report.wal.status !== 'unread' ? Math.min(last - first + 1, Math.max(0, last - report.wal.lastLsn)) : 0;
  const at = cursor ?? end;
  // Without a timeline the cursor still begins at the end of the engine.
  const untimed = useConsole((state) => state.postmortem.timeline.error !== null);
  useEffect(() => {
    if (cursor === null && end > 0 && untimed) moveCursor(end);
  }, [cursor, end, untimed, moveCursor]);
  const move = (by: number) => () => moveCursor(at + by);
  const jump = (backwards: boolean) => (): boolean => {
    const stop = nextStop(timeline, marks, at, backwards);
    if (stop === null) return false;
    moveCursor(stop);
    return true;
  };

  useCommands({
    'postmortem.back': move(-1),
    'postmortem.forward': move(1),
    'postmortem.back100': move(-100),
    'postmortem.forward100': move(100),
    'grid.next': move(1),
    'grid.previous': move(-1),
    'postmortem.go': () => goField.current?.select(),
    'postmortem.mark': () => {
      toggleMark(at);
      say(marks.includes(at) ? `Mark at LSN ${formatCount(at)} removed` : `LSN ${formatCount(at)} marked`);
    },
    'postmortem.previousMark': jump(true),
    'postmortem.nextMark': jump(false),
    'postmortem.death': () => moveCursor(end),
    'postmortem.compare': () => {
      compareWith(at);
      setTab('compare');
      say(`Comparing with LSN ${formatCount(at)}: move the cursor`);
    },
  });

  return (
    <Screen title="Post-mortem" fixed>
      <div className="grid flex-none grid-cols-[minmax(0,1fr)_468px] gap-2">
        <TimelinePanel />
        <Death />
      </div>
      <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_minmax(468px,42%)] gap-2">
        <section className="panel min-h-0" aria-label="Operations of the log">
          <div className="panel-head">
            <h2>Operations</h2>
            <span className="truncate text-xs text-faint">
              {last >= first ? plural(last - first + 1 - missing, 'record') : 'none'}
              {missing > 0 ? `, ${formatCount(missing)} missing at the end` : ''}
            </span>
            <div className="aside">
              <form
                className="flex items-center gap-1.5"
                onSubmit={(event) => {
                  event.preventDefault();
                  const lsn = lsnOfText(timeline, goField.current?.value ?? '');
                  if (lsn === null) return say('Give an LSN, or a time of day in UTC such as 09:31:04', 'high');
                  moveCursor(lsn);
                  document.querySelector<HTMLElement>('main [data-autofocus]')?.focus();
                }}
              >
                <input
                  key={at}
                  ref={goField}
                  className="input !h-[22px] !w-[104px] text-right"
                  aria-label="Go to LSN or UTC time"
                  defaultValue={formatCount(at)}
                />
                <Button type="submit" kind="quiet" shortcut="G">
                  Go
                </Button>
              </form>
              <ExportMenu
                subject="postmortem"
                table={() => {
                  const rows = Object.values(read().postmortem.operations).flatMap((page) => (page.state === 'here' ? page.value : []));
                  return rows.length === 0 ? null : { columns: OPERATION_EXPORT, rows: rows.map(operationCells) };
                }}
                document={() => {
                  const { postmortem } = read();
                  const state = postmortem.cursor === null ? undefined : postmortem.states[postmortem.cursor];
                  const change = postmortem.cursor === null ? undefined : postmortem.changes[postmortem.cursor];
                  return {
                    cursor: postmortem.cursor,
                    marks: postmortem.marks,
                    death: postmortem.death.view,
                    timeline: postmortem.timeline.view,
                    state: state?.state === 'here' ? state.value : null,
                    change: change?.state === 'here' ? change.value : null,
                  };
                }}
              />
            </div>
          </div>
          <div className="min-h-0 flex-1">
            <Operations first={first} last={last} />
          </div>
        </section>
        <AtCursor tab={tab} onTab={setTab} />
      </div>
    </Screen>
  );
}
