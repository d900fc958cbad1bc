/** What the engineer reads: the crash, record by record. */

import type { IntentJson } from '../model/json.ts';

export interface OperationRow {
  readonly lsn: number;
  readonly type: string;
  readonly class: 'commit' | 'post';
  readonly at: string;
  readonly intent: IntentJson;
  readonly epoch: number;
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  readonly acknowledged: boolean;
}

/** Decimated (minimum and maximum per bucket), so that its length does not follow the length of the log. */
export interface TimelinePoint {
  readonly lsn: number;
  readonly at: string;
  readonly atMs: number;
  readonly gross: number;
  readonly net: number;
  readonly realised: number;
  readonly unrealised: number;
  readonly liveOrders: number;
}

export interface Timeline {
  readonly from: number;
  readonly to: number;
  readonly crashedAtMs: number | null;
  readonly points: readonly TimelinePoint[];
  readonly lanes: readonly {
    readonly lane: string;
    readonly marks: readonly { readonly lsn: number; readonly atMs: number; readonly label: string }[];
  }[];
}

export interface CellChange {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface StateAt {
  readonly lsn: number;
  readonly stateDigest: string;
  readonly risk: Readonly<Record<string, unknown>>;
  readonly positions: readonly Readonly<Record<string, unknown>>[];
  readonly liveOrders: readonly Readonly<Record<string, unknown>>[];
  readonly balances: readonly Readonly<Record<string, unknown>>[];
  readonly rows: Readonly<Record<string, number>>;
}

export interface DeathReport {
  readonly lastLsn: number;
  readonly acknowledgedLsn: number;
  readonly lastOperationAt: string | null;
  readonly lastSignOfLifeAt: string | null;
  readonly gapMs: number | null;
  readonly unacknowledgedOrders: readonly {
    readonly clientId: string;
    readonly venue: string;
    readonly symbol: string;
    readonly side: string;
    readonly quantity: string;
    /** null: at the market, or at the trigger alone. */
    readonly price: string | null;
    readonly trigger: string | null;
    readonly lsn: number;
    readonly at: string;
  }[];
  readonly sessions: readonly {
    readonly venue: string;
    readonly state: string;
    readonly sequenceReceived: string;
    readonly lastEventAt: string | null;
    readonly cancelOnDisconnect: string;
  }[];
}

export interface PageView {
  readonly tier: string;
  readonly page: number;
  readonly table: string | null;
  readonly lsn: number | null;
  readonly hashStored: string | null;
  readonly hashComputed: string | null;
  readonly status: string;
  /** Base64 of the 4,096 bytes. */
  readonly bytes: string;
  readonly rows: readonly { readonly row: number; readonly values: Readonly<Record<string, unknown>> }[];
}
