/** Whether a recovered state can be accepted, before anybody is asked for it. The host refuses it all the same. */

import type { TenFacts } from '../../../shared/contract/facts.ts';
import type { RecoveryReport } from '../../../shared/contract/recovery.ts';

/** Why not; null where nothing stands against it. Accepting opens a new epoch, and a living engine writes the one before. */
export function acceptBarrier(facts: TenFacts | null, report: Pick<RecoveryReport, 'storeId'> | null): string | null {
  if (report?.storeId === '') return 'No store was identified: there is nothing to accept.';
  const life = facts?.engine.value;
  if (life === 'alive') return 'The engine is alive and holds the store: there is nothing to accept until it has ended.';
  if (life === 'secondWriter') return 'A second engine is sending: stop it first, then accept.';
  return null;
}
