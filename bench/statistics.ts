/** Quantiles of samples. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

const ascending = (samples: ArrayLike<number>): Float64Array => Float64Array.from(samples).sort();

/** The value below which a fraction of the samples lies; nearest rank. @param fraction in [0, 1] */
export function quantile(samples: ArrayLike<number>, fraction: number): number {
  const sorted = ascending(samples);
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(fraction * sorted.length) - 1))]!;
}

export const median = (samples: ArrayLike<number>): number => quantile(samples, 0.5);

export function spreadOf(samples: ArrayLike<number>): Spread {
  const sorted = ascending(samples);
  return { median: median(sorted), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}
