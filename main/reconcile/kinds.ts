/**
 * The kinds of break as data: what each is worth, what may be decided about it, and what a decision does. `reconcile` looks a kind's
 * row up; the resolutions carry out what the row says. A test enumerates all of it.
 *
 * To add a kind: its name in BREAK_KINDS (shared/contract/reconcile.ts), its row here, the comparison that finds it, its plan in
 * plans.ts, its rule in the oracle; see the README.
 */

import type { BreakKind, Decision, Severity } from '../../shared/contract/reconcile.ts';

/**
 * What a decision does, by name; plans.ts knows how.
 * `record`: nothing but the record of the decision.
 */
export const PLANS = [
  'record',
  'applyFill',
  'inferFill',
  'endOverfilled',
  'adopt',
  'close',
  'accept',
  'amend',
  'cancelAtVenue',
  'adjustPosition',
  'adjustInTwoSteps',
  'setBalance',
  'setMargin',
] as const;
export type PlanName = (typeof PLANS)[number];

export interface KindRow {
  readonly kind: BreakKind;
  readonly severity: Severity;
  /** Holds back the resumption of its venue until somebody decided. */
  readonly blocking: boolean;
  readonly means: string;
  /** In the order in which they are proposed. */
  readonly decisions: Readonly<Partial<Record<Decision, PlanName>>>;
  /** Decisions that are not open while the venue has not proved its side. */
  readonly needsProof?: readonly Decision[];
}

export const KIND_ROWS: readonly KindRow[] = [
  {
    kind: 'missingFill',
    severity: 'high',
    blocking: true,
    means: 'executed there, not recorded here',
    decisions: { acceptVenue: 'applyFill', note: 'record' },
  },
  {
    kind: 'unknownOrder',
    severity: 'critical',
    blocking: true,
    means: 'live there, no record of it here',
    decisions: { cancelOrder: 'cancelAtVenue', claim: 'adopt', tolerate: 'record', note: 'record' },
  },
  {
    kind: 'vanishedOrder',
    severity: 'high',
    blocking: true,
    means: 'live here, not live there',
    decisions: { acceptVenue: 'close', keepOurs: 'record', note: 'record' },
  },
  {
    kind: 'pendingUnknown',
    severity: 'critical',
    blocking: true,
    means: 'submitted, and nothing was heard of it',
    decisions: { acceptVenue: 'close', cancelOrder: 'cancelAtVenue', note: 'record' },
    needsProof: ['acceptVenue'],
  },
  {
    kind: 'pendingCancelUnresolved',
    severity: 'high',
    blocking: true,
    means: 'a cancel was sent, its outcome was not recorded',
    decisions: { cancelOrder: 'cancelAtVenue', acceptVenue: 'accept', note: 'record' },
    needsProof: ['acceptVenue'],
  },
  {
    kind: 'statusDiffers',
    severity: 'low',
    blocking: true,
    means: 'the order stands differently there',
    decisions: { acceptVenue: 'accept', cancelOrder: 'cancelAtVenue', note: 'record' },
    needsProof: ['acceptVenue'],
  },
  {
    kind: 'amended',
    severity: 'low',
    blocking: false,
    means: 'price, quantity or trigger differ',
    decisions: { acceptVenue: 'amend', cancelOrder: 'cancelAtVenue', tolerate: 'record', note: 'record' },
  },
  {
    kind: 'filledAhead',
    severity: 'high',
    blocking: true,
    means: 'filled further there than the known fills explain',
    decisions: { acceptVenue: 'inferFill', note: 'record' },
  },
  {
    kind: 'filledBehind',
    severity: 'critical',
    blocking: true,
    means: 'filled less there than here: a duplicate, or corruption',
    decisions: { keepOurs: 'record', tolerate: 'record', note: 'record' },
  },
  {
    kind: 'fillDiffers',
    severity: 'high',
    blocking: true,
    means: 'the same fill with other figures',
    decisions: { tolerate: 'record', keepOurs: 'record', note: 'record' },
  },
  {
    kind: 'duplicateTradeId',
    severity: 'note',
    blocking: false,
    means: 'the same trade came twice; the second changed nothing',
    decisions: { tolerate: 'record', note: 'record' },
  },
  {
    kind: 'overfill',
    severity: 'critical',
    blocking: true,
    means: 'filled beyond the order',
    decisions: { acceptVenue: 'endOverfilled', note: 'record' },
  },
  {
    kind: 'positionDiffers',
    severity: 'high',
    blocking: true,
    means: 'the positions differ',
    decisions: { acceptVenue: 'adjustPosition', keepOurs: 'record', note: 'record' },
  },
  {
    kind: 'sideFlipped',
    severity: 'critical',
    blocking: true,
    means: 'long here and short there, or the other way',
    decisions: { acceptVenue: 'adjustInTwoSteps', keepOurs: 'record', note: 'record' },
  },
  {
    kind: 'averagePriceDiffers',
    severity: 'low',
    blocking: true,
    means: 'the same position at another price',
    decisions: { tolerate: 'record', keepOurs: 'record', note: 'record' },
  },
  {
    kind: 'openHereFlatThere',
    severity: 'critical',
    blocking: true,
    means: 'a position here, explicitly none there',
    decisions: { acceptVenue: 'adjustPosition', keepOurs: 'record', note: 'record' },
  },
  {
    kind: 'openThereNoneHere',
    severity: 'critical',
    blocking: true,
    means: 'a position there, none here',
    decisions: { acceptVenue: 'adjustPosition', keepOurs: 'record', note: 'record' },
  },
  {
    kind: 'balanceDiffers',
    severity: 'high',
    blocking: true,
    means: 'the balances differ',
    decisions: { acceptVenue: 'setBalance', tolerate: 'record', note: 'record' },
  },
  {
    kind: 'marginDiffers',
    severity: 'note',
    blocking: false,
    means: 'the margin differs beyond what marks do',
    decisions: { acceptVenue: 'setMargin', tolerate: 'record', note: 'record' },
  },
  {
    kind: 'duplicateClientId',
    severity: 'critical',
    blocking: true,
    means: 'two live orders there bear one client id',
    decisions: { cancelOrder: 'cancelAtVenue', tolerate: 'record', note: 'record' },
  },
  {
    kind: 'clockOffset',
    severity: 'note',
    blocking: false,
    means: 'the clocks differ: ages shift, the order of events does not',
    decisions: { tolerate: 'record', note: 'record' },
  },
  {
    kind: 'notProvable',
    severity: 'critical',
    blocking: true,
    means: 'not answered whole: nothing is concluded from it',
    decisions: { keepOurs: 'record', note: 'record' },
  },
];

const BY_KIND = new Map(KIND_ROWS.map((row) => [row.kind, row]));

export function kindRow(kind: BreakKind): KindRow {
  const row = BY_KIND.get(kind);
  if (!row) throw new RangeError(`no row for the kind ${kind}`);
  return row;
}

/** Decisions that end a difference by words: the same facts are no break again. The others end it by what they do. */
export const SETTLED_BY_WORDS: readonly Decision[] = ['tolerate', 'keepOurs'];
/** Decisions that are nothing without a reason. */
export const NEEDS_COMMENT: readonly Decision[] = ['keepOurs', 'note'];
