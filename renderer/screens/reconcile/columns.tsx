/** The columns of the breaks. */

import type { Break } from '../../../shared/contract/reconcile.ts';
import { Money, NarrowAmount } from '../../components/Amount.tsx';
import type { GridColumn } from '../../components/Grid.tsx';
import { Mark } from '../../components/Mark.tsx';
import { Age } from '../../components/Stamp.tsx';
import { absoluteAmount, compareAmounts } from '../../format/amount.ts';
import { BREAK_KIND, DECISION, humanise, SEVERITY_TONE } from '../../format/words.ts';
import { compareByMoney, type SideText, settles, sinceOf, telling } from '../../store/selectors/breaks.ts';

const text = (pick: (entry: Break) => string | null) => (a: Break, b: Break) => {
  const left = pick(a) ?? '';
  const right = pick(b) ?? '';
  return left < right ? -1 : left > right ? 1 : compareByMoney(a, b);
};

const SEVERITY_RANK = { critical: 0, high: 1, low: 2, note: 3 } as const;

function Side({ side: { value, word } }: { side: SideText }) {
  return value === null ? <span className="text-faint">{word}</span> : <NarrowAmount value={value} />;
}

function deltaOrder(a: Break, b: Break): number {
  if (a.delta === null || b.delta === null) return Number(a.delta !== null) - Number(b.delta !== null) || compareByMoney(a, b);
  return compareAmounts(absoluteAmount(a.delta), absoluteAmount(b.delta)) || compareByMoney(a, b);
}

export const BREAK_COLUMNS: readonly GridColumn<Break>[] = [
  {
    id: 'severity',
    header: <span className="visually-hidden">Severity</span>,
    track: '30px',
    cell: (entry) => <Mark tone={SEVERITY_TONE[entry.severity]} />,
    raw: (entry) => entry.severity,
    compare: (a, b) => SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity] || compareByMoney(a, b),
  },
  {
    id: 'kind',
    header: 'Kind',
    track: '152px',
    cell: (entry) => BREAK_KIND[entry.kind],
    raw: (entry) => entry.kind,
    compare: text((entry) => BREAK_KIND[entry.kind]),
  },
  {
    id: 'venue',
    header: 'Venue',
    track: '72px',
    cell: (entry) => entry.venue,
    raw: (entry) => entry.venue,
    compare: text((entry) => entry.venue),
  },
  {
    id: 'symbol',
    header: 'Symbol',
    track: '132px',
    cell: (entry) => entry.symbol ?? entry.asset ?? <span className="text-faint">all</span>,
    raw: (entry) => entry.symbol ?? entry.asset,
    compare: text((entry) => entry.symbol ?? entry.asset),
  },
  {
    id: 'field',
    header: 'Of',
    track: '68px',
    cell: (entry) => <span className="text-soft">{humanise(telling(entry).field ?? '')}</span>,
    raw: (entry) => telling(entry).field,
  },
  {
    id: 'ours',
    header: 'Ours',
    track: '110px',
    align: 'right',
    cell: (entry) => <Side side={telling(entry).ours} />,
    raw: (entry) => telling(entry).ours.value,
  },
  {
    id: 'theirs',
    header: 'Venue',
    track: '110px',
    align: 'right',
    cell: (entry) => <Side side={telling(entry).theirs} />,
    raw: (entry) => telling(entry).theirs.value,
  },
  {
    id: 'delta',
    header: 'Delta',
    track: '104px',
    align: 'right',
    cell: (entry) => (entry.delta === null ? <span className="text-faint">none</span> : <NarrowAmount value={entry.delta} signed />),
    raw: (entry) => entry.delta,
    compare: deltaOrder,
  },
  {
    id: 'money',
    header: 'At risk',
    track: '92px',
    align: 'right',
    cell: (entry) => <Money value={entry.moneyAtRisk} />,
    raw: (entry) => entry.moneyAtRisk,
    // Ascending; the screen begins with the most at risk.
    compare: (a, b) => -compareByMoney(a, b),
  },
  {
    id: 'cause',
    header: 'Likely cause',
    track: 'minmax(200px, 1fr)',
    cell: (entry) => <span title={entry.cause}>{entry.cause}</span>,
    raw: (entry) => entry.cause,
    compare: text((entry) => entry.cause),
  },
  {
    id: 'age',
    header: 'Age',
    track: '72px',
    align: 'right',
    cell: (entry) =>
      entry.ageMs === null ? (
        <span className="text-faint" title="No record says since when">
          -
        </span>
      ) : (
        <Age at={sinceOf(entry)} />
      ),
    raw: (entry) => entry.ageMs,
    compare: (a, b) => (a.ageMs ?? -1) - (b.ageMs ?? -1) || compareByMoney(a, b),
  },
  {
    id: 'staged',
    header: 'Decision',
    track: '106px',
    cell: (entry) =>
      entry.staged ? (
        <span title={`${entry.staged.by}: ${entry.staged.comment}`}>
          {settles(entry.staged.decision) ? '' : 'blocks · '}
          {DECISION[entry.staged.decision]}
        </span>
      ) : entry.blocking ? (
        <span data-tone="high">blocks</span>
      ) : (
        <span className="text-faint">does not block</span>
      ),
    raw: (entry) => entry.staged?.decision ?? (entry.blocking ? 'blocks' : ''),
    compare: text((entry) => entry.staged?.decision ?? (entry.blocking ? '' : '~')),
  },
];

export const BREAK_EXPORT = [
  'id',
  'kind',
  'severity',
  'blocking',
  'venue',
  'account',
  'symbol',
  'asset',
  'clientId',
  'orderId',
  'tradeId',
  'field',
  'ours',
  'theirs',
  'delta',
  'moneyAtRisk',
  'cause',
  'foundAt',
  'ageMs',
  'decision',
  'comment',
  'by',
  'at',
  'lsns',
  'sources',
] as const;

export const breakCells = (entry: Break) => {
  const told = telling(entry);
  return [
    entry.id,
    entry.kind,
    entry.severity,
    entry.blocking,
    entry.venue,
    entry.account,
    entry.symbol,
    entry.asset,
    entry.clientId,
    entry.orderId,
    entry.tradeId,
    told.field,
    told.ours.value,
    told.theirs.value,
    entry.delta,
    entry.moneyAtRisk,
    entry.cause,
    entry.foundAt,
    entry.ageMs,
    entry.staged?.decision,
    entry.staged?.comment,
    entry.staged?.by,
    entry.staged?.at,
    entry.lsns.join(' '),
    entry.sources.join('; '),
  ];
};
