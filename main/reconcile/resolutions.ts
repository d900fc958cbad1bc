/**
 * Staged decisions as the operations of the accepted epoch. Nothing is sent and nothing is written here: the operations go to
 * acceptRecovery, the cancels to the venues. Applied, they make the next reconciliation come out without those breaks.
 *
 * Idempotent: a decision on a break that is no longer found makes nothing; on the state that they were applied to, the same
 * decisions make nothing again.
 */

import type { Decision } from '../../shared/contract/reconcile.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { unitsOrZero } from '../venues/decimal.ts';
import type { VenueEvidence } from '../venues/evidence.ts';
import { type Found, type ReconcileOptions, recordedId } from './break.ts';
import { instrumentDefinition, priceScaleOf } from './definitions.ts';
import { kindRow, NEEDS_COMMENT } from './kinds.ts';
import type { Ours } from './ours.ts';
import { type CancelTarget, plan, RANK, type Step } from './plans.ts';
import { reconciliation } from './reconcile.ts';

export interface StagedDecision {
  readonly breakId: string;
  readonly decision: Decision;
  readonly by: string;
  readonly comment: string;
}

export interface Resolutions {
  /** In the order in which they have to be committed; the records of the decisions come last. */
  readonly intents: readonly Intent[];
  /** What the venues have to be asked to cancel. */
  readonly cancels: readonly CancelTarget[];
  /** Breaks that the intents settle. */
  readonly settled: readonly string[];
  /** Breaks that are not found any more: decided before, or the world moved on. */
  readonly gone: readonly string[];
}

const COMMENT_BYTES_MAX = 127;

/** Cut at a whole character. */
function cut(text: string, bytesMax: number): string {
  let kept = text;
  while (Buffer.byteLength(kept) > bytesMax) kept = kept.slice(0, -1);
  return kept;
}

/** @throws RearmError OPERATION_INVALID naming the break */
function check(found: Found, { decision, comment }: StagedDecision): void {
  const { entry } = found;
  if (!entry.proposals.includes(decision)) {
    const why =
      found.subject.proved === false && kindRow(entry.kind).decisions[decision]
        ? 'the venue has not proved its side'
        : `the choices are ${entry.proposals.join(', ')}`;
    throw new RearmError('OPERATION_INVALID', `${entry.kind} ${entry.id}: ${decision} is not open, ${why}`, {
      breakId: entry.id,
      decision,
    });
  }
  if (NEEDS_COMMENT.includes(decision) && comment.trim() === '') {
    throw new RearmError('OPERATION_INVALID', `${entry.kind} ${entry.id}: ${decision} needs a comment that says on what evidence`, {
      breakId: entry.id,
      decision,
    });
  }
}

/** Accepting what missing fills explain needs those fills: without them the difference stays. */
function checkCauses(
  found: Found,
  decision: StagedDecision,
  decisions: ReadonlyMap<string, StagedDecision>,
  all: ReadonlyMap<string, Found>,
): void {
  const { entry, subject } = found;
  const followsFills =
    decision.decision === 'acceptVenue' && subject.explained === true && kindRow(entry.kind).decisions.acceptVenue !== 'setBalance';
  if (!followsFills && !(entry.kind === 'overfill' && decision.decision === 'acceptVenue')) return;
  const open = entry.causedBy.filter((id) => all.has(id) && decisions.get(id)?.decision !== 'acceptVenue');
  if (open.length === 0) return;
  throw new RearmError('BREAKS_UNRESOLVED', `${entry.kind} ${entry.id} follows from ${open.length} missing fills: accept these too`, {
    breakId: entry.id,
    open,
  });
}

/**
 * The operations and cancels that carry decisions out.
 *
 * @param timeNs time of the operations that record no event of a venue
 * @throws RearmError OPERATION_INVALID for a decision that is not open for its break, or lacks its comment; BREAKS_UNRESOLVED where
 *   its causes are left open; NOT_FOUND for an instrument that neither side defines
 */
