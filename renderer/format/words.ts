/** The words of the screen for the names of the contract. One place, so that a status reads the same everywhere. */

import type { EngineLife, TradingMode } from '../../shared/contract/facts.ts';
import type { BreakKind, Decision, Severity } from '../../shared/contract/reconcile.ts';
import type { Finding, Outcome, StepName, TierName, TierStatus } from '../../shared/contract/recovery.ts';
import type { AnswerStatus, CancelFate } from '../../shared/contract/venues.ts';
import { formatDuration } from './duration.ts';

/** How a status is drawn: grey where it is normal, else a shape with a digit, and a word. */
export type Tone = 'normal' | 'note' | 'high' | 'critical';

export const BREAK_KIND: Readonly<Record<BreakKind, string>> = {
  missingFill: 'Missing fill',
  unknownOrder: 'Unknown order',
  vanishedOrder: 'Vanished order',
  pendingUnknown: 'Pending unknown',
  pendingCancelUnresolved: 'Cancel unresolved',
  statusDiffers: 'Status differs',
  amended: 'Amended there',
  filledAhead: 'Filled ahead',
  filledBehind: 'Filled behind',
  fillDiffers: 'Fill differs',
  duplicateTradeId: 'Duplicate trade',
  overfill: 'Overfill',
  positionDiffers: 'Position differs',
  sideFlipped: 'Side flipped',
  averagePriceDiffers: 'Average price differs',
  openHereFlatThere: 'Open here, flat there',
  openThereNoneHere: 'Open there, none here',
  balanceDiffers: 'Balance differs',
  marginDiffers: 'Margin differs',
  duplicateClientId: 'Duplicate client id',
  clockOffset: 'Clock offset',
  notProvable: 'Not provable',
};

export const DECISION: Readonly<Record<Decision, string>> = {
  acceptVenue: 'Accept venue',
  keepOurs: 'Keep ours',
  cancelOrder: 'Cancel order',
  claim: 'Claim order',
  tolerate: 'Tolerate',
  note: 'Note',
};

/** How a break of a dossier stands: what was decided, or why it needs no decision. */
export const BREAK_STANDING: Readonly<Record<string, string>> = {
  ...DECISION,
  explained: 'Explained by another break',
  doesNotBlock: 'Does not block',
};

export const SEVERITY_TONE: Readonly<Record<Severity, Tone>> = { critical: 'critical', high: 'high', low: 'note', note: 'normal' };

export const FINDING_TONE: Readonly<Record<Finding['severity'], Tone>> = {
  critical: 'critical',
  damage: 'high',
  warning: 'note',
  note: 'normal',
};

export const TIER_STATUS: Readonly<Record<TierStatus, { word: string; tone: Tone }>> = {
  valid: { word: 'valid', tone: 'normal' },
  partial: { word: 'partial', tone: 'high' },
  torn: { word: 'torn', tone: 'high' },
  stale: { word: 'stale', tone: 'note' },
  damaged: { word: 'damaged', tone: 'critical' },
  missing: { word: 'missing', tone: 'note' },
  unavailable: { word: 'unavailable', tone: 'note' },
  probing: { word: 'probing', tone: 'normal' },
};

export const TIER_NAME: Readonly<Record<TierName, string>> = {
  L1: 'mapped file',
  L2: 'synchronous file',
  L3: 'snapshot',
  L4: 'archive',
  L5: 'venues',
};

export const OUTCOME: Readonly<Record<Outcome, { word: string; tone: Tone }>> = {
  recovered: { word: 'Recovered', tone: 'normal' },
  salvaged: { word: 'Salvaged', tone: 'high' },
  refused: { word: 'Refused', tone: 'critical' },
  empty: { word: 'Empty', tone: 'note' },
};

export const ENGINE: Readonly<Record<EngineLife, { word: string; tone: Tone }>> = {
  dead: { word: 'DEAD', tone: 'high' },
  alive: { word: 'ALIVE', tone: 'normal' },
  secondWriter: { word: 'A SECOND ONE IS SENDING', tone: 'critical' },
  unknown: { word: 'UNKNOWN', tone: 'high' },
};

export const MODE: Readonly<Record<TradingMode, { word: string; tone: Tone }>> = {
  HALTED: { word: 'TRADING HALTED', tone: 'critical' },
  CANCEL_ONLY: { word: 'CANCEL ONLY', tone: 'high' },
  REDUCING: { word: 'REDUCING', tone: 'high' },
  ACTIVE: { word: 'TRADING ACTIVE', tone: 'normal' },
};

