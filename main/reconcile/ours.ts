/**
 * Our side of a reconciliation, read from a recovered image: what the state says about orders, fills, positions, balances. Amounts
 * are `bigint` in units of 10^-18, times are milliseconds since the epoch (nanoseconds where they matter), 0 is "none".
 */

import { TABLES } from '../../shared/model/tables.ts';
import { parseTime } from '../../shared/units.ts';
import { CanonicalReader, type CanonicalRow, type Cell } from '../image/canonical.ts';
import { getI64, getU32 } from '../image/cells.ts';
import type { Image } from '../image/image.ts';
import { unitsOrZero } from '../venues/decimal.ts';

export interface Instrument {
  readonly venue: string;
  readonly symbol: string;
  readonly base: string;
  readonly settle: string;
  readonly kind: string;
  readonly multiplier: bigint;
  readonly priceScale: number;
  readonly quantityScale: number;
  /** Quantity by which positions may differ. */
  readonly tolerance: bigint;
}

export interface OurOrder {
  readonly clientId: string;
  readonly orderId: string;
  readonly account: string;
  readonly venue: string;
  readonly symbol: string;
  readonly strategy: string;
  readonly trader: string;
  readonly side: 'buy' | 'sell';
  readonly type: string;
  readonly reduceOnly: boolean;
  readonly status: string;
  readonly provenance: string;
  readonly price: bigint;
  readonly trigger: bigint;
  readonly quantity: bigint;
  readonly filled: bigint;
  readonly submittedMs: number;
  readonly updatedMs: number;
}

export interface OurFill {
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  readonly tradeId: string;
  readonly clientId: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: bigint;
  readonly price: bigint;
  readonly fee: bigint;
  readonly feeAsset: string;
  readonly liquidity: string;
  readonly provenance: string;
  readonly atMs: number;
}

export interface OurPosition {
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  readonly quantity: bigint;
  readonly cost: bigint;
  readonly realised: bigint;
  readonly updatedMs: number;
}

export interface OurBalance {
  readonly venue: string;
  readonly account: string;
  readonly asset: string;
  readonly free: bigint;
  readonly locked: bigint;
  readonly total: bigint;
  readonly updatedMs: number;
}

export interface OurMargin {
  readonly venue: string;
  readonly account: string;
  readonly asset: string;
  readonly initial: bigint;
  readonly maintenance: bigint;
  readonly equity: bigint;
  readonly updatedMs: number;
}

export interface OurMark {
  readonly price: bigint;
  /** 0: the price of the last trade stands in. */
  readonly atMs: number;
}

export interface Ours {
  readonly image: Image;
  /** Name of the store. */
  readonly store: string;
  readonly lsn: number;
  readonly instruments: ReadonlyMap<string, Instrument>;
  /** Rate to the reporting currency by asset; an asset that is not there is not known. */
  readonly rates: ReadonlyMap<string, bigint>;
  /** Decimal places by asset. */
  readonly scales: ReadonlyMap<string, number>;
  readonly orders: readonly OurOrder[];
  readonly positions: readonly OurPosition[];
  readonly balances: readonly OurBalance[];
  readonly margins: readonly OurMargin[];
  readonly marks: ReadonlyMap<string, OurMark>;
  /** Cancel-on-disconnect by venue: what the session said last, else what is defined. */
  readonly cancelOnDisconnect: ReadonlyMap<string, string>;
  readonly venues: readonly string[];
  /** Ids of recorded decisions: {@link recordedId}. */
  readonly resolutions: ReadonlySet<string>;
  readonly limits: { readonly gross: bigint | null; readonly loss: bigint | null };
  readonly risk: { readonly gross: bigint; readonly net: bigint; readonly halted: boolean };
  /** The latest time that any trading row bears. */
  readonly lastActivityMs: number;
}

export const at = (venue: string, symbol: string): string => `${venue} ${symbol}`;

const LIVE = new Set(['pending', 'open', 'partiallyFilled', 'pendingCancel', 'unknown']);
export const isLiveHere = (order: OurOrder): boolean => LIVE.has(order.status);
export const isConditional = (order: OurOrder): boolean => order.type !== 'limit' && order.type !== 'market' && order.type !== 'none';

