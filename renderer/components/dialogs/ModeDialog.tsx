/** One person may set CANCEL ONLY or REDUCING, with a reason; HALTED again is always one choice away. */

import { useRef, useState } from 'react';
import { MODE, MODE_MEANING, stayWords } from '../../format/words.ts';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { Button } from '../Button.tsx';
import { Dialog } from '../Dialog.tsx';
import { Check, TextField } from '../Field.tsx';
import { ErrorNotice } from '../Notice.tsx';
import { useAction } from '../useAction.ts';
import { NobodyActs } from './NobodyActs.tsx';

const CHOICES = ['CANCEL_ONLY', 'REDUCING', 'HALTED'] as const;
const REASON_MIN = 3;

export function ModeDialog() {
  const open = useConsole((state) => state.dialog === 'mode');
  const { openDialog } = useActions();
  return open ? <Open onClose={() => openDialog(null)} /> : null;
}

function Open({ onClose }: { onClose: () => void }) {
  const present = useSubject('gate').view?.mode ?? 'HALTED';
  const actingAs = useConsole((state) => state.actingAs);
  const { setMode } = useActions();
  const action = useAction();
  const [mode, choose] = useState<(typeof CHOICES)[number]>(present === 'CANCEL_ONLY' ? 'REDUCING' : 'CANCEL_ONLY');
  const [reason, setReason] = useState('');
  const leave = useRef<HTMLButtonElement>(null);
  const ready = actingAs !== null && reason.trim().length >= REASON_MIN && mode !== present;
  const send = async (): Promise<void> => {
    if (await action.run(() => setMode(mode, reason.trim()))) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Set the mode of the engine"
      note={`now ${MODE[present].word}`}
      safeFocus={leave}
      foot={
        <>
          <Button ref={leave} onClick={onClose}>
            {stayWords(present)}
          </Button>
          <Button kind="danger" disabled={!ready || action.busy} onClick={() => void send()}>
            Set {mode.replace('_', ' ')}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        {action.error ? <ErrorNotice error={action.error} asked={`mode ${mode}`} /> : null}
        <NobodyActs />
        <fieldset>
          <legend className="label">Mode</legend>
          {CHOICES.map((choice) => (
            <Check
              key={choice}
              type="radio"
              name="mode"
              label={choice.replace('_', ' ')}
              hint={MODE_MEANING[choice]}
              checked={mode === choice}
              onChange={() => choose(choice)}
            />
          ))}
        </fieldset>
        <TextField
          label="Reason, on the record"
          hint="One person sets this; it is reviewed afterwards."
          value={reason}
          maxLength={512}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
    </Dialog>
  );
}
