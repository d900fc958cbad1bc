/** The report of a recovery, as text and as an exit status. */

import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { EXIT, type Exit, plural, table } from './output.ts';

export function statusOf(report: RecoveryReport): Exit {
  if (report.outcome === 'refused') return EXIT.refused;
  const damage =
    report.outcome === 'salvaged' || report.findings.some((finding) => finding.severity === 'damage' || finding.severity === 'critical');
  return damage ? EXIT.found : EXIT.clean;
}

const count = (value: number | null) => (value === null ? '-' : value.toLocaleString('en-US'));

function wouldLose({ wouldLose: loss }: RecoveryReport['tiers'][number]): string {
  if (loss === null) return '-';
  if (loss.operations === 0) return 'nothing';
  const of =
    loss.orders === null || loss.fills === null
      ? 'orders and fills not known'
      : `${plural(loss.orders, 'order')}, ${plural(loss.fills, 'fill')}`;
  return `${plural(loss.operations, 'operation')}, ${of}`;
}

/** The report as text: the sentence, the tiers, the steps, the findings. */
export function describe(report: RecoveryReport): string {
  const tiers = [
    ['tier', 'status', 'LSN', 'age', 'read ms', 'would lose', 'reason'],
    ...report.tiers
      .filter((tier) => tier.tier !== 'L5')
      .map((tier) => [
        `${tier.chosen ? '>' : ' '} ${tier.tier}`,
        tier.status,
        count(tier.lsn),
        tier.ageMs === null ? '-' : `${(tier.ageMs / 1000).toFixed(1)} s`,
        tier.ms.toFixed(1),
        wouldLose(tier),
        tier.reason,
      ]),
  ];
  const steps = report.steps.map((step) => [
    `  ${step.step}`,
    `${step.ms.toFixed(1)} ms`,
    step.outcome,
    step.reason + (step.afterRto ? ' (after the RTO)' : ''),
  ]);
  const findings = report.findings.map((finding) => `  ${finding.severity}: ${finding.code}: ${finding.message}`);
  return [
    report.sentence,
    '',
    table(tiers, [2, 3, 4]),
    '',
    table(steps, [1]),
    ...(findings.length > 0 ? ['', 'Findings:', ...findings] : []),
    ...(report.stateDigest ? ['', `state digest ${report.stateDigest}`] : []),
  ].join('\n');
}