const text = (cell: Cell | undefined): string => (typeof cell === 'string' ? cell : '');
const units = (cell: Cell | undefined): bigint => unitsOrZero(cell);
const ms = (cell: Cell | undefined): number => (typeof cell === 'string' ? Number(parseTime(cell) / 1_000_000n) : 0);
const side = (cell: Cell | undefined): 'buy' | 'sell' => (cell === 'sell' ? 'sell' : 'buy');

const INSTRUMENT_VENUE = TABLES.instruments.byName.get('venue')!;
const INSTRUMENT_SYMBOL = TABLES.instruments.byName.get('symbol')!;

/** Reads one image; what rows link to is resolved once. */
class Reading {
  readonly image: Image;
  readonly reader: CanonicalReader;
  lastActivityMs = 0;

  constructor(image: Image) {
    this.image = image;
    this.reader = new CanonicalReader(image);
  }

  rows(table: keyof typeof TABLES): CanonicalRow[] {
    return this.reader.rows(TABLES[table]);
  }

  /** Venue and symbol of a row that links to an instrument; null where it links to none. */
  placeOf(table: keyof typeof TABLES, base: number): { venue: string; symbol: string } | null {
    const id = getU32(this.image, base, TABLES[table].byName.get('instrument')!);
    if (id === 0 || id > this.image.capacity(TABLES.instruments)) return null;
    const row = this.image.rowOffset(TABLES.instruments, id - 1);
    return {
      venue: this.reader.text(getU32(this.image, row, INSTRUMENT_VENUE)),
      symbol: this.reader.text(getU32(this.image, row, INSTRUMENT_SYMBOL)),
    };
  }

  /** Rows that link to an instrument, with its venue and symbol, in the order of their keys. */
  placed<T>(table: keyof typeof TABLES, make: (row: CanonicalRow, place: { venue: string; symbol: string }) => T): T[] {
    const made: { key: string; value: T }[] = [];
    for (const row of this.image.rows(TABLES[table])) {
      const place = this.placeOf(table, this.image.rowOffset(TABLES[table], row));
      if (!place) continue;
      const canonical = this.reader.row(TABLES[table], row);
      made.push({ key: TABLES[table].key.map((name) => String(canonical[name] ?? '')).join(' '), value: make(canonical, place) });
    }
    return made.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ value }) => value);
  }

  seen(atMs: number): number {
    if (atMs > this.lastActivityMs) this.lastActivityMs = atMs;
    return atMs;
  }
}

