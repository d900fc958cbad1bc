/** The bytes of real records, for those who store nothing but bytes. */

import fs from 'node:fs';
import { join } from 'node:path';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { openLog } from '../../main/history/operations.ts';
import { readRecordHeader } from '../../main/operations/record.ts';
import { FRAME_HEADER_BYTES } from '../../main/wal/frame.ts';
import { readLog } from '../../main/wal/log-reader.ts';
import { Day, type DeskSize, openDesk } from '../desk.ts';

/** The records of `count` operations of the day, as the log has them. */
export async function recordsOfDay(directory: string, size: DeskSize, count: number): Promise<Uint8Array[]> {
  const root = join(directory, 'records');
  const engine = await openDesk({ root, size, config: { tiers: 'off', l1: false } });
  const first = engine.nextLsn;
  const day = new Day(size);
  day.prepare(count);
  for (let i = 0; i < count; i += 1) engine.post(day.take());
  await engine.flush();
  await engine.abandon();
  const records = readRecords(root, first, count);
  fs.rmSync(root, { recursive: true });
  return records;
}

/** The records of the log from an LSN on, `count` of them or as many as there are. */
export function readRecords(root: string, fromLsn: number, count: number): Uint8Array[] {
  const records: Uint8Array[] = [];
  readLog({
    ...openLog(nativePlatform.storage, root),
    fromLsn,
    visit: ({ header, bytes, view, payloadAt }) => {
      let at = payloadAt;
      for (let lsn = header.firstLsn; lsn < header.firstLsn + header.count; lsn += 1) {
        const record = readRecordHeader(view, at, payloadAt + header.payloadBytes);
        if (lsn >= fromLsn && records.length < count) records.push(bytes.slice(at, at + record.bytes));
        at += record.bytes;
      }
      return records.length < count;
    },
  });
  return records;
}

/** A frame of these records: what ours writes for them. */
export const frameBytesOf = (records: readonly Uint8Array[]): number =>
  records.reduce((sum, record) => sum + record.length, FRAME_HEADER_BYTES);

/** Of one record, a multiple of 8. */
export const meanBytesOf = (records: readonly Uint8Array[]): number =>
  Math.round(records.reduce((sum, record) => sum + record.length, 0) / records.length / 8) * 8;
