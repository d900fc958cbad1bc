/** What concerns a venue as a whole: its clock, and what it did not answer whole. Silence never clears a break and never means flat. */

import type { Answer } from '../../shared/contract/venues.ts';
import { isWhole } from '../venues/answer.ts';
import { textOf, unitsOrZero } from '../venues/decimal.ts';
import { type Findings, ourSource } from './break.ts';
import type { VenueMatch } from './match.ts';
import { isLiveHere } from './ours.ts';

export interface Question {
  readonly name: string;
  readonly answer: Answer<unknown>;
}

/** The questions that a proof needs. Marks are not among them: without one only money at risk is unknown. */
export function questionsOf({ evidence }: VenueMatch): readonly Question[] {
  const { openOrders, positions, balances } = evidence.report;
  return [
    { name: 'openOrders', answer: openOrders },
    { name: 'positions', answer: positions },
    { name: 'balances', answer: balances },
    { name: 'fills', answer: evidence.fills },
    { name: 'orderLookUps', answer: evidence.lookUps },
  ];
}

export function compareClock(findings: Findings, match: VenueMatch): void {
  const { venue, account, evidence } = match;
  const offset = evidence.report.clockOffsetMs;
  if (offset === null || Math.abs(offset) <= findings.options.tolerances.clockMs) return;
  findings.add({
    kind: 'clockOffset',
    venue,
    account,
    ours: { offsetMs: '0' },
    theirs: { offsetMs: String(offset) },
    delta: String(offset),
    moneyAtRisk: '0',
    cause: `Its clock is ${Math.abs(offset)} ms ${offset > 0 ? 'ahead' : 'behind'} (tolerance ${findings.options.tolerances.clockMs} ms): ages shift, the order of events does not`,
    sources: [`${venue} time`],
    facts: `about ${Math.round(offset / 1_000)} s`,
  });
}

/** One break for a venue that was not heard at all, else one per question that was not answered whole. */
export function notProvable(findings: Findings, match: VenueMatch): boolean {
  const { venue, account, evidence } = match;
  const open = questionsOf(match).filter(({ answer }) => !isWhole(answer));
  const live = match.orders.filter(isLiveHere);
  const notional = live.map((order) => findings.moneyOfOrder(order));
  const atRisk = notional.includes(null) ? null : textOf(notional.reduce((sum, text) => sum + unitsOrZero(text), 0n));
  const ours = { count: String(live.length), status: live.length === 1 ? '1 live order of ours' : `${live.length} live orders of ours` };
  const { status, reason } = evidence.report;
  if (status === 'silent' || status === 'failed') {
    findings.add({
      kind: 'notProvable',
      venue,
      account,
      ours,
      theirs: null,
      moneyAtRisk: atRisk,
      cause: `${venue} ${status === 'silent' ? 'did not answer' : 'failed'} (${reason}): ${live.length === 1 ? '1 order of ours there is' : `${live.length} orders of ours there are`} UNKNOWN`,
      sources: [ourSource(findings.ours), `${venue}: no answer`],
    });
    return false;
  }
  for (const { name, answer } of open) {
    const concernsOrders = name === 'openOrders' || name === 'orderLookUps';
    findings.add({
      kind: 'notProvable',
      venue,
      account,
      key: name,
      ours: concernsOrders ? ours : null,
      theirs: { question: name, status: answer.status, count: String(answer.items.length) },
      moneyAtRisk: concernsOrders ? atRisk : null,
      cause: `${venue} did not answer ${name} whole (${answer.status}: ${answer.reason})`,
      sources: [`${venue} ${name} ${answer.askedAt.slice(11, 23)}`],
      facts: answer.status,
    });
  }
  return open.length === 0;
}
