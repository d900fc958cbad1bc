/** Reconcile: ours against the venues', by money at risk; decisions are staged like edits and reversible until approval. */

import { ArrowRight, RefreshCw } from 'lucide-react';
import { useCallback, useDeferredValue, useMemo, useRef, useState } from 'react';
import type { Break, Decision } from '../../../shared/contract/reconcile.ts';
import { Button } from '../../components/Button.tsx';
import { ExportMenu } from '../../components/Export.tsx';
import { Grid } from '../../components/Grid.tsx';
import { Empty, ErrorNotice } from '../../components/Notice.tsx';
import { Screen } from '../../components/Screen.tsx';
import { useAction } from '../../components/useAction.ts';
import { formatCount } from '../../format/amount.ts';
import { DECISION, plural } from '../../format/words.ts';
import { useCommands } from '../../keyboard/commands.tsx';
import { useActions, useConsoleState, useSubject } from '../../store/context.tsx';
import { blockingOf, filterBreaks, undecidedOf } from '../../store/selectors/breaks.ts';
import { BREAK_COLUMNS, BREAK_EXPORT, breakCells } from './columns.tsx';
import { Evidence } from './Evidence.tsx';
import { ASKS_COMMENT, StageDialog, type Staging } from './StageDialog.tsx';
import { VenuesAsked, VenuesBeingAsked } from './VenuesAsked.tsx';

const NO_BREAKS: readonly Break[] = [];
const MONEY_FIRST = { id: 'money', descending: true } as const;
const idOf = (entry: Break): string => entry.id;

