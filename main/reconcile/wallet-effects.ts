/**
 * What each trade did to a wallet: the P&L that it realised, less its fee. What a trade realises depends on the position before it,
 * so a position is followed from a moment when it was flat: in the venue's own list and order where that reaches so far, else in
 * our log, continued by the fills that are missing there.
 */

import { isWhole } from '../venues/answer.ts';
import { ONE, unitsOrZero } from '../venues/decimal.ts';
import type { Findings } from './break.ts';
import { signedQuantity } from './compare-fills.ts';
import type { Expected } from './compare-positions.ts';
import type { LoggedTrade } from './history.ts';
import type { VenueMatch } from './match.ts';
import { at } from './ours.ts';
import { FLAT, type Holding, traded } from './trade.ts';

export interface Effect {
  readonly amount: bigint;
  readonly atMs: number;
  /** Where it was recorded; 0 for one that is missing here. */
  readonly lsn: number;
  /** Id of the break of a missing fill. */
  readonly breakId: string | null;
}

interface Terms {
  readonly settle: string;
  readonly multiplier: bigint;
}

/** A trade whose place in the log is not known, but which is recorded: older than anything that is asked about. */
const RECORDED = 1;

function termsOf(findings: Findings, match: VenueMatch, symbol: string): Terms {
  const here = findings.ours.instruments.get(at(match.venue, symbol));
  const there = match.evidence.terms.get(symbol);
  return { settle: here?.settle ?? there?.settle ?? '', multiplier: here?.multiplier ?? there?.multiplier ?? ONE };
}

/** First of `quantities` (signed, in order) from which the position can be followed: it was flat before that one. -1: none. */
function flatBefore(quantities: readonly bigint[], now: bigint): number {
  let held = now;
  let first = -1;
  for (let index = quantities.length - 1; index >= 0; index -= 1) {
    held -= quantities[index]!;
    if (held === 0n) first = index;
  }
  return first;
}

/** In the venue's list, which is in the venue's order. null where the position was not flat within it. */
function venueEffects(
  findings: Findings,
  match: VenueMatch,
  expected: Expected | undefined,
  symbol: string,
  asset: string,
): Effect[] | null {
  const { positions } = match.evidence.report;
  if (!isWhole(match.evidence.fills) || !isWhole(positions)) return null;
  const fills = match.evidence.fills.items
    .filter((fill) => fill.symbol === symbol)
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const now = unitsOrZero(positions.items.find((position) => position.symbol === symbol)?.quantity ?? '0');
  const start = flatBefore(fills.map(signedQuantity), now);
  if (start < 0) return fills.length === 0 ? [] : null;
  const { settle, multiplier } = termsOf(findings, match, symbol);
  const missing = new Map((expected?.fills ?? []).map(({ fill, found }) => [fill.tradeId, found.entry.id]));
  let holding = FLAT;
  return fills.slice(start).map((fill): Effect => {
    const step = traded(holding, signedQuantity(fill), unitsOrZero(fill.price), multiplier);
    holding = step.holding;
    const fee = fill.feeAsset === asset || (fill.feeAsset === null && settle === asset) ? unitsOrZero(fill.fee) : 0n;
    const breakId = missing.get(fill.tradeId) ?? null;
    const lsns = findings.options.history?.lsnsOfTrade({ venue: match.venue, account: match.account, symbol }, fill.tradeId) ?? [];
    return {
      amount: (settle === asset ? step.realised : 0n) - fee,
      atMs: Date.parse(fill.at),
      lsn: breakId === null ? (lsns[0] ?? RECORDED) : 0,
      breakId,
    };
  });
}

/** In our log. null where the log does not reach back to a flat position, or something else than trades moved it. */
function loggedEffects(trades: readonly LoggedTrade[], now: Holding, terms: Terms, asset: string): Effect[] | null {
  if (trades.length === 0) return [];
  if (trades.some(({ setTo }) => setTo !== null)) return null;
  const quantities = trades.map(({ quantity }) => quantity);
  const flat = flatBefore(quantities, now.quantity);
  if (flat < 0) return null;
  let holding = FLAT;
  const effects = trades.slice(flat).map((trade): Effect => {
    const step = traded(holding, trade.quantity, trade.price, terms.multiplier);
    holding = step.holding;
    const fee = trade.feeAsset === asset ? trade.fee : 0n;
    return { amount: (terms.settle === asset ? step.realised : 0n) - fee, atMs: trade.atMs, lsn: trade.lsn, breakId: null };
  });
  return holding.cost === now.cost ? effects : null;
}

/** The missing fills on top of our position, in the order of their time. */
function missingEffects(expected: Expected | undefined, { settle }: Terms, asset: string): Effect[] {
  return (expected?.fills ?? []).map(({ fill, found }, index): Effect => {
    const fee = fill.feeAsset === asset || (fill.feeAsset === null && settle === asset) ? unitsOrZero(fill.fee) : 0n;
    const gained = settle === asset ? (expected?.realised[index] ?? 0n) : 0n;
    return { amount: gained - fee, atMs: Date.parse(fill.at), lsn: 0, breakId: found.entry.id };
  });
}

/** Effects of every trade that is known, of all symbols of the account, on one asset; oldest first. */
export function walletEffects(findings: Findings, match: VenueMatch, expected: ReadonlyMap<string, Expected>, asset: string): Effect[] {
  const { history } = findings.options;
  const { venue, account, evidence } = match;
  const effects: Effect[] = [];
  const symbols = new Set([...expected.keys(), ...evidence.fills.items.map(({ symbol }) => symbol)]);
  for (const symbol of symbols) {
    const will = expected.get(symbol);
    const there = venueEffects(findings, match, will, symbol, asset);
    if (there) {
      effects.push(...there);
      continue;
    }
    const terms = termsOf(findings, match, symbol);
    const logged = history && loggedEffects(history.tradesOf({ venue, account, symbol }), will?.before ?? FLAT, terms, asset);
    effects.push(...(logged ?? []), ...missingEffects(will, terms, asset));
  }
  return effects.sort((a, b) => a.atMs - b.atMs);
}
