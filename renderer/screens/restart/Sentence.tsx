/** The recovery in one sentence; while it runs, what is being done and how much is left. */

import type { ReactNode } from 'react';
import { Button } from '../../components/Button.tsx';
import { Status } from '../../components/Mark.tsx';
import { Empty, ErrorNotice } from '../../components/Notice.tsx';
import { Elapsed } from '../../components/Stamp.tsx';
import { formatCount } from '../../format/amount.ts';
import { OUTCOME, plural, STEP } from '../../format/words.ts';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { acceptBarrier } from '../../store/selectors/accept.ts';
import { toCarryOut } from '../../store/selectors/breaks.ts';

export function Sentence({ tools }: { tools: ReactNode }) {
  const subject = useSubject('recovery');
  const accepted = useSubject('gate').view?.accepted ?? null;
  const barrier = acceptBarrier(useSubject('facts').view, subject.view?.report ?? null);
  const stores = useConsole((state) => state.console.view?.stores.length ?? 0);
  const { runRecovery, reconstruct, cancelRecovery, openDialog } = useActions();
  const late = toCarryOut(useSubject('reconcile').view?.report?.breaks ?? []);
  const view = subject.view;

  if (view?.running) {
    const progress = view.progress;
    const fraction = progress?.fraction ?? null;
    return (
      <div className="sentence" role="status">
        <div className="min-w-0 flex-1">
          <p>
            {progress ? STEP[progress.phase] : 'Recovery is starting'} <span className="font-normal text-soft">{progress?.detail}</span>
          </p>
          <div
            className="progress mt-1.5"
            data-unknown={fraction === null || undefined}
            role="progressbar"
            aria-label="Recovery"
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={fraction === null ? undefined : Math.round(fraction * 100)}
          >
            <i style={fraction === null ? undefined : { width: `${fraction * 100}%` }} />
          </div>
        </div>
        <Button shortcut="Shift+R" onClick={() => void cancelRecovery()}>
          Cancel recovery
        </Button>
      </div>
    );
  }
  if (subject.error)
    return (
      <ErrorNotice
        error={subject.error}
        asked="the recovery of this store"
        askedAt={subject.askedAt}
        aside={<Button onClick={() => void runRecovery()}>Run recovery</Button>}
      />
    );
  const report = view?.report;
  if (!report) {
    return (
      <div className="sentence">
        <div className="flex-1">
          {stores === 0 && view === null ? (
            <Empty title="Asking the host for its stores" />
          ) : (
            <p>No recovery was run on this store yet. It reads only; nothing is written until a result is accepted.</p>
          )}
        </div>
        {tools}
        <Button kind="primary" shortcut="Shift+R" onClick={() => void runRecovery()} disabled={view === null}>
          Run recovery
        </Button>
      </div>
    );
  }
  const acceptable = report.outcome === 'recovered' || report.outcome === 'salvaged';
  // Nothing is left that could be accepted, damaged or not: the venues are the last tier.
  const nothing = report.outcome === 'refused' && report.base === null && report.error === null;
  return (
    <div className="sentence">
      <span className="flex-none text-lg font-semibold">
        <Status {...OUTCOME[report.outcome]} />
      </span>
      <p>{report.sentence}</p>
      <span className="flex-none text-sm text-soft">
        read <Elapsed since={report.startedAt} /> ago
      </span>
      {tools}
      <Button shortcut="Shift+R" onClick={() => void runRecovery()}>
        Run again
      </Button>
      {accepted ? (
        <>
          <span
            className="flex-none text-sm text-soft"
            title="What stands here was read after the acceptance: it goes to the last record that it wrote"
          >
            as accepted: epoch {accepted.epoch}, LSN {formatCount(accepted.lsn)}
          </span>
          {late > 0 ? (
            <Button kind="primary" shortcut="Shift+A" disabled={barrier !== null} onClick={() => openDialog('accept')}>
              Carry out {plural(late, 'decision')}
            </Button>
          ) : null}
        </>
      ) : report.outcome === 'empty' || report.error !== null ? null : (
        <>
          {barrier ? <span className="max-w-64 flex-none text-sm text-soft">{barrier}</span> : null}
          {nothing ? (
            <Button kind="danger" shortcut="Shift+A" disabled={barrier !== null} onClick={() => void reconstruct()}>
              Take the state from the venues
            </Button>
          ) : (
            <Button
              kind={acceptable ? 'primary' : 'danger'}
              shortcut="Shift+A"
              disabled={barrier !== null}
              onClick={() => openDialog('accept')}
            >
              {acceptable ? 'Accept recovered state' : 'Override refusal'}
            </Button>
          )}
        </>
      )}
    </div>
  );
}
