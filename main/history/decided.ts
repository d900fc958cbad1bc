/** What people decided about breaks since the engine died, as the acceptances wrote it into the log. */

import type { Storage } from '../storage/storage.ts';
import { firstAcceptance } from './died.ts';
import { openLog, readOperations } from './operations.ts';

export interface DecidedBreak {
  /** The break with the facts that were decided upon: one that comes back with other facts is another. */
  readonly id: string;
  readonly kind: string;
  readonly decision: string;
  readonly person: string;
  readonly comment: string;
}

/** In the order of the log; none where nothing was accepted since trading was last released. @throws whatever reading the log throws */
export function decidedSinceCrash(storage: Storage, root: string): DecidedBreak[] {
  const first = firstAcceptance(storage, root);
  if (!first) return [];
  const decided: DecidedBreak[] = [];
  readOperations(openLog(storage, root), first.forkLsn + 1, Number.MAX_SAFE_INTEGER, ({ intent }) => {
    if (intent.type === 'resolution.record') {
      const { breakId, decision, person, comment } = intent;
      decided.push({ id: breakId, kind: breakId.split('.')[0]!.replace(/-[0-9a-f]+$/, ''), decision, person, comment });
    }
    return undefined;
  });
  return decided;
}
