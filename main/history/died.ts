/** Where the engine that died last ended: what an acceptance writes comes after it in the log, and is not the engine's. */

import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import { formatTime } from '../../shared/units.ts';
import type { Storage } from '../storage/storage.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { type Epoch, isAcceptance, lineageOf, readLineage } from '../store/lineage.ts';
import { crashedAtOf } from '../venues/facts.ts';
import { type DecodedOperation, openLog, readOperations } from './operations.ts';

export interface Died {
  /** Its last operation that belongs to the present lineage. */
  readonly lsn: number;
  /** The time of that operation, ISO: the crash. null: it was closed in order, it lives, or nobody knows. */
  readonly at: string | null;
}

/** The first acceptance since trading was last released; null where nothing was accepted since. @throws whatever reading the store throws */
export function firstAcceptance(storage: Storage, root: string): Epoch | null {
  const { epochs } = readLineage(storage, storeLayout(root), storeIdBytes(readIdentity(storage, root)));
  const path = lineageOf(epochs, Math.max(0, ...epochs.keys())).map(({ epoch }) => epochs.get(epoch)!);
  return path[path.findLastIndex(({ reason }) => !isAcceptance(reason)) + 1] ?? null;
}

/** @throws whatever reading the lineage throws; an operation that cannot be read leaves its time unknown */
export function died(storage: Storage, root: string, report: RecoveryReport): Died {
  const accepted = firstAcceptance(storage, root);
  if (accepted) {
    const last = operationAt(storage, root, accepted.forkLsn);
    return { lsn: accepted.forkLsn, at: last && last.intent.type !== 'epoch.close' ? formatTime(last.timeNs) : null };
  }
  // Where nothing was replayed, the report knows only when the copy was taken.
  const last = report.replayed === 0 && crashedAtOf(report) !== null ? operationAt(storage, root, report.lsn) : null;
  return { lsn: report.lsn, at: last ? formatTime(last.timeNs) : crashedAtOf(report) };
}

function operationAt(storage: Storage, root: string, lsn: number): DecodedOperation | null {
  let found: DecodedOperation | null = null;
  try {
    readOperations(openLog(storage, root), lsn, lsn, (operation) => {
      found = operation;
      return false;
    });
  } catch (error) {
    if (!(error instanceof RearmError)) throw error;
  }
  return found;
}
