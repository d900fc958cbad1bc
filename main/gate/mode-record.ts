/**
 * The mode in force: `gate/mode.json`, canonical JSON {at, by, cap, epoch, format: "rearm-mode-1", mode, nonce, reason, storeId,
 * strategies, until, venues}. Its history is the audit log. What the record says is in force only as modes.ts decides.
 */

import { join } from 'node:path';
import { z } from 'zod';
import type { TradingMode } from '../../shared/contract/facts.ts';
import { RearmError } from '../../shared/errors.ts';
import { publish, readWhole } from '../storage/publish.ts';
import type { Storage } from '../storage/storage.ts';
import { readBurnt } from './burn.ts';
import { canonicalText, sha256Hex } from './canonical.ts';
import type { GateLayout } from './layout.ts';
import { decideMode, MODES, type ModeFacts, type ModeInForce, TRADING_MODES } from './modes.ts';
import { fields, isOfContent, line, publishRecord, readRecord } from './records.ts';
import { CLOCK_TOLERANCE_NS, timeOf } from './time.ts';
import { readToken } from './token.ts';

const minutesNs = (minutes: number): bigint => BigInt(minutes) * 60_000_000_000n;

export const modeSchema = z
  .strictObject({
    format: z.literal('rearm-mode-1'),
    storeId: fields.storeId,
    mode: z.enum(TRADING_MODES),
    by: fields.actor,
    reason: line(512).min(1),
    at: fields.time,
    until: fields.time.nullable(),
    cap: fields.amount.nullable(),
    venues: z.array(line(128).min(1)).max(256),
    strategies: z.array(line(128).min(1)).max(4096),
    /** The burnt token that led here; null where a person or a process did. */
    nonce: fields.nonce.nullable(),
    /** The accepted epoch when it was set; null where none was known. */
    epoch: fields.count.nullable(),
  })
  .refine(({ mode, nonce, at, until }) => {
    const { minutesMax } = MODES[mode];
    if (minutesMax === null || nonce !== null) return true;
    return until !== null && timeOf(until) - timeOf(at) <= minutesNs(minutesMax);
  }, 'lasts longer than one person may set it');
export type ModeRecord = Omit<z.infer<typeof modeSchema>, 'venues' | 'strategies'> & {
  readonly venues: readonly string[];
  readonly strategies: readonly string[];
};

export const MODE_BYTES_MAX = 1024 * 1024;

/** What is no mode of this store goes to quarantine first. Durable on return. @param before what it replaces */
export function publishMode(storage: Storage, layout: GateLayout, before: EffectiveMode, record: ModeRecord): void {
  if (before.case === 'unreadable' || before.case === 'foreign') keepEvidence(storage, layout);
  publishRecord(storage, layout.mode, modeSchema, record);
}

/**
 * Publishes a halt. Where that fails, a full disk for one, the record that permits trading loses its last byte, which takes no space: what
 * cannot be read means HALTED. It is never removed: where no recovery was accepted yet, no record means that nothing is closed. Durable on
 * return.
 *
 * @throws RearmError what publishing threw, after that.
 */
export function publishHalt(storage: Storage, layout: GateLayout, before: EffectiveMode, record: ModeRecord): void {
  try {
    publishMode(storage, layout, before, record);
  } catch (error) {
    // What is none permits nothing, and stays as it is.
    if (error instanceof RearmError && !['unreadable', 'foreign'].includes(before.case)) spoil(storage, layout);
    throw error;
  }
}

/** Durable on return. */
function spoil(storage: Storage, layout: GateLayout): void {
  const made = !storage.exists(layout.mode);
  const file = storage.open(layout.mode, made ? 'create' : 'write');
  try {
    const size = file.size();
    if (size > 0) file.truncate(size - 1);
    file.sync();
  } finally {
    file.close();
  }
  if (made) storage.syncDirectory(layout.gate);
}

/** Durable on return, where it could be copied. */
function keepEvidence(storage: Storage, layout: GateLayout): void {
  try {
    const bytes = readWhole(storage, layout.mode, MODE_BYTES_MAX);
    publish(storage, join(layout.quarantine, `mode.json-${sha256Hex(bytes).slice(0, 16)}.damaged`), [bytes]);
  } catch (error) {
    // Not to be read at all, or too large: a mode is set, a halt above all, whatever becomes of the evidence.
    if (!(error instanceof RearmError)) throw error;
  }
}

