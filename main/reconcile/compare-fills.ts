/** Fills: what was executed there and not recorded here, what was recorded otherwise, what came twice. */

import type { VenueFill } from '../../shared/contract/venues.ts';
import { isWhole } from '../venues/answer.ts';
import { roundTo, textOf, unitsOrZero } from '../venues/decimal.ts';
import { type Findings, type Found, ourSource, venueSource } from './break.ts';
import type { VenueMatch } from './match.ts';
import { fillsSince, type OurFill, type OurOrder } from './ours.ts';

export interface MissingFill {
  readonly fill: VenueFill;
  readonly owner: OurOrder | null;
  readonly found: Found;
}

export interface FillsComparison {
  /** In the order of their time. */
  readonly missing: readonly MissingFill[];
  readonly matched: number;
  /** Recorded fills of an order by the venue's list: all of them, and those that were recorded beside it (as an external trade). */
  readonly recorded: ReadonlyMap<OurOrder, { readonly all: bigint; readonly beside: bigint }>;
}

export const signedQuantity = ({ side, quantity }: Pick<VenueFill, 'side' | 'quantity'>): bigint =>
  side === 'buy' ? unitsOrZero(quantity) : -unitsOrZero(quantity);

const key = ({ symbol, tradeId }: { readonly symbol: string; readonly tradeId: string }): string => `${symbol} ${tradeId}`;

const theirSide = (fill: VenueFill) => ({
  side: fill.side,
  quantity: fill.quantity,
  price: fill.price,
  fee: fill.fee,
  feeAsset: fill.feeAsset,
  liquidity: fill.liquidity,
  at: fill.at,
});
const ourSide = (fill: OurFill) => ({
  side: fill.side,
  quantity: textOf(fill.quantity),
  price: textOf(fill.price),
  fee: textOf(fill.fee),
  feeAsset: fill.feeAsset,
  liquidity: fill.liquidity,
  at: new Date(fill.atMs).toISOString(),
});

export function compareFills(findings: Findings, match: VenueMatch): FillsComparison {
  const { evidence, venue, account } = match;
  const { ours } = findings;
  const answered = evidence.fills;
  // Ours from a little before the venue's first, so that a fill at the edge finds its partner.
  const recorded = new Map(
    fillsSince(ours, evidence.fillsSinceMs - 120_000)
      .filter((fill) => fill.venue === venue && fill.account === account)
      .map((fill) => [key(fill), fill]),
  );
  // Within one millisecond they stand as the venue had them.
  const there = [...answered.items].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const missing: MissingFill[] = [];
  const recordedOf = new Map<OurOrder, { all: bigint; beside: bigint }>();
  const seen = new Set<string>();
  let matched = 0;
  for (const fill of there) {
    if (seen.has(key(fill))) continue;
    seen.add(key(fill));
    const here = recorded.get(key(fill));
    if (here) {
      const owner = match.ownerOf(fill);
      if (owner) {
        const { all, beside } = recordedOf.get(owner) ?? { all: 0n, beside: 0n };
        recordedOf.set(owner, { all: all + here.quantity, beside: beside + (here.clientId === owner.clientId ? 0n : here.quantity) });
      }
      if (!compareOne(findings, match, here, fill)) matched += 1;
    } else if (Date.parse(fill.at) >= evidence.fillsSinceMs) {
      missing.push(missingFill(findings, match, fill, missing.length));
    }
  }
  if (isWhole(answered)) {
    for (const fill of recorded.values()) {
      if (fill.atMs >= evidence.fillsSinceMs && fill.provenance !== 'inferred' && !seen.has(key(fill)))
        neverHappened(findings, match, fill);
    }
  }
  duplicates(findings, match);
  return { missing, matched, recorded: recordedOf };
}

function missingFill(findings: Findings, match: VenueMatch, fill: VenueFill, sequence: number): MissingFill {
  const { venue, account, evidence } = match;
  const owner = match.ownerOf(fill);
  const lag = Date.parse(fill.at) - findings.lastSeenMs;
  const when =
    lag >= 0 ? `${(lag / 1000).toFixed(1)} s after our last sign of life` : 'before our last sign of life, and its report was not recorded';
  const found = findings.add({
    kind: 'missingFill',
    venue,
    account,
    symbol: fill.symbol,
    clientId: owner?.clientId ?? fill.clientId,
    orderId: fill.orderId,
    tradeId: fill.tradeId,
    ours: null,
    theirs: theirSide(fill),
    delta: textOf(signedQuantity(fill)),
    moneyAtRisk: findings.money(venue, fill.symbol, unitsOrZero(fill.quantity)),
    cause: owner ? `Executed there ${when}` : `Executed there ${when}, for no order of ours: traded by hand, or by another process`,
    severity: owner ? 'high' : 'critical',
    sources: [ourSource(findings.ours), venueSource(venue, 'myTrades', evidence.fills)],
    lsns: owner ? (findings.options.history?.lsnsOfOrder(owner.clientId) ?? []) : [],
    sinceMs: Date.parse(fill.at),
    subject: { fill, sequence, ...(owner && { order: owner }) },
  });
  return { fill, owner, found };
}

