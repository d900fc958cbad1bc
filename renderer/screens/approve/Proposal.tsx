/** Proposing a dossier: what trading may resume for, and how far the world may move before a signature is void. */

import { type RefObject, useMemo, useState } from 'react';
import type { Bounds, Scope } from '../../../shared/contract/gate.ts';
import { Money, Unknown } from '../../components/Amount.tsx';
import { Button } from '../../components/Button.tsx';
import { NobodyActs } from '../../components/dialogs/NobodyActs.tsx';
import { Check, TextField } from '../../components/Field.tsx';
import { ErrorNotice, Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { useAction } from '../../components/useAction.ts';
import { useUniverse } from '../../components/useUniverse.ts';
import { MODE_MEANING, NO_LIMIT, plural } from '../../format/words.ts';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { acceptBarrier } from '../../store/selectors/accept.ts';
import { isAmount, suggestedBounds } from '../../store/selectors/bounds.ts';
import { blockingOf, toCarryOut, undecidedOf } from '../../store/selectors/breaks.ts';
import { Only } from './Only.tsx';

/** Beside a bound that no limit of the desk suggests. */
const OWED = `; ${NO_LIMIT}, say one`;

const MODES = ['CANCEL_ONLY', 'REDUCING', 'ACTIVE'] as const;

export function Proposal({ first }: { first: RefObject<HTMLInputElement | null> }) {
  const facts = useSubject('facts').view;
  const gate = useSubject('gate').view;
  const report = useSubject('recovery').view?.report;
  const barrier = acceptBarrier(facts, report ?? null);
  const reconcile = useSubject('reconcile').view?.report ?? null;
  const actingAs = useConsole((state) => state.actingAs);
  const { propose, openDialog } = useActions();
  const action = useAction();

  const universe = useUniverse();
  const provable = useMemo(
    () => new Set((reconcile?.venues ?? []).filter((venue) => venue.provable).map((venue) => venue.name)),
    [reconcile],
  );

  const [mode, setMode] = useState<Scope['mode']>('CANCEL_ONLY');
  // Until a person chose, the form follows what becomes known: venues that prove nothing stay out of the scope.
  const [chosenVenues, setVenues] = useState<readonly string[] | null | undefined>(undefined);
  const suggestedVenues = universe.venues.some((venue) => !provable.has(venue)) ? [...provable] : null;
  const venues = chosenVenues === undefined ? suggestedVenues : chosenVenues;
  const [strategies, setStrategies] = useState<readonly string[] | null>(null);
  const [chosenBounds, setBounds] = useState<Bounds | null>(null);
  const bounds = chosenBounds ?? suggestedBounds(facts);

  // The gate counts every break without a decision, those that do not block too.
  const undecided = reconcile ? undecidedOf(reconcile.breaks) : 0;
  const late = reconcile ? toCarryOut(reconcile.breaks) : 0;
  const left = reconcile ? blockingOf(reconcile.breaks).left : null;
  const wrong = (text: string): boolean => text !== '' && !isAmount(text);
  const ready =
    gate?.accepted != null &&
    actingAs !== null &&
    isAmount(bounds.grossExposure) &&
    isAmount(bounds.netExposure) &&
    isAmount(bounds.lossSinceProposal) &&
    (venues === null || venues.length > 0) &&
    (strategies === null || strategies.length > 0);
  const send = (): void => void action.run(() => propose({ mode, venues: venues ?? [], strategies: strategies ?? [] }, bounds));

  return (
    <Panel title="Propose a dossier" note="it freezes the facts that two people then sign">
      <div className="grid gap-3 p-3">
        {action.error ? <ErrorNotice error={action.error} asked="a dossier on the accepted head" /> : null}
        {gate?.accepted ? null : (
          <Notice
            tone="high"
            title="The recovered state is not accepted yet"
            aside={
              <Button
                shortcut="Shift+A"
                disabled={!report || report.outcome === 'empty' || barrier !== null}
                onClick={() => openDialog('accept')}
              >
                {report?.outcome === 'refused' ? 'Override refusal' : 'Accept recovered state'}
              </Button>
            }
          >
            {barrier ?? (report ? report.sentence : 'Run the recovery on Restart (2) first.')}
          </Notice>
        )}
        {gate?.accepted && late > 0 ? (
          <Notice
            tone="high"
            title={`${plural(late, 'decision')} not carried out`}
            aside={
              <Button shortcut="Shift+A" disabled={barrier !== null} onClick={() => openDialog('accept')}>
                Carry out {plural(late, 'decision')}
              </Button>
            }
          >
            Accepting again writes them into a new epoch; only what is in the state can be signed for.
          </Notice>
        ) : null}
        {left === null ? (
          <Notice tone="high" title="The state was not reconciled with the venues yet">
            Reconcile (3) compares it; what nobody compared cannot be signed for.
          </Notice>
        ) : left > 0 ? (
          <Notice tone="high" title={`${plural(left, 'blocking break')} undecided`}>
            Decide them on Reconcile (3), or leave their venue out of the scope.
          </Notice>
        ) : null}
        <NobodyActs />
        <div className="grid grid-cols-3 gap-6">
          <fieldset>
            <legend className="label mb-1">Resume as</legend>
            {MODES.map((choice, index) => (
              <Check
                key={choice}
                ref={index === 0 ? first : undefined}
                type="radio"
                name="scope-mode"
                label={choice.replace('_', ' ')}
                hint={MODE_MEANING[choice]}
                checked={mode === choice}
                onChange={() => setMode(choice)}
              />
            ))}
          </fieldset>
          <Only
            label="Venues"
            every="Every venue"
            names={universe.venues}
            value={venues}
            onChange={setVenues}
            note={(name) => (provable.has(name) ? undefined : 'not provable: it stays held')}
          />
          <Only label="Strategies" every="Every strategy" names={universe.strategies} value={strategies} onChange={setStrategies} />
        </div>
        <fieldset className="grid grid-cols-4 gap-3">
          <legend className="label mb-1">Bounds: inside them a moving market does not void a signature</legend>
          <TextField
            label="Gross exposure at most"
            inputMode="decimal"
            value={bounds.grossExposure}
            aria-invalid={wrong(bounds.grossExposure)}
            onChange={(event) => setBounds({ ...bounds, grossExposure: event.target.value.trim() })}
            hint={
              <>
                now {facts?.exposure.value?.gross ? <Money value={facts.exposure.value.gross} /> : <Unknown />}
                {bounds.grossExposure === '' ? OWED : null}
              </>
            }
          />
          <TextField
            label="Net exposure at most"
            inputMode="decimal"
            value={bounds.netExposure}
            aria-invalid={wrong(bounds.netExposure)}
            onChange={(event) => setBounds({ ...bounds, netExposure: event.target.value.trim() })}
            hint={
              <>
                now {facts?.exposure.value?.net ? <Money value={facts.exposure.value.net} signed /> : <Unknown />}
                {bounds.netExposure === '' ? OWED : null}
              </>
            }
          />
          <TextField
            label="Loss since proposal at most"
            inputMode="decimal"
            value={bounds.lossSinceProposal}
            aria-invalid={wrong(bounds.lossSinceProposal)}
            onChange={(event) => setBounds({ ...bounds, lossSinceProposal: event.target.value.trim() })}
            hint={
              <>
                1 % against us {facts?.profit.lossPerPercent ? <Money value={facts.profit.lossPerPercent} /> : <Unknown />}
                {bounds.lossSinceProposal === '' ? OWED : null}
              </>
            }
          />
          <TextField
            label="Unexplained breaks at most"
            type="number"
            min={0}
            max={1000}
            value={bounds.unexplainedBreaks}
            onChange={(event) =>
              setBounds({ ...bounds, unexplainedBreaks: Math.min(1000, Math.max(0, Math.trunc(Number(event.target.value) || 0))) })
            }
            aria-invalid={undecided > bounds.unexplainedBreaks}
            hint={`now ${undecided} without any decision`}
          />
        </fieldset>
        <div className="flex items-center justify-end gap-3">
          <span className="text-soft">Nothing is released by a proposal.</span>
          <Button kind="primary" disabled={!ready || action.busy} onClick={send}>
            Propose dossier for {mode.replace('_', ' ')} at{' '}
            {venues === null ? 'every venue' : venues.length === 0 ? 'no venue' : venues.join(', ')}
          </Button>
        </div>
      </div>
    </Panel>
  );
}
