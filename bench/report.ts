/** What the bench reads out of a recovery's report. */

import type { RecoveryReport, StepReport } from '../shared/contract/recovery.ts';

/** The replay of a recovery that must have replayed `count` operations and found nothing to say. */
export function replayOf({ outcome, replayed, findings, steps }: RecoveryReport, count: number): StepReport {
  const step = steps.find((one) => one.step === 'replay');
  if (outcome !== 'recovered' || replayed !== count || findings.length > 0 || !step)
    throw new Error(`${replayed} of ${count} operations were replayed: ${outcome}; ${findings.map(({ message }) => message).join('; ')}`);
  return step;
}
