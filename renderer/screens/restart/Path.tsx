/** The chosen path, drawn: tiers -> base -> replay of the log -> validated. The others say why they lost. */

import type { RecoveryReport } from '../../../shared/contract/recovery.ts';
import { Panel } from '../../components/Panel.tsx';
import { useWidth } from '../../components/useWidth.ts';
import { formatCount } from '../../format/amount.ts';
import { formatMeasured } from '../../format/duration.ts';
import { plural, TIER_NAME, TIER_STATUS } from '../../format/words.ts';
import { type PathTier, pathOf } from '../../store/selectors/path.ts';

const LANE = 38;
const BOX_HEIGHT = 46;
/** Room of the lines from the tiers to the base. */
const FAN = 34;

export function Path({ report }: { report: RecoveryReport }) {
  const [ref, width] = useWidth();
  const path = pathOf(report);
  const lanes = path.tiers.length + 1;
  const height = lanes * LANE;
  return (
    <Panel title="Chosen path">
      <div className="path">
        <div>
          {path.tiers.map((entry) => (
            <TierLane key={entry.tier.tier} entry={entry} />
          ))}
          <div className="path-tier">
            <b className="font-semibold">Log</b>{' '}
            <span className="text-soft">
              {{ whole: 'whole', tornTail: 'torn tail', damaged: 'damaged', missing: 'missing', unread: 'not read' }[report.wal.status]}
            </span>
            <div className="truncate text-xs text-soft">
              {report.wal.firstLsn === null
                ? report.wal.status === 'unread'
                  ? 'the store could not be identified'
                  : 'no segment'
                : `LSN ${formatCount(report.wal.firstLsn)} to ${formatCount(report.wal.lastLsn)}, ${plural(report.wal.segments, 'segment')}`}
              {report.wal.tornBytes > 0 ? `, ${plural(report.wal.tornBytes, 'torn byte')} dropped` : ''}
            </div>
          </div>
        </div>
        <div ref={ref} className="min-w-0">
          {width > 0 ? <Drawing report={report} tiers={path.tiers} ends={path.ends} width={width} height={height} /> : null}
        </div>
      </div>
      {report.decisions.length > 0 ? (
        <table className="sheet border-t border-line">
          <thead>
            <tr>
              <th>Copy, and what it was taken for</th>
              <th>Tables</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {report.decisions.map((decision) => (
              <tr key={decision.decision} title={`row ${decision.case} of the decision table`}>
                <td className="break-words">{decision.decision}</td>
                <td className="text-soft">{decision.group === 'hot' ? 'hot' : 'all'}</td>
                <td className="text-soft">{decision.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </Panel>
  );
}

const WORDS: { readonly [R in PathTier['role']]: (entry: PathTier) => string } = {
  base: () => 'chosen',
  cold: ({ pages }) => `gave the cold tables, ${plural(pages, 'page')}`,
  salvage: ({ pages }) => `gave ${plural(pages, 'page')}`,
  lost: ({ tier, behind }) => behind ?? tier.reason,
};

function TierLane({ entry }: { entry: PathTier }) {
  const { tier, role } = entry;
  return (
    <div className="path-tier" title={tier.reason}>
      <div className="flex items-baseline gap-1.5">
        <b className={role === 'lost' ? 'font-semibold text-soft' : 'font-semibold'}>{tier.tier}</b>
        <span className="text-soft">{TIER_NAME[tier.tier]}</span>
        <span className="ml-auto text-soft">
          {tier.lsn === null ? (tier.tier === 'L5' ? 'not used' : TIER_STATUS[tier.status].word) : `LSN ${formatCount(tier.lsn)}`}
        </span>
      </div>
      <div className="truncate text-xs text-faint">{WORDS[role](entry)}</div>
    </div>
  );
}

function Box({
  x,
  y,
  width,
  title,
  detail,
  faint = false,
}: {
  x: number;
  y: number;
  width: number;
  title: string;
  detail: string;
  faint?: boolean;
}) {
  return (
    <g>
      <rect
        x={x}
        y={y - BOX_HEIGHT / 2}
        width={width}
        height={BOX_HEIGHT}
        rx="2"
        fill="var(--raised)"
        stroke={faint ? 'var(--line-strong)' : 'var(--soft)'}
        strokeDasharray={faint ? '3 3' : undefined}
      />
      <text x={x + width / 2} y={y - 4} textAnchor="middle" fontWeight="600">
        {title}
      </text>
      <text x={x + width / 2} y={y + 12} textAnchor="middle" className="soft">
        {detail}
      </text>
    </g>
  );
}

function Drawing({
  report,
  tiers,
  ends,
  width,
  height,
}: {
  report: RecoveryReport;
  tiers: readonly PathTier[];
  ends: 'validated' | 'refused' | 'empty';
  width: number;
  height: number;
}) {
  const laneY = (index: number): number => index * LANE + LANE / 2;
  const baseIndex = tiers.findIndex((entry) => entry.role === 'base');
  const middle = baseIndex >= 0 ? Math.min(Math.max(laneY(baseIndex), BOX_HEIGHT / 2 + 2), height - LANE - 8) : height / 2;
  const gap = Math.max(24, Math.min(64, width * 0.07));
  const box = Math.min(132, (width - FAN - 2 * gap - 2) / 3);
  const baseX = FAN;
  const replayX = baseX + box + gap;
  const endX = replayX + box + gap;
  const logY = laneY(tiers.length);
  const refused = ends !== 'validated';
  const validate = report.steps.find((step) => step.step === 'validate');
  const failed = report.steps.find((step) => step.outcome === 'failed');
  const strong = { stroke: 'var(--ink)', strokeWidth: 2.25, fill: 'none' } as const;
  return (
    <svg width={width} height={height} role="img" aria-label={report.sentence}>
      <defs>
        <marker id="path-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 0 8 4 0 8Z" fill="var(--ink)" />
        </marker>
      </defs>
      {tiers.map((entry, index) => {
        const y = laneY(index);
        if (entry.role === 'lost') {
          return (
            <g key={entry.tier.tier} stroke="var(--line-strong)" strokeWidth="1.5">
              <path d={`M6 ${y}H20`} strokeDasharray="3 2" />
              <path d={`m22 ${y - 3.5} 7 7m0 -7 -7 7`} stroke="var(--faint)" />
            </g>
          );
        }
        const curve = `M6 ${y}C${baseX - 12} ${y} ${baseX - 26} ${middle} ${baseX - 2} ${middle}`;
        if (entry.role === 'base') return <path key={entry.tier.tier} d={curve} {...strong} markerEnd="url(#path-arrow)" />;
        const mended = entry.role === 'salvage';
        return (
          <path
            key={entry.tier.tier}
            d={curve}
            fill="none"
            stroke={mended ? 'var(--high)' : 'var(--ink)'}
            strokeWidth="1.75"
            strokeDasharray={mended ? '5 3' : undefined}
          />
        );
      })}
      <Box
        x={baseX}
        y={middle}
        width={box}
        title={report.base ? `Base ${report.base}` : 'No base'}
        detail={report.baseLsn === null ? 'none usable' : `LSN ${formatCount(report.baseLsn)}`}
        faint={report.base === null}
      />
      <path
        d={`M${baseX + box} ${middle}H${replayX - 2}`}
        {...strong}
        strokeDasharray={refused ? '3 3' : undefined}
        markerEnd="url(#path-arrow)"
      />
      <path
        d={`M6 ${logY}H${replayX + box / 2}V${middle + BOX_HEIGHT / 2 + 2}`}
        {...strong}
        stroke={report.wal.status === 'damaged' ? 'var(--critical)' : 'var(--ink)'}
        strokeWidth="1.75"
        markerEnd="url(#path-arrow)"
      />
      <Box x={replayX} y={middle} width={box} title="Replay" detail={`${formatCount(report.replayed)} records`} faint={refused} />
      <path
        d={`M${replayX + box} ${middle}H${endX - 2}`}
        {...strong}
        strokeDasharray={refused ? '3 3' : undefined}
        markerEnd="url(#path-arrow)"
      />
      <Box
        x={endX}
        y={middle}
        width={box}
        title={ends === 'validated' ? 'Validated' : ends === 'refused' ? 'Refused' : 'Nothing there'}
        detail={ends === 'validated' ? `LSN ${formatCount(report.lsn)}` : failed ? `at ${failed.step}` : ''}
        faint={refused}
      />
      {ends === 'validated' && validate ? (
        <text x={endX + box / 2} y={middle + BOX_HEIGHT / 2 + 16} textAnchor="middle" className="soft">
          checked in {formatMeasured(validate.ms)}
        </text>
      ) : null}
    </svg>
  );
}
