/** The operations of a store's log, decoded, in LSN order: for the terminal, the post-mortem and the independent checks. */

import type { OperationRow } from '../../shared/contract/postmortem.ts';
import { RearmError } from '../../shared/errors.ts';
import { intentToJson } from '../../shared/model/json.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { formatTime } from '../../shared/units.ts';
import { knownLineage } from '../cascade/known-lineage.ts';
import { decodeIntent } from '../operations/codec.ts';
import { RECORD_HEADER_BYTES, type RecordHeader, readRecordHeader } from '../operations/record.ts';
import type { Storage } from '../storage/storage.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { FRAME_HEADER_BYTES } from '../wal/frame.ts';
import { type LogEnd, readLog } from '../wal/log-reader.ts';
import type { FrameView, LogSegment } from '../wal/segment-reader.ts';
import { type SegmentScan, scanSegments } from '../wal/segment-scan.ts';

/** Segments of the lineage of a store, for reading its log. */
export interface LogSource {
  readonly storage: Storage;
  readonly storeId: Uint8Array;
  readonly segments: readonly LogSegment[];
  /** Segments that cannot be read, and why. */
  readonly errors: SegmentScan['errors'];
}

/** @throws RearmError STORE_MISSING and what else store.json can raise */
export function openLog(storage: Storage, root: string): LogSource {
  const storeId = storeIdBytes(readIdentity(storage, root));
  const layout = storeLayout(root);
  const { segments, errors } = scanSegments(storage, layout, storeId, knownLineage(storage, layout, storeId).path);
  return { storage, storeId, segments, errors };
}

export interface DecodedOperation {
  readonly lsn: number;
  readonly posted: boolean;
  readonly timeNs: bigint;
  readonly intent: Intent;
  readonly frame: FrameView;
  /** Where the record begins in the frame's views, and in its file. */
  readonly at: number;
  readonly offset: number;
  readonly bytes: number;
}

/** A record in its frame, not decoded; the frame's views are reused by the next. */
export interface LogRecord {
  readonly lsn: number;
  readonly header: RecordHeader;
  readonly frame: FrameView;
  /** Where the record begins in the frame's views. */
  readonly at: number;
}

/**
 * Shows every record from `from` to `to`, inclusive; `visit` may end it by returning false.
 *
 * @throws RearmError LSN_UNREACHABLE where the log begins after `from`; FORMAT_INVALID for a record that is none
 */
export function readRecords(source: LogSource, from: number, to: number, visit: (record: LogRecord) => boolean | undefined): LogEnd {
  const first = source.segments[0]?.firstLsn;
  if (from > 1 && first !== undefined && first > from)
    throw new RearmError('LSN_UNREACHABLE', `the log begins at LSN ${first}: ${from} was freed`, { first, from });
  return readLog({
    ...source,
    fromLsn: Math.max(1, from),
    visit: (frame) => {
      let at = frame.payloadAt;
      const end = at + frame.header.payloadBytes;
      for (let lsn = frame.header.firstLsn; lsn < frame.header.firstLsn + frame.header.count; lsn += 1) {
        if (lsn > to) return false;
        const header = readRecordHeader(frame.view, at, end);
        if (lsn >= from && visit({ lsn, header, frame, at }) === false) return false;
        at += header.bytes;
      }
      return undefined;
    },
  });
}

/** As {@link readRecords}, decoded. */
export function readOperations(
  source: LogSource,
  from: number,
  to: number,
  visit: (operation: DecodedOperation) => boolean | undefined,
): LogEnd {
  return readRecords(source, from, to, ({ frame, lsn, at }) => visit(decodedAt(frame, lsn, at)));
}

/** @throws RearmError FORMAT_INVALID for a record that is none */
export function decodedAt(frame: FrameView, lsn: number, at: number): DecodedOperation {
  const header = readRecordHeader(frame.view, at, frame.payloadAt + frame.header.payloadBytes);
  const intentAt = at + RECORD_HEADER_BYTES;
  const intent = decodeIntent(header.operation, frame.bytes, frame.view, intentAt, intentAt + header.intentBytes);
  const offset = frame.offset + (at - frame.payloadAt) + FRAME_HEADER_BYTES;
  return { lsn, posted: header.posted, timeNs: header.timeNs, intent, frame, at, offset, bytes: header.bytes };
}

/** An operation as the contract shows it. */
export const operationRow = (operation: DecodedOperation, acknowledgedLsn: number): OperationRow => ({
  lsn: operation.lsn,
  type: operation.intent.type,
  class: operation.posted ? 'post' : 'commit',
  at: formatTime(operation.timeNs) ?? '',
  intent: intentToJson(operation.intent),
  epoch: operation.frame.header.epoch,
  file: `wal/${operation.frame.segment.name}`,
  offset: operation.offset,
  bytes: operation.bytes,
  acknowledged: operation.lsn <= acknowledgedLsn,
});
