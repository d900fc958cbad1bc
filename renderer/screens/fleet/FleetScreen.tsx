/** Fleet: one row per store that the host opened. Normal rows stay grey, abnormal ones float up. */

import { useEffect, useMemo, useState } from 'react';
import { Amount, Count, Unknown } from '../../components/Amount.tsx';
import { ExportMenu } from '../../components/Export.tsx';
import { Grid, type GridColumn, ROW_PX } from '../../components/Grid.tsx';
import { Mark, Status } from '../../components/Mark.tsx';
import { Empty } from '../../components/Notice.tsx';
import { Screen } from '../../components/Screen.tsx';
import { Elapsed } from '../../components/Stamp.tsx';
import { formatBytes, formatDuration } from '../../format/duration.ts';
import { ENGINE, MODE, OUTCOME, plural } from '../../format/words.ts';
import { useActions, useConsole } from '../../store/context.tsx';
import { modeSince } from '../../store/selectors/crash.ts';
import { CADENCE_MS, compareFleet, type FleetRow, fleetRow } from '../../store/selectors/fleet.ts';
import { NO_SUBJECTS } from '../../store/slices/desk.ts';

const report = (row: FleetRow) => row.subjects.recovery.view?.report ?? null;
const by =
  <T extends string | number>(pick: (row: FleetRow) => T | null) =>
  (a: FleetRow, b: FleetRow) => {
    const [left, right] = [pick(a), pick(b)];
    if (left === right) return compareFleet(a, b);
    if (left === null || right === null) return left === null ? -1 : 1;
    return left < right ? -1 : 1;
  };

function Lag({ row, index }: { row: FleetRow; index: 0 | 1 | 2 | 3 }) {
  const lag = row.tiers[index]!;
  if (lag.lagMs === null) return <span className="text-faint">none</span>;
  return (
    <span
      className="grid grid-cols-[minmax(0,1fr)_50px] items-center gap-1.5"
      title={`${lag.tier} was taken ${formatDuration(lag.lagMs)} before the last operation; cadence ${formatDuration(CADENCE_MS[lag.tier as 'L1'])}`}
    >
      <span className="meter" data-tone={lag.late ? 'high' : undefined}>
        <i style={{ width: `${Math.min(100, (lag.cadences ?? 0) * 50)}%` }} />
      </span>
      <span className="text-right" data-tone={lag.late ? 'high' : undefined}>
        {formatDuration(lag.lagMs)}
      </span>
    </span>
  );
}

const lagColumn = (index: 0 | 1 | 2 | 3, tier: string): GridColumn<FleetRow> => ({
  id: tier,
  header: <span title="Taken this long before the last operation; the bar is full at two cadences">{tier} behind</span>,
  track: '92px',
  cell: (row) => <Lag row={row} index={index} />,
  raw: (row) => row.tiers[index]!.lagMs,
  compare: by((row) => row.tiers[index]!.lagMs),
});

const COLUMNS: readonly GridColumn<FleetRow>[] = [
  {
    id: 'tone',
    header: <span className="visually-hidden">Severity</span>,
    track: '34px',
    cell: (row) => <Mark tone={row.tone} />,
    raw: (row) => row.tone,
    compare: compareFleet,
  },
  {
    id: 'store',
    header: 'Store',
    track: 'minmax(104px, 1fr)',
    cell: (row) => (
      <span className="font-semibold" title={row.store.path}>
        {row.store.name}
      </span>
    ),
    raw: (row) => row.store.name,
    compare: by((row) => row.store.name),
  },
  {
    id: 'mode',
    header: 'Trading',
    track: '138px',
    cell: (row) => {
      const gate = row.subjects.gate.view;
      const since = modeSince(row.subjects);
      if (gate === null) return <span className="text-faint">{row.subjects.gate.error ? 'cannot be read' : 'asking'}</span>;
      return (
        <>
          {MODE[gate.mode].word.replace('TRADING ', '')}{' '}
          {since ? (
            <span className="text-soft">
              <Elapsed since={since} />
            </span>
          ) : null}
        </>
      );
    },
    raw: (row) => row.subjects.gate.view?.mode,
    compare: by((row) => row.subjects.gate.view?.mode ?? null),
  },
  {
    id: 'engine',
    header: 'Engine',
    track: '86px',
    cell: (row) => {
      const life = row.subjects.facts.view?.engine.value;
      return life ? (
        life === 'unknown' ? (
          <Unknown />
        ) : (
          <Status {...ENGINE[life]} word={life === 'secondWriter' ? 'SECOND' : ENGINE[life].word} />
        )
      ) : (
        <span className="text-faint">asking</span>
      );
    },
    raw: (row) => row.subjects.facts.view?.engine.value,
    compare: by((row) => row.subjects.facts.view?.engine.value ?? null),
  },
  {
    id: 'outcome',
    header: 'Recovery',
    track: '100px',
    cell: (row) =>
      row.subjects.recovery.view?.running ? (
        'running'
      ) : report(row) ? (
        <Status {...OUTCOME[report(row)!.outcome]} />
      ) : (
        <span className="text-faint">not run</span>
      ),
    raw: (row) => report(row)?.outcome,
    compare: by((row) => report(row)?.outcome ?? null),
  },
  {
    id: 'lsn',
    header: 'LSN',
    track: '100px',
    align: 'right',
    cell: (row) => (report(row) ? <Count value={report(row)!.lsn} /> : <span className="text-faint">none</span>),
    raw: (row) => report(row)?.lsn,
    compare: by((row) => report(row)?.lsn ?? null),
  },
  {
    id: 'lost',
    header: 'Lost',
    track: '52px',
    align: 'right',
    cell: (row) =>
      report(row) ? (
        <span data-tone={report(row)!.lostAcknowledged ? 'critical' : undefined}>
          <Count value={report(row)!.lostAcknowledged} />
        </span>
      ) : (
        <span className="text-faint">none</span>
      ),
    raw: (row) => report(row)?.lostAcknowledged,
    compare: by((row) => report(row)?.lostAcknowledged ?? null),
  },
  lagColumn(0, 'L1'),
  lagColumn(1, 'L2'),
  lagColumn(2, 'L3'),
  lagColumn(3, 'L4'),
  {
    id: 'log',
    header: 'Log',
    track: '76px',
    align: 'right',
    cell: (row) => (report(row) ? formatBytes(report(row)!.wal.bytes) : <span className="text-faint">none</span>),
    raw: (row) => report(row)?.wal.bytes,
    compare: by((row) => report(row)?.wal.bytes ?? null),
  },
  {
    id: 'orders',
    header: 'Live orders',
    track: '126px',
    align: 'right',
    cell: (row) =>
      row.liveOrders === null ? (
        <span className="text-faint">asking</span>
      ) : (
        <>
          {row.liveOrders.known > 0 || row.liveOrders.unknownVenues === 0 ? <Amount value={String(row.liveOrders.known)} /> : null}{' '}
          {row.liveOrders.unknownVenues > 0 ? <Unknown why={`${plural(row.liveOrders.unknownVenues, 'venue')} did not answer`} /> : null}
        </>
      ),
    raw: (row) => (row.liveOrders === null || row.liveOrders.unknownVenues > 0 ? 'UNKNOWN' : row.liveOrders.known),
    compare: by((row) => row.liveOrders?.known ?? null),
  },
  {
    id: 'breaks',
    header: 'Blocking',
    track: '76px',
    align: 'right',
    cell: (row) =>
      row.blocking === null ? (
        <span className="text-faint">not run</span>
      ) : (
        <span data-tone={row.blocking > 0 ? 'high' : undefined}>
          <Count value={row.blocking} />
        </span>
      ),
    raw: (row) => row.blocking,
    compare: by((row) => row.blocking),
  },
];

