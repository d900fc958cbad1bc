/** Where the engine died: the end of what it wrote, behind which acceptances went on. */

import type { Storage } from '../storage/storage.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { isAcceptance, lineageOf, readLineage } from '../store/lineage.ts';

/** Its last LSN on the lineage; null where nothing was accepted since trading was last released, and the log's end is that of the engine. */
export function crashLsn(storage: Storage, root: string): number | null {
  const layout = storeLayout(root);
  const { epochs, highest } = readLineage(storage, layout, storeIdBytes(readIdentity(storage, root)));
  const path = lineageOf(epochs, highest).map(({ epoch }) => epochs.get(epoch)!);
  const first = path.slice(path.findLastIndex(({ reason }) => !isAcceptance(reason)) + 1)[0];
  return first?.forkLsn ?? null;
}
