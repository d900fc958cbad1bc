/** A decision that needs words: keeping ours takes evidence, a note is nothing without its text. */

import { useRef, useState } from 'react';
import type { Decision } from '../../../shared/contract/reconcile.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { NobodyActs } from '../../components/dialogs/NobodyActs.tsx';
import { TextField } from '../../components/Field.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { useAction } from '../../components/useAction.ts';
import { DECISION, plural } from '../../format/words.ts';
import { useActions, useConsole } from '../../store/context.tsx';

export interface Staging {
  readonly decision: Decision;
  readonly ids: readonly string[];
}

/** Decisions that are refused without words. */
const NEEDS_COMMENT: ReadonlySet<Decision> = new Set(['keepOurs', 'note']);
/** Decisions that ask for words. */
export const ASKS_COMMENT: ReadonlySet<Decision> = new Set([...NEEDS_COMMENT, 'tolerate']);

const ASKS: Readonly<Partial<Record<Decision, string>>> = {
  keepOurs: 'Evidence: keeping ours makes the instrument untradable until the venue matches',
  tolerate: 'Why it may be tolerated (optional)',
  note: 'Note',
};
const COMMENT_MAX = 127;

export function StageDialog({ staging, onClose }: { staging: Staging; onClose: () => void }) {
  const actingAs = useConsole((state) => state.actingAs);
  const { stage } = useActions();
  const action = useAction();
  const [comment, setComment] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const ready = actingAs !== null && (!NEEDS_COMMENT.has(staging.decision) || comment.trim() !== '');
  const send = async (): Promise<void> => {
    if (await action.run(() => stage(staging.ids, staging.decision, comment.trim()))) onClose();
  };
  const what = plural(staging.ids.length, 'break');
  return (
    <Dialog
      open
      onClose={onClose}
      title={`${DECISION[staging.decision]}: ${what}`}
      note="Staged, reversible until approval"
      safeFocus={field}
    >
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !action.busy) void send();
        }}
      >
        {action.error ? <ErrorNotice error={action.error} asked={`stage ${staging.decision} on ${what}`} /> : null}
        <NobodyActs />
        <TextField
          ref={field}
          label={ASKS[staging.decision] ?? 'Comment (optional)'}
          value={comment}
          maxLength={COMMENT_MAX}
          onChange={(event) => setComment(event.target.value)}
          hint={`${COMMENT_MAX - comment.length} characters left`}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave undecided</Button>
          <Button type="submit" kind="primary" disabled={!ready || action.busy}>
            Stage "{DECISION[staging.decision]}" on {what}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
