/** Brings an image forward by the log, and compares it with every root that the engine logged along the way. */

import { RearmError } from '../../shared/errors.ts';
import { OPERATIONS } from '../../shared/model/operations.ts';
import type { Image } from '../image/image.ts';
import { RECORD_HEADER_BYTES, readRecordHeader, recordBytesAt, redo } from '../operations/record.ts';
import type { Storage } from '../storage/storage.ts';
import { checkFrameEnd } from '../wal/frame-end.ts';
import { type LogEnd, readLog } from '../wal/log-reader.ts';
import { SEGMENT_VERSION } from '../wal/segment.ts';
import type { FrameView, LogSegment } from '../wal/segment-reader.ts';

export interface ReplayOptions {
  readonly storage: Storage;
  readonly storeId: Uint8Array;
  readonly segments: readonly LogSegment[];
  /** Operations above this LSN are applied where a page is older. */
  readonly from: number;
  /** Pages are complete at their own LSNs up to here: roots are compared only above. */
  readonly baseLsn: number;
  /** Stop after this LSN; Infinity: to the end. */
  readonly to: number;
  readonly progress?: ((fraction: number, lsn: number) => void) | undefined;
}

export interface Replay {
  readonly end: LogEnd;
  readonly replayed: number;
  readonly rootsCompared: number;
  /** LSN of the first logged root that the replayed image did not have; null where all agreed. */
  readonly rootDiffersAt: number | null;
  readonly lastTimeNs: bigint;
  readonly lastOperation: number;
  /** A frame of which a part was applied holds what is no operation: the image is that of no LSN. The log counts as damaged there. */
  readonly spoilt: boolean;
}

const ROOT_MARK = OPERATIONS['root.mark'].id;
/** Progress is told every this many bytes. */
const PROGRESS_BYTES = 8 << 20;

/** After-images are bytes at places of the row layout of their day: on an image that was carried over they would land elsewhere. */
function refuseOlder({ name, version }: LogSegment, lsn: number): never {
  const why = `${name} has format version ${version}: its operations from LSN ${lsn} on can be replayed by the release that wrote them only`;
  throw new RearmError('VERSION_OLDER', why, { lsn, version });
}

/** @throws RearmError VERSION_OLDER where operations of an older row layout would have to be replayed; CANCELLED from progress */
export function replay(image: Image, options: ReplayOptions): Replay {
  const { from, to, baseLsn } = options;
  let replayed = 0;
  let rootsCompared = 0;
  let rootDiffersAt: number | null = null;
  let lastTimeNs = 0n;
  let lastOperation = 0;
  let spoilt = false;
  let told = 0;
  const visit = ({ header, segment, bytes, view, quads, words, payloadAt }: FrameView): boolean | undefined => {
    let lsn = header.firstLsn;
    if (lsn > to) return false;
    let at = payloadAt;
    let lastAt = at;
    const frameEnd = at + header.payloadBytes;
    for (let left = header.count; left > 0 && lsn <= to; left -= 1, lsn += 1) {
      const recordBytes = recordBytesAt(quads, at, frameEnd);
      if (bytes[at + 4] === ROOT_MARK && lsn > baseLsn && rootDiffersAt === null) {
        image.takeChanged();
        rootsCompared += 1;
        if (image.root !== view.getBigUint64(at + RECORD_HEADER_BYTES, true)) rootDiffersAt = lsn;
      }
      if (lsn > from) {
        if (segment.version < SEGMENT_VERSION && quads[(at + 20) >> 2]! > 0) refuseOlder(segment, lsn);
        redo(image, lsn, quads, words, at);
        replayed += 1;
        if (lsn > image.lsn) image.lsn = lsn;
      }
      lastAt = at;
      at += recordBytes;
    }
    ({ timeNs: lastTimeNs, operation: lastOperation } = readRecordHeader(view, lastAt, frameEnd));
    if (lsn <= header.firstLsn + header.count - 1) return false;
    checkFrameEnd(header, bytes, payloadAt, at);
    return undefined;
  };
  const end = readLog({
    storage: options.storage,
    storeId: options.storeId,
    segments: options.segments,
    // The frame that ends at the base is shown as well: its last operation tells how the epoch ended.
    fromLsn: from,
    neededFrom: from + 1,
    progress: (bytes, total) => {
      if (bytes - told < PROGRESS_BYTES) return;
      told = bytes;
      options.progress?.(total > 0 ? bytes / total : 1, image.lsn);
    },
    visit: (frame) => {
      try {
        return visit(frame);
      } catch (error) {
        if (!(error instanceof RearmError) || error.code !== 'FORMAT_INVALID') throw error;
        // Nothing of it is applied: only what its last operation was is not known.
        if (frame.header.firstLsn + frame.header.count - 1 <= from) return undefined;
        spoilt = true;
        return error.message;
      }
    },
  });
  image.takeChanged();
  return { end, replayed, rootsCompared, rootDiffersAt, lastTimeNs, lastOperation, spoilt };
}
