/**
 * Positions. Causes before differences: the fills that are missing here are traded on our position first, by the engine's own
 * arithmetic; where that gives theirs, they explain it.
 */

import type { BreakKind } from '../../shared/contract/reconcile.ts';
import type { VenuePosition } from '../../shared/contract/venues.ts';
import { isWhole } from '../venues/answer.ts';
import { absolute, ONE, textOf, times, unitsOf, unitsOrZero } from '../venues/decimal.ts';
import { type Findings, ourSource, venueSource } from './break.ts';
import { type MissingFill, signedQuantity } from './compare-fills.ts';
import type { VenueMatch } from './match.ts';
import { at, type OurPosition } from './ours.ts';
import { averagePrice, FLAT, type Holding, traded } from './trade.ts';

/** A position as it will be once the missing fills are applied. */
export interface Expected {
  readonly symbol: string;
  readonly before: Holding;
  readonly after: Holding;
  readonly fills: readonly MissingFill[];
  /** Of each fill, in order: what it realises. */
  readonly realised: readonly bigint[];
}

const MILLION = 1_000_000n;

/** Every position of a venue that we hold or that a missing fill makes. */
export function expectedPositions(findings: Findings, match: VenueMatch, missing: readonly MissingFill[]): ReadonlyMap<string, Expected> {
  const { venue, account } = match;
  const ours = new Map(
    findings.ours.positions
      .filter((position) => position.venue === venue && position.account === account)
      .map((position) => [position.symbol, position]),
  );
  const symbols = new Set([...ours.keys(), ...missing.map(({ fill }) => fill.symbol)]);
  const expected = new Map<string, Expected>();
  for (const symbol of [...symbols].sort()) {
    const multiplier = multiplierOf(findings, match, symbol);
    const here = ours.get(symbol);
    const before: Holding = here ? { quantity: here.quantity, cost: here.cost } : FLAT;
    const fills = missing.filter(({ fill }) => fill.symbol === symbol);
    const realised: bigint[] = [];
    let after = before;
    for (const { fill } of fills) {
      const trade = traded(after, signedQuantity(fill), unitsOrZero(fill.price), multiplier);
      after = trade.holding;
      realised.push(trade.realised);
    }
    expected.set(symbol, { symbol, before, after, fills, realised });
  }
  return expected;
}

const multiplierOf = (findings: Findings, match: VenueMatch, symbol: string): bigint =>
  findings.ours.instruments.get(at(match.venue, symbol))?.multiplier ?? match.evidence.terms.get(symbol)?.multiplier ?? ONE;

function kindOf(here: bigint, there: bigint): BreakKind {
  if (there === 0n) return 'openHereFlatThere';
  if (here === 0n) return 'openThereNoneHere';
  return here < 0n !== there < 0n ? 'sideFlipped' : 'positionDiffers';
}

const names = (fills: readonly MissingFill[]): string => {
  const owners = [...new Set(fills.map(({ owner, fill }) => owner?.clientId ?? fill.clientId ?? fill.orderId))];
  return `${fills.length === 1 ? '1 missing fill' : `${fills.length} missing fills`} of ${owners.slice(0, 3).join(', ')}${owners.length > 3 ? ` and ${owners.length - 3} more orders` : ''}`;
};

