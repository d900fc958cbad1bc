/**
 * Why a balance is not what it was when it was reported last: fills that we know and fills that are missing, each with what it
 * realised and cost, then funding and transfers from the venue's ledger. Exact; one hypothesis after the other until one fits.
 */

import { absolute, textOf, unitsOrZero } from '../venues/decimal.ts';
import type { Findings } from './break.ts';
import type { Expected } from './compare-positions.ts';
import type { VenueMatch } from './match.ts';
import type { OurBalance } from './ours.ts';
import { type Effect, walletEffects } from './wallet-effects.ts';

export interface BalanceCause {
  readonly words: string;
  /** Breaks of the fills that take part. */
  readonly causedBy: readonly string[];
  /** Money came or went that no trade and no funding explains: somebody moved it. */
  readonly transferred: bigint;
}

const sum = (effects: readonly { readonly amount: bigint }[]): bigint => effects.reduce((total, { amount }) => total + amount, 0n);
const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** How far the venue's word on a balance and its word on fills may cross on their way to us. */
const CROSSING_MS = 5_000;

/**
 * What may have come after a report, the likeliest first. A report holds the trades before it: by the log's order, by its time, or,
 * where fills and report crossed on their way, by a time near it.
 */
function cuts(effects: readonly Effect[], reportLsn: number | null, reportedMs: number): readonly (readonly Effect[])[] {
  const near = effects
    .map((effect, index) => ({ away: Math.abs(effect.atMs - reportedMs), after: effects.slice(index) }))
    .concat({ away: 0, after: [] })
    .filter(({ away }) => away <= CROSSING_MS)
    .sort((a, b) => a.away - b.away);
  return [
    effects.filter(({ lsn }) => lsn === 0 || (reportLsn !== null && lsn > reportLsn)),
    effects.filter(({ atMs }) => atMs > reportedMs),
    ...near.map(({ after }) => after),
    effects.filter(({ lsn }) => lsn === 0),
  ];
}

/** Explains `difference` = theirs - ours of a balance; null where nothing that is known fits. */
export function balanceCause(
  findings: Findings,
  match: VenueMatch,
  expected: ReadonlyMap<string, Expected>,
  balance: OurBalance,
  difference: bigint,
): BalanceCause | null {
  const { history, tolerances } = findings.options;
  const effects = walletEffects(findings, match, expected, balance.asset);
  const report = history?.balanceReport(balance) ?? null;
  const reportedMs = report?.atMs ?? balance.updatedMs;
  const { ledger } = match.evidence;
  const booked = ledger.items.filter(({ asset, at: when }) => asset === balance.asset && Date.parse(when) > reportedMs);
  const funding = booked.filter(({ kind }) => kind === 'funding').map(({ amount }) => ({ amount: unitsOrZero(amount) }));
  const moved = booked.filter(({ kind }) => kind === 'transfer' || kind === 'other').map(({ amount }) => ({ amount: unitsOrZero(amount) }));
  const later = cuts(effects, report?.lsn ?? null, reportedMs);
  for (const others of [
    { funding: [], moved: [] },
    { funding, moved: [] },
    { funding, moved },
  ]) {
    for (const after of later) {
      const explained = sum(after) + sum(others.funding) + sum(others.moved);
      if (absolute(difference - explained) > tolerances.money || (after.length === 0 && others.funding.length + others.moved.length === 0))
        continue;
      const gone = after.filter(({ breakId }) => breakId !== null);
      const recorded = after.length - gone.length;
      const parts = [
        ...(gone.length > 0 ? [`${count(gone.length, 'missing fill')} with fees (${textOf(sum(gone))})`] : []),
        ...(recorded > 0 ? [`${count(recorded, 'fill')} recorded after the last report (${textOf(sum(after) - sum(gone))})`] : []),
        ...(others.funding.length > 0 ? [`funding (${textOf(sum(others.funding))})`] : []),
        ...(others.moved.length > 0 ? [`${count(others.moved.length, 'transfer')} (${textOf(sum(others.moved))})`] : []),
      ];
      return {
        words: `Explained by ${parts.join(', ')}`,
        causedBy: [...new Set(gone.map(({ breakId }) => breakId!))],
        transferred: sum(others.moved),
      };
    }
  }
  return null;
}