/** What was in force before, for the audit log: null where nobody could read it; and why, where no record of this store says it. */
export const fromWords = ({
  case: name,
  mode,
  reason,
}: EffectiveMode): { readonly from: TradingMode | null; readonly fromBecause?: string } => ({
  from: name === 'unread' ? null : mode,
  ...(['unread', 'unreadable', 'foreign'].includes(name) && { fromBecause: reason }),
});

export interface EffectiveMode extends ModeInForce {
  readonly by: string | null;
  /** Since when, where that is known. */
  readonly since: string | null;
  readonly reason: string;
  /** Why it is HALTED without anybody knowing what the mode is; null where that is known. */
  readonly unread: RearmError | null;
  readonly until: string | null;
  readonly nonce: string | null;
  /** Which row of MODE_RULES decided. */
  readonly case: string;
  /** What the file says, where it can be read: `mode` differs from it after an automatic halt. */
  readonly recorded: ModeRecord | null;
}

/**
 * The mode in force now. Never throws for what the file holds: whatever is wrong with it means HALTED.
 *
 * @param acceptedEpoch the epoch of the accepted head, where the caller knows it: a mode that was set before it, other than
 *   HALTED, belongs to an engine that died.
 * @param neverClosed asked where there is no record: {@link ModeFacts.neverClosed}
 */
export function readMode(
  storage: Storage,
  layout: GateLayout,
  storeId: string,
  wallNs: bigint,
  acceptedEpoch: number | null,
  neverClosed: () => boolean,
): EffectiveMode {
  let record: ModeRecord | null = null;
  let state: ModeFacts['record'] = 'absent';
  let release: ModeFacts['release'] = 'notNeeded';
  let unread: RearmError | null = null;
  try {
    if (storage.exists(layout.mode)) {
      record = readRecord(storage, layout.mode, modeSchema, MODE_BYTES_MAX);
      state = record.storeId === storeId ? 'valid' : 'foreign';
      const needsRelease = record.mode === 'ACTIVE' || record.nonce !== null;
      if (needsRelease && state === 'valid') release = isReleased(storage, layout, record) ? 'burnt' : 'missing';
    }
  } catch (error) {
    if (!(error instanceof RearmError)) throw error;
    if (!isOfContent(error)) unread = error;
    state = unread ? 'unread' : 'unreadable';
  }
  const valid = state === 'valid' ? record : null;
  const rule = decideMode({
    record: state,
    mode: valid?.mode ?? 'HALTED',
    release,
    olderEpoch: valid !== null && valid.epoch !== null && acceptedEpoch !== null && valid.epoch < acceptedEpoch,
    clockWrong: valid !== null && wallNs < timeOf(valid.at) - CLOCK_TOLERANCE_NS,
    timePassed: valid !== null && valid.until !== null && wallNs >= timeOf(valid.until),
    neverClosed: state === 'absent' && neverClosed(),
  });
  if (rule.inForce === 'asRecorded' && valid) {
    const { mode, by, at, reason, until, nonce, cap, venues, strategies } = valid;
    return { mode, by, since: at, reason, unread, until, nonce, cap, venues, strategies, case: rule.case, recorded: valid };
  }
  const since = rule.case === 'timePassed' ? (valid?.until ?? null) : null;
  return {
    mode: rule.inForce === 'everything' ? 'ACTIVE' : 'HALTED',
    by: null,
    since,
    reason: unread ? `${rule.sentence}: ${unread.message}` : rule.sentence,
    unread,
    until: null,
    nonce: null,
    cap: null,
    venues: [],
    strategies: [],
    case: rule.case,
    recorded: valid,
  };
}

/** Its token was used, is not superseded by a later mode, and is for exactly what the record permits. */
function isReleased(storage: Storage, layout: GateLayout, { nonce, mode, venues, strategies }: ModeRecord): boolean {
  if (nonce === null) return false;
  const burnt = readBurnt(storage, layout, nonce);
  if (burnt === null || burnt === 'unreadable' || burnt.purpose !== 'release') return false;
  try {
    return canonicalText({ mode, venues, strategies }) === canonicalText(readToken(storage, layout, nonce).scope);
  } catch (error) {
    if (isOfContent(error)) return false;
    throw error;
  }
}
