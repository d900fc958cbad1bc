/** What choosing an older copy alone would lose: counted from the log, by intervals between the copies' LSNs. */

import type { Loss } from '../../shared/contract/recovery.ts';
import { OPERATIONS } from '../../shared/model/operations.ts';
import { readRecordHeader } from '../operations/record.ts';
import type { Storage } from '../storage/storage.ts';
import { readLog } from '../wal/log-reader.ts';
import type { LogSegment } from '../wal/segment-reader.ts';

const ORDERS = new Set<number>([OPERATIONS['order.submit'].id, OPERATIONS['order.adopt'].id]);
const FILLS = new Set<number>([OPERATIONS.fill.id, OPERATIONS['fill.external'].id]);

/**
 * Loss per copy, by its LSN, against all that was acknowledged or recovered. Orders and fills are counted where the log holds everything
 * behind the copy; else they are null.
 */
export function lossesOf(
  storage: Storage,
  storeId: Uint8Array,
  segments: readonly LogSegment[],
  lsns: readonly number[],
  recoveredLsn: number,
  acknowledgedLsn: number,
): ReadonlyMap<number, Loss> {
  const last = Math.max(recoveredLsn, acknowledgedLsn);
  const sorted = [...new Set(lsns)].filter((lsn) => lsn < last).sort((a, b) => a - b);
  const losses = new Map<number, Loss>();
  for (const lsn of lsns)
    losses.set(lsn, {
      operations: Math.max(0, last - lsn),
      acknowledged: Math.max(0, acknowledgedLsn - lsn),
      ...(lsn >= last ? { orders: 0, fills: 0 } : { orders: null, fills: null }),
    });
  const reached = sorted.filter((lsn) => segments.length > 0 && segments[0]!.firstLsn <= lsn + 1);
  if (reached.length === 0) return losses;
  const orders = new Array<number>(reached.length).fill(0);
  const fills = new Array<number>(reached.length).fill(0);
  let interval = 0;
  let seen = 0;
  readLog({
    storage,
    storeId,
    segments,
    fromLsn: reached[0]! + 1,
    visit: (frame) => {
      let at = frame.payloadAt;
      const frameEnd = at + frame.header.payloadBytes;
      for (let lsn = frame.header.firstLsn; lsn < frame.header.firstLsn + frame.header.count; lsn += 1) {
        if (lsn > last) return false;
        seen = lsn;
        const header = readRecordHeader(frame.view, at, frameEnd);
        while (interval + 1 < reached.length && lsn > reached[interval + 1]!) interval += 1;
        if (lsn > reached[0]!) {
          if (ORDERS.has(header.operation)) orders[interval]! += 1;
          else if (FILLS.has(header.operation)) fills[interval]! += 1;
        }
        at += header.bytes;
      }
      return undefined;
    },
  });
  if (seen < last) return losses;
  let orderSum = 0;
  let fillSum = 0;
  for (let i = reached.length - 1; i >= 0; i -= 1) {
    orderSum += orders[i]!;
    fillSum += fills[i]!;
    losses.set(reached[i]!, { ...losses.get(reached[i]!)!, orders: orderSum, fills: fillSum });
  }
  return losses;
}
