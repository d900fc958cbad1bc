/** What choosing an older copy alone would lose: counted from the log, by intervals between the copies' LSNs. */

import type { Loss } from '../../shared/contract/recovery.ts';
import { OPERATIONS } from '../../shared/model/operations.ts';
import { readRecordHeader } from '../operations/record.ts';
import type { Storage } from '../storage/storage.ts';
import { type LogSegment, readLog } from '../wal/log-reader.ts';

const ORDERS = new Set<number>([OPERATIONS['order.submit'].id, OPERATIONS['order.adopt'].id]);
const FILLS = new Set<number>([OPERATIONS.fill.id, OPERATIONS['fill.external'].id]);

/**
 * Loss per copy, by its LSN, against the recovered LSN. Where the log does not reach back to a copy, orders and fills are unknown and
 * the loss is null.
 */
export function lossesOf(
  storage: Storage,
  storeId: Uint8Array,
  segments: readonly LogSegment[],
  lsns: readonly number[],
  recoveredLsn: number,
  acknowledgedLsn: number,
): ReadonlyMap<number, Loss | null> {
  const sorted = [...new Set(lsns)].filter((lsn) => lsn < recoveredLsn).sort((a, b) => a - b);
  const losses = new Map<number, Loss | null>();
  for (const lsn of lsns) if (lsn >= recoveredLsn) losses.set(lsn, { operations: 0, acknowledged: 0, orders: 0, fills: 0 });
  const reached = sorted.filter((lsn) => segments.length > 0 && segments[0]!.firstLsn <= lsn + 1);
  for (const lsn of sorted) if (!reached.includes(lsn)) losses.set(lsn, null);
  if (reached.length === 0) return losses;
  const orders = new Array<number>(reached.length).fill(0);
  const fills = new Array<number>(reached.length).fill(0);
  let interval = 0;
  const end = readLog({
    storage,
    storeId,
    segments,
    fromLsn: reached[0]! + 1,
    visit: (frame) => {
      let at = frame.payloadAt;
      const frameEnd = at + frame.header.payloadBytes;
      for (let lsn = frame.header.firstLsn; lsn < frame.header.firstLsn + frame.header.count; lsn += 1) {
        if (lsn > recoveredLsn) return false;
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
  let orderSum = 0;
  let fillSum = 0;
  for (let i = reached.length - 1; i >= 0; i -= 1) {
    orderSum += orders[i]!;
    fillSum += fills[i]!;
    const lsn = reached[i]!;
    const whole = end.lastLsn >= recoveredLsn || end.kind === 'end';
    losses.set(
      lsn,
      whole
        ? {
            operations: recoveredLsn - lsn,
            acknowledged: Math.max(0, Math.min(acknowledgedLsn, recoveredLsn) - lsn),
            orders: orderSum,
            fills: fillSum,
          }
        : null,
    );
  }
  return losses;
}
