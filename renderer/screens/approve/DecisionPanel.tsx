/** Stay halted, or release. Staying halted is the default focus; releasing takes a complete dossier and one more yes. */

import { type RefObject, useRef, useState } from 'react';
import type { TradingMode } from '../../../shared/contract/facts.ts';
import type { DossierView, GateView } from '../../../shared/contract/gate.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { NobodyActs } from '../../components/dialogs/NobodyActs.tsx';
import { TextField } from '../../components/Field.tsx';
import { Status } from '../../components/Mark.tsx';
import { ErrorNotice, Notice } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { Stamp } from '../../components/Stamp.tsx';
import { useAction } from '../../components/useAction.ts';
import { formatElapsed } from '../../format/duration.ts';
import { detailBehind, MODE, stayWords, type Tone } from '../../format/words.ts';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { scopeWords } from './DossierPanel.tsx';

const ENGINE_TONE: Readonly<Record<GateView['engine']['state'], Tone>> = {
  waiting: 'normal',
  trading: 'normal',
  refused: 'critical',
  absent: 'high',
};

/** Milliseconds left, running since the view arrived. */
function useExpiry(dossier: DossierView): number {
  const receivedAt = useSubject('gate').receivedAt;
  const nowMs = useConsole((state) => state.nowMs);
  const hostOffsetMs = useConsole((state) => state.hostOffsetMs);
  return Math.max(0, dossier.expiresInMs - (receivedAt === null ? 0 : nowMs - receivedAt - hostOffsetMs));
}

function Expiry({ dossier }: { dossier: DossierView }) {
  const left = useExpiry(dossier);
  const whole = Date.parse(dossier.dossier.expiresAt) - Date.parse(dossier.dossier.proposedAt);
  const fraction = whole > 0 ? Math.min(1, left / whole) : 0;
  const short = left < 120_000;
  return (
    <div className="px-3 py-2">
      <div className="flex justify-between pb-1">
        <span className="text-soft">{left > 0 ? 'expires in' : 'expired'}</span>
        <b className="font-semibold" data-tone={short ? 'high' : undefined}>
          {left > 0 ? formatElapsed(left) : ''}
        </b>
      </div>
      <div className="meter" data-tone={short ? 'high' : undefined} role="img" aria-label={`${formatElapsed(left)} left`}>
        <i style={{ width: `${fraction * 100}%` }} />
      </div>
    </div>
  );
}

export type Asked = 'halt' | 'release' | null;

export function DecisionPanel({
  gate,
  asked,
  onAsk,
  haltButton,
}: {
  gate: GateView;
  asked: Asked;
  onAsk: (asked: Asked) => void;
  haltButton: RefObject<HTMLButtonElement | null>;
}) {
  const dossier = gate.dossier;
  const running = dossier && (dossier.status === 'open' || dossier.status === 'complete');
  return (
    <Panel
      title="Decision"
      aside={
        <span className="pr-1 text-sm">
          <Status tone={MODE[gate.mode].tone} word={MODE[gate.mode].word} />
        </span>
      }
    >
      <div className="grid gap-2 p-3 pb-2">
        <Button ref={haltButton} data-autofocus large wide shortcut="H" onClick={() => onAsk('halt')}>
          {gate.mode === 'HALTED' ? 'Stay halted' : 'Halt trading again'}
        </Button>
        <Button kind="danger" large wide shortcut="Shift+R" disabled={dossier?.status !== 'complete'} onClick={() => onAsk('release')}>
          Release trading{dossier ? `: ${dossier.dossier.scope.mode.replace('_', ' ')}` : ''}
        </Button>
      </div>
      {running ? <Expiry dossier={dossier} /> : null}
      <dl className="pairs border-t border-line px-3 py-2">
        <dt>engine</dt>
        <dd>
          <Status tone={ENGINE_TONE[gate.engine.state]} word={gate.engine.state} />{' '}
          <span className="text-soft">{detailBehind(gate.engine.state, gate.engine.detail)}</span>
        </dd>
        <dt>token</dt>
        <dd>
          {gate.token === null ? (
            <span className="text-faint">none issued</span>
          ) : gate.token.burntAt ? (
            <>
              burnt <Stamp at={gate.token.burntAt} />
            </>
          ) : (
            <>
              issued, until <Stamp at={gate.token.expiresAt} precision={0} />
            </>
          )}
        </dd>
        <dt>accepted head</dt>
        <dd>
          {gate.accepted ? (
            `epoch ${gate.accepted.epoch}, LSN ${gate.accepted.lsn.toLocaleString('en')}`
          ) : (
            <span className="text-faint">nothing accepted yet</span>
          )}
        </dd>
      </dl>
      {asked === 'halt' ? <HaltDialog halted={gate.mode === 'HALTED'} onClose={() => onAsk(null)} /> : null}
      {asked === 'release' && dossier ? <ReleaseDialog mode={gate.mode} dossier={dossier} onClose={() => onAsk(null)} /> : null}
    </Panel>
  );
}

