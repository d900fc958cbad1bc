/** Every order of a cancel with what became of it; the undecided ones first. */

import { useMemo, useState } from 'react';
import type { CancelReport } from '../../../shared/contract/venues.ts';
import { ANSWER, FATE, plural } from '../../format/words.ts';
import { fatesOf } from '../../store/selectors/cancels.ts';
import { Amount, OrderPrice, Unknown } from '../Amount.tsx';
import { Grid, type GridColumn } from '../Grid.tsx';
import { Status } from '../Mark.tsx';
import { Stamp } from '../Stamp.tsx';

type Order = CancelReport['orders'][number];

const FATE_RANK = ['unknown', 'rejected', 'sent', 'listed', 'filled', 'alreadyGone', 'confirmed'];
const text = (pick: (order: Order) => string | null) => (a: Order, b: Order) => (pick(a) ?? '').localeCompare(pick(b) ?? '');

const COLUMNS: readonly GridColumn<Order>[] = [
  {
    id: 'fate',
    header: 'Fate',
    track: '130px',
    cell: (order) => <Status {...FATE[order.fate]} />,
    raw: (order) => order.fate,
    compare: (a, b) => FATE_RANK.indexOf(a.fate) - FATE_RANK.indexOf(b.fate),
  },
  {
    id: 'venue',
    header: 'Venue',
    track: '90px',
    cell: (order) => order.venue,
    raw: (order) => order.venue,
    compare: text((order) => order.venue),
  },
  {
    id: 'symbol',
    header: 'Symbol',
    track: '130px',
    cell: (order) => order.symbol,
    raw: (order) => order.symbol,
    compare: text((order) => order.symbol),
  },
  { id: 'side', header: 'Side', track: '56px', cell: (order) => order.side, raw: (order) => order.side },
  {
    id: 'remaining',
    header: 'Remaining',
    track: '110px',
    align: 'right',
    cell: (order) => <Amount value={order.remaining} />,
    raw: (order) => order.remaining,
  },
  {
    id: 'price',
    header: 'Price',
    track: '128px',
    align: 'right',
    cell: (order) => <OrderPrice price={order.price} trigger={order.trigger} />,
    raw: (order) => order.price ?? order.trigger,
  },
  {
    id: 'client',
    header: 'Client id',
    track: '120px',
    cell: (order) => <span className="mono">{order.clientId ?? 'none'}</span>,
    raw: (order) => order.clientId,
  },
  {
    id: 'reason',
    header: 'Why',
    track: 'minmax(120px, 1fr)',
    cell: (order) => <span title={order.reason}>{order.reason}</span>,
    raw: (order) => order.reason,
  },
];

export function Fates({ cancel }: { cancel: CancelReport }) {
  const [cursor, setCursor] = useState<string | null>(null);
  const fates = useMemo(() => fatesOf(cancel), [cancel]);
  const done = cancel.orders.length === 0 ? 1 : fates.gone / cancel.orders.length;
  return (
    <div className="grid gap-3">
      <div className="flex items-center gap-4">
        <span>
          <Status tone={cancel.status === 'incomplete' ? 'high' : 'normal'} word={cancel.status} /> · by {cancel.by} at{' '}
          <Stamp at={cancel.startedAt} zone />
        </span>
        <span className="text-soft">
          {fates.gone} of {plural(cancel.orders.length, 'order')} gone
        </span>
        <div
          className="progress flex-1"
          role="progressbar"
          aria-label="Orders gone"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(done * 100)}
        >
          <i style={{ width: `${done * 100}%` }} />
        </div>
      </div>
      <table className="sheet">
        <thead>
          <tr>
            <th>Venue</th>
            <th>Its list</th>
            <th className="right">Still there</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {cancel.venues.map((venue) => (
            <tr key={venue.venue}>
              <td>{venue.venue}</td>
              <td>{ANSWER[venue.listed]}</td>
              <td className="right">
                {venue.left === null ? (
                  cancel.status === 'incomplete' || cancel.status === 'done' ? (
                    <Unknown />
                  ) : (
                    'not listed yet'
                  )
                ) : (
                  venue.left
                )}
              </td>
              <td className="text-soft">{venue.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="h-[360px] border-t border-line">
        <Grid
          label="Orders of the cancel"
          rows={cancel.orders}
          columns={COLUMNS}
          rowId={(order) => `${order.venue}/${order.orderId}`}
          cursor={cursor}
          onCursor={setCursor}
          sort={{ id: 'fate', descending: false }}
        />
      </div>
    </div>
  );
}
