/** The bounds of a dossier: what may move while it is signed, and what is different in the dossier that follows it. */

import { absolute, formatDecimal, MONEY_SCALE, parseDecimal } from '../../shared/amounts.ts';
import type { Bounds, Dossier } from '../../shared/contract/gate.ts';
import { canonicalText } from './canonical.ts';

/** The world as the venues show it now. `null` is UNKNOWN: it counts as outside, silence never keeps a signature alive. */
export interface WorldNow {
  /** Breaks that nobody has explained or decided, those of the dossier that are still open included. */
  readonly unexplainedBreaks: number | null;
  /** Reporting currency, at its worst where a venue is silent. */
  readonly grossExposure: string | null;
  /** Signed. */
  readonly netExposure: string | null;
  /** What the positions made, realised and not, signed: the loss since the proposal is what it fell since then. */
  readonly worth: string | null;
}

export interface Change {
  readonly what: string;
  readonly proposed: string;
  readonly now: string;
  readonly within: boolean;
}

const UNKNOWN = 'UNKNOWN';
const money = (text: string): bigint => parseDecimal(text, MONEY_SCALE);
const undecided = (dossier: Dossier): number => dossier.breaks.filter((found) => found.decision === null).length;

interface BoundRule {
  readonly bound: keyof Bounds;
  readonly what: string;
  readonly proposed: (dossier: Dossier) => string;
  readonly now: (world: WorldNow, dossier: Dossier) => string | null;
  readonly within: (now: string, bounds: Bounds) => boolean;
}

/** One row per bound. To add one: the field in the contract's `Bounds` and in {@link WorldNow}, and a row here. */
export const BOUND_RULES: readonly BoundRule[] = [
  {
    bound: 'unexplainedBreaks',
    what: 'unexplained breaks',
    proposed: (dossier) => String(undecided(dossier)),
    now: (world) => (world.unexplainedBreaks === null ? null : String(world.unexplainedBreaks)),
    within: (now, bounds) => money(now) <= BigInt(bounds.unexplainedBreaks) * money('1'),
  },
  {
    bound: 'grossExposure',
    what: 'gross exposure',
    proposed: (dossier) => dossier.exposure.grossNow ?? UNKNOWN,
    now: (world) => world.grossExposure,
    within: (now, bounds) => absolute(money(now)) <= money(bounds.grossExposure),
  },
  {
    bound: 'netExposure',
    what: 'net exposure',
    proposed: (dossier) => dossier.exposure.netNow ?? UNKNOWN,
    now: (world) => world.netExposure,
    within: (now, bounds) => absolute(money(now)) <= money(bounds.netExposure),
  },
  {
    bound: 'lossSinceProposal',
    what: 'loss since the proposal',
    proposed: () => '0',
    now: ({ worth }, { exposure }) =>
      worth === null || exposure.worthNow === null ? null : formatDecimal(money(exposure.worthNow) - money(worth), MONEY_SCALE),
    within: (now, bounds) => money(now) <= money(bounds.lossSinceProposal),
  },
];

/**
 * Every bounded figure: as proposed, now, and whether it is inside its bound. The bound itself is inside. Compared exactly.
 *
 * @throws RearmError AMOUNT_INVALID where the world's figures are not plain decimals.
 */
export const changes = (dossier: Dossier, world: WorldNow): Change[] =>
  BOUND_RULES.map((rule) => {
    const now = rule.now(world, dossier);
    const within = now !== null && rule.within(now, dossier.bounds);
    return { what: rule.what, proposed: rule.proposed(dossier), now: now ?? UNKNOWN, within };
  });

export const isWithin = (list: readonly Change[]): boolean => list.every((change) => change.within);

export interface Difference {
  /** Dotted name of the field; a break by its id, as `breaks[<id>]`. */
  readonly what: string;
  /** Canonical JSON; null where the field or the break was not there. */
  readonly before: string | null;
  readonly after: string | null;
}

function flatten(value: unknown, where: string, into: Map<string, string>): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, member] of Object.entries(value)) flatten(member, where === '' ? key : `${where}.${key}`, into);
  } else if (where === 'breaks' && Array.isArray(value)) {
    for (const found of value as Dossier['breaks']) into.set(`breaks[${found.id}]`, canonicalText(found));
  } else {
    into.set(where, canonicalText(value));
  }
}

/**
 * What a dossier says otherwise than its predecessor: all that has to be read before it is signed again. Times and the
 * proposer are left out: they differ always.
 */
export function differences(before: Dossier, after: Dossier): Difference[] {
  const [old, fresh] = [before, after].map((dossier) => {
    const { proposedAt: _at, expiresAt: _expires, proposedBy: _by, ...body } = dossier;
    const fields = new Map<string, string>();
    flatten(body, '', fields);
    return fields;
  }) as [Map<string, string>, Map<string, string>];
  const names = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return names
    .filter((what) => old.get(what) !== fresh.get(what))
    .map((what) => ({ what, before: old.get(what) ?? null, after: fresh.get(what) ?? null }));
}
