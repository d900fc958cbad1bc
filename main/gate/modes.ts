/**
 * The modes of trading: what each permits, who may go where, and what is in force after a crash. Data tables, enumerated by
 * modes.test.ts.
 *
 * HALTED -> CANCEL_ONLY -> REDUCING -> ACTIVE. One person may do everything up to REDUCING, and always go down; only the gate
 * (a burnt token) leads to ACTIVE; every doubt leads to HALTED.
 */

import { absolute, MONEY_SCALE, parseDecimal } from '../../shared/amounts.ts';
import type { TradingMode } from '../../shared/contract/facts.ts';
import { RearmError } from '../../shared/errors.ts';

export const TRADING_MODES = ['HALTED', 'CANCEL_ONLY', 'REDUCING', 'ACTIVE'] as const satisfies readonly TradingMode[];

export interface ModePermits {
  /** A higher one permits more. */
  readonly rank: number;
  /** `reduceOnly`: only orders that make a venue-confirmed position smaller, up to the cap. */
  readonly orders: 'none' | 'reduceOnly' | 'all';
  /** The engine may cancel by itself. */
  readonly engineCancels: boolean;
  /** A person's cancel passes. Always. */
  readonly personCancels: true;
  /** Longest time for which one person may set it; null: no limit. */
  readonly minutesMax: number | null;
  readonly minutesDefault: number | null;
  readonly sentence: string;
}

export const MODES: Readonly<Record<TradingMode, ModePermits>> = {
  HALTED: {
    rank: 0,
    orders: 'none',
    engineCancels: false,
    personCancels: true,
    minutesMax: null,
    minutesDefault: null,
    sentence: 'the engine sends nothing',
  },
  CANCEL_ONLY: {
    rank: 1,
    orders: 'none',
    engineCancels: true,
    personCancels: true,
    minutesMax: null,
    minutesDefault: null,
    sentence: 'the engine only cancels',
  },
  REDUCING: {
    rank: 2,
    orders: 'reduceOnly',
    engineCancels: true,
    personCancels: true,
    minutesMax: 30,
    minutesDefault: 10,
    sentence: 'the engine only makes confirmed positions smaller',
  },
  ACTIVE: {
    rank: 3,
    orders: 'all',
    engineCancels: true,
    personCancels: true,
    minutesMax: null,
    minutesDefault: null,
    sentence: 'the engine trades in its scope',
  },
};

/** `person`: one person. `gate`: a burnt valid token. `automatic`: a process, see {@link AUTOMATIC_HALTS}. */
export const MOVERS = ['person', 'gate', 'automatic'] as const;
export type Mover = (typeof MOVERS)[number];

/** Every pair of modes: who may go there. */
export const TRANSITIONS: Readonly<Record<TradingMode, Readonly<Record<TradingMode, readonly Mover[]>>>> = {
  HALTED: {
    HALTED: ['person', 'automatic'],
    CANCEL_ONLY: ['person', 'gate'],
    REDUCING: ['person', 'gate'],
    ACTIVE: ['gate'],
  },
  CANCEL_ONLY: {
    HALTED: ['person', 'automatic'],
    CANCEL_ONLY: ['person', 'gate'],
    REDUCING: ['person', 'gate'],
    ACTIVE: ['gate'],
  },
  // Its minutes are not renewed: they end, that is seen, and somebody sets it again.
  REDUCING: {
    HALTED: ['person', 'automatic'],
    CANCEL_ONLY: ['person', 'gate'],
    REDUCING: ['gate'],
    ACTIVE: ['gate'],
  },
  ACTIVE: {
    HALTED: ['person', 'automatic'],
    CANCEL_ONLY: ['person', 'gate'],
    REDUCING: ['person', 'gate'],
    ACTIVE: ['gate'],
  },
};

/** @throws RearmError GATE_CLOSED */
export function checkTransition(from: TradingMode, to: TradingMode, mover: Mover): void {
  if (TRANSITIONS[from][to].includes(mover)) return;
  throw new RearmError('GATE_CLOSED', `the mode stays ${from}: ${mover === 'gate' ? 'a release' : 'one person'} cannot set ${to}`, {
    from,
    to,
    mover,
  });
}

/** Why a process halts by itself; `voids`: what was signed or issued until then is worth nothing any more. */
export const AUTOMATIC_HALTS = {
  timePassed: { sentence: 'the time for which the mode was set has passed', voids: false },
  modeNotInForce: { sentence: 'the recorded mode is not in force', voids: false },
  engineDied: { sentence: 'the engine died', voids: true },
  secondWriter: { sentence: 'a second process writes the store or sends orders', voids: true },
  limitBreached: { sentence: 'a limit was breached', voids: true },
  newBreak: { sentence: 'a break that nobody explained appeared', voids: true },
  venueSilent: { sentence: 'a venue in scope is silent', voids: true },
  writerFailed: { sentence: 'the engine can no longer write its state', voids: true },
  auditBroken: { sentence: 'the audit log does not verify', voids: true },
} as const satisfies Record<string, { sentence: string; voids: boolean }>;
export type AutomaticHalt = keyof typeof AUTOMATIC_HALTS;

