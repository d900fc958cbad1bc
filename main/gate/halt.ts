/**
 * Setting the mode, and everything that stops trading.
 *
 * Going down, the effect comes first and the audit line after it: a log that cannot be written never keeps trading on. Going up, the
 * line comes first.
 */

import { MONEY_SCALE, parseDecimal } from '../../shared/amounts.ts';
import { RearmError } from '../../shared/errors.ts';
import { type Change, isWithin } from './bounds.ts';
import { burn, endRelease } from './burn.ts';
import type { GateContext } from './context.ts';
import { publishCurrent, readCurrent } from './current.ts';
import { publishVoid, readVoid } from './dossier.ts';
import { type EffectiveMode, fromWords, type ModeRecord, publishHalt, publishMode } from './mode-record.ts';
import { AUTOMATIC_HALTS, type AutomaticHalt, checkTransition, MODES } from './modes.ts';
import { isInForce, readPeople } from './people.ts';
import { check, fields, line } from './records.ts';
import { assess, hasOpenToken, type World } from './standing.ts';
import { timeText } from './time.ts';

export interface SetModeRequest {
  readonly mode: 'HALTED' | 'CANCEL_ONLY' | 'REDUCING';
  readonly by: string;
  readonly reason: string;
  /** For REDUCING: how long, 1 to its bound; the default is in MODES. */
  readonly minutes?: number;
  /** For REDUCING: most money to send, reporting currency. */
  readonly cap?: string;
}

const who = (by: string): string => check(fields.actor, by, 'by', 'PAYLOAD_INVALID');
const why = (reason: string): string => check(line(512).min(1), reason, 'reason', 'PAYLOAD_INVALID');

/** What was taken away by a halt, for the audit line. */
interface Taken {
  readonly voided: string | null;
  readonly withdrawn: string | null;
}

const NOTHING: Taken = { voided: null, withdrawn: null };

/** Marks the dossier in force void and withdraws its token where it is not used yet. Durable on return; no audit line. */
export function takeBack(context: GateContext, by: string, reason: string, moved: readonly Change[]): Taken {
  const { storage, layout, storeId } = context;
  const current = readCurrent(storage, layout, storeId);
  if (!current) return NOTHING;
  const { dossierHash } = current;
  const at = context.now();
  const withdrawn = hasOpenToken(context, current) ? current.nonce : null;
  const used = current.nonce !== null && withdrawn === null;
  const voided = used || readVoid(storage, layout, dossierHash) !== null ? null : dossierHash;
  // First: whoever dies behind it leaves a dossier of which no other token is issued, and whose token nobody can use.
  if (voided !== null) publishVoid(storage, layout, { format: 'rearm-void-1', dossierHash, at, by, reason, changes: [...moved] });
  if (withdrawn !== null) {
    publishCurrent(storage, layout, storeId, dossierHash, null);
    burn(storage, layout, { format: 'rearm-burnt-1', nonce: withdrawn, dossierHash, at, by, purpose: 'withdrawn' });
  }
  return { voided, withdrawn };
}

/** The release whose mode was replaced is over. Last: what was set stands without it. */
export function endReplaced({ storage, layout }: GateContext, before: EffectiveMode, nonce: string | null): void {
  const ended = before.recorded?.nonce ?? null;
  if (ended !== null && ended !== nonce) endRelease(storage, layout, ended);
}

interface HaltOptions {
  readonly by: string;
  readonly reason: string;
  readonly action: 'mode.set' | 'gate.stayHalted' | 'mode.rehalted';
  readonly voids: boolean;
  readonly acceptedEpoch: number | null;
  readonly moved?: readonly Change[];
}

/** Where trading is halted already, the first reason and time stand. */
function halt(context: GateContext, options: HaltOptions): EffectiveMode {
  const { storage, layout, storeId } = context;
  const { by, reason, acceptedEpoch } = options;
  const before = context.mode(acceptedEpoch);
  if (before.case !== 'halted') {
    const at = context.now();
    const record: ModeRecord = {
      format: 'rearm-mode-1',
      storeId,
      mode: 'HALTED',
      by,
      reason,
      at,
      until: null,
      cap: null,
      venues: [],
      strategies: [],
      nonce: null,
      epoch: acceptedEpoch,
    };
    publishHalt(storage, layout, before, record);
  }
  const taken = options.voids ? takeBack(context, by, reason, options.moved ?? []) : NOTHING;
  context.readyAudit();
  const { from, ...because } = fromWords(before);
  context.audit.append(by, options.action, { from: before.recorded?.mode ?? from, ...because, to: 'HALTED', reason, ...taken });
  endReplaced(context, before, null);
  return context.mode(acceptedEpoch);
}

/**
 * One person sets a mode up to REDUCING. Durable on return. Going down is never refused, whoever asks and whatever state the
 * audit log is in: then the mode is set, and AUDIT_BROKEN is thrown after it.
 *
 * @throws RearmError GATE_CLOSED where a person cannot go there; what reading the mode threw, where it is not HALTED that is set; APPROVAL_INVALID (reason unknownPerson) where the person going up
 *   is not enrolled; PAYLOAD_INVALID, AMOUNT_INVALID, GATE_BUSY, AUDIT_BROKEN
 */