export function FleetScreen() {
  const views = useConsole((state) => state.console.view?.stores);
  const stores = useConsole((state) => state.stores);
  const storeIndex = useConsole((state) => state.storeIndex);
  const { chooseStore, openScreen } = useActions();
  const [cursor, setCursor] = useState<string | null>(String(storeIndex));
  const rows = useMemo(
    () => (views ?? []).map((view) => fleetRow(view, stores[view.index] ?? NO_SUBJECTS)).sort(compareFleet),
    [views, stores],
  );
  const chosen = rows.find((row) => String(row.store.index) === cursor) ?? null;
  useEffect(() => {
    if (chosen === null && rows[0]) setCursor(String(rows[0].store.index));
  }, [chosen, rows]);
  const open = (row: FleetRow): void => {
    chooseStore(row.store.index);
    openScreen('restart');
  };
  return (
    <Screen title="Fleet" fixed>
      <section className="panel max-h-[70%] min-h-[120px] flex-none" aria-label="Stores" style={{ height: rows.length * ROW_PX + 70 }}>
        <div className="panel-head">
          <h2>Stores</h2>
          <span className="text-sm text-soft">{plural(rows.length, 'store')}, Enter opens one on Restart</span>
          <div className="aside">
            <ExportMenu
              subject="fleet"
              table={() => ({
                columns: [...COLUMNS.map((column) => column.id), 'path'],
                rows: rows.map((row) => [...COLUMNS.map((column) => column.raw(row)), row.store.path]),
              })}
              document={() =>
                rows.map((row) => ({
                  store: row.store,
                  recovery: row.subjects.recovery.view,
                  facts: row.subjects.facts.view,
                  gate: row.subjects.gate.view,
                }))
              }
            />
          </div>
        </div>
        <div className="min-h-0 flex-1">
          <Grid
            primary
            label="Stores"
            rows={rows}
            columns={COLUMNS}
            rowId={(row) => String(row.store.index)}
            cursor={cursor}
            onCursor={setCursor}
            onOpen={open}
            empty={<Empty title="The host opened no store.">Start it with the directory of one: rearm serve STORE.</Empty>}
          />
        </div>
      </section>
      {chosen ? (
        <section className="panel flex-none" aria-label="The chosen store">
          <dl className="pairs px-3 py-2">
            <dt>store</dt>
            <dd className="mono">{chosen.store.path}</dd>
            <dt>recovery</dt>
            <dd>{chosen.subjects.recovery.view?.report?.sentence ?? chosen.subjects.recovery.error?.message ?? 'not run yet'}</dd>
            <dt>next</dt>
            <dd>
              {chosen.subjects.facts.view ? (
                <>
                  {chosen.subjects.facts.view.next.action} <span className="text-soft">· {chosen.subjects.facts.view.next.owner}</span>
                </>
              ) : (
                'not known yet'
              )}
            </dd>
            <dt>venues</dt>
            <dd>
              {chosen.store.venueConfigured
                ? chosen.subjects.facts.view?.venues.map((venue) => `${venue.venue} ${venue.status}`).join(', ') || 'being asked'
                : 'none configured: live orders cannot be known'}
            </dd>
          </dl>
        </section>
      ) : null}
    </Screen>
  );
}