export function ReconcileScreen() {
  const read = useConsoleState();
  const subject = useSubject('reconcile');
  const { runReconcile, stage, unstage, openDialog, say } = useActions();
  const action = useAction();
  const view = subject.view;
  const breaks = view?.report?.breaks ?? NO_BREAKS;

  const [filter, setFilter] = useState('');
  const [onlyOpen, setOnlyOpen] = useState(false);
  const [cursor, setCursor] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [staging, setStaging] = useState<Staging | null>(null);
  const evidence = useRef<HTMLElement>(null);
  const filterField = useRef<HTMLInputElement>(null);
  const order = useRef<readonly Break[]>(NO_BREAKS);

  // Typing stays fluid on a hundred thousand breaks: the rows follow a moment later.
  const settledFilter = useDeferredValue(filter);
  const shown = useMemo(() => filterBreaks(breaks, settledFilter, onlyOpen), [breaks, settledFilter, onlyOpen]);
  const blocking = useMemo(() => blockingOf(breaks), [breaks]);
  const undecided = useMemo(() => undecidedOf(breaks), [breaks]);
  const decided = breaks.length - undecided;
  const byId = useMemo(() => new Map(breaks.map((entry) => [entry.id, entry])), [breaks]);
  const entry = cursor === null ? null : (byId.get(cursor) ?? null);
  const onOrder = useCallback((rows: readonly Break[]) => {
    order.current = rows;
    setCursor((current) => (current !== null && rows.some((row) => row.id === current) ? current : (rows[0]?.id ?? null)));
  }, []);

  const targets = (): readonly Break[] => (chosen.size > 0 ? [...chosen].flatMap((id) => byId.get(id) ?? []) : entry ? [entry] : []);

  const decide = (decision: Decision): void => {
    const ids = targets().flatMap((target) => (target.proposals.includes(decision) ? target.id : []));
    if (ids.length === 0) say(`"${DECISION[decision]}" is not proposed for this break`, 'high');
    else if (read().actingAs === null || ASKS_COMMENT.has(decision)) setStaging({ decision, ids });
    else void action.run(() => stage(ids, decision, '')).then((done) => (done ? setChosen(new Set()) : undefined));
  };
  const undo = (): void => {
    const ids = targets().flatMap((target) => (target.staged === null ? [] : target.id));
    if (ids.length === 0) return;
    if (read().actingAs === null) openDialog('identity');
    else void action.run(() => unstage(ids));
  };
  const choose = (): void => {
    if (cursor === null) return;
    const next = new Set(chosen);
    if (!next.delete(cursor)) next.add(cursor);
    setChosen(next);
    const at = order.current.findIndex((row) => row.id === cursor);
    const below = order.current[at + 1];
    if (below) setCursor(below.id);
  };

  useCommands({
    'reconcile.acceptVenue': () => decide('acceptVenue'),
    'reconcile.keepOurs': () => decide('keepOurs'),
    'reconcile.cancelOrder': () => decide('cancelOrder'),
    'reconcile.claim': () => decide('claim'),
    'reconcile.tolerate': () => decide('tolerate'),
    'reconcile.note': () => decide('note'),
    'reconcile.unstage': undo,
    'reconcile.choose': choose,
    'reconcile.chooseAll': () => setChosen(chosen.size === shown.length ? new Set() : new Set(shown.map(idOf))),
    'reconcile.filter': () => filterField.current?.focus(),
    'reconcile.open': () => setOnlyOpen((on) => !on),
    'reconcile.run': () => void action.run(runReconcile),
  });

  const exporting = (
    <ExportMenu
      subject="breaks"
      table={() => (view?.report ? { columns: BREAK_EXPORT, rows: order.current.map(breakCells) } : null)}
      document={() => view?.report ?? null}
    />
  );
  const again = (
    <Button shortcut="R" disabled={action.busy || view?.running} onClick={() => void action.run(runReconcile)}>
      <RefreshCw size={13} aria-hidden="true" />{' '}
      {view?.running ? 'Asking the venues' : view?.report ? 'Reconcile again' : 'Reconcile with the venues'}
    </Button>
  );
  const error = action.error ?? view?.error ?? subject.error;

  if (!view?.report) {
    return (
      <Screen title="Reconcile">
        {error ? <ErrorNotice error={error} asked="what the venues hold, against the recovered state" askedAt={subject.askedAt} /> : null}
        {view && view.asked.length > 0 ? <VenuesBeingAsked asked={view.asked} /> : null}
        <section className="panel">
          <Empty
            title={
              view?.running
                ? 'Asking the venues'
                : subject.asking
                  ? 'Asking the host for the reconciliation'
                  : 'Nothing was compared with the venues yet'
            }
          >
            Orders, fills, positions and balances of the recovered state are compared with what each venue answers. Silence never counts as
            a match.
            <div className="mt-3" data-autofocus>
              {again}
            </div>
          </Empty>
        </section>
      </Screen>
    );
  }

  return (
    <Screen title="Reconcile" fixed>
      {error ? (
        <ErrorNotice
          error={error}
          asked="the venues, or a decision"
          askedAt={subject.askedAt}
          aside={<Button onClick={action.clear}>Dismiss</Button>}
        />
      ) : null}
      {view.asked.length > 0 ? <VenuesBeingAsked asked={view.asked} /> : <VenuesAsked report={view.report} />}
      <section className="panel min-h-[180px] flex-1" aria-label="Breaks">
        <div className="panel-head">
          <h2>Breaks</h2>
          <span className="text-sm text-soft">
            {shown.length === breaks.length
              ? plural(breaks.length, 'break')
              : `${formatCount(shown.length)} of ${plural(breaks.length, 'break')}`}
            {chosen.size > 0 ? `, ${formatCount(chosen.size)} chosen` : ''}
          </span>
          <div className="aside">
            <input
              ref={filterField}
              className="input !w-[240px]"
              placeholder="Filter: kind, venue, symbol, id"
              aria-label="Filter the breaks"
              value={filter}
              onChange={(event) => setFilter(event.target.value)}
              spellCheck={false}
            />
            <fieldset className="segmented" aria-label="Which breaks">
              <button type="button" aria-pressed={!onlyOpen} onClick={() => setOnlyOpen(false)}>
                All
              </button>
              <button type="button" aria-pressed={onlyOpen} onClick={() => setOnlyOpen(true)}>
                Blocking
              </button>
            </fieldset>
            {exporting}
            {again}
          </div>
        </div>
        <div className="min-h-0 flex-1">
          <Grid
            primary
            label="Breaks"
            rows={shown}
            columns={BREAK_COLUMNS}
            rowId={idOf}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={() => evidence.current?.focus()}
            chosen={chosen}
            sort={MONEY_FIRST}
            onOrder={onOrder}
            empty={<Empty title={breaks.length === 0 ? 'Everything that could be compared agrees.' : 'No break matches the filter.'} />}
          />
        </div>
        <div className="flex h-[28px] flex-none items-center gap-5 border-t border-line px-3">
          <span>
            <b className="text-lg font-semibold">{formatCount(blocking.found)}</b>{' '}
            <ArrowRight size={14} className="inline" aria-label="to" />{' '}
            <b className="text-lg font-semibold" data-tone={blocking.left > 0 ? 'high' : undefined}>
              {formatCount(blocking.left)}
            </b>{' '}
            blocking
          </span>
          <span className="text-soft">
            {plural(decided, 'decision')} staged, each reversible until approval
            {undecided > blocking.left ? `; ${formatCount(undecided - blocking.left)} that do not block without one` : ''}
            {blocking.left === 0 ? '. Next: propose a dossier on Approve (4).' : ''}
          </span>
        </div>
      </section>
      <div className="h-[268px] min-h-0 flex-none">
        <Evidence
          ref={evidence}
          entry={entry}
          onDecide={decide}
          onUnstage={undo}
          onShow={(id) => {
            setFilter('');
            setOnlyOpen(false);
            setCursor(id);
          }}
        />
      </div>
      {staging ? (
        <StageDialog
          staging={staging}
          onClose={() => {
            setStaging(null);
            setChosen(new Set());
          }}
        />
      ) : null}
    </Screen>
  );
}
