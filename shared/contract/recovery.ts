/** What a recovery returns: the same evidence for the console, the terminal and the evidence pack. */

import type { ErrorData } from '../errors.ts';

export type TierName = 'L1' | 'L2' | 'L3' | 'L4' | 'L5';
export type Outcome = 'recovered' | 'salvaged' | 'refused' | 'empty';

/**
 * `valid`: every byte that it claims checks. `partial`: some pages are bad, the others check. `torn`: it was being written.
 * `stale`: valid, but not on the lineage, or behind what the log still reaches. `damaged`: nothing usable. `missing`: not there.
 * `unavailable`: there, but this runtime cannot read it.
 */
export type TierStatus = 'valid' | 'partial' | 'torn' | 'stale' | 'damaged' | 'missing' | 'unavailable' | 'probing';

/** What would be lost by recovering from this tier alone, without replaying the log behind it. */
export interface Loss {
  readonly operations: number;
  readonly acknowledged: number;
  /** null: the log that would tell is gone. */
  readonly orders: number | null;
  readonly fills: number | null;
}

export interface TierReport {
  readonly tier: TierName;
  readonly status: TierStatus;
  readonly chosen: boolean;
  /** Highest LSN of which the tier holds every change; null where it holds nothing usable. */
  readonly lsn: number | null;
  readonly epoch: number | null;
  /** Wall time of the checkpoint, ISO; null where unknown. */
  readonly takenAt: string | null;
  readonly ageMs: number | null;
  readonly bytes: number;
  readonly pages: number;
  readonly pagesBad: number;
  /** Stored and recomputed root, hexadecimal. */
  readonly checksumStored: string | null;
  readonly checksumComputed: string | null;
  /** Time of the probe. */
  readonly ms: number;
  readonly survives: string;
  readonly wouldLose: Loss | null;
  readonly reason: string;
  /** Files of the store that were read, relative. */
  readonly files: readonly string[];
}

export interface WalReport {
  readonly status: 'whole' | 'tornTail' | 'damaged' | 'missing' | 'unread';
  readonly segments: number;
  readonly bytes: number;
  readonly firstLsn: number | null;
  readonly lastLsn: number;
  readonly tornBytes: number;
  readonly tornAt: { readonly file: string; readonly offset: number } | null;
}

export type StepName =
  | 'identify'
  | 'probe.L1'
  | 'probe.L2'
  | 'probe.L3'
  | 'probe.L4'
  | 'probe.log'
  | 'decide'
  | 'load'
  | 'replay'
  | 'validate'
  | 'compare';

/** Every step of the cascade returns this shape, whatever it did. */
export interface StepReport {
  readonly step: StepName;
  readonly outcome: 'ok' | 'finding' | 'failed' | 'skipped' | 'running';
  readonly reason: string;
  readonly lsnBefore: number | null;
  readonly lsnAfter: number | null;
  /** Milliseconds since the start of the recovery. */
  readonly startMs: number;
  readonly ms: number;
  /** After the state was validated: not part of the RTO. */
  readonly afterRto: boolean;
}

export interface Finding {
  readonly code: string;
  readonly severity: 'note' | 'warning' | 'damage' | 'critical';
  readonly message: string;
  readonly file?: string;
  readonly offset?: number;
  readonly lsn?: number;
  readonly page?: number;
  /** Of a page that is salvaged: the copy that it comes from, as {@link CopyReport.name}; `wal` where the log alone makes it. */
  readonly source?: string;
  readonly table?: string;
  /** Row numbers in doubt, first to last inclusive. */
  readonly rows?: readonly [number, number];
}

/** Where a page of the recovered image came from. One letter in the page map. */
export type PageState = 'valid' | 'salvaged' | 'replayed' | 'bad' | 'stale' | 'free';

export interface PageMap {
  /** Pages in number order: one character each: v valid, s salvaged, r brought forward by the log, b bad, t stale, . free. */
  readonly states: string;
  /** Per page: index into `sources`. */
  readonly sources: readonly TierName[];
  readonly sourceOf: string;
}

/** One fact -> decision line, as taken from the decision table. */
export interface DecisionReport {
  readonly group: 'hot' | 'cold';
  readonly case: string;
  readonly decision: string;
  readonly reason: string;
}

/** One copy of the state: a slot, a snapshot, an archived image. */
export interface CopyReport {
  readonly tier: TierName;
  readonly name: string;
  readonly lsn: number;
  readonly status: TierStatus;
  /** May serve as a base, whole or with pages from elsewhere. */
  readonly usable: boolean;
}

export interface RecoveryReport {
  readonly store: string;
  readonly storeId: string;
  readonly epoch: number;
  readonly outcome: Outcome;
  readonly sentence: string;
  /** The tier that gave the hot tables; null where nothing was recovered. */
  readonly base: TierName | null;
  readonly baseLsn: number | null;
  readonly lsn: number;
  readonly acknowledgedLsn: number;
  /** null: not known, for nothing of the store could be read. */
  readonly lostAcknowledged: number | null;
  readonly replayed: number;
  readonly tornBytes: number;
  readonly stateDigest: string | null;
  readonly root: string | null;
  readonly headHash: string | null;
  /** The engine's last operation in wall time, ISO. */
  readonly lastOperationAt: string | null;
  readonly writerAlive: boolean;
  readonly closedInOrder: boolean;
  readonly tiers: readonly TierReport[];
  readonly copies: readonly CopyReport[];
  readonly wal: WalReport;
  readonly steps: readonly StepReport[];
  readonly decisions: readonly DecisionReport[];
  readonly findings: readonly Finding[];
  readonly pageMap: PageMap;
  readonly unacknowledgedOrders: number;
  readonly rtoMs: number;
  readonly rtoBudgetMs: number;
  readonly startedAt: string;
  readonly error: ErrorData | null;
}

export interface RecoveryProgress {
  readonly phase: StepName;
  /** 0 to 1, or null where the size of the work is not known. */
  readonly fraction: number | null;
  readonly detail: string;
  readonly steps: readonly StepReport[];
  readonly tiers: readonly TierReport[];
}
