/** How far two sides may differ without being a break. Configuration, and shown with the breaks that it decided. */

export interface Tolerances {
  /** Money that rounding at the venue may leave between an explanation and a balance; units of 10^-18. */
  readonly money: bigint;
  /** Of average prices, in millionths. The quantity's tolerance is the instrument's. */
  readonly averagePricePpm: bigint;
  /** Of margin, in millionths: it follows marks that are not the same on both sides. */
  readonly marginPpm: bigint;
  readonly clockMs: number;
  /** Between the time that we gave a fill and the venue's. */
  readonly fillTimeMs: number;
  /** For this long after its submission an order that is not there may still arrive. */
  readonly inFlightMs: number;
}

export const TOLERANCES: Tolerances = {
  money: 1_000_000_000_000n, // 0.000001
  averagePricePpm: 10n,
  marginPpm: 100_000n,
  clockMs: 250,
  fillTimeMs: 1_000,
  inFlightMs: 10_000,
};
