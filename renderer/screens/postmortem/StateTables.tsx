/** The whole state at an LSN, as far as a supervisor asks: risk, positions, live orders, balances, rows per table. */

import { Loose } from '../../components/Amount.tsx';
import { ShortHash } from '../../components/Hash.tsx';
import { Empty } from '../../components/Notice.tsx';
import { formatCount } from '../../format/amount.ts';
import { humanise } from '../../format/words.ts';
import { NotHere } from './NotHere.tsx';
import { useStateAt } from './useStateAt.ts';

/** Rows of one table that are listed; the export holds all. */
const SHOWN = 200;

type Row = Readonly<Record<string, unknown>>;

export function StateTables({ lsn }: { lsn: number }) {
  const fetched = useStateAt(lsn);
  if (!fetched || fetched.state === 'asking')
    return (
      <Empty title={`Building the state at LSN ${formatCount(lsn)}`}>The nearest checkpoint is loaded and the log replayed up to it.</Empty>
    );
  if (fetched.state === 'failed')
    return <NotHere error={fetched.error} what="The state there cannot be built." asked={`the state at LSN ${formatCount(lsn)}`} />;
  const state = fetched.value;
  return (
    <div className="grid">
      <p className="px-3 py-1.5 text-soft">
        digest <ShortHash value={state.stateDigest} digits={24} />
      </p>
      <dl className="pairs border-t border-line px-3 py-2">
        {Object.entries(state.risk).map(([name, value]) => (
          <div key={name} className="contents">
            <dt>{humanise(name)}</dt>
            <dd>
              <Loose value={value} />
            </dd>
          </div>
        ))}
      </dl>
      <Rows title="Positions" rows={state.positions} />
      <Rows title="Live orders" rows={state.liveOrders} />
      <Rows title="Balances" rows={state.balances} />
      <p className="border-t border-line px-3 py-2 text-soft">
        rows:{' '}
        {Object.entries(state.rows)
          .map(([table, count]) => `${table} ${formatCount(count)}`)
          .join(' · ')}
      </p>
    </div>
  );
}

function Rows({ title, rows }: { title: string; rows: readonly Row[] }) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const numeric = (column: string): boolean =>
    rows.some((row) => typeof row[column] === 'string' && /^-?\d+(\.\d+)?$/.test(row[column] as string));
  return (
    <div className="border-t border-line">
      <table className="sheet">
        <caption className="px-3 py-1 text-left text-sm font-semibold">
          {title} <span className="font-normal text-soft">{formatCount(rows.length)}</span>
        </caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} className={numeric(column) ? 'right' : undefined}>
                {humanise(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of a frozen state keep their places
            <tr key={index}>
              {columns.map((column) => (
                <td key={column} className={numeric(column) ? 'right' : 'tight'}>
                  <Loose value={row[column]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN ? <p className="px-3 py-1 text-soft">and {formatCount(rows.length - SHOWN)} more, in the export</p> : null}
    </div>
  );
}
