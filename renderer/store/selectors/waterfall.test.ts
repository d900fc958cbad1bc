import { describe, expect, it } from 'vitest';
import type { StepReport } from '../../../shared/contract/recovery.ts';
import { roundTicks, waterfallOf } from './waterfall.ts';

const step = (name: StepReport['step'], startMs: number, ms: number, change: Partial<StepReport> = {}): StepReport => ({
  step: name,
  outcome: 'ok',
  reason: '',
  lsnBefore: null,
  lsnAfter: null,
  startMs,
  ms,
  afterRto: false,
  ...change,
});

describe('the waterfall', () => {
  it('orders phases by their start and leaves out skipped ones', () => {
    const { bars } = waterfallOf(
      [step('replay', 900, 300), step('identify', 0, 4), step('probe.L4', 4, 0, { outcome: 'skipped' })],
      1300,
      5000,
    );
    expect(bars.map((bar) => bar.step)).toEqual(['Identify the store', 'Replay the log']);
  });

  it('reaches to the budget where the bars stay readable', () => {
    const chart = waterfallOf([step('replay', 900, 940)], 1840, 5000);
    expect(chart.budgetOffScale).toBe(false);
    expect(chart.endMs).toBeCloseTo(5300);
  });

  it('takes a scale of its own where the recovery is short', () => {
    const chart = waterfallOf([step('replay', 9, 21)], 30, 5000);
    expect(chart.budgetOffScale).toBe(true);
    expect(chart.endMs).toBeLessThan(40);
  });

  it('puts ticks at round places', () => {
    expect(roundTicks(5300)).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
    expect(roundTicks(33)).toEqual([0, 5, 10, 15, 20, 25, 30]);
  });

  it('reaches past the budget where it was overrun', () => {
    expect(waterfallOf([step('replay', 900, 8000)], 8900, 5000).endMs).toBeGreaterThan(8900);
  });
});