export function setMode(context: GateContext, request: SetModeRequest, world: World = {}): EffectiveMode {
  const { storage, layout, storeId, clock } = context;
  const by = who(request.by);
  const reason = why(request.reason);
  const acceptedEpoch = world.accepted?.epoch ?? null;
  const { mode } = request;
  if (mode === 'HALTED') {
    return context.lockedToHalt(() => halt(context, { by, reason, action: 'mode.set', voids: true, acceptedEpoch }));
  }
  const permits = MODES[mode];
  const minutes = request.minutes ?? permits.minutesDefault;
  if (minutes !== null && (permits.minutesMax === null || !Number.isInteger(minutes) || minutes < 1 || minutes > permits.minutesMax)) {
    throw new RearmError(
      'PAYLOAD_INVALID',
      `${mode} lasts ${permits.minutesMax === null ? 'until it is changed' : `1 to ${permits.minutesMax} minutes`}, not ${minutes}`,
      {},
    );
  }
  const cap = request.cap ?? null;
  if (cap !== null && (mode !== 'REDUCING' || parseDecimal(cap, MONEY_SCALE) < 0n)) {
    throw new RearmError('PAYLOAD_INVALID', 'a cap is money, not negative, and for REDUCING', {});
  }
  const record = (): ModeRecord => {
    const now = clock.wallNs();
    const until = minutes === null ? null : timeText(now + BigInt(minutes) * 60_000_000_000n);
    return {
      format: 'rearm-mode-1',
      storeId,
      mode,
      by,
      reason,
      at: timeText(now),
      until,
      cap,
      venues: [],
      strategies: [],
      nonce: null,
      epoch: acceptedEpoch,
    };
  };
  return context.lockedToHalt(() => {
    const before = context.mode(acceptedEpoch);
    // Up or down, nobody knows; HALTED is down from anywhere.
    if (before.unread) throw before.unread;
    checkTransition(before.mode, mode, 'person');
    const next = record();
    const details = { ...fromWords(before), to: mode, reason, until: next.until, cap };
    if (permits.rank < MODES[before.mode].rank) {
      publishMode(storage, layout, before, next);
      const open = hasOpenToken(context, readCurrent(storage, layout, storeId));
      const taken = open ? takeBack(context, by, reason, []) : NOTHING;
      context.readyAudit();
      context.audit.append(by, 'mode.set', { ...details, ...taken });
    } else {
      context.readyAudit();
      if (!isInForce(context.completed().people, by)) {
        throw new RearmError('APPROVAL_INVALID', `the mode stays ${before.mode}: ${by} is not enrolled`, { reason: 'unknownPerson' });
      }
      context.audit.append(by, 'mode.set', details);
      publishMode(storage, layout, before, next);
    }
    endReplaced(context, before, null);
    return context.mode(acceptedEpoch);
  });
}

/**
 * The decision not to release: trading is halted, the dossier in force is void, its token is withdrawn. Durable on return.
 *
 * @throws RearmError AUDIT_BROKEN after all that is done; GATE_BUSY, PAYLOAD_INVALID before.
 */
export function stayHalted(
  context: GateContext,
  request: { readonly by: string; readonly reason: string },
  world: World = {},
): EffectiveMode {
  const by = who(request.by);
  const reason = why(request.reason);
  const acceptedEpoch = world.accepted?.epoch ?? null;
  return context.lockedToHalt(() => halt(context, { by, reason, action: 'gate.stayHalted', voids: true, acceptedEpoch }));
}

/** A process halts. Durable on return. @throws RearmError AUDIT_BROKEN after it is done; GATE_BUSY, PAYLOAD_INVALID before. */
export function rehalt(
  context: GateContext,
  request: { readonly by: string; readonly cause: AutomaticHalt; readonly detail?: string },
  world: World = {},
): EffectiveMode {
  const { sentence, voids } = AUTOMATIC_HALTS[request.cause];
  const by = who(request.by);
  const reason = why(request.detail ? `${sentence}: ${request.detail}` : sentence);
  const acceptedEpoch = world.accepted?.epoch ?? null;
  return context.lockedToHalt(() => halt(context, { by, reason, action: 'mode.rehalted', voids, acceptedEpoch }));
}

/** What moved, where the world left the bounds of a dossier that could still lead to trading; null otherwise. */
function leftBounds(context: GateContext, world: World): readonly Change[] | null {
  const people = readPeople(context.storage, context.layout.people, context.storeId);
  const found = assess(context, people, world);
  if (!found || found.marked || isWithin(found.changes)) return null;
  return found.current.nonce === null || hasOpenToken(context, found.current) ? found.changes : null;
}

/**
 * Makes durable what has become true by itself: a mode whose time has passed becomes a recorded halt, a dossier whose bounds the world
 * left becomes void and its unused token is withdrawn. Writes nothing where nothing changed.
 *
 * @throws RearmError GATE_BUSY, AUDIT_BROKEN, AMOUNT_INVALID
 */
export function enforce(context: GateContext, by: string, world: World): void {
  const mode = context.mode(world.accepted?.epoch ?? null);
  if (mode.mode === 'HALTED' && mode.recorded !== null && mode.recorded.mode !== 'HALTED') {
    rehalt(context, { by, cause: mode.case === 'timePassed' ? 'timePassed' : 'modeNotInForce', detail: mode.reason }, world);
  }
  if (!leftBounds(context, world)) return;
  context.locked(() => {
    const moved = leftBounds(context, world);
    if (moved) voidDossier(context, by, moved);
  });
}

/** The caller holds the lock. Effect first: it only takes something away. */
export function voidDossier(context: GateContext, by: string, moved: readonly Change[]): void {
  const outside = moved.filter((change) => !change.within).map((change) => `${change.what} ${change.now}`);
  const reason = `outside the bounds: ${outside.join(', ')}`;
  const taken = takeBack(context, by, reason, moved);
  context.audit.append(by, 'dossier.voided', { reason, changes: moved, ...taken });
}