export function resolve(
  decisions: readonly StagedDecision[],
  ours: Ours,
  venues: readonly VenueEvidence[],
  options: ReconcileOptions,
  timeNs: bigint,
): Resolutions {
  const { found } = reconciliation(ours, venues, options);
  const staged = new Map(decisions.map((decision) => [decision.breakId, decision]));
  const settled: { found: Found; decision: StagedDecision }[] = [];
  const gone: string[] = [];
  for (const decision of staged.values()) {
    const entry = found.get(decision.breakId);
    if (!entry) gone.push(decision.breakId);
    else settled.push({ found: entry, decision });
  }
  for (const { found: entry, decision } of settled) {
    check(entry, decision);
    checkCauses(entry, decision, staged, found);
  }
  // In a fixed order, whatever the order of staging: fills of one venue as they came.
  settled.sort(
    ({ found: a }, { found: b }) =>
      a.entry.venue.localeCompare(b.entry.venue, 'en') ||
      (a.subject.sequence ?? 0) - (b.subject.sequence ?? 0) ||
      (a.entry.id < b.entry.id ? -1 : 1),
  );

  const quantities = new Map<string, bigint>();
  for (const { found: entry, decision } of settled) {
    const { order, there } = entry.subject;
    if (entry.entry.kind === 'amended' && decision.decision === 'acceptVenue' && order && there)
      quantities.set(order.clientId, unitsOrZero(there.quantity));
  }
  const priceScale = (venue: string, symbol: string): number => priceScaleOf(ours, venues, venue, symbol);
  const filled = new Map<string, bigint>();
  const clientIds = new Set(ours.orders.map(({ clientId }) => clientId));
  const steps: Step[] = [];
  const cancels: CancelTarget[] = [];
  // Fills first in planning too: what ends an order depends on what they leave of it.
  const fillsFirst = [...settled].sort(
    (a, b) => Number(b.found.entry.kind === 'missingFill') - Number(a.found.entry.kind === 'missingFill'),
  );
  for (const { found: entry, decision } of fillsFirst) {
    const name = kindRow(entry.entry.kind).decisions[decision.decision]!;
    const made = plan(name, {
      ours,
      priceScale,
      found: entry,
      decision: decision.decision,
      by: decision.by,
      timeNs,
      filled,
      clientIds,
      quantities,
    });
    steps.push(...made.steps);
    cancels.push(...made.cancels);
  }
  steps.push(...definitions(steps, ours, venues, timeNs));
  for (const { found: entry, decision } of settled) {
    steps.push({
      rank: 'records',
      atNs: timeNs,
      intent: {
        type: 'resolution.record',
        breakId: recordedId(entry, decision.decision, decision.comment),
        decision: decision.decision,
        person: decision.by,
        comment: cut(decision.comment, COMMENT_BYTES_MAX),
        time: timeNs,
      },
    });
  }
  const ordered = steps
    .map((step, index) => ({ step, index }))
    .sort((a, b) => RANK[a.step.rank] - RANK[b.step.rank] || byTime(a.step, b.step) || a.index - b.index);
  return { intents: ordered.map(({ step }) => step.intent), cancels, settled: settled.map(({ found: entry }) => entry.entry.id), gone };
}

/** Only fills are ordered by time: a close and the acknowledgement before it belong together. */
const byTime = (a: Step, b: Step): number => (a.rank !== 'fills' || a.atNs === b.atNs ? 0 : a.atNs < b.atNs ? -1 : 1);

function definitions(steps: readonly Step[], ours: Ours, venues: readonly VenueEvidence[], timeNs: bigint): Step[] {
  const needed = new Map<string, { venue: string; symbol: string }>();
  for (const { intent } of steps)
    if ('symbol' in intent && 'venue' in intent)
      needed.set(`${intent.venue} ${intent.symbol}`, { venue: intent.venue, symbol: intent.symbol });
  const made: Step[] = [];
  const assets = new Set<string>();
  for (const { venue, symbol } of needed.values()) {
    const intents = instrumentDefinition(ours, venues, venue, symbol, timeNs);
    if (intents === null)
      throw new RearmError(
        'NOT_FOUND',
        `${symbol} at ${venue} is not defined here, and the venue does not list its steps: define it first`,
        { venue, symbol },
      );
    for (const intent of intents) {
      if (intent.type === 'asset.define') {
        if (assets.has(intent.asset)) continue;
        assets.add(intent.asset);
      }
      made.push({ rank: 'define', atNs: timeNs, intent });
    }
  }
  return made;
}
