/**
 * Why a balance is not what it was when it was reported last: fills that we know and fills that are missing, each with what it
 * realised and cost, then funding and transfers from the venue's ledger. Exact; one hypothesis after the other until one fits.
 */

import { absolute, ONE, textOf, unitsOrZero } from '../venues/decimal.ts';
import type { Findings } from './break.ts';
import type { Expected } from './compare-positions.ts';
import type { LoggedTrade } from './history.ts';
import type { VenueMatch } from './match.ts';
import { at, type OurBalance } from './ours.ts';
import { FLAT, traded } from './trade.ts';

export interface BalanceCause {
  readonly words: string;
  /** Breaks of the fills that take part. */
  readonly causedBy: readonly string[];
  /** Money came or went that no trade and no funding explains: somebody moved it. */
  readonly transferred: bigint;
}

/** What one trade did to a wallet. */
interface Effect {
  readonly amount: bigint;
  readonly atMs: number;
  /** 0 for one that is not in the log. */
  readonly lsn: number;
  readonly breakId: string | null;
}

/** Effects of the fills that are missing here, in the given asset. */
function missingEffects(findings: Findings, match: VenueMatch, expected: ReadonlyMap<string, Expected>, asset: string): Effect[] {
  const effects: Effect[] = [];
  for (const { symbol, fills, realised } of expected.values()) {
    const settle = settleOf(findings, match, symbol);
    for (const [index, { fill, found }] of fills.entries()) {
      const fee = fill.feeAsset === asset || (fill.feeAsset === null && settle === asset) ? unitsOrZero(fill.fee) : 0n;
      const gained = settle === asset ? (realised[index] ?? 0n) : 0n;
      effects.push({ amount: gained - fee, atMs: Date.parse(fill.at), lsn: 0, breakId: found.entry.id });
    }
  }
  return effects;
}

const settleOf = (findings: Findings, match: VenueMatch, symbol: string): string =>
  findings.ours.instruments.get(at(match.venue, symbol))?.settle ?? match.evidence.terms.get(symbol)?.settle ?? '';

/**
 * Effects of the logged trades of one position from the last time that it was flat: only from there is its cost known without the
 * trades before. null where the log does not reach that far.
 */
function loggedEffects(
  trades: readonly LoggedTrade[],
  now: { quantity: bigint; cost: bigint },
  fromStart: boolean,
  multiplier: bigint,
): (Effect & { readonly fee: bigint; readonly feeAsset: string })[] | null {
  // Quantities before each trade, backwards from the present one.
  let quantity = now.quantity;
  let start = -1;
  for (let index = trades.length - 1; index >= 0; index -= 1) {
    const trade = trades[index]!;
    if (trade.setTo !== null) return null;
    quantity -= trade.quantity;
    if (quantity === 0n) {
      start = index;
      break;
    }
  }
  if (start < 0 && !(fromStart && quantity === 0n)) return trades.length === 0 ? [] : null;
  const effects: (Effect & { fee: bigint; feeAsset: string })[] = [];
  let holding = FLAT;
  for (const trade of trades.slice(Math.max(0, start))) {
    const step = traded(holding, trade.quantity, trade.price, multiplier);
    holding = step.holding;
    effects.push({ amount: step.realised, atMs: trade.atMs, lsn: trade.lsn, breakId: null, fee: trade.fee, feeAsset: trade.feeAsset });
  }
  return holding.cost === now.cost && holding.quantity === now.quantity ? effects : null;
}

/** Effects of the trades in the log, in the given asset; null where the log does not tell. */
function knownEffects(findings: Findings, match: VenueMatch, asset: string): Effect[] | null {
  const { history } = findings.options;
  if (!history) return null;
  const { venue, account } = match;
  const effects: Effect[] = [];
  for (const position of findings.ours.positions.filter((entry) => entry.venue === venue && entry.account === account)) {
    const instrument = findings.ours.instruments.get(at(venue, position.symbol));
    const known = loggedEffects(history.tradesOf(position), position, history.from === 1, instrument?.multiplier ?? ONE);
    if (known === null) return null;
    for (const effect of known) {
      const gained = instrument?.settle === asset ? effect.amount : 0n;
      effects.push({ ...effect, amount: gained - (effect.feeAsset === asset ? effect.fee : 0n) });
    }
  }
  return effects;
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
  const byTime = [...effects].sort((a, b) => a.atMs - b.atMs || a.lsn - b.lsn);
  const near = byTime
    .map((effect, index) => ({ away: Math.abs(effect.atMs - reportedMs), after: byTime.slice(index) }))
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
  const missing = missingEffects(findings, match, expected, balance.asset);
  const known = knownEffects(findings, match, balance.asset) ?? [];
  const report = history?.balanceReport(balance) ?? null;
  const reportedMs = report?.atMs ?? balance.updatedMs;
  const { ledger } = match.evidence;
  const booked = ledger.items.filter(({ asset, at: when }) => asset === balance.asset && Date.parse(when) > reportedMs);
  const funding = booked.filter(({ kind }) => kind === 'funding').map(({ amount }) => ({ amount: unitsOrZero(amount) }));
  const moved = booked.filter(({ kind }) => kind === 'transfer' || kind === 'other').map(({ amount }) => ({ amount: unitsOrZero(amount) }));
  const later = cuts([...missing, ...known], report?.lsn ?? null, reportedMs);
  for (const others of [
    { funding: [], moved: [] },
    { funding, moved: [] },
    { funding, moved },
  ]) {
    for (const effects of later) {
      const explained = sum(effects) + sum(others.funding) + sum(others.moved);
      if (
        absolute(difference - explained) > tolerances.money ||
        (effects.length === 0 && others.funding.length + others.moved.length === 0)
      )
        continue;
      const gone = effects.filter(({ breakId }) => breakId !== null);
      const recorded = effects.length - gone.length;
      const parts = [
        ...(gone.length > 0 ? [`${count(gone.length, 'missing fill')} with fees (${textOf(sum(gone))})`] : []),
        ...(recorded > 0 ? [`${count(recorded, 'fill')} recorded after the last report (${textOf(sum(effects) - sum(gone))})`] : []),
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
