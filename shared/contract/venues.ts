/** What the venues answered, and what could not be known. */

/**
 * The answer to one question to one venue. Silence is never flat, and a failed fetch is not an empty list:
 * `complete` holds every item; `empty` is an explicit "none"; `truncated` holds some; `outsideLookback` cannot reach far enough
 * back; `notLoaded`: the instrument or the market is not known; `silent`: no answer in time; `failed`: an answer that is an error.
 */
export type AnswerStatus = 'asking' | 'complete' | 'empty' | 'truncated' | 'outsideLookback' | 'notLoaded' | 'silent' | 'failed';

export interface Answer<T> {
  readonly status: AnswerStatus;
  readonly items: readonly T[];
  /** Why it is not complete; empty where it is. */
  readonly reason: string;
  readonly askedAt: string;
  readonly ms: number;
  /** SHA-256 of the canonical items, hexadecimal, short; where the numbers on the screen come from. */
  readonly payloadHash: string | null;
}

export interface VenueOrder {
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  readonly orderId: string;
  readonly clientId: string | null;
  readonly side: 'buy' | 'sell';
  readonly type: string;
  readonly price: string | null;
  readonly trigger: string | null;
  readonly quantity: string;
  readonly filled: string;
  readonly remaining: string;
  readonly reduceOnly: boolean;
  readonly status: 'open' | 'partiallyFilled' | 'filled' | 'cancelled' | 'rejected' | 'expired' | 'unknown';
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

export interface VenueFill {
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  readonly tradeId: string;
  readonly orderId: string;
  readonly clientId: string | null;
  readonly side: 'buy' | 'sell';
  readonly quantity: string;
  readonly price: string;
  readonly fee: string | null;
  readonly feeAsset: string | null;
  readonly liquidity: 'maker' | 'taker' | 'unknown';
  readonly at: string;
}

export interface VenuePosition {
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  /** Signed. */
  readonly quantity: string;
  readonly entryPrice: string | null;
  readonly mark: string | null;
  readonly unrealised: string | null;
  readonly liquidationPrice: string | null;
}

export interface VenueBalance {
  readonly venue: string;
  readonly account: string;
  readonly asset: string;
  readonly free: string;
  readonly locked: string;
  readonly total: string;
}

export interface VenueMark {
  readonly venue: string;
  readonly symbol: string;
  readonly price: string;
  readonly at: string | null;
  readonly ageMs: number | null;
  readonly fundingAt: string | null;
}

export interface VenueReport {
  readonly name: string;
  readonly dialect: string;
  readonly account: string;
  /** The worst of its answers: `answered` only where each is complete or empty. */
  readonly status: 'asking' | 'answered' | 'partial' | 'silent' | 'failed';
  readonly reason: string;
  readonly askedAt: string;
  readonly ms: number;
  readonly clockOffsetMs: number | null;
  /** null is UNKNOWN, never zero. */
  readonly orders: number | null;
  readonly notional: string | null;
  readonly openOrders: Answer<VenueOrder>;
  readonly positions: Answer<VenuePosition>;
  readonly balances: Answer<VenueBalance>;
  readonly marks: Answer<VenueMark>;
  readonly canCancel: boolean;
  readonly cancelOnDisconnect: 'yes' | 'no' | 'unknown';
  readonly marginUsed: string | null;
  readonly marginFree: string | null;
  readonly rateLimit: string | null;
  readonly emergency: Readonly<Record<string, string>>;
}

/** Exposure in the reporting currency, with the range that working orders and silence leave open. */
export interface ExposureRange {
  readonly net: string | null;
  readonly gross: string | null;
  readonly netWorstLow: string | null;
  readonly netWorstHigh: string | null;
  readonly grossWorst: string | null;
  /** What the worst case counts, in words. */
  readonly basis: string;
}

/** Orders to cancel: every field narrows; absent means "any". */
export interface CancelScope {
  readonly venue?: string | undefined;
  readonly account?: string | undefined;
  readonly symbol?: string | undefined;
  readonly strategy?: string | undefined;
  readonly trader?: string | undefined;
  readonly clientIds?: readonly string[] | undefined;
  /** Stops and reduce-only orders protect: they are cancelled only when asked for. */
  readonly includeProtective?: boolean | undefined;
}

export type CancelFate = 'listed' | 'sent' | 'confirmed' | 'alreadyGone' | 'filled' | 'rejected' | 'unknown';

export interface CancelReport {
  readonly id: string;
  readonly scope: CancelScope;
  readonly by: string;
  readonly startedAt: string;
  /** `done` only when a complete list of the venue shows none of them. */
  readonly status: 'listing' | 'sending' | 'confirming' | 'done' | 'incomplete';
  readonly orders: readonly {
    readonly venue: string;
    readonly symbol: string;
    readonly orderId: string;
    readonly clientId: string | null;
    readonly side: 'buy' | 'sell';
    readonly remaining: string;
    readonly price: string | null;
    readonly trigger: string | null;
    readonly fate: CancelFate;
    readonly reason: string;
  }[];
  readonly venues: readonly {
    readonly venue: string;
    readonly listed: AnswerStatus;
    readonly left: number | null;
    readonly reason: string;
  }[];
}
