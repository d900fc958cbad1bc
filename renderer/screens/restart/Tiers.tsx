/** The tiers: what each holds, whether it checks, what it survives, and what choosing it would lose. */

import type { TierReport } from '../../../shared/contract/recovery.ts';
import { Count } from '../../components/Amount.tsx';
import { ShortHash } from '../../components/Hash.tsx';
import { Status } from '../../components/Mark.tsx';
import { Panel } from '../../components/Panel.tsx';
import { formatCount } from '../../format/amount.ts';
import { formatBytes, formatDuration, formatMeasured } from '../../format/duration.ts';
import { plural, sentence, TIER_NAME, TIER_STATUS, type Tone } from '../../format/words.ts';
import { useConsole, useSubject } from '../../store/context.tsx';
import { ageOf } from '../../store/selectors/freshness.ts';
import { behindBase } from '../../store/selectors/path.ts';

function Checksum({ tier }: { tier: TierReport }) {
  if (tier.checksumStored === null) return <span className="text-faint">none</span>;
  const same = tier.checksumStored === tier.checksumComputed;
  return (
    <span className="whitespace-nowrap">
      <ShortHash value={tier.checksumStored} /> <span data-tone={same ? undefined : 'high'}>{same ? '=' : 'not'}</span>{' '}
      <ShortHash value={tier.checksumComputed} />
    </span>
  );
}

/** The venues are always asked beside the recovery: not being its base is not a fault of theirs. */
function statusOf(tier: TierReport): { word: string; tone: Tone } {
  if (tier.tier === 'L5' && !tier.chosen) return { word: 'not used', tone: 'normal' };
  return TIER_STATUS[tier.status];
}

function WouldLose({ tier }: { tier: TierReport }) {
  const loss = tier.wouldLose;
  if (loss === null) return <span className="text-faint">{tier.lsn === null ? 'everything local' : 'not known'}</span>;
  if (loss.operations === 0) return <>nothing</>;
  return (
    <span title={`${plural(loss.operations, 'operation')} in all`}>
      {loss.orders === null || loss.fills === null ? (
        <b className="font-semibold">{plural(loss.operations, 'operation')}</b>
      ) : (
        <>
          <b className="font-semibold">{plural(loss.orders, 'order')}</b>, <b className="font-semibold">{plural(loss.fills, 'fill')}</b>
        </>
      )}
      <br />
      <span className="text-soft">{formatCount(loss.acknowledged)} acknowledged</span>
    </span>
  );
}

/** Pixels of each column; the verdict takes the rest. */
const WIDTHS = [132, 100, 74, 90, 78, 156, 66, 176, 128, null] as const;

export function Tiers() {
  const subject = useSubject('recovery');
  const nowMs = useConsole((state) => state.nowMs);
  const running = subject.view?.running ?? false;
  const report = running ? null : (subject.view?.report ?? null);
  const tiers = (running ? subject.view?.progress?.tiers : subject.view?.report?.tiers) ?? [];
  if (tiers.length === 0) return null;
  return (
    <Panel
      title="Tiers"
      note="by recovering from one alone, without the log behind it, this would be lost; with the log, see the sentence above"
    >
      <table className="sheet tiers">
        <colgroup>
          {WIDTHS.map((width, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns keep their places
            <col key={index} style={width === null ? undefined : { width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th>Tier</th>
            <th>Status</th>
            <th className="right">Age</th>
            <th className="right">LSN</th>
            <th className="right">Size</th>
            <th>Checksum stored, computed</th>
            <th className="right">Read in</th>
            <th>Choosing it would lose</th>
            <th>Survives</th>
            <th>Verdict</th>
          </tr>
        </thead>
        <tbody>
          {tiers.map((tier) => {
            const behind = report ? behindBase(tier, report) : null;
            const age = ageOf(tier.takenAt, nowMs);
            return (
              <tr key={tier.tier} data-chosen={tier.chosen || undefined}>
                <th scope="row" className="tight">
                  <span className="font-semibold text-ink">{tier.tier}</span> {TIER_NAME[tier.tier]}
                </th>
                <td className="tight">
                  <Status {...statusOf(tier)} />
                  {tier.pagesBad > 0 ? (
                    <span className="block text-soft">
                      {formatCount(tier.pagesBad)} of {formatCount(tier.pages)} pages
                    </span>
                  ) : null}
                </td>
                <td className="right" title={tier.takenAt ?? undefined} data-raw={age === null ? undefined : Math.round(age)}>
                  {age === null ? <span className="text-faint">none</span> : formatDuration(age)}
                </td>
                <td className="right">{tier.lsn === null ? <span className="text-faint">none</span> : <Count value={tier.lsn} />}</td>
                <td className="right" data-raw={tier.bytes}>
                  {tier.bytes === 0 ? <span className="text-faint">none</span> : formatBytes(tier.bytes)}
                </td>
                <td>
                  <Checksum tier={tier} />
                </td>
                <td className="right" data-raw={tier.ms}>
                  {tier.status === 'probing' ? (
                    <span className="text-soft">reading</span>
                  ) : tier.ms === 0 ? (
                    <span className="text-faint">none</span>
                  ) : (
                    formatMeasured(tier.ms)
                  )}
                </td>
                <td className="tight">{running ? <span className="text-faint">not known yet</span> : <WouldLose tier={tier} />}</td>
                <td className="text-soft">{tier.survives}</td>
                <td>
                  {tier.chosen ? <b className="font-semibold">Chosen. </b> : null}
                  {behind === null ? tier.reason : `${sentence(behind)}; ${tier.reason}`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Panel>
  );
}
