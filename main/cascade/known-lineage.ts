/** The lineage as far as it can be known: epoch files, and where one is damaged, what its first segment says of the fork. */

import { join } from 'node:path';
import type { Finding } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoreLayout } from '../store/layout.ts';
import { type Epoch, lineageOf, readLineage, type Stretch } from '../store/lineage.ts';
import { parseSegmentName, readSegmentHeader, segmentName } from '../wal/segment.ts';

export interface KnownLineage {
  readonly head: Epoch | null;
  readonly path: readonly Stretch[];
  readonly findings: readonly Finding[];
  readonly whole: boolean;
}

export function knownLineage(storage: Storage, layout: StoreLayout, storeId: Uint8Array): KnownLineage {
  const reading = readLineage(storage, layout, storeId);
  const epochs = new Map(reading.epochs);
  const findings: Finding[] = reading.errors.map((error) => ({
    code: 'EPOCH_UNREADABLE',
    severity: 'damage',
    message: error.message,
    file: String(error.context.path ?? ''),
  }));
  const inLog = storage.list(layout.wal).flatMap((name) => parseSegmentName(name)?.epoch ?? []);
  const highest = Math.max(reading.highest, ...inLog, 0);
  for (let number = 1; number <= highest; number += 1) {
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
  const rooted = path.length === 0 || path[0]!.from === 0 || epochs.get(path[0]!.epoch)!.parent === 0;
  if (!rooted)
    findings.push({
      code: 'LINEAGE_SHORT',
      severity: 'damage',
      message: `the lineage begins with epoch ${path[0]!.epoch}: its parent has no record`,
    });
  return { head: epochs.get(headNumber) ?? null, path, findings, whole: rooted && findings.length === 0 };
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
