/** The phases of a recovery as bars against the objective. */

import type { RecoveryReport, StepReport } from '../../../shared/contract/recovery.ts';
import { STEP } from '../../format/words.ts';

export interface WaterfallBar {
  readonly step: string;
  readonly startMs: number;
  readonly ms: number;
  readonly outcome: StepReport['outcome'];
  readonly afterRto: boolean;
  readonly reason: string;
}

export interface Waterfall {
  readonly bars: readonly WaterfallBar[];
  /** Right end of the axis, milliseconds. */
  readonly endMs: number;
  /** Round places for the ticks of the axis, from 0. */
  readonly ticksMs: readonly number[];
  readonly rtoMs: number;
  readonly budgetMs: number;
  /** The budget lies beyond the axis: short recoveries are drawn on a scale of their own, and the meter above shows the budget. */
  readonly budgetOffScale: boolean;
}

/** Below this part of the budget the bars would be slivers. */
const ZOOM_BELOW = 0.25;

export function waterfallOf(steps: readonly StepReport[], rtoMs: number, budgetMs: number): Waterfall {
  const bars = steps
    .filter((step) => step.outcome !== 'skipped')
    .map((step) => ({
      step: STEP[step.step],
      startMs: step.startMs,
      ms: step.ms,
      outcome: step.outcome,
      afterRto: step.afterRto,
      reason: step.reason,
    }))
    .sort((a, b) => a.startMs - b.startMs);
  const last = bars.reduce((end, bar) => Math.max(end, bar.startMs + bar.ms), 1);
  const budgetOffScale = last < budgetMs * ZOOM_BELOW;
  const endMs = budgetOffScale ? last * 1.12 : Math.max(last, budgetMs) * 1.06;
  return { bars, endMs, ticksMs: roundTicks(endMs), rtoMs, budgetMs, budgetOffScale };
}

/** Multiples of 1, 2 or 5 times a power of ten, at most eight of them. */
export function roundTicks(end: number): readonly number[] {
  const power = 10 ** Math.floor(Math.log10(end / 7));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => end / candidate <= 7) ?? 10 * power;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

export const reportWaterfall = (report: RecoveryReport): Waterfall => waterfallOf(report.steps, report.rtoMs, report.rtoBudgetMs);