/** Reads what reconciliation and the facts need. Its cost follows the size of the state, without the fills: see {@link fillsSince}. */
export function readOurs(image: Image, store: string): Ours {
  const reading = new Reading(image);
  const seen = (cell: Cell | undefined): number => reading.seen(ms(cell));
  const instruments = new Map<string, Instrument>();
  for (const row of reading.rows('instruments')) {
    const instrument: Instrument = {
      venue: text(row.venue),
      symbol: text(row.symbol),
      base: text(row.base),
      settle: text(row.settle),
      kind: text(row.kind),
      multiplier: units(row.multiplier),
      priceScale: Number(row.priceScale),
      quantityScale: Number(row.quantityScale),
      tolerance: units(row.tolerance),
    };
    instruments.set(at(instrument.venue, instrument.symbol), instrument);
  }
  const orders = reading.placed(
    'orders',
    (row, place): OurOrder => ({
      ...place,
      clientId: text(row.clientId),
      orderId: text(row.orderId),
      account: text(row.account),
      strategy: text(row.strategy),
      trader: text(row.trader),
      side: side(row.side),
      type: text(row.orderType),
      reduceOnly: row.reduceOnly === true,
      status: text(row.status),
      provenance: text(row.provenance),
      price: units(row.price),
      trigger: units(row.trigger),
      quantity: units(row.quantity),
      filled: units(row.filled),
      submittedMs: ms(row.submitted),
      updatedMs: seen(row.updated),
    }),
  );
  const positions = reading.placed(
    'positions',
    (row, place): OurPosition => ({
      ...place,
      account: text(row.account),
      quantity: units(row.quantity),
      cost: units(row.cost),
      realised: units(row.realised),
      updatedMs: seen(row.updated),
    }),
  );
  const balances = reading.rows('balances').map(
    (row): OurBalance => ({
      venue: text(row.venue),
      account: text(row.account),
      asset: text(row.asset),
      free: units(row.free),
      locked: units(row.locked),
      total: units(row.total),
      updatedMs: seen(row.updated),
    }),
  );
  const margins = reading.rows('margins').map(
    (row): OurMargin => ({
      venue: text(row.venue),
      account: text(row.account),
      asset: text(row.asset),
      initial: units(row.initial),
      maintenance: units(row.maintenance),
      equity: units(row.equity),
      updatedMs: seen(row.updated),
    }),
  );
  const marks = new Map(
    reading.placed('profits', (row, { venue, symbol }) => [at(venue, symbol), { price: units(row.mark), atMs: ms(row.markTime) }] as const),
  );
  const cancelOnDisconnect = new Map(reading.rows('venues').map((row) => [text(row.venue), text(row.cancelOnDisconnect)]));
  for (const row of reading.rows('sessions'))
    if (row.cancelOnDisconnect !== 'unknown') cancelOnDisconnect.set(text(row.venue), text(row.cancelOnDisconnect));
  const desk = reading.rows('limits').find((row) => row.instrument === null);
  const risk = reading.rows('risk')[0];
  seen(risk?.updated);
  const orNone = (value: bigint | undefined): bigint | null => (value === undefined || value === 0n ? null : value);
  return {
    image,
    store,
    lsn: image.lsn,
    instruments,
    rates: new Map(reading.rows('assets').map((row) => [text(row.asset), units(row.rate)])),
    scales: new Map(reading.rows('assets').map((row) => [text(row.asset), Number(row.scale)])),
    orders,
    positions,
    balances,
    margins,
    marks,
    cancelOnDisconnect,
    venues: [...new Set([...cancelOnDisconnect.keys(), ...[...instruments.values()].map(({ venue }) => venue)])].sort(),
    resolutions: new Set(reading.rows('resolutions').map((row) => text(row.breakId))),
    limits: { gross: orNone(desk && units(desk.maxExposure)), loss: orNone(desk && units(desk.maxLoss)) },
    risk: { gross: units(risk?.grossExposure), net: units(risk?.netExposure), halted: risk?.halted === true },
    lastActivityMs: reading.lastActivityMs,
  };
}

const FILL_TIME = TABLES.fills.byName.get('time')!;

/** Fills whose time is at or after `sinceMs`, in the order of their keys. Reads the older ones no further than their time. */
export function fillsSince(ours: Ours, sinceMs: number): OurFill[] {
  const { image } = ours;
  const reading = new Reading(image);
  const sinceNs = BigInt(Math.floor(sinceMs)) * 1_000_000n;
  const fills: OurFill[] = [];
  for (const number of image.rows(TABLES.fills)) {
    const base = image.rowOffset(TABLES.fills, number);
    if (getI64(image, base, FILL_TIME) < sinceNs) continue;
    const place = reading.placeOf('fills', base);
    if (!place) continue;
    const row = reading.reader.row(TABLES.fills, number);
    fills.push({
      ...place,
      account: text(row.account),
      tradeId: text(row.tradeId),
      clientId: text(row.clientId),
      side: side(row.side),
      quantity: units(row.quantity),
      price: units(row.price),
      fee: units(row.fee),
      feeAsset: text(row.feeAsset),
      liquidity: text(row.liquidity),
      provenance: text(row.provenance),
      atMs: ms(row.time),
    });
  }
  const key = (fill: OurFill): string => `${fill.venue} ${fill.account} ${fill.symbol} ${fill.tradeId}`;
  return fills.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Time of the oldest fill, milliseconds; null where there is none. */
export function oldestFillMs(ours: Ours): number | null {
  let oldest: bigint | null = null;
  for (const row of ours.image.rows(TABLES.fills)) {
    const time = getI64(ours.image, ours.image.rowOffset(TABLES.fills, row), FILL_TIME);
    if (oldest === null || time < oldest) oldest = time;
  }
  return oldest === null ? null : Number(oldest / 1_000_000n);
}
