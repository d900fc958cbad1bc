/** A segment whose header cannot be read, and on which nothing depends: as a death leaves it that comes while the header is written. */

import { join } from 'node:path';
import type { Storage } from '../storage/storage.ts';
import { nonZeroFrom } from '../storage/zeros.ts';
import type { StoreLayout } from '../store/layout.ts';
import { readLog } from './log-reader.ts';
import { SEGMENT_HEADER_BYTES, SEGMENT_SIZE_AT } from './segment.ts';
import type { SegmentScan } from './segment-scan.ts';

/**
 * The last segment, where its header was cut short, or where it holds no byte behind that, or no frame that the segments before it do not hold
 * as well, or none that can have been acknowledged: begun after a segment that was full, or after one that failed (segment.ts), and not yet
 * counting.
 *
 * @param name of a segment among `scan.errors`
 * @param acknowledged the highest LSN that anybody was told of; null where that is not known
 */
export function isUnfinished(
  storage: Storage,
  layout: StoreLayout,
  storeId: Uint8Array,
  { segments, errors }: SegmentScan,
  name: string,
  acknowledged: number | null,
): boolean {
  const error = errors.find((entry) => entry.name === name)?.error;
  if (error?.code !== 'FORMAT_INVALID' && error?.code !== 'CHECKSUM_MISMATCH') return false;
  const known = segments.findIndex((segment) => segment.name === name);
  if (segments.some((segment) => segment.name > name)) return false;
  if (known < 0) return nonZeroFrom(storage, join(layout.wal, name), SEGMENT_HEADER_BYTES) === null;
  if (acknowledged !== null && acknowledged < segments[known]!.firstLsn) return true;
  if (isCut(storage, segments[known]!.path)) return true;
  const before = segments.slice(0, known);
  const lastLsnOf = (some: typeof segments): number => {
    const from = some.findLastIndex(({ firstLsn }) => firstLsn <= segments[known]!.firstLsn);
    if (from < 0) return 0;
    return readLog({ storage, storeId, segments: some.slice(from), fromLsn: segments[known]!.firstLsn, visit: () => undefined }).lastLsn;
  };
  return lastLsnOf(before) >= lastLsnOf(segments);
}

/** Whether a header ends within its last field, the size of its file, in zeros: as a process leaves it that dies within the write. */
function isCut(storage: Storage, path: string): boolean {
  const file = storage.open(path, 'read');
  try {
    const header = new Uint8Array(SEGMENT_HEADER_BYTES);
    file.read(header, 0, header.length, 0);
    const whole = new Uint8Array(8);
    new DataView(whole.buffer).setBigUint64(0, BigInt(file.size()), true);
    const meant = whole.findLastIndex((byte) => byte !== 0);
    const rest = header.subarray(SEGMENT_SIZE_AT);
    return rest.every((byte, i) => byte === 0 || (i < meant && byte === whole[i]));
  } finally {
    file.close();
  }
}
