/** Exposure, P&L and events over the log, decimated: its length follows the number of buckets, not that of the records. */

import { MONEY_SCALE } from '../../shared/amounts.ts';
import type { Timeline, TimelinePoint } from '../../shared/contract/postmortem.ts';
import { RearmError } from '../../shared/errors.ts';
import { LIVE_STATUSES, ORDER_STATUSES, TABLES } from '../../shared/model/tables.ts';
import { formatTime, parseTime } from '../../shared/units.ts';
import { getByte, getI128 } from '../image/cells.ts';
import type { Image } from '../image/image.ts';
import { redo } from '../operations/record.ts';
import type { Died } from './died.ts';
import { openLog, readOperations } from './operations.ts';
import { Past, type PastOptions } from './past.ts';

const column = (name: string) => TABLES.risk.byName.get(name)!;
const GROSS = column('grossExposure');
const NET = column('netExposure');
const REALISED = column('dailyRealised');
const UNREALISED = column('unrealised');
const STATUS = TABLES.orders.byName.get('status')!;
const LIVE = new Set(LIVE_STATUSES.map((status) => ORDER_STATUSES.indexOf(status as 'open')));
const MONEY_UNIT = 10 ** MONEY_SCALE;

/** For drawing: a double is enough there, and nowhere else. */
const drawn = (value: bigint): number => Number(value) / MONEY_UNIT;

const LANES: Readonly<Record<string, string>> = {
  'order.submit': 'orders',
  'order.reject': 'rejects',
  'order.close': 'ends',
  fill: 'fills',
  'fill.external': 'fills',
  'risk.halt': 'risk',
  'risk.resume': 'risk',
  'risk.day': 'risk',
  'position.adjust': 'decisions',
  'resolution.record': 'decisions',
  'order.adopt': 'decisions',
  'epoch.open': 'epochs',
  'epoch.close': 'epochs',
  'strategy.update': 'signals',
};
const LANE_ORDER = ['epochs', 'risk', 'decisions', 'orders', 'fills', 'ends', 'rejects', 'signals'];

interface Bucket {
  first: TimelinePoint;
  low: TimelinePoint;
  high: TimelinePoint;
  last: TimelinePoint;
}

export interface TimelineOptions extends PastOptions {
  /** Inclusive; by default the whole log. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly buckets: number;
  /** The last LSN that the log goes to. */
  readonly lastLsn: number;
  /** The end of the engine that died: there the timeline ends, unless more is asked for. */
  readonly died: Died;
}

/** @throws RearmError LSN_UNREACHABLE where no copy reaches back to `from` */
export function timeline(options: TimelineOptions): Timeline {
  const past = new Past(options);
  const first = Math.max(past.firstLsn, 1);
  const from = Math.min(Math.max(options.from ?? first, first), options.lastLsn);
  const to = Math.max(from, Math.min(options.to ?? options.died.lsn, options.lastLsn));
  const image = earliest(past, from);
  const source = openLog(options.storage, options.root);
  const span = Math.max(1, to - from + 1);
  const buckets = new Map<number, Bucket>();
  const lanes = new Map<string, Map<number, { lsn: number; atMs: number; label: string; count: number }>>();
  // Counted at the ends of a bucket: a point between them carries the count before it.
  let lives = countLive(image);
  let counted = true;
  readOperations(source, image.lsn + 1, to, (operation) => {
    redo(image, operation.lsn, operation.frame.quads, operation.frame.words, operation.at);
    image.lsn = operation.lsn;
    const { type } = operation.intent;
    const atMs = Number(operation.timeNs / 1_000n) / 1_000;
    if (type.startsWith('order') || type === 'fill' || type === 'prune') counted = false;
    if (operation.lsn < from) return undefined;
    const index = Math.floor(((operation.lsn - from) * options.buckets) / span);
    const lane = LANES[type];
    if (lane) {
      const marks = lanes.get(lane) ?? new Map();
      lanes.set(lane, marks);
      const mark = marks.get(index);
      if (mark) mark.count += 1;
      else marks.set(index, { lsn: operation.lsn, atMs, label: type, count: 1 });
    }
    const isLast = operation.lsn === to || Math.floor(((operation.lsn + 1 - from) * options.buckets) / span) !== index;
    if (type === 'mark' || type === 'fill' || isLast || !buckets.has(index)) {
      if (!counted && (isLast || !buckets.has(index))) {
        lives = countLive(image);
        counted = true;
      }
      take(buckets, index, pointOf(image, operation.lsn, operation.timeNs, atMs, lives));
    }
    return undefined;
  });
  const diedNs = options.died.at === null ? null : parseTime(options.died.at);
  const points: TimelinePoint[] = [];
  for (const { first: opening, low, high, last } of buckets.values()) {
    for (const point of [opening, low, high, last].sort((a, b) => a.lsn - b.lsn)) if (points.at(-1)?.lsn !== point.lsn) points.push(point);
  }
  return {
    from,
    to,
    crashedAtMs: diedNs !== null && from <= options.died.lsn && options.died.lsn <= to ? Number(diedNs / 1_000n) / 1_000 : null,
    points,
    lanes: LANE_ORDER.flatMap((lane) => {
      const marks = lanes.get(lane);
      return marks
        ? [
            {
              lane,
              marks: [...marks.values()].map(({ count, label, ...mark }) => ({
                ...mark,
                label: count > 1 ? `${label} and ${count - 1} more` : label,
              })),
            },
          ]
        : [];
    }),
  };
}

/** The image just before `from`, or the earliest that can still be reached after it. */
function earliest(past: Past, from: number): Image {
  if (from <= 1) return past.imageAt(1);
  try {
    return past.imageAt(from - 1);
  } catch (error) {
    if (!(error instanceof RearmError) || error.code !== 'LSN_UNREACHABLE') throw error;
    return past.imageAt(past.oldestReachable());
  }
}

function countLive(image: Image): number {
  let count = 0;
  for (const row of image.rows(TABLES.orders)) if (LIVE.has(getByte(image, image.rowOffset(TABLES.orders, row), STATUS))) count += 1;
  return count;
}

function pointOf(image: Image, lsn: number, timeNs: bigint, atMs: number, liveOrders: number): TimelinePoint {
  const at = formatTime(timeNs) ?? '';
  if (image.capacity(TABLES.risk) === 0) return { lsn, at, atMs, gross: 0, net: 0, realised: 0, unrealised: 0, liveOrders };
  const base = image.rowOffset(TABLES.risk, 0);
  return {
    lsn,
    at,
    atMs,
    gross: drawn(getI128(image, base, GROSS)),
    net: drawn(getI128(image, base, NET)),
    realised: drawn(getI128(image, base, REALISED)),
    unrealised: drawn(getI128(image, base, UNREALISED)),
    liveOrders,
  };
}

const total = (point: TimelinePoint) => point.realised + point.unrealised;

function take(buckets: Map<number, Bucket>, index: number, point: TimelinePoint): void {
  const bucket = buckets.get(index);
  if (!bucket) {
    buckets.set(index, { first: point, low: point, high: point, last: point });
    return;
  }
  if (total(point) < total(bucket.low)) bucket.low = point;
  if (total(point) > total(bucket.high)) bucket.high = point;
  bucket.last = point;
}
