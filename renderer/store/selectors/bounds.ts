/** Bounds of a dossier: what a form proposes, and how the present stands to them. */

import type { TenFacts } from '../../../shared/contract/facts.ts';
import type { Bounds, DossierView } from '../../../shared/contract/gate.ts';
import { absoluteAmount, formatAmount } from '../../format/amount.ts';

/** The form that the contract takes for an amount. */
const AMOUNT = /^[+-]?\d{1,30}(\.\d{1,18})?$/;

export const isAmount = (text: string): boolean => AMOUNT.test(text);

/** Whole money, up: a bound is a round figure that people can say aloud. */
const whole = (amount: string): string => formatAmount(absoluteAmount(amount), { places: 0 }).text.replaceAll(',', '');

/** What the form begins with: the limits, and a loss of one per cent against us. Empty: a person must say. */
export function suggestedBounds(facts: TenFacts | null): Bounds {
  return {
    unexplainedBreaks: 0,
    grossExposure: facts?.exposure.grossLimit ? whole(facts.exposure.grossLimit) : '',
    netExposure: facts?.exposure.netLimit ? whole(facts.exposure.netLimit) : '',
    lossSinceProposal: facts?.profit.lossPerPercent ? whole(facts.profit.lossPerPercent) : '',
  };
}

export interface BoundRow {
  readonly what: string;
  /** null: this figure has no bound; it is shown because it changed. */
  readonly bound: string | null;
  readonly proposed: string;
  readonly now: string;
  readonly within: boolean;
}

const BOUND_OF: readonly (readonly [RegExp, keyof Bounds])[] = [
  [/gross/i, 'grossExposure'],
  [/net/i, 'netExposure'],
  [/loss|p&l/i, 'lossSinceProposal'],
  [/break/i, 'unexplainedBreaks'],
];

/** The changes since the proposal with the bound that each is held against; those outside first. */
export function boundRows(view: DossierView): readonly BoundRow[] {
  const { bounds } = view.dossier;
  const rows = view.changes.map((change) => {
    const key = BOUND_OF.find(([pattern]) => pattern.test(change.what))?.[1];
    return {
      what: change.what,
      bound: key === undefined ? null : String(bounds[key]),
      proposed: change.proposed,
      now: change.now,
      within: change.within,
    };
  });
  return [...rows.filter((row) => !row.within), ...rows.filter((row) => row.within)];
}

/** Bounds on which no change was reported: the figure stands as proposed. */
export function unchangedBounds(view: DossierView): readonly { readonly what: string; readonly bound: string }[] {
  const names: Readonly<Record<keyof Bounds, string>> = {
    unexplainedBreaks: 'unexplained breaks',
    grossExposure: 'gross exposure',
    netExposure: 'net exposure',
    lossSinceProposal: 'loss since proposal',
  };
  return BOUND_OF.filter(([pattern]) => !view.changes.some((change) => pattern.test(change.what))).map(([, key]) => ({
    what: names[key],
    bound: String(view.dossier.bounds[key]),
  }));
}
