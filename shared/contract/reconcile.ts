/** Breaks: the differences between our state and the venues'. */

export const BREAK_KINDS = [
  'missingFill',
  'unknownOrder',
  'vanishedOrder',
  'pendingUnknown',
  'pendingCancelUnresolved',
  'statusDiffers',
  'amended',
  'filledAhead',
  'filledBehind',
  'fillDiffers',
  'duplicateTradeId',
  'overfill',
  'positionDiffers',
  'sideFlipped',
  'averagePriceDiffers',
  'openHereFlatThere',
  'openThereNoneHere',
  'balanceDiffers',
  'marginDiffers',
  'duplicateClientId',
  'clockOffset',
  'notProvable',
] as const;
export type BreakKind = (typeof BREAK_KINDS)[number];

export type Decision = 'acceptVenue' | 'keepOurs' | 'cancelOrder' | 'claim' | 'tolerate' | 'note';
export type Severity = 'critical' | 'high' | 'low' | 'note';

/** One side of a break, in the words of the break's kind. Amounts are decimal strings; null means "not there". */
export type BreakSide = Readonly<Record<string, string | null>>;

export interface Break {
  /** Stable: reconciling twice gives the same id for the same difference. */
  readonly id: string;
  readonly kind: BreakKind;
  readonly severity: Severity;
  readonly blocking: boolean;
  readonly venue: string;
  readonly account: string;
  readonly symbol: string | null;
  readonly clientId: string | null;
  readonly orderId: string | null;
  readonly tradeId: string | null;
  readonly asset: string | null;
  readonly ours: BreakSide | null;
  readonly theirs: BreakSide | null;
  /** `false`: the venue did not tell its side. An absent one is then not known, and not "not there". */
  readonly answered: boolean;
  /** theirs - ours in the unit of the kind (quantity, price, asset); null where there is none. */
  readonly delta: string | null;
  /** At the current mark, reporting currency; null is unknown. */
  readonly moneyAtRisk: string | null;
  readonly cause: string;
  /** Breaks that this one explains or is explained by. */
  readonly causedBy: readonly string[];
  readonly proposals: readonly Decision[];
  /** Where both sides came from. */
  readonly sources: readonly string[];
  /** LSNs of the operations behind our side. */
  readonly lsns: readonly number[];
  readonly foundAt: string;
  /** Since when the difference can be there, by our record or the venue's; null where neither says. */
  readonly ageMs: number | null;
  readonly staged: { readonly decision: Decision; readonly comment: string; readonly by: string; readonly at: string } | null;
}

export interface ReconcileReport {
  readonly store: string;
  readonly lsn: number;
  readonly askedAt: string;
  readonly ms: number;
  readonly venues: readonly {
    readonly name: string;
    readonly status: 'answered' | 'partial' | 'silent' | 'failed';
    readonly ms: number;
    readonly questions: number;
    readonly reason: string;
    /** `false`: blocks resume for this venue. */
    readonly provable: boolean;
  }[];
  readonly breaks: readonly Break[];
  readonly matched: { readonly orders: number; readonly fills: number; readonly positions: number; readonly balances: number };
  readonly blocking: number;
}
