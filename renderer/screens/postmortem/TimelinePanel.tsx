/** Exposure and P&L up to the crash line, and the lanes of events below, on one axis. */

import { useMemo, useState } from 'react';
import { Lanes } from '../../components/charts/Lanes.tsx';
import { type ChartSeries, TimeChart } from '../../components/charts/TimeChart.tsx';
import { Empty } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { useTimeFrame } from '../../components/Stamp.tsx';
import { useWidth } from '../../components/useWidth.ts';
import { formatAmount, formatCount } from '../../format/amount.ts';
import { useActions, useConsole } from '../../store/context.tsx';
import { lsnOfTime, pointAt, timeOfLsn } from '../../store/selectors/timeline.ts';
import { NotHere } from './NotHere.tsx';
import { RangeForm } from './RangeForm.tsx';

const money = (value: number, places = 2): string => formatAmount(value.toFixed(places), { signed: true }).text;
const axisMoney = (value: number): string => money(value, Math.abs(value) < 10 && value !== 0 ? 2 : 0).replace(/^\+/, '');

const EXPOSURE = [
  { key: 'gross', label: 'gross exposure', colour: 'series', width: 1.5 },
  { key: 'net', label: 'net exposure', colour: 'note', width: 1.25, dash: [5, 3] },
] as const;
const PROFIT = [
  { key: 'realised', label: 'realised today', colour: 'series', width: 1.5 },
  { key: 'unrealised', label: 'unrealised', colour: 'note', width: 1.25, dash: [5, 3] },
] as const;

export function TimelinePanel() {
  const timeline = useConsole((state) => state.postmortem.timeline);
  const cursor = useConsole((state) => state.postmortem.cursor);
  const marks = useConsole((state) => state.postmortem.marks);
  const theme = useConsole((state) => state.preferences.theme);
  const { moveCursor, loadTimeline } = useActions();
  const frame = useTimeFrame();
  const [ref, width] = useWidth();
  const [hovered, setHovered] = useState<string | null>(null);
  const view = timeline.view;

  // Wall time is a label: a clock that was stepped back must not fold the drawing.
  const points = useMemo(() => (view?.points ?? []).filter((point) => point.atMs > 0).sort((a, b) => a.atMs - b.atMs), [view]);
  const times = useMemo(() => points.map((point) => point.atMs), [points]);
  const exposure = useMemo<readonly ChartSeries[]>(
    () => EXPOSURE.map((series) => ({ ...series, values: points.map((point) => point[series.key]) })),
    [points],
  );
  const profit = useMemo<readonly ChartSeries[]>(
    () => PROFIT.map((series) => ({ ...series, values: points.map((point) => point[series.key]) })),
    [points],
  );
  const marksMs = useMemo(() => (view ? marks.map((lsn) => timeOfLsn(view, lsn)).filter((ms) => ms !== null) : []), [view, marks]);

  if (!view || points.length === 0) {
    return (
      <Panel title="Up to the crash">
        {timeline.error ? (
          <NotHere error={timeline.error} what="The log holds nothing to draw." asked="the timeline of the log" />
        ) : (
          <Empty title={timeline.asking ? 'Reading the log' : 'The log holds nothing to draw.'} />
        )}
      </Panel>
    );
  }
  const first = times[0]!;
  const last = Math.max(times.at(-1)!, view.crashedAtMs ?? 0);
  const range: readonly [number, number] = [first, last + Math.max(1, (last - first) * 0.02)];
  const cursorMs = cursor === null ? null : timeOfLsn(view, cursor);
  const here = cursor === null ? null : pointAt(view, cursor);
  const pick = (ms: number): void => {
    const lsn = lsnOfTime(view, ms);
    if (lsn !== null) moveCursor(lsn);
  };
  const zoom = (from: number, to: number): void => {
    const [a, b] = [lsnOfTime(view, from), lsnOfTime(view, to)];
    if (a !== null && b !== null && b > a) void loadTimeline({ from: a, to: b });
  };
  const common = {
    times,
    width,
    range,
    crashMs: view.crashedAtMs,
    cursorMs,
    marksMs,
    frame,
    theme,
    formatValue: axisMoney,
    onPick: pick,
    onZoom: zoom,
  };

  return (
    <Panel
      title="Up to the crash"
      note={`${formatCount(points.length)} points: smallest and largest of each stretch`}
      aside={<RangeForm timeline={view} />}
    >
      <div ref={ref} className="pt-1">
        <ChartLegend
          series={EXPOSURE.map((series) => ({ ...series, value: here ? money(here[series.key]) : '' }))}
          extra={here ? `${formatCount(here.liveOrders)} live orders` : ''}
        />
        {width > 0 ? (
          <TimeChart {...common} label="Gross and net exposure over time" series={exposure} height={112} timeAxis={false} />
        ) : null}
        <ChartLegend series={PROFIT.map((series) => ({ ...series, value: here ? money(here[series.key]) : '' }))} />
        {width > 0 ? <TimeChart {...common} label="Realised and unrealised P&L over time" series={profit} height={104} timeAxis /> : null}
        {width > 0 && view.lanes.length > 0 ? (
          <Lanes
            lanes={view.lanes}
            width={width}
            range={range}
            cursorMs={cursorMs}
            crashMs={view.crashedAtMs}
            theme={theme}
            onPick={moveCursor}
            onHover={setHovered}
          />
        ) : null}
        <div className="h-[20px] truncate px-3 text-xs text-soft">
          {hovered ?? 'Click to move the cursor, drag to zoom, [ and ] go from mark to mark'}
        </div>
      </div>
    </Panel>
  );
}

function ChartLegend({
  series,
  extra,
}: {
  series: readonly { label: string; colour: string; value: string; dash?: readonly number[] }[];
  extra?: string;
}) {
  return (
    <div className="legend px-3">
      {series.map((entry) => (
        <span key={entry.label}>
          <i data-dash={entry.dash ? true : undefined} style={{ color: `var(--${entry.colour})` }} />
          <span className="text-soft">{entry.label}</span> {entry.value}
        </span>
      ))}
      {extra ? <span className="ml-auto text-soft">{extra}</span> : null}
    </div>
  );
}
