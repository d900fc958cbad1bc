/** Exposure, P&L and events over the log, decimated: its length follows the number of buckets, not that of the records. */

import { MONEY_SCALE } from '../../shared/amounts.ts';
import type { Timeline, TimelinePoint } from '../../shared/contract/postmortem.ts';
import { RearmError } from '../../shared/errors.ts';
import { OPERATION_BY_ID, OPERATIONS } from '../../shared/model/operations.ts';
import { PAGE_BYTES, PAGE_HEADER_BYTES } from '../../shared/model/schema.ts';
import { LIVE_STATUSES, ORDER_STATUSES, TABLES } from '../../shared/model/tables.ts';
import { formatTime, parseTime } from '../../shared/units.ts';
import { getByte, getI128 } from '../image/cells.ts';
import type { Image } from '../image/image.ts';
import { redo } from '../operations/record.ts';
import type { Died } from './died.ts';
import { openLog, readRecords } from './operations.ts';
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

const laneOf = new Map([...OPERATION_BY_ID].flatMap(([id, type]) => (LANES[type] === undefined ? [] : [[id, LANES[type]] as const])));
/** Operations that move the P&L: a bucket's extremes are among them. */
const MOVING = new Set([OPERATIONS.mark.id, OPERATIONS.fill.id] as number[]);

interface Bucket {
  readonly index: number;
  readonly first: TimelinePoint;
  low: TimelinePoint;
  high: TimelinePoint;
  last: TimelinePoint;
}

interface LaneMark {
  readonly index: number;
  readonly lsn: number;
  readonly atMs: number;
  readonly type: string;
  count: number;
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
  const bucketOf = (lsn: number): number => Math.floor(((lsn - from) * options.buckets) / span);
  const buckets: Bucket[] = [];
  const lanes = new Map<string, LaneMark[]>();
  // Counted at the ends of a bucket: a point between them carries the count before it.
  const live = new LiveOrders(image);
  let timeNs = 0n;
  readRecords(source, image.lsn + 1, to, ({ lsn, header, frame, at }) => {
    redo(image, lsn, frame.quads, frame.words, at);
    image.lsn = lsn;
    timeNs = header.timeNs;
    if (lsn < from) return undefined;
    const index = bucketOf(lsn);
    const lane = laneOf.get(header.operation);
    if (lane !== undefined) {
      const marks = lanes.get(lane) ?? [];
      if (marks.length === 0) lanes.set(lane, marks);
      const mark = marks.at(-1);
      if (mark?.index === index) mark.count += 1;
      else marks.push({ index, lsn, atMs: msOf(timeNs), type: OPERATION_BY_ID.get(header.operation)!, count: 1 });
    }
    const bucket = buckets.at(-1);
    if (bucket?.index !== index) {
      const point = pointOf(image, timeNs, live.count());
      buckets.push({ index, first: point, low: point, high: point, last: point });
      return undefined;
    }
    const isLast = lsn === to || bucketOf(lsn + 1) !== index;
    if (!isLast && !MOVING.has(header.operation)) return undefined;
    const total = totalOf(image);
    const isLow = total < bucket.low.realised + bucket.low.unrealised;
    const isHigh = total > bucket.high.realised + bucket.high.unrealised;
    if (!isLast && !isLow && !isHigh) return undefined;
    const point = pointOf(image, timeNs, isLast ? live.count() : live.counted);
    if (isLow) bucket.low = point;
    if (isHigh) bucket.high = point;
    if (isLast) bucket.last = point;
    return undefined;
  });
  // A log that ends before it was expected to: the last bucket ends there.
  const ending = buckets.at(-1);
  if (ending && ending.last.lsn < image.lsn) ending.last = pointOf(image, timeNs, live.count());
  const diedNs = options.died.at === null ? null : parseTime(options.died.at);
  const points: TimelinePoint[] = [];
  for (const { first: opening, low, high, last } of buckets) {
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
              marks: marks.map(({ lsn, atMs, type, count }) => ({ lsn, atMs, label: count > 1 ? `${type} and ${count - 1} more` : type })),
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

/** How many orders live; a count costs the pages of orders that changed since the one before. */
class LiveOrders {
  counted = 0;
  readonly #image: Image;
  readonly #ofPage: number[] = [];
  #lsn = -1;

  constructor(image: Image) {
    this.#image = image;
  }

  count(): number {
    const image = this.#image;
    const { pages, table } = image.pagesOf(TABLES.orders);
    for (let index = 0; index < pages.length; index += 1) {
      const page = pages[index]!;
      if (page < 0 || (this.#ofPage[index] !== undefined && image.pageLsn(page) <= this.#lsn)) continue;
      let count = 0;
      const end = page * PAGE_BYTES + PAGE_HEADER_BYTES + table.rowsPerPage * table.rowBytes;
      for (let row = page * PAGE_BYTES + PAGE_HEADER_BYTES; row < end; row += table.rowBytes)
        if (image.bytes[row] === 1 && LIVE.has(getByte(image, row, STATUS))) count += 1;
      this.counted += count - (this.#ofPage[index] ?? 0);
      this.#ofPage[index] = count;
    }
    this.#lsn = image.lsn;
    return this.counted;
  }
}

/** Milliseconds, with microseconds behind the point. */
const msOf = (timeNs: bigint): number => Number(timeNs / 1_000n) / 1_000;

function totalOf(image: Image): number {
  if (image.capacity(TABLES.risk) === 0) return 0;
  const base = image.rowOffset(TABLES.risk, 0);
  return drawn(getI128(image, base, REALISED)) + drawn(getI128(image, base, UNREALISED));
}

/** The state that the image stands at. */
function pointOf(image: Image, timeNs: bigint, liveOrders: number): TimelinePoint {
  const when = { lsn: image.lsn, at: formatTime(timeNs) ?? '', atMs: msOf(timeNs) };
  if (image.capacity(TABLES.risk) === 0) return { ...when, gross: 0, net: 0, realised: 0, unrealised: 0, liveOrders };
  const base = image.rowOffset(TABLES.risk, 0);
  return {
    ...when,
    gross: drawn(getI128(image, base, GROSS)),
    net: drawn(getI128(image, base, NET)),
    realised: drawn(getI128(image, base, REALISED)),
    unrealised: drawn(getI128(image, base, UNREALISED)),
    liveOrders,
  };
}
