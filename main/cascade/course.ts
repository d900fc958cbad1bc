/** The course of a recovery: its steps as they are done. */

import type { RecoveryProgress, StepName, StepReport, TierReport } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Clock } from '../storage/storage.ts';

export interface CourseOptions {
  readonly clock: Clock;
  readonly progress?: ((progress: RecoveryProgress) => void) | undefined;
  /** Polled between pieces of work. */
  readonly cancelled?: (() => boolean) | undefined;
}

/** Times the steps, tells progress, and looks whether the work was cancelled. */
export class Course {
  readonly steps: StepReport[] = [];
  readonly #options: CourseOptions;
  readonly #startNs: bigint;
  tiers: readonly TierReport[] = [];
  afterRto = false;

  constructor(options: CourseOptions) {
    this.#options = options;
    this.#startNs = options.clock.monotonicNs();
  }

  sinceMs(): number {
    return Number(this.#options.clock.monotonicNs() - this.#startNs) / 1e6;
  }

  tell(phase: StepName, fraction: number | null, detail: string): void {
    if (this.#options.cancelled?.()) throw new RearmError('CANCELLED', 'the recovery was cancelled; nothing was changed', {});
    this.#options.progress?.({ phase, fraction, detail, steps: this.steps, tiers: this.tiers });
  }

  run<T>(
    step: StepName,
    detail: string,
    work: () => { value: T; outcome?: StepReport['outcome']; reason: string; lsnBefore?: number | null; lsnAfter?: number | null },
  ): T {
    this.tell(step, null, detail);
    const startMs = this.sinceMs();
    try {
      const { value, outcome = 'ok', reason, lsnBefore = null, lsnAfter = null } = work();
      this.steps.push({ step, outcome, reason, lsnBefore, lsnAfter, startMs, ms: this.sinceMs() - startMs, afterRto: this.afterRto });
      this.tell(step, 1, reason);
      return value;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.steps.push({
        step,
        outcome: 'failed',
        reason,
        lsnBefore: null,
        lsnAfter: null,
        startMs,
        ms: this.sinceMs() - startMs,
        afterRto: this.afterRto,
      });
      throw error;
    }
  }
}
