/** What the processes of the simulation have in common: their names, bounds and configurations, and what is recorded of them. */

import { type EngineConfig, parseEngineConfig } from '../main/engine/config.ts';
import type { Submission } from '../main/engine/engine.ts';
import { RearmError } from '../shared/errors.ts';
import { intentToJson } from '../shared/model/json.ts';
import { formatTime } from '../shared/units.ts';
import type { Event } from './event.ts';
import type { FileTree } from './file-tree.ts';
import type { Random } from './model/random.ts';
import type { Operation } from './model/reference.ts';
import type { SteppedClock } from './stepped.ts';
import type { CallKind } from './storage.ts';

export const ROOT = '/store';
export const BOOT = '00000000-0000-4000-8000-000000000001';
export const LATER_BOOT = '00000000-0000-4000-8000-000000000002';
const LAST_BOOT = '00000000-0000-4000-8000-000000000003';
/** After the power was cut. */
export const bootAfter = (bootId: string): string => (bootId === BOOT ? LATER_BOOT : LAST_BOOT);

/** Bounds that keep an image at a few dozen pages, so that a thousand states are judged in a second. */
export const ROWS_MAX = {
  dictionary: 96,
  chunks: 96,
  assets: 16,
  instruments: 8,
  configurations: 8,
  positions: 24,
  orders: 96,
  fills: 96,
  balances: 24,
  margins: 16,
  profits: 8,
  limits: 8,
  strategies: 4,
  resolutions: 16,
  books: 16,
  trades: 16,
  markets: 8,
} as const;

export interface Recording {
  /** The disk that the process found; an empty one where it is left out. */
  readonly start?: FileTree;
  /** Operations that were on that disk, and the last one that the process must not lose. */
  readonly before?: { readonly lines: readonly Operation[]; readonly acknowledged: number };
  readonly events: readonly Event[];
  /** Calls to the storage in all. */
  readonly calls: number;
  /** Kinds of all calls, by number from 1. */
  readonly callKinds: readonly CallKind[];
  /** What each of them was for, by number. */
  readonly callSites: readonly string[];
  /** What ended the process before its steps were over; null where nothing did. */
  readonly ended: RearmError | null;
  readonly clock: SteppedClock;
  /** Of the machine that it was recorded on. */
  readonly bootId: string;
  /** Whether its disk leaves a sector that was being written when the power failed as it was, or as it was to be. */
  readonly powersafe: boolean;
  /** The disk that the process found may have lost sectors. */
  readonly wasDamaged?: boolean;
  /** What was done to its files before, in words. */
  readonly damages?: readonly string[];
  /** Events before this one are another recording's too, and are not judged again. */
  readonly from?: number;
}

const CODES_OF_A_REFUSAL: ReadonlySet<string> = new Set([
  'OPERATION_INVALID',
  'NOT_FOUND',
  'AMOUNT_INVALID',
  'AMOUNT_OVERFLOW',
  'TEXT_TOO_LONG',
  'GATE_CLOSED',
  'STATE_BOUND',
]);
export const isRefusal = (error: unknown): boolean => error instanceof RearmError && CODES_OF_A_REFUSAL.has(error.code);

/** An operation as a log has it. */
export const lineOf = ({ lsn, posted, timeNs, intent }: Submission): Operation => {
  const json = intentToJson(intent);
  return { lsn, type: json.type, class: posted ? 'post' : 'commit', time: formatTime(timeNs), intent: json };
};

/** Less than a desk may configure: a life of a few dozen operations fills, prepares and frees several. */
const SEGMENT_BYTES = [8_192, 8_192, 65_536];

/** How a desk has its engine: cadences at which a life of a few dozen operations has every tier taken. */
export function configurationOf(random: Random): EngineConfig {
  const configured = parseEngineConfig({
    tiers: 'inline',
    archive: false,
    l1Ms: random.pick([3, 10]),
    l1: !random.chance(0.1),
    l1Msync: random.chance(0.2),
    l2Ms: random.pick([10, 40]),
    l3Ms: random.pick([20, 20, 120]),
    l3Keep: 2,
    syncMs: random.pick([4, 15]),
    markMs: random.pick([10, 30]),
    pruneMs: 40,
    windowMs: random.pick([10, 10, 300]),
    retentionMs: 120,
    marketRetentionMs: 60,
  });
  return { ...configured, segmentBytes: random.pick(SEGMENT_BYTES) };
}

/** What a file of the store is for, whatever its number. */
export const siteOf = (kind: CallKind, path: string): string => `${kind} ${path.slice(ROOT.length + 1).replaceAll(/[0-9a-f]{8,}/g, 'N')}`;
