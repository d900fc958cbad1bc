/** Approve: the frozen dossier, two people, and staying halted as the default. */

import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { ExportMenu } from '../../components/Export.tsx';
import { Empty, ErrorNotice } from '../../components/Notice.tsx';
import { Screen } from '../../components/Screen.tsx';
import { useCommands } from '../../keyboard/commands.tsx';
import { useConsoleState, useSubject } from '../../store/context.tsx';
import { subjectsOf } from '../../store/state.ts';
import { type Asked, DecisionPanel } from './DecisionPanel.tsx';
import { DossierPanel } from './DossierPanel.tsx';
import { People } from './Enrolment.tsx';
import { Freezes } from './Freezes.tsx';
import { Proposal } from './Proposal.tsx';
import { Signing } from './Signing.tsx';
import { Way } from './Way.tsx';

export function ApproveScreen() {
  const read = useConsoleState();
  const subject = useSubject('gate');
  const [asked, setAsked] = useState<Asked>(null);
  const [again, setAgain] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const passphrase = useRef<HTMLInputElement>(null);
  const halt = useRef<HTMLButtonElement>(null);
  const gate = subject.view;
  const dossier = gate?.dossier ?? null;
  const ended = dossier !== null && dossier.status !== 'open' && dossier.status !== 'complete';
  const proposing = dossier === null || again;

  useCommands({
    'approve.halt': () => (gate ? setAsked('halt') : false),
    'approve.release': () => (dossier?.status === 'complete' ? setAsked('release') : false),
    'approve.sign': () => (passphrase.current ? passphrase.current.focus() : false),
    'approve.propose': () => {
      if (dossier !== null) setAgain(true);
      setTimeout(() => first.current?.focus(), 0);
    },
  });

  // What had the focus may be gone after a step (proposed, signed, released): it goes to the safe choice, never nowhere.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each of these takes controls away
  useEffect(() => {
    if (document.activeElement === null || document.activeElement === document.body) halt.current?.focus();
  }, [dossier?.hash, dossier?.status, dossier?.signatures.length, proposing]);

  if (gate === null) {
    return (
      <Screen title="Approve">
        {subject.error ? (
          <ErrorNotice error={subject.error} asked="the gate of this store" askedAt={subject.askedAt} />
        ) : (
          <Empty title="Asking for the gate of this store" />
        )}
      </Screen>
    );
  }
  return (
    <Screen title="Approve" fixed>
      <Way />
      <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_404px] gap-2">
        <div className="flex min-h-0 flex-col gap-2 overflow-auto">
          {proposing ? (
            <>
              <Proposal first={first} />
              <Freezes />
            </>
          ) : null}
          {dossier && !again ? <DossierPanel view={dossier} /> : null}
        </div>
        <div className="flex min-h-0 flex-col gap-2 overflow-auto">
          <DecisionPanel gate={gate} asked={asked} onAsk={setAsked} haltButton={halt} />
          {dossier ? <Signing gate={gate} dossier={dossier} passphraseField={passphrase} /> : null}
          <People />
          <div className="flex items-center justify-between">
            {dossier ? (
              <Button kind="quiet" onClick={() => setAgain(!again)}>
                {again ? 'Back to the dossier' : ended ? 'Propose a new dossier' : 'Propose another scope'}
              </Button>
            ) : (
              <span />
            )}
            <ExportMenu
              subject="dossier"
              table={() =>
                dossier
                  ? {
                      columns: ['id', 'kind', 'blocking', 'decision', 'comment'],
                      rows: dossier.dossier.breaks.map((entry) => [entry.id, entry.kind, entry.blocking, entry.decision, entry.comment]),
                    }
                  : null
              }
              document={() => subjectsOf(read()).gate.view}
            />
          </div>
        </div>
      </div>
    </Screen>
  );
}
