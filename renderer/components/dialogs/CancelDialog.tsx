/** Cancelling working orders: scope first, then every order's fate. Reachable from every screen and in every state. */

import { useRef, useState } from 'react';
import type { CancelScope } from '../../../shared/contract/venues.ts';
import type { ErrorData } from '../../../shared/errors.ts';
import { plural } from '../../format/words.ts';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { inScope, scopeText } from '../../store/selectors/cancels.ts';
import { Unknown } from '../Amount.tsx';
import { Button } from '../Button.tsx';
import { Dialog } from '../Dialog.tsx';
import { Check, SelectField, TextField } from '../Field.tsx';
import { ErrorNotice, Notice } from '../Notice.tsx';
import { useUniverse } from '../useUniverse.ts';
import { Fates } from './Fates.tsx';
import { NobodyActs } from './NobodyActs.tsx';

const ANY = '';

export function CancelDialog() {
  const open = useConsole((state) => state.dialog === 'cancel');
  const { openDialog } = useActions();
  return open ? <Open onClose={() => openDialog(null)} /> : null;
}

function Open({ onClose }: { onClose: () => void }) {
  const venues = useSubject('venues').view;
  const actingAs = useConsole((state) => state.actingAs);
  const { cancelOrders } = useActions();
  const universe = useUniverse();
  const [scope, setScope] = useState<Required<{ [K in 'venue' | 'account' | 'symbol' | 'strategy' | 'trader']: string }>>({
    venue: ANY,
    account: ANY,
    symbol: ANY,
    strategy: ANY,
    trader: ANY,
  });
  const [includeProtective, setIncludeProtective] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorData | null>(null);
  const [sentId, setSentId] = useState<string | null>(null);
  const [showLast, setShowLast] = useState(() => (venues?.cancels.length ?? 0) > 0);
  const leave = useRef<HTMLButtonElement>(null);

  const wanted: CancelScope = {
    ...Object.fromEntries(
      Object.entries(scope)
        .filter(([, value]) => value.trim() !== ANY)
        .map(([key, value]) => [key, value.trim()]),
    ),
    ...(includeProtective ? { includeProtective: true } : {}),
  };
  const orders = (venues?.venues ?? []).flatMap((venue) => venue.openOrders.items);
  const listed = inScope(orders, wanted).length;
  const silent = (venues?.venues ?? []).filter(
    (venue) => venue.orders === null && (wanted.venue === undefined || wanted.venue === venue.name),
  );
  const hidden =
    inScope(orders, { ...wanted, includeProtective: true }).length - inScope(orders, { ...wanted, includeProtective: false }).length;
  const cancel = showLast ? (venues?.cancels.find((entry) => entry.id === sentId) ?? venues?.cancels.at(-1)) : undefined;

  const send = async (): Promise<void> => {
    setBusy(true);
    const outcome = await cancelOrders(wanted);
    setBusy(false);
    setError(outcome.error);
    if (outcome.report) {
      setSentId(outcome.report.id);
      setShowLast(true);
    }
  };
  const options = (names: readonly string[], every: string) => [
    { value: ANY, label: every },
    ...names.map((name) => ({ value: name, label: name })),
  ];
  const field = (key: keyof typeof scope) => (value: string) => setScope((current) => ({ ...current, [key]: value }));
  const verb = `Cancel ${wanted.strategy || wanted.trader ? 'matching' : listed} ${listed === 1 && !wanted.strategy && !wanted.trader ? 'order' : 'orders'} at ${wanted.venue ?? 'every venue'}`;

  return (
    <Dialog
      open
      onClose={onClose}
      title={cancel ? 'Cancel: every order' : 'Cancel working orders'}
      note={cancel ? scopeText(cancel.scope) : undefined}
      width={cancel ? 'wide' : 'middle'}
      safeFocus={leave}
      foot={
        cancel ? (
          <>
            <Button onClick={() => setShowLast(false)}>Another cancel</Button>
            <Button ref={leave} kind="primary" onClick={onClose}>
              Close
            </Button>
          </>
        ) : (
          <>
            <Button ref={leave} onClick={onClose}>
              Leave orders as they are
            </Button>
            <Button kind="danger" disabled={busy || actingAs === null} onClick={() => void send()}>
              {busy ? 'Sending' : verb}
            </Button>
          </>
        )
      }
    >
      {cancel ? (
        <Fates cancel={cancel} />
      ) : (
        <div className="grid gap-3">
          {error ? <ErrorNotice error={error} asked={`cancel, ${scopeText(wanted)}`} /> : null}
          <NobodyActs />
          <div className="grid grid-cols-3 gap-3">
            <SelectField label="Venue" value={scope.venue} onChange={field('venue')} options={options(universe.venues, 'Every venue')} />
            <SelectField
              label="Account"
              value={scope.account}
              onChange={field('account')}
              options={options(universe.accounts, 'Every account')}
            />
            <SelectField
              label="Symbol"
              value={scope.symbol}
              onChange={field('symbol')}
              options={options(universe.symbols, 'Every symbol')}
            />
            <TextField
              label="Strategy"
              placeholder="Every strategy"
              value={scope.strategy}
              suggestions={universe.strategies}
              onChange={(event) => field('strategy')(event.target.value)}
            />
            <TextField
              label="Trader"
              placeholder="Every trader"
              value={scope.trader}
              suggestions={universe.traders}
              onChange={(event) => field('trader')(event.target.value)}
            />
          </div>
          <Check
            label="Also cancel stops and reduce-only orders"
            hint={
              hidden > 0
                ? `${plural(hidden, 'protective order')} in this scope would otherwise stay.`
                : 'They protect positions: they stay unless this is set.'
            }
            checked={includeProtective}
            onChange={setIncludeProtective}
          />
          <Notice
            tone={silent.length > 0 ? 'high' : 'normal'}
            title={
              wanted.strategy || wanted.trader
                ? `The host picks the orders of ${wanted.strategy ?? wanted.trader} out of ${plural(listed, 'listed order')}`
                : `${plural(listed, 'order')} listed in this scope`
            }
          >
            {silent.length > 0 ? (
              <>
                {silent.map((venue) => venue.name).join(', ')}: orders <Unknown />. The cancel is sent all the same; it is only done when a
                complete list shows none.
              </>
            ) : (
              'The venues are listed again first; it is only done when a complete list shows none.'
            )}
          </Notice>
        </div>
      )}
    </Dialog>
  );
}
