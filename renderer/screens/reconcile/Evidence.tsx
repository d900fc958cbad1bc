/** One break with its evidence: both records, where they came from, the log behind ours, what can be decided. */

import type { Ref } from 'react';
import type { Break, Decision } from '../../../shared/contract/reconcile.ts';
import { Amount, Loose, Money } from '../../components/Amount.tsx';
import { Button } from '../../components/Button.tsx';
import { Status } from '../../components/Mark.tsx';
import { Empty } from '../../components/Notice.tsx';
import { ScrollRegion } from '../../components/ScrollRegion.tsx';
import { Age, Stamp } from '../../components/Stamp.tsx';
import { formatCount } from '../../format/amount.ts';
import { BREAK_KIND, DECISION, humanise, SEVERITY_TONE } from '../../format/words.ts';
import { useActions } from '../../store/context.tsx';
import { isAmount } from '../../store/selectors/bounds.ts';
import { fieldsOf, type SideText, sinceOf } from '../../store/selectors/breaks.ts';

const KEY: Readonly<Record<Decision, string>> = {
  acceptVenue: 'A',
  keepOurs: 'O',
  cancelOrder: 'C',
  claim: 'Shift+C',
  tolerate: 'Shift+T',
  note: 'N',
};

interface EvidenceProps {
  readonly entry: Break | null;
  readonly onDecide: (decision: Decision) => void;
  readonly onUnstage: () => void;
  readonly onShow: (id: string) => void;
  readonly ref: Ref<HTMLElement>;
}

export function Evidence({ entry, onDecide, onUnstage, onShow, ref }: EvidenceProps) {
  return (
    <ScrollRegion ref={ref} className="panel h-full min-h-0" label="Evidence of the break">
      {entry === null ? (
        <Empty title="No break is chosen.">J and K move through the rows.</Empty>
      ) : (
        <Shown entry={entry} onDecide={onDecide} onUnstage={onUnstage} onShow={onShow} />
      )}
    </ScrollRegion>
  );
}

function Shown({ entry, onDecide, onUnstage, onShow }: Omit<EvidenceProps, 'ref' | 'entry'> & { entry: Break }) {
  return (
    <>
      <div className="panel-head sticky top-0 z-10 bg-surface">
        <h2>
          <Status tone={SEVERITY_TONE[entry.severity]} word={BREAK_KIND[entry.kind]} />
        </h2>
        <span className="mono text-soft">{entry.id}</span>
        <div className="aside">
          {entry.proposals.map((decision) => (
            <Button
              key={decision}
              shortcut={KEY[decision]}
              aria-pressed={entry.staged?.decision === decision}
              kind={entry.staged?.decision === decision ? 'primary' : 'plain'}
              onClick={() => onDecide(decision)}
            >
              {DECISION[decision]}
            </Button>
          ))}
          <Button kind="quiet" shortcut="U" disabled={entry.staged === null} onClick={onUnstage}>
            Unstage
          </Button>
        </div>
      </div>
      <div className="grid grid-cols-[minmax(0,1.25fr)_minmax(0,1fr)]">
        <Records entry={entry} />
        <Facts entry={entry} onShow={onShow} />
      </div>
    </>
  );
}

/** Fields that hold an amount: numbers in other fields may be ids, and stay as they came. */
const AMOUNTS = /quantity|filled|count|price|mark|free|locked|total/i;

function Value({ field, side: { value, word } }: { field: string; side: SideText }) {
  if (value === null) return <span className="text-faint">{word}</span>;
  return AMOUNTS.test(field) && isAmount(value) ? <Amount value={value} /> : <Loose value={value} />;
}

function Records({ entry }: { entry: Break }) {
  const fields = fieldsOf(entry);
  return (
    <table className="sheet self-start border-r border-line">
      <thead>
        <tr>
          <th>Field</th>
          <th className="right">Ours</th>
          <th className="right">{entry.venue}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((row) => (
          <tr key={row.field} data-differs={row.differs || undefined}>
            <td className="text-soft">
              {humanise(row.field)}
              {row.differs ? <span className="text-ink"> differs</span> : null}
            </td>
            <td className="right">
              <Value field={row.field} side={row.ours} />
            </td>
            <td className="right">
              <Value field={row.field} side={row.theirs} />
            </td>
          </tr>
        ))}
        {fields.length === 0 ? (
          <tr>
            <td colSpan={3} className="text-soft">
              Neither side gave a record.
            </td>
          </tr>
        ) : null}
      </tbody>
    </table>
  );
}

function Facts({ entry, onShow }: { entry: Break; onShow: (id: string) => void }) {
  const { moveCursor, openScreen } = useActions();
  const openLsn = (lsn: number): void => {
    openScreen('postmortem');
    moveCursor(lsn);
  };
  return (
    <dl className="pairs content-start px-3 py-2">
      <dt>cause</dt>
      <dd className="font-medium">{entry.cause}</dd>
      {entry.causedBy.length > 0 ? (
        <>
          <dt>explained by</dt>
          <dd>
            {entry.causedBy.map((id) => (
              <button
                key={id}
                type="button"
                className="mono mr-3 underline decoration-line-strong underline-offset-2"
                onClick={() => onShow(id)}
              >
                {id}
              </button>
            ))}
          </dd>
        </>
      ) : null}
      <dt>at risk</dt>
      <dd>
        <Money value={entry.moneyAtRisk} /> <span className="text-soft">at the current mark</span>
        {entry.delta === null ? null : (
          <>
            {' '}
            · delta <Amount value={entry.delta} signed />
          </>
        )}
      </dd>
      <dt>keys</dt>
      <dd className="mono">
        {[
          entry.account,
          entry.symbol,
          entry.asset,
          entry.clientId && `client ${entry.clientId}`,
          entry.orderId && `order ${entry.orderId}`,
          entry.tradeId && `trade ${entry.tradeId}`,
        ]
          .filter((part) => part)
          .join(' · ')}
      </dd>
      <dt>sources</dt>
      <dd>
        {entry.sources.map((source) => (
          <div key={source}>{source}</div>
        ))}
      </dd>
      <dt>log behind</dt>
      <dd>
        {entry.lsns.length === 0 ? (
          <span className="text-faint">no operation of ours</span>
        ) : (
          entry.lsns.map((lsn) => (
            <button
              key={lsn}
              type="button"
              className="mr-3 underline decoration-line-strong underline-offset-2"
              title="Open in Post-mortem"
              onClick={() => openLsn(lsn)}
            >
              LSN {formatCount(lsn)}
            </button>
          ))
        )}
      </dd>
      <dt>found</dt>
      <dd>
        <Stamp at={entry.foundAt} zone />{' '}
        <span className="text-soft">
          (<Age at={entry.foundAt} /> ago{entry.ageMs === null ? '' : '; can be there since '}
          {entry.ageMs === null ? null : <Stamp at={sinceOf(entry)} />})
        </span>
      </dd>
      <dt>decision</dt>
      <dd>
        {entry.staged ? (
          <>
            <b className="font-semibold">{DECISION[entry.staged.decision]}</b> by {entry.staged.by},{' '}
            <Stamp at={entry.staged.at} precision={0} />
            {entry.staged.comment ? <div className="text-soft">“{entry.staged.comment}”</div> : null}
          </>
        ) : (
          <span className="text-soft">{entry.blocking ? 'none staged: blocks resume' : 'none staged; does not block'}</span>
        )}
      </dd>
    </dl>
  );
}
