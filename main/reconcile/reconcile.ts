/**
 * Reconciliation: our state against what the venues answered. Pure and deterministic: the same state, answers and options give the
 * same report, id by id. Nothing is changed, here or there; what is to be done about a break is decided by a person.
 */

import type { Break, Decision, ReconcileReport } from '../../shared/contract/reconcile.ts';
import { isWhole } from '../venues/answer.ts';
import type { VenueEvidence } from '../venues/evidence.ts';
import { Findings, type Found, ourSource, type ReconcileOptions, recordedId } from './break.ts';
import { compareBalances, compareMargins } from './compare-balances.ts';
import { compareFills } from './compare-fills.ts';
import { compareOrders } from './compare-orders.ts';
import { comparePositions, expectedPositions } from './compare-positions.ts';
import { compareClock, notProvable, questionsOf } from './compare-venue.ts';
import { SETTLED_BY_WORDS } from './kinds.ts';
import { matchVenue } from './match.ts';
import { isLiveHere, type Ours } from './ours.ts';

/** A report with what the resolutions need behind each break. */
export interface Reconciliation {
  readonly report: ReconcileReport;
  readonly found: ReadonlyMap<string, Found>;
}

interface Matched {
  orders: number;
  fills: number;
  positions: number;
  balances: number;
}

function compareVenue(findings: Findings, evidence: VenueEvidence, matched: Matched): ReconcileReport['venues'][number] {
  const match = matchVenue(findings.ours, evidence);
  const fills = compareFills(findings, match);
  const expected = expectedPositions(findings, match, fills.missing);
  matched.fills += fills.matched;
  matched.orders += compareOrders(findings, match, fills).matched;
  matched.positions += comparePositions(findings, match, expected);
  matched.balances += compareBalances(findings, match, expected);
  compareMargins(findings, match);
  compareClock(findings, match);
  const provable = notProvable(findings, match);
  const { name, status, reason } = evidence.report;
  const open = questionsOf(match).filter(({ answer }) => !isWhole(answer));
  return {
    name,
    status: status === 'asking' ? 'silent' : status === 'answered' && open.length > 0 ? 'partial' : status,
    ms: evidence.ms,
    questions: evidence.questions,
    reason: reason === '' ? open.map(({ name: question, answer }) => `${question}: ${answer.reason}`).join('; ') : reason,
    provable,
  };
}

/** Where we have something at stake, and nobody was asked: a venue that is not configured, an account without a key. */
function notAsked(findings: Findings, venues: readonly VenueEvidence[]): void {
  const { ours } = findings;
  const asked = new Set(venues.map(({ report }) => `${report.name} ${report.account}`));
  const held = [...ours.orders.filter(isLiveHere), ...ours.positions.filter(({ quantity }) => quantity !== 0n)];
  const places = new Map(held.map(({ venue, account }) => [`${venue} ${account}`, { venue, account }]));
  for (const [key, { venue, account }] of [...places].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (asked.has(key)) continue;
    findings.add({
      kind: 'notProvable',
      venue,
      account,
      key: 'not configured',
      ours: { count: String(held.filter((entry) => entry.venue === venue && entry.account === account).length) },
      theirs: null,
      cause: `Nobody was asked about account ${account || 'none'} at ${venue}: it is not in the venue configuration`,
      sources: [ourSource(ours)],
    });
  }
}

const SEVERITY = { critical: 0, high: 1, low: 2, note: 3 } as const;

/**
 * As {@link reconcile}, with what is behind each break. A break that was settled by words before, on the same facts, is left out;
 * one that other breaks explain stays, marked so.
 */
export function reconciliation(ours: Ours, venues: readonly VenueEvidence[], options: ReconcileOptions): Reconciliation {
  const findings = new Findings(ours, options, venues);
  const matched: Matched = { orders: 0, fills: 0, positions: 0, balances: 0 };
  const sorted = [...venues].sort((a, b) => (a.report.name < b.report.name ? -1 : 1));
  const reports = sorted.map((evidence) => compareVenue(findings, evidence, matched));
  notAsked(findings, venues);
  const found = findings.found
    .filter((entry) => !SETTLED_BY_WORDS.some((decision) => ours.resolutions.has(recordedId(entry, decision))))
    .sort(
      (a, b) => SEVERITY[a.entry.severity] - SEVERITY[b.entry.severity] || (a.entry.id < b.entry.id ? -1 : a.entry.id > b.entry.id ? 1 : 0),
    );
  const breaks = found.map(({ entry }): Break => ({ ...entry, staged: null }));
  return {
    found: new Map(found.map((entry) => [entry.entry.id, entry])),
    report: {
      store: options.store,
      lsn: ours.lsn,
      askedAt: options.askedAt,
      ms: Math.max(0, ...venues.map(({ ms }) => ms)),
      venues: reports,
      breaks,
      matched,
      blocking: breaks.filter(({ blocking }) => blocking).length,
    },
  };
}

/** Compares our state with the venues' answers. */
export const reconcile = (ours: Ours, venues: readonly VenueEvidence[], options: ReconcileOptions): ReconcileReport =>
  reconciliation(ours, venues, options).report;

/** The report with a decision staged on some of its breaks; nothing is carried out. Staging again replaces what was staged. */
export function stage(
  report: ReconcileReport,
  breakIds: readonly string[],
  staged: { decision: Decision; comment: string; by: string; at: string } | null,
): ReconcileReport {
  const wanted = new Set(breakIds);
  return { ...report, breaks: report.breaks.map((entry) => (wanted.has(entry.id) ? { ...entry, staged } : entry)) };
}
