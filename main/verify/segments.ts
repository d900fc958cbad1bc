/** The log, byte by byte: every frame and its place in the chain, every record, and that what is not written is zero. */

import { RearmError } from '../../shared/errors.ts';
import { decodeIntent } from '../operations/codec.ts';
import { RECORD_HEADER_BYTES, readRecordHeader } from '../operations/record.ts';
import type { Storage } from '../storage/storage.ts';
import { nonZeroFrom } from '../storage/zeros.ts';
import type { StoreLayout } from '../store/layout.ts';
import { FRAME_HEADER_BYTES } from '../wal/frame.ts';
import { checkFrameEnd } from '../wal/frame-end.ts';
import { readLog } from '../wal/log-reader.ts';
import { SEGMENT_HEADER_BYTES } from '../wal/segment.ts';
import type { FrameView } from '../wal/segment-reader.ts';
import { type SegmentScan, unreadSegments } from '../wal/segment-scan.ts';
import type { FileFindings } from './file-findings.ts';

export function verifySegments(
  storage: Storage,
  layout: StoreLayout,
  storeId: Uint8Array,
  scan: SegmentScan,
  findings: FileFindings,
): void {
  const { segments } = scan;
  for (const segment of segments) findings.file(`wal/${segment.name}`);
  for (const name of scan.prepared)
    findings.attempt(`wal/${name}`, () => {
      const at = nonZeroFrom(storage, `${layout.wal}/${name}`, 0);
      // Frames that are written anew come before the header: where that died, or failed, there may be a part of one.
      if (at !== null)
        findings.add(`wal/${name}`, 'torn', 'UNFINISHED', 'it was being written when the engine died, and never counted', { offset: at });
    });
  for (const name of scan.abandoned) findings.add(`wal/${name}`, 'note', 'ABANDONED', 'a branch that was abandoned; kept as evidence');
  const [missing] = unreadSegments(scan);
  const ends = missing ? undefined : findings.attempt('wal', () => verifyFrames(storage, storeId, scan, findings));
  for (const { name, path } of segments) {
    const file = `wal/${name}`;
    // What was told of already begins before it, or goes on to the end.
    if (findings.file(file).some(({ severity, code }) => severity !== 'note' || code === 'SUPERSEDED')) continue;
    if (!ends) {
      findings.add(file, 'unread', 'UNREAD', 'the log is judged as one chain, and another segment of it could not be read');
      continue;
    }
    const at = findings.attempt(file, () => nonZeroFrom(storage, path, ends.get(name) ?? SEGMENT_HEADER_BYTES));
    if (typeof at === 'number')
      findings.add(
        file,
        'torn',
        'UNFINISHED',
        'bytes behind the last frame of a segment that another one goes on from: they are not used',
        {
          offset: at,
        },
      );
  }
}

/** @returns where the last frame of each file ends: what lies behind it is zero, torn, or nobody's */
function verifyFrames(storage: Storage, storeId: Uint8Array, { segments }: SegmentScan, findings: FileFindings): Map<string, number> {
  const ends = new Map<string, number>();
  // One reading per stretch between damages, so that every damaged place is named.
  let from = segments[0]?.firstLsn ?? 1;
  for (let index = 0; index < segments.length; ) {
    const end = readLog({
      storage,
      storeId,
      segments: segments.slice(index),
      fromLsn: from,
      visit: (frame) => {
        ends.set(frame.segment.name, frame.offset + FRAME_HEADER_BYTES + frame.header.payloadBytes);
        return checkRecords(frame, findings);
      },
    });
    for (const passed of end.passedOver)
      findings.add(`wal/${passed.file}`, 'damaged', 'FRAME_DAMAGED', passed.reason, { offset: passed.offset });
    for (const { file, offset } of end.superseded)
      findings.add(`wal/${file}`, 'note', 'SUPERSEDED', 'the next segment holds anew, or goes on without, what lies from here on', {
        offset,
      });
    if (end.kind === 'end') break;
    const file = `wal/${end.at?.file ?? ''}`;
    if (end.kind === 'tornTail') {
      findings.add(file, 'torn', 'TORN_TAIL', end.reason, { offset: end.at!.offset, lsn: end.lastLsn + 1 });
      break;
    }
    findings.add(file, 'damaged', 'FRAME_DAMAGED', end.reason, { offset: end.at?.offset ?? 0, lsn: end.lastLsn + 1 });
    if (end.resumesAt === null || end.resumesAt <= from) break;
    from = end.resumesAt;
    index = Math.max(
      index,
      segments.findLastIndex((segment) => segment.firstLsn <= from),
    );
  }
  return ends;
}

/** A frame whose checksum is right must still hold records, and intents, that make sense. */
function checkRecords({ header, segment, offset, bytes, view, payloadAt }: FrameView, findings: FileFindings): undefined {
  let at = payloadAt;
  const end = at + header.payloadBytes;
  let lsn = header.firstLsn;
  try {
    for (; lsn < header.firstLsn + header.count; lsn += 1) {
      const record = readRecordHeader(view, at, end);
      const intentAt = at + RECORD_HEADER_BYTES;
      decodeIntent(record.operation, bytes, view, intentAt, intentAt + record.intentBytes);
      at += record.bytes;
    }
    lsn -= 1;
    checkFrameEnd(header, bytes, payloadAt, at);
  } catch (error) {
    if (!(error instanceof RearmError)) throw error;
    findings.add(`wal/${segment.name}`, 'damaged', error.code, error.message, { offset, lsn });
  }
  return undefined;
}