/** @returns how many positions agree */
export function comparePositions(findings: Findings, match: VenueMatch, expected: ReadonlyMap<string, Expected>): number {
  const { venue, account, evidence } = match;
  const { positions } = evidence.report;
  // Half a list proves what it lists, and nothing about what it leaves out.
  const listed = new Map(positions.items.map((position) => [position.symbol, position]));
  const whole = isWhole(positions);
  const ours = new Map(
    findings.ours.positions
      .filter((position) => position.venue === venue && position.account === account)
      .map((position) => [position.symbol, position]),
  );
  const symbols = whole ? new Set([...ours.keys(), ...listed.keys()]) : new Set(listed.keys());
  let matched = 0;
  for (const symbol of [...symbols].sort()) {
    const instrument = findings.ours.instruments.get(at(venue, symbol));
    // What is held of a spot instrument is a balance.
    if (instrument?.kind === 'spot' || evidence.terms.get(symbol)?.spot) continue;
    const there = listed.get(symbol) ?? null;
    const will = expected.get(symbol) ?? { symbol, before: FLAT, after: FLAT, fills: [], realised: [] };
    const tolerance = instrument?.tolerance ?? 0n;
    const quantity = there ? unitsOrZero(there.quantity) : 0n;
    const differs = absolute(quantity - will.before.quantity) > tolerance;
    const explained = absolute(quantity - will.after.quantity) <= tolerance;
    if (differs) quantityBreak(findings, match, ours.get(symbol) ?? null, there, will, explained);
    const priced = explained && compareAverage(findings, match, ours.get(symbol) ?? null, there, will, differs);
    if (!differs && !priced && (will.before.quantity !== 0n || quantity !== 0n)) matched += 1;
  }
  return matched;

  function quantityBreak(
    all: Findings,
    of: VenueMatch,
    here: OurPosition | null,
    there: VenuePosition | null,
    will: Expected,
    explained: boolean,
  ): void {
    const { symbol } = will;
    const quantity = there ? unitsOrZero(there.quantity) : 0n;
    const kind = kindOf(will.before.quantity, quantity);
    const delta = quantity - will.before.quantity;
    const tolerance = all.ours.instruments.get(at(venue, symbol))?.tolerance ?? 0n;
    const partly = !explained && will.fills.length > 0;
    const moved = evidence.settled ? '' : '; the venue went on filling while it was asked: ask again';
    const left = absolute(quantity - will.after.quantity);
    all.add({
      kind,
      venue,
      account,
      symbol,
      ours: holdingSide(will.before, of, all, symbol),
      theirs: there
        ? { quantity: there.quantity, averagePrice: there.entryPrice, mark: there.mark }
        : { quantity: '0', averagePrice: null, mark: null },
      delta: textOf(delta),
      moneyAtRisk: all.money(venue, symbol, explained ? delta : partly ? left : delta),
      cause: explained
        ? `Explained by ${names(will.fills)}`
        : `${partly ? `${names(will.fills)} explain a part; ${textOf(left)} stay unexplained` : 'No missing fill explains it'}${tolerance > 0n ? ` (tolerance ${textOf(tolerance)})` : ''}${moved}`,
      causedBy: will.fills.map(({ found }) => found.entry.id),
      ...(explained && { severity: 'low' as const, blocking: false }),
      sources: [ourSource(all.ours), venueSource(venue, 'positions', positions)],
      lsns: all.options.history?.lsnsOfPosition({ venue, account, symbol }).slice(-16) ?? [],
      sinceMs: here?.updatedMs ?? 0,
      // A position that nothing of is known here was opened at the venue's price; what is moved otherwise is moved at the mark.
      subject: {
        position: there,
        difference: delta,
        explained,
        price: (will.after.quantity === 0n ? there?.entryPrice : null) ?? there?.mark ?? priceText(all, symbol),
      },
    });
  }

  function priceText(all: Findings, symbol: string): string | null {
    const mark = all.mark(venue, symbol);
    return mark === null ? null : textOf(mark);
  }
}

const holdingSide = (holding: Holding, match: VenueMatch, findings: Findings, symbol: string) => {
  const average = averagePrice(holding, multiplierOf(findings, match, symbol));
  return { quantity: textOf(holding.quantity), averagePrice: average === null ? null : textOf(average) };
};

/** The same quantity at another price. @returns whether it is a break */
function compareAverage(
  findings: Findings,
  match: VenueMatch,
  here: OurPosition | null,
  there: VenuePosition | null,
  will: Expected,
  quantityDiffers: boolean,
): boolean {
  const { venue, account, evidence } = match;
  const theirs = unitsOf(there?.entryPrice ?? null);
  if (there === null || theirs === null || theirs === 0n) return false;
  const multiplier = multiplierOf(findings, match, will.symbol);
  const near = (average: bigint | null): boolean =>
    average !== null && absolute(theirs - average) * MILLION <= absolute(theirs) * findings.options.tolerances.averagePricePpm;
  const [now, then] = [averagePrice(will.before, multiplier), averagePrice(will.after, multiplier)];
  // Where the quantity differs, the price is judged as it will be with the missing fills.
  const explained = near(then);
  if (quantityDiffers ? explained : near(now)) return false;
  const ours = quantityDiffers ? then : now;
  const quantity = unitsOrZero(there.quantity);
  const effect = ours === null ? 0n : times(times(theirs - ours, quantity), multiplier);
  findings.add({
    kind: 'averagePriceDiffers',
    venue,
    account,
    symbol: will.symbol,
    ours: {
      quantity: textOf(quantityDiffers ? will.after.quantity : will.before.quantity),
      averagePrice: ours === null ? null : textOf(ours),
    },
    theirs: { quantity: there.quantity, averagePrice: there.entryPrice },
    delta: ours === null ? null : textOf(theirs - ours),
    moneyAtRisk: findings.moneyOf(findings.ours.instruments.get(at(venue, will.symbol))?.settle ?? '', effect),
    cause: explained
      ? `Explained by ${names(will.fills)}, which leave the quantity as it was`
      : `The same quantity at another price: unrealised P&L differs by ${textOf(effect)} (tolerance ${findings.options.tolerances.averagePricePpm} millionths)`,
    causedBy: explained ? will.fills.map(({ found }) => found.entry.id) : [],
    ...(explained && { blocking: false }),
    sources: [ourSource(findings.ours), venueSource(venue, 'positions', evidence.report.positions)],
    lsns: findings.options.history?.lsnsOfPosition({ venue, account, symbol: will.symbol }).slice(-16) ?? [],
    sinceMs: here?.updatedMs ?? 0,
    subject: { position: there, explained },
  });
  return true;
}