/** @returns whether they differ */
function compareOne(findings: Findings, match: VenueMatch, here: OurFill, there: VenueFill): boolean {
  const { venue, account, evidence } = match;
  const differs: string[] = [];
  if (here.side !== there.side) differs.push('side');
  if (here.quantity !== unitsOrZero(there.quantity)) differs.push('quantity');
  if (here.price !== unitsOrZero(there.price)) differs.push('price');
  const heavy = differs.length > 0;
  const fee = roundTo(unitsOrZero(there.fee), findings.ours.scales.get(here.feeAsset) ?? 18);
  if (there.fee !== null && (here.fee !== fee || (here.fee !== 0n && there.feeAsset !== null && here.feeAsset !== there.feeAsset)))
    differs.push('fee');
  if (there.liquidity !== 'unknown' && here.liquidity !== 'unknown' && here.liquidity !== there.liquidity) differs.push('liquidity');
  if (Math.abs(here.atMs - Date.parse(there.at)) > findings.options.tolerances.fillTimeMs) differs.push('time');
  if (differs.length === 0) return false;
  const ours = ourSide(here);
  const theirs = theirSide(there);
  const difference = fee - here.fee;
  findings.add({
    kind: 'fillDiffers',
    venue,
    account,
    symbol: there.symbol,
    clientId: here.clientId,
    orderId: there.orderId,
    tradeId: there.tradeId,
    ours,
    theirs,
    delta: heavy ? textOf(unitsOrZero(there.quantity) - here.quantity) : textOf(difference),
    moneyAtRisk: heavy
      ? findings.money(venue, there.symbol, unitsOrZero(there.quantity))
      : findings.moneyOf(there.feeAsset ?? here.feeAsset, difference),
    cause: `The same trade was recorded with another ${differs.join(', ')}`,
    severity: heavy ? 'high' : 'low',
    blocking: heavy,
    sources: [ourSource(findings.ours), venueSource(venue, 'myTrades', evidence.fills)],
    lsns: findings.options.history?.lsnsOfTrade({ venue, account, symbol: there.symbol }, there.tradeId) ?? [],
    sinceMs: Date.parse(there.at),
    subject: { fill: there },
  });
  return true;
}

function neverHappened(findings: Findings, match: VenueMatch, fill: OurFill): void {
  const { venue, account, evidence } = match;
  findings.add({
    kind: 'fillDiffers',
    venue,
    account,
    symbol: fill.symbol,
    clientId: fill.clientId,
    tradeId: fill.tradeId,
    ours: ourSide(fill),
    theirs: null,
    delta: textOf(fill.side === 'buy' ? -fill.quantity : fill.quantity),
    moneyAtRisk: findings.money(venue, fill.symbol, fill.quantity),
    cause: 'Recorded here; the venue lists no such trade',
    severity: 'critical',
    sources: [ourSource(findings.ours), venueSource(venue, 'myTrades', evidence.fills)],
    lsns: findings.options.history?.lsnsOfTrade({ venue, account, symbol: fill.symbol }, fill.tradeId) ?? [],
    sinceMs: fill.atMs,
  });
}

function duplicates(findings: Findings, match: VenueMatch): void {
  const { venue, account } = match;
  for (const duplicate of findings.options.history?.duplicates ?? []) {
    if (duplicate.venue !== venue || duplicate.account !== account) continue;
    findings.add({
      kind: 'duplicateTradeId',
      venue,
      account,
      symbol: duplicate.symbol,
      clientId: duplicate.clientId,
      tradeId: duplicate.tradeId,
      ours: { count: String(duplicate.lsns.length) },
      theirs: { count: '1' },
      moneyAtRisk: '0',
      cause: `The trade came ${duplicate.lsns.length} times; it was taken once, and the others changed nothing`,
      sources: [`log at LSN ${duplicate.lsns.join(', ')}`],
      lsns: duplicate.lsns,
    });
  }
}
