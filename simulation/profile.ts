/** How much is simulated per seed, and for how many seeds. */

import type { CrashLimits } from './crashes.ts';

export interface Profile {
  readonly seeds: number;
  /** Operations of a life. */
  readonly steps: number;
  readonly limits: CrashLimits;
  /**
   * A life so short that nearly every way to cut its disks is tried: every combination of what is pending where there are few, and else
   * every subset of the sectors, as they were or as they were written last, where no more of them are pending than `sectors`. Beyond, samples.
   */
  readonly small: { readonly steps: number; readonly limits: CrashLimits };
  /** Calls of the life that fail, one at a time. */
  readonly errors: number;
  /** Every call of the short life fails as well: with one error a seed, once or from there on; twenty seeds in a row have all of them. */
  readonly everyCall: boolean;
  /** Acceptances, releases and openings, each of another disk; of every four the third finds damaged files, and in the fourth calls fail. */
  readonly acts: number;
  /** Of an act in which calls fail: how many, one at a time. */
  readonly actErrors: number;
  /** Steps that are traded on most of what is opened. */
  readonly trades: number;
}

const LONG: Profile = {
  seeds: 60,
  steps: 60,
  limits: { exhaustive: 16, samples: 12 },
  small: { steps: 3, limits: { exhaustive: 4_096, samples: 64, sectors: 12 } },
  errors: 24,
  everyCall: true,
  acts: 8,
  actErrors: 8,
  trades: 24,
};

export const PROFILES = {
  short: {
    ...LONG,
    seeds: 4,
    steps: 40,
    limits: { exhaustive: 8, samples: 8 },
    small: { steps: 2, limits: { exhaustive: 256, samples: 16, sectors: 6 } },
    errors: 8,
    everyCall: false,
    acts: 4,
    actErrors: 3,
    trades: 12,
  },
  long: LONG,
} as const satisfies Record<string, Profile>;
export type ProfileName = keyof typeof PROFILES;
