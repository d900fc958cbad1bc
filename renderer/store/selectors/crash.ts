/** When it ended: one source for every screen, the host's own fact. */

import type { StoreSubjects } from '../slices/desk.ts';

/** The last record of the engine that died, ISO; null: none died, or nobody knows. */
export const crashedAt = ({ facts }: Pick<StoreSubjects, 'facts'>): string | null => facts.view?.next.crashedAt ?? null;

/** Since when the mode holds. An engine that died recorded none: trading is halted since the crash. */
export function modeSince({ facts, gate }: Pick<StoreSubjects, 'facts' | 'gate'>): string | null {
  const view = gate.view;
  return view?.since ?? (view?.mode === 'HALTED' ? crashedAt({ facts }) : null);
}