/** What the mode lets the engine do, in words. */
export const MODE_MEANING: Readonly<Record<TradingMode, string>> = {
  HALTED: 'The engine sends nothing.',
  CANCEL_ONLY: 'The engine may cancel its orders and sends nothing else.',
  REDUCING: 'The engine may cancel, and send reduce-only orders on quantities that the venue confirmed.',
  ACTIVE: 'The engine trades within its limits.',
};

/** On the safe button: what holds on where nothing is done. */
export const stayWords = (mode: TradingMode): string => `Stay ${MODE[mode].word.toLowerCase().replace('trading ', '')}`;

export const VENUE_STATUS: Readonly<Record<'asking' | 'answered' | 'partial' | 'silent' | 'failed', { word: string; tone: Tone }>> = {
  asking: { word: 'asking', tone: 'normal' },
  answered: { word: 'answered', tone: 'normal' },
  partial: { word: 'partial', tone: 'high' },
  silent: { word: 'SILENT', tone: 'critical' },
  failed: { word: 'FAILED', tone: 'critical' },
};

export const ANSWER: Readonly<Record<AnswerStatus, string>> = {
  asking: 'asking',
  complete: 'complete',
  empty: 'explicitly none',
  truncated: 'truncated',
  outsideLookback: 'outside the look-back',
  notLoaded: 'not loaded',
  silent: 'no answer',
  failed: 'failed',
};

export const FATE: Readonly<Record<CancelFate, { word: string; tone: Tone }>> = {
  listed: { word: 'listed', tone: 'normal' },
  sent: { word: 'sent', tone: 'normal' },
  confirmed: { word: 'confirmed', tone: 'normal' },
  alreadyGone: { word: 'already gone', tone: 'normal' },
  filled: { word: 'filled', tone: 'note' },
  rejected: { word: 'rejected', tone: 'high' },
  unknown: { word: 'UNKNOWN', tone: 'critical' },
};

export const STEP: Readonly<Record<StepName, string>> = {
  identify: 'Identify the store',
  'probe.L1': 'Probe L1',
  'probe.L2': 'Probe L2',
  'probe.L3': 'Probe L3',
  'probe.L4': 'Probe L4',
  'probe.log': 'Probe the log',
  decide: 'Decide',
  load: 'Load the base',
  replay: 'Replay the log',
  validate: 'Validate',
  compare: 'Compare the tiers',
};

export const PAGE_STATES = [
  { letter: 'v', name: 'valid', meaning: 'as the base held it, checksum right' },
  { letter: 'r', name: 'replayed', meaning: 'brought forward by the log' },
  { letter: 's', name: 'salvaged', meaning: 'taken from another tier' },
  { letter: 't', name: 'stale', meaning: 'behind what the log still reaches' },
  { letter: 'b', name: 'bad', meaning: 'checksum wrong, nothing better found' },
  { letter: '.', name: 'free', meaning: 'not in use' },
] as const;

/** `grossExposure` -> `gross exposure`: for rows whose columns the contract leaves open. */
export const humanise = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_.]/g, ' ')
    .toLowerCase();

/** Where the last sign of life stands to the last record. `gapMs`: the record's time minus that of the sign. */
export const lifeWords = (gapMs: number): string =>
  gapMs === 0 ? 'with the last record' : `${formatDuration(Math.abs(gapMs))} ${gapMs > 0 ? 'before' : 'after'} the last record`;

/** What a detail adds to the word of a state that stands before it. */
export const detailBehind = (state: string, detail: string): string =>
  detail === state || detail.startsWith(`${state} `) ? detail.slice(state.length + 1) : detail;

/** A person by name, and by the role where the name does not say it. */
export const personWords = ({ name, role }: { readonly name: string; readonly role: string }): string =>
  name.toLowerCase().split(/\s+/).includes(role.toLowerCase()) ? name : `${name}, ${role}`;

/** A reason of the host as a sentence of its own. */
export const sentence = (text: string): string => (text === '' ? '' : `${text[0]!.toUpperCase()}${text.slice(1)}`);

/** A limit that the recovered state does not have. */
export const NO_LIMIT = 'no limit set';

/** `2 orders`, `1 order`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',')} ${count === 1 ? one : many}`;
