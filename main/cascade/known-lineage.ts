/** The lineage as far as it can be known: epoch files, and where one is damaged, what its first segment says of the fork. */

import { basename, join } from 'node:path';
import type { Finding } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { saysNothing } from '../storage/system-errors.ts';
import { parseEpochName, parseMappedName, parseSlotName, parseSnapshotName, type StoreLayout } from '../store/layout.ts';
import { type Epoch, lineageOf, readLineage, type Stretch } from '../store/lineage.ts';
import { readMapped } from '../tiers/mapped-reader.ts';
import { readSlots } from '../tiers/slot-reader.ts';
import { readSnapshots } from '../tiers/snapshot-reader.ts';
import type { TierHead } from '../tiers/tier-copy.ts';
import { parseSegmentName, readSegmentHeader, type SegmentHeader, segmentName } from '../wal/segment.ts';

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
  // The tiers' files bear its number too: an epoch whose record and log are both gone is not one that never was.
  const inTiers = tierFiles(storage, layout);
  const numbers = [...new Set([...inLog, ...inTiers.map(({ epoch }) => epoch)])].sort((a, b) => a - b);
  // What lies before a reconstruction was given up: nothing of it is needed, nor missed.
  const start = Math.max(0, ...[...epochs.values()].filter(({ reason }) => reason === 'reconstructed').map(({ epoch }) => epoch));
  const findings: Finding[] = reading.errors
    .filter(({ context }) => (parseEpochName(basename(String(context.path ?? ''))) ?? start) >= start)
    .map((error) => ({ code: 'EPOCH_UNREADABLE', severity: 'damage', message: error.message, file: String(error.context.path ?? '') }));
  const lost: number[] = [];
  for (const number of numbers) {
    if (number < Math.max(1, start) || epochs.has(number)) continue;
    const stood = oldestSegment(storage, layout, storeId, number);
    if (!stood) {
      if (inLog.includes(number) || !areOfAnother(storage, layout, storeId, number, inTiers)) lost.push(number);
      continue;
    }
    const before = Math.max(0, ...[...epochs.keys()].filter((epoch) => epoch < number));
    // Its first segment says where it forked. A later one says only from where on its log is there: nothing of an earlier epoch is
    // taken to belong to it, but where there is no earlier one.
    const exact = stood.segment === 1;
    const parent = exact ? before : 0;
    const fork = exact || before > 0 ? { lsn: stood.firstLsn - 1, hash: stood.previousHash } : { lsn: 0, hash: 0n };
    epochs.set(number, {
      epoch: number,
      parent,
      forkLsn: fork.lsn,
      forkHash: fork.hash,
      reason: 'none',
      createdNs: stood.createdNs,
      bootId: '',
    });
    findings.push({
      code: 'EPOCH_REBUILT',
      severity: 'damage',
      file: `lineage/${number}`,
      message: `epoch ${number} has no readable record: ${exact ? `its fork at LSN ${fork.lsn} is taken from its first segment` : `its log from LSN ${stood.firstLsn} on is taken for it`}`,
    });
  }
  const headNumber = Math.max(0, ...epochs.keys());
  for (const number of lost) {
    findings.push({
      code: 'EPOCH_LOST',
      // A later one goes on from elsewhere: nothing depends on it.
      severity: number > headNumber ? 'critical' : 'damage',
      file: `lineage/${number}`,
      message: `epoch ${number} has no readable record and none of its segments can be read: where it forked, and what it holds, cannot be proven`,
    });
    for (const { epoch, file } of inTiers)
      if (epoch === number)
        findings.push({
          code: 'EPOCH_LOST',
          severity: 'damage',
          file,
          message: `${file} is of epoch ${number}, which has no readable record`,
        });
  }
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

interface TierFile {
  readonly epoch: number;
  /** From the root of the store. */
  readonly file: string;
}

/** The files of L1, L2 and L3, by their names. */
const tierFiles = (storage: Storage, layout: StoreLayout): TierFile[] =>
  (
    [
      ['l1', layout.l1, parseMappedName],
      ['l2', layout.l2, (name) => parseSlotName(name)?.epoch ?? null],
      ['l3', layout.l3, (name) => parseSnapshotName(name)?.epoch ?? null],
    ] as const satisfies readonly (readonly [string, string, (name: string) => number | null])[]
  ).flatMap(([tier, directory, epochOf]) =>
    answered(() => storage.list(directory)).flatMap((name) => {
      const epoch = epochOf(name);
      return epoch === null ? [] : [{ epoch, file: `${tier}/${name}` }];
    }),
  );

/** A directory that does not answer tells nothing here; its tier is probed later, and says why. */
function answered<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RearmError) || saysNothing(error)) throw error;
    return [];
  }
}

/** Whether each file that is named for the epoch is, by its whole header, one of another: then there was none of that number. */
function areOfAnother(storage: Storage, layout: StoreLayout, storeId: Uint8Array, number: number, files: readonly TierFile[]): boolean {
  const heads = [
    ...answered(() => readMapped(storage, layout, storeId, '').heads),
    ...answered(() => readSlots(storage, layout, storeId)),
    ...answered(() => readSnapshots(storage, layout, storeId)),
  ];
  return files
    .filter(({ epoch }) => epoch === number)
    .every(({ file }) => {
      const head = heads.find(({ name }) => name === file);
      const inside = head?.problem?.code === 'damaged' ? epochInside(head) : null;
      return inside !== null && inside !== number;
    });
}

/** The epoch in a whole header that its name does not have; null where it cannot be told. */
function epochInside(head: TierHead): number | null {
  try {
    head.load();
  } catch (error) {
    if (error instanceof RearmError && typeof error.context.epoch === 'number') return error.context.epoch;
  }
  return null;
}

/** The header of the oldest segment of an epoch that can be read. */
function oldestSegment(storage: Storage, layout: StoreLayout, storeId: Uint8Array, epoch: number): SegmentHeader | null {
  const names = storage.list(layout.wal).filter((name) => parseSegmentName(name)?.epoch === epoch);
  for (const name of names) {
    let file: StoredFile | undefined;
    try {
      file = storage.open(join(layout.wal, name), 'read');
      const header = readSegmentHeader(file, storeId);
      // Under another name than its own it tells nothing of this epoch.
      if (header?.epoch === epoch && segmentName(epoch, header.segment) === name) return header;
    } catch (error) {
      if (!(error instanceof RearmError) || saysNothing(error)) throw error;
    } finally {
      file?.close();
    }
  }
  return null;
}
