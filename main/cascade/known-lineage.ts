/** The lineage as far as it can be known: epoch files, and where one is damaged, what its first segment says of the fork. */

import { basename, join } from 'node:path';
import type { Finding } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Storage } from '../storage/storage.ts';
import { parseEpochName, type StoreLayout } from '../store/layout.ts';
import { type Epoch, lineageOf, readLineage, type Stretch } from '../store/lineage.ts';
import { parseSegmentName, readSegmentHeader, segmentName } from '../wal/segment.ts';

export interface KnownLineage {
  readonly head: Epoch | null;
  readonly path: readonly Stretch[];
  readonly findings: readonly Finding[];
  readonly whole: boolean;
  /** LSN at which the state of the lineage began, empty: 0, or where it was reconstructed from the venues. null: its beginning is not known. */
  readonly origin: number | null;
  /** The state was reconstructed from the venues, and trading was not released since. */
  readonly reconstructed: boolean;
}

export function knownLineage(storage: Storage, layout: StoreLayout, storeId: Uint8Array): KnownLineage {
  const reading = readLineage(storage, layout, storeId);
  const epochs = new Map(reading.epochs);
  const inLog = storage.list(layout.wal).flatMap((name) => parseSegmentName(name)?.epoch ?? []);
  const highest = Math.max(reading.highest, ...inLog, 0);
  // What lies before a reconstruction was given up: nothing of it is needed, nor missed.
  const start = Math.max(0, ...[...epochs.values()].filter(({ reason }) => reason === 'reconstructed').map(({ epoch }) => epoch));
  const findings: Finding[] = reading.errors
    .filter(({ context }) => (parseEpochName(basename(String(context.path ?? ''))) ?? start) >= start)
    .map((error) => ({ code: 'EPOCH_UNREADABLE', severity: 'damage', message: error.message, file: String(error.context.path ?? '') }));
  for (let number = Math.max(1, start); number <= highest; number += 1) {
    if (epochs.has(number) || !inLog.includes(number)) continue;
    const stood = firstSegment(storage, layout, storeId, number);
    if (!stood) {
      findings.push({
        code: 'EPOCH_LOST',
        severity: 'critical',
        file: `lineage/${number}`,
        message: `epoch ${number} has no readable record and its first segment is gone: where it forked, and what it holds, cannot be proven`,
      });
      continue;
    }
    const parent = Math.max(0, ...[...epochs.keys()].filter((epoch) => epoch < number));
    epochs.set(number, {
      epoch: number,
      parent,
      forkLsn: stood.firstLsn - 1,
      forkHash: stood.previousHash,
      reason: 'none',
      createdNs: stood.createdNs,
      bootId: '',
    });
    findings.push({
      code: 'EPOCH_REBUILT',
      severity: 'damage',
      file: `lineage/${number}`,
      message: `epoch ${number} has no readable record: its fork at LSN ${stood.firstLsn - 1} is taken from its first segment`,
    });
  }
  const headNumber = Math.max(0, ...epochs.keys());
  const path = lineageOf(epochs, headNumber);
  const first = path[0] && epochs.get(path[0].epoch);
  const origin = !first || first.forkLsn === 0 ? 0 : first.reason === 'reconstructed' ? first.forkLsn : null;
  const rooted = origin !== null || first?.parent === 0;
  if (!rooted)
    findings.push({
      code: 'LINEAGE_SHORT',
      severity: 'damage',
      message: `the lineage begins with epoch ${path[0]!.epoch}: its parent has no record`,
    });
  const reasons = path.map(({ epoch }) => epochs.get(epoch)!.reason);
  const reconstructed = reasons.lastIndexOf('reconstructed') > reasons.lastIndexOf('released');
  return { head: epochs.get(headNumber) ?? null, path, findings, whole: rooted && findings.length === 0, origin, reconstructed };
}

function firstSegment(storage: Storage, layout: StoreLayout, storeId: Uint8Array, epoch: number) {
  const path = join(layout.wal, segmentName(epoch, 1));
  if (!storage.exists(path)) return null;
  const file = storage.open(path, 'read');
  try {
    return readSegmentHeader(file, storeId);
  } catch (error) {
    if (error instanceof RearmError) return null;
    throw error;
  } finally {
    file.close();
  }
}
