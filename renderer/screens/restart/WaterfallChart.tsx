/** The phases of the recovery against its objective. Pure: it draws what the selector made. */

import { Bar, BarChart, CartesianGrid, LabelList, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { Panel } from '../../components/Panel.tsx';
import { useWidth } from '../../components/useWidth.ts';
import { formatMeasured } from '../../format/duration.ts';
import type { Waterfall, WaterfallBar } from '../../store/selectors/waterfall.ts';

const FILL = {
  ok: 'var(--bar)',
  finding: 'var(--bar)',
  running: 'var(--note)',
  failed: 'var(--critical)',
  skipped: 'var(--bar-soft)',
} as const;

interface ShapeProps {
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly payload?: WaterfallBar;
}

/** A finding carries a notch, a failure a cross, what came after the RTO is hollow: never colour alone. */
function Shape({ x = 0, y = 0, width = 0, height = 0, payload }: ShapeProps) {
  if (!payload) return null;
  const shown = Math.max(2, width);
  const fill = FILL[payload.outcome];
  return (
    <g>
      <rect x={x} y={y} width={shown} height={height} fill={payload.afterRto ? 'none' : fill} stroke={payload.afterRto ? fill : 'none'} />
      {payload.outcome === 'finding' ? <path d={`M${x} ${y}h7l-7 7Z`} fill="var(--high)" /> : null}
      {payload.outcome === 'failed' ? (
        <path d={`m${x + shown + 4} ${y + 2} 8 8m0 -8 -8 8`} stroke="var(--critical)" strokeWidth="2" />
      ) : null}
    </g>
  );
}

function Tip({ active, payload }: { active?: boolean; payload?: readonly { payload?: WaterfallBar }[] }) {
  const bar = payload?.[0]?.payload;
  if (!active || !bar) return null;
  return (
    <div className="chart-tip">
      <b className="font-semibold">{bar.step}</b> {formatMeasured(bar.ms)}{' '}
      <span className="text-soft">from {formatMeasured(bar.startMs)}</span>
      <div className="text-soft">
        {bar.reason}
        {bar.afterRto ? ' Not part of the RTO.' : ''}
      </div>
    </div>
  );
}

const formatTick = (ms: number): string => (ms === 0 ? '0' : ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);

const ROW = 19;
const AXIS = 26;

export function WaterfallPanel({ waterfall, running }: { waterfall: Waterfall; running: boolean }) {
  const [ref, width] = useWidth();
  const { bars, budgetMs, rtoMs, endMs, ticksMs, budgetOffScale } = waterfall;
  const used = budgetMs > 0 ? rtoMs / budgetMs : 0;
  return (
    <Panel
      title="Phases against the RTO objective"
      aside={
        <span className="pr-1 text-sm">
          {running ? (
            <span className="text-soft">running</span>
          ) : (
            <>
              <b className="font-semibold">{formatMeasured(rtoMs)}</b> <span className="text-soft">of {formatMeasured(budgetMs)}</span>
            </>
          )}
        </span>
      }
    >
      <div className="waterfall" ref={ref}>
        {running || budgetMs <= 0 ? null : (
          <div className="mb-1 grid grid-cols-[112px_1fr] items-center text-xs text-soft">
            <span>part of objective</span>
            <div
              className="meter"
              data-tone={used > 1 ? 'critical' : undefined}
              role="img"
              aria-label={`RTO ${formatMeasured(rtoMs)} of ${formatMeasured(budgetMs)}`}
            >
              <i style={{ width: `${Math.min(100, used * 100)}%` }} />
            </div>
          </div>
        )}
        {width > 0 ? (
          <BarChart
            width={width - 24}
            height={bars.length * ROW + AXIS}
            data={[...bars]}
            layout="vertical"
            barSize={11}
            margin={{ top: 2, right: 56, bottom: 0, left: 0 }}
            accessibilityLayer={false}
            role="img"
            title="Phases of the recovery"
          >
            <CartesianGrid horizontal={false} stroke="var(--line)" />
            <XAxis
              type="number"
              domain={[0, endMs]}
              tickFormatter={(ms: number) => formatTick(ms)}
              tick={{ fill: 'var(--soft)' }}
              stroke="var(--line-strong)"
              height={22}
              ticks={[...ticksMs]}
              interval={0}
              allowDataOverflow
            />
            <YAxis
              type="category"
              dataKey="step"
              width={112}
              tick={{ fill: 'var(--soft)', width: 200 }}
              tickLine={false}
              axisLine={false}
              interval={0}
            />
            <Tooltip content={<Tip />} cursor={{ fill: 'var(--raised)', opacity: 0.6 }} isAnimationActive={false} />
            <Bar dataKey="startMs" stackId="phase" fill="transparent" isAnimationActive={false} />
            <Bar dataKey="ms" stackId="phase" shape={<Shape />} isAnimationActive={false}>
              <LabelList
                dataKey="ms"
                position="right"
                offset={6}
                fill="var(--ink)"
                className="haloed"
                formatter={(ms: unknown) => formatMeasured(Number(ms))}
              />
            </Bar>
            {budgetOffScale || budgetMs <= 0 ? null : (
              <ReferenceLine
                x={budgetMs}
                stroke="var(--high)"
                strokeWidth={1.5}
                strokeDasharray="5 3"
                label={{ value: 'objective', position: 'insideTopRight', fill: 'var(--high)' }}
              />
            )}
            {running ? null : (
              <ReferenceLine
                x={rtoMs}
                stroke="var(--ink)"
                strokeWidth={1}
                label={{ value: 'RTO', position: 'insideBottomRight', fill: 'var(--ink)' }}
              />
            )}
          </BarChart>
        ) : null}
        <div className="flex gap-4 text-xs text-soft">
          <span>
            <svg width="9" height="9" className="mark mr-1" aria-hidden="true">
              <path d="M0 0h8l-8 8Z" fill="var(--high)" />
            </svg>
            with a finding
          </span>
          <span>
            <svg width="12" height="9" className="mark mr-1" aria-hidden="true">
              <rect x="0.5" y="0.5" width="11" height="8" fill="none" stroke="var(--bar)" />
            </svg>
            after the state was validated, not part of the RTO
          </span>
          {budgetOffScale ? <span>the objective lies beyond this scale</span> : null}
        </div>
      </div>
    </Panel>
  );
}
