/**
 * Lines over time with the crash, the cursor and the marks (uPlot). Pure: it draws what it is given and says what was picked.
 */

import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { formatAxisTime, type TimeFrame } from '../../format/time.ts';
import { CursorLine } from './CursorLine.tsx';
import { PLOT_LEFT, PLOT_RIGHT } from './plot.ts';

export interface ChartSeries {
  readonly label: string;
  readonly values: readonly number[];
  /** Name of a token. */
  readonly colour: string;
  readonly dash?: readonly number[];
  readonly width?: number;
}

export interface TimeChartProps {
  readonly label: string;
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly width: number;
  readonly height: number;
  readonly range: readonly [number, number];
  readonly crashMs: number | null;
  readonly cursorMs: number | null;
  readonly marksMs: readonly number[];
  readonly frame: TimeFrame;
  readonly theme: string;
  readonly formatValue: (value: number) => string;
  /** The lowest chart of a stack carries the axis of time. */
  readonly timeAxis: boolean;
  readonly onPick: (ms: number) => void;
  readonly onZoom: (from: number, to: number) => void;
}

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const FONT = "11.5px 'Inter Variable', system-ui, sans-serif";
const AXIS_HEIGHT = 22;
const PADDING_TOP = 6;
/** Where no axis stands below. */
const PADDING_BOTTOM = 4;
/** Distances between ticks: round for a clock. */
const STEPS_MS = [
  0.001, 0.01, 0.1, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000,
];
/** A drag shorter than this is a click, pixels. */
const DRAG_MIN = 5;

/** A vertical line at a time, with a word where there is room. */
function line(plot: uPlot, ms: number, colour: string, width: number, dash: number[], word: string | null): void {
  const x = Math.round(plot.valToPos(ms, 'x', true));
  const { left, top, width: across, height } = plot.bbox;
  if (x < left - 1 || x > left + across + 1) return;
  const { ctx } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = width * scale;
  ctx.setLineDash(dash.map((part) => part * scale));
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, top + height);
  ctx.stroke();
  if (word !== null) {
    ctx.font = `600 ${11 * scale}px 'Inter Variable', system-ui, sans-serif`;
    ctx.textAlign = 'right';
    ctx.textBaseline = 'top';
    ctx.fillText(word, x - 5 * scale, top + 2 * scale);
  }
  ctx.restore();
}

export function TimeChart(props: TimeChartProps) {
  const { times, series, width, height, range, frame, theme, timeAxis, crashMs, cursorMs, marksMs } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawing reads the rest through `latest`; these rebuild it
  useEffect(() => {
    if (!host.current || times.length === 0) return;
    const axis: uPlot.Axis = { stroke: token('soft'), font: FONT, grid: { stroke: token('line'), width: 1 }, ticks: { show: false } };
    const built = new uPlot(
      {
        width,
        height,
        padding: [PADDING_TOP, PLOT_RIGHT, timeAxis ? 0 : PADDING_BOTTOM, 0],
        legend: { show: false },
        cursor: { sync: { key: 'postmortem' }, y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
        scales: { x: { time: false, range: () => [...latest.current.range] } },
        axes: [
          {
            ...axis,
            show: timeAxis,
            size: timeAxis ? AXIS_HEIGHT : 0,
            space: 110,
            incrs: [...STEPS_MS],
            values: (_, splits) => splits.map((ms) => formatAxisTime(ms, latest.current.frame, (splits[1] ?? 0) - (splits[0] ?? 0))),
          },
          { ...axis, size: PLOT_LEFT, space: 26, values: (_, splits) => splits.map(latest.current.formatValue) },
        ],
        series: [
          {},
          ...series.map((entry) => ({
            label: entry.label,
            stroke: token(entry.colour),
            width: entry.width ?? 1.25,
            dash: entry.dash ? [...entry.dash] : [],
            points: { show: false },
          })),
        ],
        hooks: {
          draw: [
            (self) => {
              const now = latest.current;
              for (const ms of now.marksMs) line(self, ms, token('soft'), 1, [2, 3], null);
              if (now.crashMs !== null) line(self, now.crashMs, token('critical'), 1.5, [6, 3], timeAxis ? null : 'crash');
            },
          ],
          setSelect: [
            (self) => {
              if (self.select.width < DRAG_MIN) return;
              latest.current.onZoom(self.posToVal(self.select.left, 'x'), self.posToVal(self.select.left + self.select.width, 'x'));
              self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
            },
          ],
        },
      },
      [times as number[], ...series.map((entry) => entry.values as number[])],
      host.current,
    );
    const onClick = (event: MouseEvent): void => {
      const box = built.over.getBoundingClientRect();
      latest.current.onPick(built.posToVal(event.clientX - box.left, 'x'));
    };
    built.over.addEventListener('click', onClick);
    plot.current = built;
    return () => {
      built.over.removeEventListener('click', onClick);
      built.destroy();
      plot.current = null;
    };
  }, [times, series, width, height, theme, timeAxis, frame]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: any of them changes what is drawn
  useEffect(() => {
    plot.current?.redraw(false);
  }, [marksMs, crashMs]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new range is read through `latest`
  useEffect(() => {
    plot.current?.redraw(false, true);
  }, [range[0], range[1]]);

  return (
    <div className="relative">
      <div ref={host} role="img" aria-label={props.label} style={{ height }} />
      <CursorLine ms={cursorMs} range={range} width={width} top={PADDING_TOP} bottom={timeAxis ? AXIS_HEIGHT : PADDING_BOTTOM} />
    </div>
  );
}
