/** Accepting a recovered state opens a new epoch on the lineage. Overriding a refusal takes a reason, on the record. */

import { useRef, useState } from 'react';
import { formatCount } from '../../format/amount.ts';
import { plural } from '../../format/words.ts';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { acceptBarrier } from '../../store/selectors/accept.ts';
import { Button } from '../Button.tsx';
import { Dialog } from '../Dialog.tsx';
import { SelectField, TextField } from '../Field.tsx';
import { ErrorNotice, Notice } from '../Notice.tsx';
import { Stamp } from '../Stamp.tsx';
import { useAction } from '../useAction.ts';
import { NobodyActs } from './NobodyActs.tsx';

const REASON_MIN = 3;

export function AcceptDialog() {
  const open = useConsole((state) => state.dialog === 'accept');
  const { openDialog } = useActions();
  return open ? <Open onClose={() => openDialog(null)} /> : null;
}

function Open({ onClose }: { onClose: () => void }) {
  const report = useSubject('recovery').view?.report ?? null;
  const barrier = acceptBarrier(useSubject('facts').view, report);
  const actingAs = useConsole((state) => state.actingAs);
  const { acceptRecovery } = useActions();
  const action = useAction();
  const fromVenues = report?.base === 'L5';
  const breaks = useSubject('reconcile').view?.report?.breaks ?? [];
  const cancels = breaks.filter(({ staged }) => staged?.decision === 'cancelOrder').length;
  const [chosen, setWhat] = useState<'damage' | 'tier'>('damage');
  const what = fromVenues ? 'reconstruction' : chosen;
  const [reason, setReason] = useState('');
  const leave = useRef<HTMLButtonElement>(null);
  const refused = report?.outcome === 'refused';
  const ready = report !== null && barrier === null && actingAs !== null && (!refused || reason.trim().length >= REASON_MIN);
  const send = async (): Promise<void> => {
    if (await action.run(() => acceptRecovery(report!, refused ? { what, reason: reason.trim() } : undefined))) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={refused ? 'Override the refusal' : 'Accept the recovered state'}
      safeFocus={leave}
      foot={
        <>
          <Button ref={leave} onClick={onClose}>
            Leave it unaccepted
          </Button>
          <Button kind={refused ? 'danger' : 'primary'} disabled={!ready || action.busy} onClick={() => void send()}>
            {refused ? 'Accept state with its loss' : `Accept state at LSN ${formatCount(report?.lsn ?? 0)}`}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        {action.error ? <ErrorNotice error={action.error} asked="accept the recovery" /> : null}
        {barrier ? <Notice tone="high" title={barrier} /> : null}
        <NobodyActs />
        {report === null ? (
          <Notice title="There is no recovery to accept yet." />
        ) : (
          <>
            <p>
              <span className="text-soft">
                As recovered at <Stamp at={report.startedAt} zone />:
              </span>{' '}
              {report.sentence}
            </p>
            {report.lostAcknowledged ? (
              <Notice tone="critical" title={`${plural(report.lostAcknowledged, 'acknowledged operation')} would be lost`}>
                Their orders and fills may be live at the venues.
              </Notice>
            ) : report.lostAcknowledged === null && report.base !== null && !fromVenues ? (
              <Notice tone="critical" title="Nobody knows what was acknowledged after this state">
                The end of the log is gone. Orders and fills that it held may be live at the venues.
              </Notice>
            ) : null}
            {fromVenues ? (
              <Notice tone="high" title="What is decided on the Reconcile screen becomes the state">
                Decide on every break first: what is left open is not in the state. REDUCING is the most that can be approved.
              </Notice>
            ) : null}
            <p className="text-soft">
              It is recovered once more under the lock of the store, and accepted only if it comes to the same state; that run is what the
              dossier shows, with its own base, replay and RTO. A new epoch {report.epoch + 1} is opened on the lineage, the decisions and a
              checkpoint are written, damaged files go to quarantine. Trading is halted in it.{' '}
              {cancels === 0
                ? 'Nothing is sent to a venue.'
                : `Then ${plural(cancels, 'order')} ${cancels === 1 ? 'is' : 'are'} cancelled at the venues, as decided.`}
            </p>
            {refused ? (
              <div className="grid grid-cols-2 gap-3">
                <SelectField
                  label="What is overridden"
                  value={what}
                  disabled={fromVenues}
                  onChange={(value) => setWhat(value as 'damage' | 'tier')}
                  options={
                    fromVenues
                      ? [{ value: 'reconstruction', label: 'The venues are the state' }]
                      : [
                          { value: 'damage', label: 'Damage is accepted' },
                          { value: 'tier', label: 'Another tier is taken' },
                        ]
                  }
                />
                <TextField
                  label="Reason, on the record"
                  value={reason}
                  maxLength={512}
                  onChange={(event) => setReason(event.target.value)}
                />
              </div>
            ) : null}
          </>
        )}
      </div>
    </Dialog>
  );
}