/** What is known about the mode record when it is read. */
export interface ModeFacts {
  readonly record: 'absent' | 'unread' | 'unreadable' | 'foreign' | 'valid';
  /** Of a valid record; HALTED otherwise. */
  readonly mode: TradingMode;
  /** Its nonce is burnt for a release of exactly this that goes on: needed for ACTIVE, and for every mode that names a nonce. */
  readonly release: 'notNeeded' | 'burnt' | 'missing';
  /** It was set in an epoch before the accepted one: in the life of an engine that died. */
  readonly olderEpoch: boolean;
  /** The wall clock stands before the time at which it was set. */
  readonly clockWrong: boolean;
  /** Its `until` has passed. */
  readonly timePassed: boolean;
  /** The engine lives, and no recovery of its store was ever accepted: it never had to pass the gate. */
  readonly neverClosed: boolean;
}

export interface ModeRule {
  readonly when: (facts: ModeFacts) => boolean;
  readonly inForce: 'HALTED' | 'asRecorded' | 'everything';
  readonly case: string;
  readonly sentence: string;
}

/** The first row that applies decides; the rows are complete. */
export const MODE_RULES: readonly ModeRule[] = [
  {
    when: (f) => f.record === 'absent' && f.neverClosed,
    inForce: 'everything',
    case: 'neverClosed',
    sentence: 'the gate was never closed: no recovery of this store was accepted yet',
  },
  { when: (f) => f.record === 'absent', inForce: 'HALTED', case: 'absent', sentence: 'no mode was ever recorded' },
  { when: (f) => f.record === 'unread', inForce: 'HALTED', case: 'unread', sentence: 'the mode could not be read' },
  { when: (f) => f.record === 'unreadable', inForce: 'HALTED', case: 'unreadable', sentence: 'the mode record cannot be read' },
  { when: (f) => f.record === 'foreign', inForce: 'HALTED', case: 'foreign', sentence: 'the mode record belongs to another store' },
  { when: (f) => f.mode === 'HALTED', inForce: 'asRecorded', case: 'halted', sentence: 'it was halted' },
  {
    when: (f) => f.release === 'missing',
    inForce: 'HALTED',
    case: 'noRelease',
    sentence: 'the mode record is not what a token was used for, or that is over',
  },
  { when: (f) => f.olderEpoch, inForce: 'HALTED', case: 'olderEpoch', sentence: 'the mode was set before the engine died' },
  {
    when: (f) => f.clockWrong,
    inForce: 'HALTED',
    case: 'clockWrong',
    sentence: 'the clock stands before the time at which the mode was set',
  },
  { when: (f) => f.timePassed, inForce: 'HALTED', case: 'timePassed', sentence: 'the time for which the mode was set has passed' },
  { when: () => true, inForce: 'asRecorded', case: 'valid', sentence: 'as recorded' },
];

export const decideMode = (facts: ModeFacts): ModeRule => MODE_RULES.find((rule) => rule.when(facts))!;

/** What somebody wants to send. */
export type SendRequest =
  | { readonly kind: 'cancel'; readonly by: 'engine' | 'person' }
  | {
      readonly kind: 'order';
      readonly venue: string;
      readonly strategy: string;
      /** Signed, buy +, in the instrument's units as a decimal string. */
      readonly quantity: string;
      /** Signed position as the venue confirmed it; null: it did not answer. */
      readonly confirmedPosition: string | null;
      /** Signed sum of what already works at the venue in the same direction as `quantity`. */
      readonly working: string;
      /** Money of this order, and of all that was sent since the mode was set, in the reporting currency; for the cap. */
      readonly notional: string;
      readonly sentNotional: string;
    };

export interface ModeInForce {
  readonly mode: TradingMode;
  readonly venues: readonly string[];
  readonly strategies: readonly string[];
  /** Most money that may be sent while REDUCING, reporting currency; null: as much as the positions. */
  readonly cap: string | null;
}

export interface SendDecision {
  readonly allowed: boolean;
  /** One word; empty where it is allowed. */
  readonly reason: string;
}

const units = (text: string): bigint => parseDecimal(text, MONEY_SCALE);
const sign = (value: bigint): number => (value > 0n ? 1 : value < 0n ? -1 : 0);
const covers = (list: readonly string[], name: string): boolean => list.length === 0 || list.includes(name);

/** Whether a scope, or a mode, takes in the venue: none named is all. */
export const inScope = ({ venues }: { readonly venues: readonly string[] }, venue: string): boolean => covers(venues, venue);

/** Whether the mode lets it pass. A reducing order may never reach, together with what works already, beyond flat. */
export function allows(mode: ModeInForce, request: SendRequest): SendDecision {
  const permits = MODES[mode.mode];
  const refuse = (reason: string): SendDecision => ({ allowed: false, reason });
  if (request.kind === 'cancel') {
    const allowed = request.by === 'person' ? permits.personCancels : permits.engineCancels;
    return allowed ? { allowed, reason: '' } : refuse('mode');
  }
  if (permits.orders === 'none') return refuse('mode');
  if (!covers(mode.venues, request.venue)) return refuse('venue');
  if (!covers(mode.strategies, request.strategy)) return refuse('strategy');
  if (permits.orders === 'all') return { allowed: true, reason: '' };
  if (request.confirmedPosition === null) return refuse('notConfirmed');
  const position = units(request.confirmedPosition);
  const quantity = units(request.quantity);
  const working = units(request.working);
  if (sign(quantity) === 0 || sign(quantity) === sign(position) || sign(position) === 0) return refuse('notReducing');
  if (absolute(quantity) + absolute(working) > absolute(position)) return refuse('beyondFlat');
  if (mode.cap !== null && absolute(units(request.notional)) + absolute(units(request.sentNotional)) > units(mode.cap)) {
    return refuse('cap');
  }
  return { allowed: true, reason: '' };
}
