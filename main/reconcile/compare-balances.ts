/** Balances (the wallet, without unrealised P&L) and margin. */

import { isWhole } from '../venues/answer.ts';
import { absolute, roundTo, textOf, unitsOf, unitsOrZero } from '../venues/decimal.ts';
import { balanceCause } from './balance-causes.ts';
import { type Findings, ourSource, venueSource } from './break.ts';
import type { Expected } from './compare-positions.ts';
import type { VenueMatch } from './match.ts';
import type { OurBalance } from './ours.ts';

const MILLION = 1_000_000n;

/** @returns how many balances agree */
export function compareBalances(findings: Findings, match: VenueMatch, expected: ReadonlyMap<string, Expected>): number {
  const { venue, account, evidence } = match;
  const { balances } = evidence.report;
  if (!isWhole(balances)) return 0;
  const here = new Map(
    findings.ours.balances.filter((entry) => entry.venue === venue && entry.account === account).map((entry) => [entry.asset, entry]),
  );
  const there = new Map(balances.items.map((entry) => [entry.asset, entry]));
  let matched = 0;
  for (const asset of [...new Set([...here.keys(), ...there.keys()])].sort()) {
    const ours: OurBalance | null = here.get(asset) ?? null;
    const theirs = there.get(asset) ?? null;
    // At the places that the state keeps of the asset.
    const [before, now] = [ours?.total ?? 0n, roundTo(unitsOrZero(theirs?.total), findings.ours.scales.get(asset) ?? 18)];
    const difference = now - before;
    if (difference === 0n) {
      if (ours) matched += 1;
      continue;
    }
    const cause = ours ? balanceCause(findings, match, expected, ours, difference) : null;
    const explained = cause !== null && cause.transferred === 0n;
    const left = cause === null ? difference : cause.transferred;
    findings.add({
      kind: 'balanceDiffers',
      venue,
      account,
      asset,
      ours: ours && { free: textOf(ours.free), locked: textOf(ours.locked), total: textOf(ours.total) },
      theirs: { free: theirs?.free ?? '0', locked: theirs?.locked ?? '0', total: theirs?.total ?? '0' },
      delta: textOf(difference),
      moneyAtRisk: findings.moneyOf(asset, explained ? difference : left),
      cause:
        cause?.words ?? (ours ? 'Neither the known fills nor the ledger explain it' : 'No balance of this asset was ever recorded here'),
      causedBy: cause?.causedBy ?? [],
      ...(explained && { severity: 'low' as const, blocking: false }),
      sources: [ourSource(findings.ours), venueSource(venue, 'balances', balances)],
      lsns: findings.options.history?.lsnsOfBalance({ venue, account, asset }).slice(-4) ?? [],
      sinceMs: ours?.updatedMs ?? 0,
      subject: {
        balance: theirs ?? { venue, account, asset, free: '0', locked: '0', total: '0' },
        explained,
      },
    });
  }
  return matched;
}

/** Margin follows marks: it is compared roughly, and only where the state has it. */
export function compareMargins(findings: Findings, match: VenueMatch): void {
  const { venue, account, evidence } = match;
  if (!isWhole(evidence.report.balances) || evidence.account === null) return;
  for (const ours of findings.ours.margins.filter((entry) => entry.venue === venue && entry.account === account)) {
    const there = evidence.account.assets.find(({ asset }) => asset === ours.asset);
    const initial = unitsOf(there?.initial ?? null);
    if (!there || initial === null) continue;
    const larger = initial > ours.initial ? initial : ours.initial;
    const delta = initial - ours.initial;
    if (absolute(delta) * MILLION <= larger * findings.options.tolerances.marginPpm) continue;
    const { asset, maintenance, equity } = there;
    findings.add({
      kind: 'marginDiffers',
      venue,
      account,
      asset,
      ours: { initial: textOf(ours.initial), maintenance: textOf(ours.maintenance), equity: textOf(ours.equity) },
      theirs: { initial: there.initial, maintenance, equity },
      delta: textOf(delta),
      moneyAtRisk: findings.moneyOf(asset, delta),
      cause: `Initial margin differs by more than ${findings.options.tolerances.marginPpm / 10_000n} %: it follows orders, positions and marks`,
      sources: [ourSource(findings.ours), venueSource(venue, 'balances', evidence.report.balances)],
      sinceMs: ours.updatedMs,
      subject: { margin: { asset, initial: textOf(initial), maintenance: maintenance ?? '0', equity: equity ?? '0' } },
    });
  }
}
