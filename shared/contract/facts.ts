/** The ten facts of the first five seconds, in the order in which a supervisor needs them. */

import type { AnswerStatus, ExposureRange } from './venues.ts';

/** Every figure carries where it came from and how old it is. */
export interface Sourced<T> {
  /** null is UNKNOWN. */
  readonly value: T | null;
  /** For example `BINANCE openOrders 09:31:05.221` or `L2 at LSN 48,120,331`. */
  readonly source: string;
  readonly at: string | null;
}

export type EngineLife = 'dead' | 'alive' | 'secondWriter' | 'unknown';
export type TradingMode = 'HALTED' | 'CANCEL_ONLY' | 'REDUCING' | 'ACTIVE';

export interface TenFacts {
  /** 1 */
  readonly liveOrders: readonly {
    readonly venue: string;
    readonly status: AnswerStatus;
    readonly count: number | null;
    readonly notional: string | null;
    readonly at: string | null;
  }[];
  /** 2 */
  readonly engine: Sourced<EngineLife> & { readonly detail: string };
  /** 3 */
  readonly exposure: Sourced<ExposureRange> & { readonly grossLimit: string | null; readonly netLimit: string | null };
  /** 4: P&L since the crash, what a move of 1 % against us costs, and the age of the oldest mark. */
  readonly profit: Sourced<string> & { readonly lossPerPercent: string | null; readonly markAgeMs: number | null };
  /** 5 */
  readonly unacknowledged: Sourced<{ readonly count: number; readonly notional: string }>;
  /** 6 */
  readonly venues: readonly {
    readonly venue: string;
    readonly status: 'asking' | 'answered' | 'partial' | 'silent' | 'failed';
    readonly ageMs: number | null;
    readonly canCancel: boolean;
    readonly cancelOnDisconnect: 'yes' | 'no' | 'unknown';
    readonly cancelOnDisconnectObserved: boolean | null;
    readonly ms: number;
    readonly reason: string;
  }[];
  /** 7: positions that differ, in money at the mark; the largest by name. */
  readonly mismatches: Sourced<{
    readonly count: number;
    readonly money: string;
    readonly largest: string | null;
    readonly largestMoney: string | null;
  }>;
  /** 8 */
  readonly margin: Sourced<{
    readonly headroom: string;
    readonly used: string;
    readonly nextFundingAt: string | null;
    readonly nextExpiryAt: string | null;
  }>;
  /** 9 */
  readonly recovered: Sourced<{
    readonly sentence: string;
    readonly trust: 'full' | 'salvaged' | 'partial' | 'none';
    /** null: not known. */
    readonly lostAcknowledged: number | null;
    readonly ageMs: number | null;
  }>;
  /** 10 */
  /** `notBefore`: where the moment of the crash is not known, the last operation that can be read. */
  readonly next: {
    readonly crashedAt: string | null;
    readonly notBefore: string | null;
    readonly sinceMs: number | null;
    readonly action: string;
    readonly owner: string;
  };
}
