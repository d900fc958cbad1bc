/** Beside the facts: taking the risk off. One person is enough for all of it. */

import { ListX, PhoneCall, RefreshCw, ShieldMinus } from 'lucide-react';
import { Button } from '../../components/Button.tsx';
import { Mark, Status } from '../../components/Mark.tsx';
import { Elapsed } from '../../components/Stamp.tsx';
import { plural } from '../../format/words.ts';
import { useActions, useSubject } from '../../store/context.tsx';
import { fatesOf } from '../../store/selectors/cancels.ts';

export function RiskActions() {
  const venues = useSubject('venues').view;
  const gate = useSubject('gate').view;
  const { openDialog, queryVenues } = useActions();
  const unreachable = (venues?.venues ?? []).filter((venue) => venue.status === 'silent' || venue.status === 'failed');
  return (
    <section className="panel" aria-label="Take risk off">
      <div className="panel-head">
        <h2>Take risk off</h2>
      </div>
      <div className="grid gap-1.5 p-2">
        <Button kind="danger" large wide shortcut="X" onClick={() => openDialog('cancel')}>
          <span className="inline-flex items-center gap-2">
            <ListX size={15} aria-hidden="true" /> Cancel working orders
          </span>
        </Button>
        <Button wide shortcut="M" onClick={() => openDialog('mode')} disabled={gate === null}>
          <span className="inline-flex items-center gap-2">
            <ShieldMinus size={14} aria-hidden="true" /> Set cancel only or reducing
          </span>
        </Button>
        <Button wide shortcut="R" onClick={() => void queryVenues()} disabled={venues?.running ?? false}>
          <span className="inline-flex items-center gap-2">
            <RefreshCw size={14} aria-hidden="true" /> {venues?.running ? 'Asking the venues' : 'Ask the venues again'}
          </span>
        </Button>
      </div>
      <LastCancel />
      <div className="mt-auto">
        {unreachable.slice(0, 2).map((venue) => (
          <div key={venue.name} className="border-t border-line px-3 py-2 text-sm">
            <div className="flex items-center gap-1.5 font-semibold">
              <Mark tone="critical" />
              {venue.name} <span className="font-normal text-soft">counted at its worst</span>
            </div>
            <dl className="mt-0.5 grid grid-cols-[max-content_1fr] gap-x-3 text-soft">
              {Object.entries(venue.emergency)
                .slice(0, 4)
                .map(([what, value]) => (
                  <div key={what} className="contents">
                    <dt className="flex items-center gap-1">
                      {what === 'phone' ? <PhoneCall size={11} aria-hidden="true" /> : null}
                      {what}
                    </dt>
                    <dd className="text-ink">{value}</dd>
                  </div>
                ))}
            </dl>
          </div>
        ))}
      </div>
    </section>
  );
}

/** What became of the newest cancel, and of its orders. */
function LastCancel() {
  const cancel = useSubject('venues').view?.cancels.at(-1);
  const { openDialog } = useActions();
  if (!cancel) return <p className="px-3 pb-2 text-sm text-faint">No cancel was sent from here yet.</p>;
  const fates = fatesOf(cancel);
  return (
    <div className="border-t border-line px-3 py-2 text-sm">
      <div className="flex items-center justify-between">
        <span className="font-semibold">Cancel by {cancel.by}</span>
        <span className="text-soft">
          <Elapsed since={cancel.startedAt} /> ago
        </span>
      </div>
      <div className="text-soft">
        <Status tone={cancel.status === 'incomplete' ? 'high' : 'normal'} word={cancel.status} /> ·{' '}
        <b className="font-medium text-ink">{fates.gone}</b> of {plural(cancel.orders.length, 'order')} gone
        {fates.open > 0 ? `, ${fates.open} not` : ''}
        {fates.venuesUnknown.length > 0 ? <>, {fates.venuesUnknown.join(', ')} UNKNOWN</> : null}
      </div>
      <Button kind="quiet" onClick={() => openDialog('cancel')} className="-ml-1.5">
        Show every order
      </Button>
    </div>
  );
}
