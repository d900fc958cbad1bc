/** The copies against each other: the oldest is replayed through the log, and at the LSN of every other one the roots must be equal. */

import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { replay } from '../cascade/replay.ts';
import { Image } from '../image/image.ts';
import type { Storage } from '../storage/storage.ts';
import { isUnread } from '../storage/system-errors.ts';
import type { StoreIdentity } from '../store/identity.ts';
import { onLineage, type Stretch } from '../store/lineage.ts';
import type { TierCopy } from '../tiers/tier-copy.ts';
import { frameEndAt } from '../wal/log-reader.ts';
import type { LogSegment } from '../wal/segment-reader.ts';
import type { FileFindings } from './file-findings.ts';

export interface CompareOptions {
  readonly storage: Storage;
  readonly storeId: Uint8Array;
  readonly segments: readonly LogSegment[];
  readonly path: readonly Stretch[];
  readonly identity: StoreIdentity;
  readonly copies: readonly TierCopy[];
  readonly findings: FileFindings;
}

const fileOf = (copy: TierCopy) => copy.head.name.split('#')[0]!;

export function compareCopies(options: CompareOptions): void {
  const { storage, storeId, segments, findings } = options;
  const copies = options.copies
    .filter((copy) => onLineage(options.path, copy.mark.epoch, copy.mark.lsn))
    .sort((a, b) => a.mark.lsn - b.mark.lsn);
  for (const copy of options.copies) {
    if (!copies.includes(copy))
      findings.add(fileOf(copy), 'note', 'ABANDONED', `${copy.head.name} lies on a branch that was abandoned`, { lsn: copy.mark.lsn });
  }
  for (const copy of copies) {
    const { lsn, headHash } = copy.mark;
    if (segments.length === 0 || segments[0]!.firstLsn > lsn + 1) continue;
    const found = frameEndAt(storage, storeId, segments, copy.mark);
    // L1 alone is written before the log is synced: a frame that it names may be gone, or have been written anew when a sync failed.
    const severity = copy.head.tier === 'L1' ? 'torn' : 'damaged';
    if (found.kind === 'inside' || (found.kind === 'shown' && found.hash !== headHash))
      findings.add(fileOf(copy), severity, 'OTHER_HISTORY', `${copy.head.name}: the log shows another frame at LSN ${lsn}`, { lsn });
    if (found.kind === 'elsewhere')
      findings.add(fileOf(copy), severity, 'OTHER_HISTORY', `${copy.head.name} names LSN ${lsn}, and a frame that ends at ${found.lsn}`, {
        lsn,
      });
    if (found.kind === 'beyond') {
      findings.add(fileOf(copy), severity, 'COPY_AHEAD', `${copy.head.name} is ahead of the log, which ends at LSN ${found.lastLsn}`, {
        lsn,
      });
    }
  }
  const logFirst = segments[0]?.firstLsn ?? Number.POSITIVE_INFINITY;
  const start = copies.find((copy) => copy.head.scope === 'all' && logFirst <= copy.mark.lsn + 1);
  const image = new Image(options.identity.rowsMax);
  let at = 0;
  if (start) {
    image.bytes.set(start.pages.subarray(0, start.mark.pageCount * PAGE_BYTES));
    image.mapPages(start.mark.pageCount);
    image.lsn = start.mark.lsn;
    at = start.mark.lsn;
  } else if (logFirst !== 1) return;
  /** Brings the image to `to`, comparing it with every root that was logged on the way; false where that cannot be. */
  const reaches = (to: number): boolean => {
    try {
      const done = replay(image, { storage, storeId, segments, from: at, baseLsn: at, to });
      at = image.lsn;
      if (done.spoilt) {
        const { lastLsn, reason, at: place } = done.end;
        findings.add(`wal/${place!.file}`, 'damaged', 'FORMAT_INVALID', reason, { offset: place!.offset, lsn: lastLsn + 1 });
        return false;
      }
      if (done.rootDiffersAt === null) return true;
      const why = `the root that was logged at LSN ${done.rootDiffersAt} is not that of the replayed state`;
      findings.add('wal', 'damaged', 'ROOT_DIFFERS', why, { lsn: done.rootDiffersAt });
      return true;
    } catch (error) {
      if (!(error instanceof RearmError) || isUnread(error)) throw error;
      // What another release wrote cannot be replayed here, and is no damage.
      findings.add('wal', error.code === 'VERSION_OLDER' ? 'note' : 'damaged', error.code, error.message);
      return false;
    }
  };
  for (const copy of copies) {
    const { lsn, hotRoot, coldRoot } = copy.mark;
    if (lsn < at || copy === start) continue;
    if (!reaches(lsn) || image.lsn < lsn) return;
    if (image.hotRoot === hotRoot && (copy.head.scope === 'hot' || image.coldRoot === coldRoot)) continue;
    findings.add(fileOf(copy), 'damaged', 'STATE_DIFFERS', `${copy.head.name}: the replayed state at LSN ${lsn} has other roots`, { lsn });
  }
  reaches(Number.POSITIVE_INFINITY);
}
