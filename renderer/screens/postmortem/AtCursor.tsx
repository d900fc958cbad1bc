/** The cursor: what the record was, what it changed, the state there, and how that differs from another LSN. */

import { Fragment, useState } from 'react';
import { Count, Loose } from '../../components/Amount.tsx';
import { ShortHash } from '../../components/Hash.tsx';
import { Empty } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { ScrollRegion } from '../../components/ScrollRegion.tsx';
import { Stamp } from '../../components/Stamp.tsx';
import { formatCount } from '../../format/amount.ts';
import { humanise, plural } from '../../format/words.ts';
import { useConsole } from '../../store/context.tsx';
import type { Change, Fetched } from '../../store/slices/postmortem.ts';
import { Difference } from './Difference.tsx';
import { NotHere } from './NotHere.tsx';
import { StateTables } from './StateTables.tsx';

const TABS = { change: 'What it changed', state: 'State there', compare: 'Compared' } as const;
export type CursorTab = keyof typeof TABS;

export function AtCursor({ tab, onTab }: { tab: CursorTab; onTab: (tab: CursorTab) => void }) {
  const cursor = useConsole((state) => state.postmortem.cursor);
  const change = useConsole((state) => (cursor === null ? undefined : state.postmortem.changes[cursor]));
  const comparedWith = useConsole((state) => state.postmortem.comparedWith);
  return (
    <Panel
      title={cursor === null ? 'Cursor' : `LSN ${formatCount(cursor)}`}
      note={change?.state === 'here' ? change.value.operation.type : undefined}
      className="min-h-0"
      aside={
        <fieldset className="segmented" aria-label="At the cursor">
          {(Object.keys(TABS) as CursorTab[]).map((name) => (
            <button key={name} type="button" aria-pressed={tab === name} onClick={() => onTab(name)}>
              {name === 'compare' && comparedWith !== null ? `Compared with ${formatCount(comparedWith)}` : TABS[name]}
            </button>
          ))}
        </fieldset>
      }
    >
      <ScrollRegion className="min-h-0 flex-1" label="Evidence at the cursor">
        {cursor === null ? (
          <Empty title="No record is chosen." />
        ) : tab === 'change' ? (
          <Record change={change} />
        ) : tab === 'state' ? (
          <StateTables lsn={cursor} />
        ) : (
          <Difference />
        )}
      </ScrollRegion>
    </Panel>
  );
}

function Record({ change }: { change: Fetched<Change> | undefined }) {
  const [whole, setWhole] = useState(false);
  if (!change || change.state === 'asking') return <Empty title="Reading the record" />;
  if (change.state === 'failed')
    return <NotHere error={change.error} what="What the record changed is not known." asked="the record at the cursor" />;
  const { operation, changes } = change.value;
  const fields = Object.entries(operation.intent).filter(([name]) => name !== 'type');
  return (
    <>
      <dl className="pairs px-3 py-2">
        <dt>time</dt>
        <dd>
          <Stamp at={operation.at} precision={9} zone />
        </dd>
        <dt>class</dt>
        <dd>
          {operation.class}, {operation.acknowledged ? 'acknowledged durable' : <span data-tone="high">acknowledged to nobody</span>}, epoch{' '}
          {operation.epoch}
        </dd>
        <dt>bytes</dt>
        <dd className="mono">
          {operation.file} + <Count value={operation.offset} />, {formatCount(operation.bytes)} bytes
        </dd>
      </dl>
      <table className="sheet border-t border-line">
        <thead>
          <tr>
            <th>Column</th>
            <th className="right">Before</th>
            <th className="right">After</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((cell, index) => {
            const before = changes[index - 1];
            return (
              <Fragment key={`${cell.table}/${cell.key}/${cell.column}`}>
                {before?.table === cell.table && before.key === cell.key ? null : (
                  <tr>
                    <td colSpan={3}>
                      {cell.table} <span className="mono text-soft">{cell.key}</span>
                    </td>
                  </tr>
                )}
                <tr>
                  <td className="text-soft">{humanise(cell.column)}</td>
                  <td className="right">
                    {cell.before === null ? <span className="text-faint">no row</span> : <Loose value={cell.before} />}
                  </td>
                  <td className="right font-medium">
                    {cell.after === null ? <span className="text-faint">no row</span> : <Loose value={cell.after} />}
                  </td>
                </tr>
              </Fragment>
            );
          })}
          {changes.length === 0 ? (
            <tr>
              <td colSpan={3} className="text-soft">
                It changed no row.
              </td>
            </tr>
          ) : null}
        </tbody>
      </table>
      <div className="border-t border-line px-3 py-2">
        <button
          type="button"
          className="text-soft underline decoration-line-strong underline-offset-2"
          aria-expanded={whole}
          onClick={() => setWhole(!whole)}
        >
          {whole ? 'Hide' : 'Show'} the intent, {plural(fields.length, 'field')}
        </button>
        {whole ? (
          <dl className="pairs pt-1.5">
            {fields.map(([name, value]) => (
              <div key={name} className="contents">
                <dt>{humanise(name)}</dt>
                <dd>{name.toLowerCase().endsWith('hash') ? <ShortHash value={String(value)} digits={64} /> : <Loose value={value} />}</dd>
              </div>
            ))}
          </dl>
        ) : null}
      </div>
    </>
  );
}
