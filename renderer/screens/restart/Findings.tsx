/** What the cascade found, by severity, and every step with its reason. */

import { useState } from 'react';
import type { RecoveryReport } from '../../../shared/contract/recovery.ts';
import { Mark, Status } from '../../components/Mark.tsx';
import { Empty } from '../../components/Notice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { ScrollRegion } from '../../components/ScrollRegion.tsx';
import { formatCount } from '../../format/amount.ts';
import { formatMeasured } from '../../format/duration.ts';
import { FINDING_TONE, STEP } from '../../format/words.ts';

const RANK = ['critical', 'damage', 'warning', 'note'];

export function Findings({ report }: { report: RecoveryReport }) {
  const [shown, setShown] = useState<'findings' | 'steps'>('findings');
  const findings = [...report.findings].sort((a, b) => RANK.indexOf(a.severity) - RANK.indexOf(b.severity));
  return (
    <Panel
      title={shown === 'findings' ? 'Findings' : 'Steps'}
      aside={
        <fieldset className="segmented" aria-label="Findings or steps">
          <button type="button" aria-pressed={shown === 'findings'} onClick={() => setShown('findings')}>
            Findings {findings.length}
          </button>
          <button type="button" aria-pressed={shown === 'steps'} onClick={() => setShown('steps')}>
            Steps {report.steps.length}
          </button>
        </fieldset>
      }
    >
      <ScrollRegion className="max-h-[274px]" label={shown === 'findings' ? 'Findings' : 'Steps'}>
        {shown === 'steps' ? (
          <table className="sheet">
            <thead>
              <tr>
                <th>Step</th>
                <th className="right">Took</th>
                <th>Came to</th>
              </tr>
            </thead>
            <tbody>
              {report.steps.map((step) => (
                <tr key={step.step}>
                  <td className="tight">{STEP[step.step]}</td>
                  <td className="right">{step.outcome === 'skipped' ? 'skipped' : formatMeasured(step.ms)}</td>
                  <td>
                    {step.outcome === 'failed' ? <Mark tone="critical" /> : step.outcome === 'finding' ? <Mark tone="note" /> : null}{' '}
                    {step.reason}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : findings.length === 0 ? (
          <Empty title="The cascade found nothing to report." />
        ) : (
          <ul>
            {findings.map((finding) => (
              <li
                key={`${finding.code}/${finding.file ?? ''}/${finding.offset ?? ''}/${finding.page ?? ''}`}
                className="grid grid-cols-[82px_1fr] gap-2 border-b border-line px-3 py-1.5"
              >
                <Status tone={FINDING_TONE[finding.severity]} word={finding.severity} />
                <div>
                  {finding.message}
                  <div className="mono text-[11px] text-faint">
                    {[
                      finding.code,
                      finding.file,
                      finding.offset === undefined ? null : `offset ${formatCount(finding.offset)}`,
                      finding.lsn === undefined ? null : `LSN ${formatCount(finding.lsn)}`,
                      finding.rows ? `${finding.table} rows ${finding.rows[0]} to ${finding.rows[1]}` : null,
                      finding.source ? `from ${finding.source}` : null,
                    ]
                      .filter((part) => part)
                      .join(' · ')}
                  </div>
                </div>
              </li>
            ))}
          </ul>
        )}
      </ScrollRegion>
    </Panel>
  );
}