const REASON_MIN = 3;

function HaltDialog({ halted, onClose }: { halted: boolean; onClose: () => void }) {
  const actingAs = useConsole((state) => state.actingAs);
  const { stayHalted, setMode } = useActions();
  const action = useAction();
  const [reason, setReason] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const ready = actingAs !== null && reason.trim().length >= REASON_MIN && !action.busy;
  return (
    <Dialog open onClose={onClose} title={halted ? 'Stay halted' : 'Halt trading again'} safeFocus={field}>
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready)
            void action
              .run(() => (halted ? stayHalted(reason.trim()) : setMode('HALTED', reason.trim())))
              .then((done) => (done ? onClose() : undefined));
        }}
      >
        {action.error ? <ErrorNotice error={action.error} asked="staying halted" /> : null}
        <NobodyActs />
        <TextField
          ref={field}
          label="Reason, on the record"
          value={reason}
          maxLength={512}
          onChange={(event) => setReason(event.target.value)}
          hint={halted ? 'An open dossier is withdrawn.' : 'The engine stops sending at once.'}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Go back</Button>
          <Button type="submit" kind="primary" disabled={!ready}>
            {halted ? 'Record: stay halted' : 'Halt trading'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function ReleaseDialog({ mode, dossier, onClose }: { mode: TradingMode; dossier: DossierView; onClose: () => void }) {
  const actingAs = useConsole((state) => state.actingAs);
  const view = useConsole((state) => state.console.view);
  const storeIndex = useConsole((state) => state.storeIndex);
  const { release } = useActions();
  const action = useAction();
  const [typed, setTyped] = useState('');
  const stay = useRef<HTMLButtonElement>(null);
  const storeName = view?.stores.find((store) => store.index === storeIndex)?.name ?? '';
  // The name is typed only at the top level: real trading, in production.
  const mustType = view?.environment.colour === 'production' && dossier.dossier.scope.mode === 'ACTIVE';
  const ready = actingAs !== null && (!mustType || typed.trim() === storeName) && !action.busy;
  return (
    <Dialog
      open
      onClose={onClose}
      title="Release trading"
      note={dossier.hash.slice(0, 16)}
      safeFocus={stay}
      foot={
        <>
          <Button ref={stay} onClick={onClose}>
            {stayWords(mode)}
          </Button>
          <Button
            kind="danger"
            disabled={!ready}
            onClick={() => void action.run(() => release(dossier.hash)).then((done) => (done ? onClose() : undefined))}
          >
            Release {scopeWords(dossier.dossier)}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        {action.error ? <ErrorNotice error={action.error} asked="release" /> : null}
        <NobodyActs />
        <Notice title={scopeWords(dossier.dossier)}>
          One token is issued for exactly this dossier and burnt before the engine sends anything. If anything fails on the way, the mode
          stays as it is.
        </Notice>
        {mustType ? (
          <TextField label={`Type ${storeName} to release it`} value={typed} onChange={(event) => setTyped(event.target.value)} />
        ) : null}
      </div>
    </Dialog>
  );
}
