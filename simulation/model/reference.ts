/**
 * The reference model: the trading state as the descriptions in shared/model/operations.ts define it, and nothing else. It is fed with
 * the operations of a log in LSN order and must arrive at the same canonical state and digest as the engine.
 *
 * It shares no code with the engine: rows are plain objects in maps, amounts are bigints of their column's scale, and the tables, the
 * fields, the arithmetic and the canonical form are written down here a second time. Rows are never changed in place, so that
 * a refused operation is taken back by putting the old rows into their places.
 */

import { createHash } from 'node:crypto';
import { xxh64 } from '@node-rs/xxhash';

export type IntentJson = Readonly<Record<string, unknown>> & { readonly type: string };

/** One line of a log. `time` is the record's own time, ISO 8601. */
export interface Operation {
  readonly lsn: number;
  readonly type: string;
  readonly class?: string;
  readonly time: string | null;
  readonly intent: Readonly<Record<string, unknown>>;
}

/** The operation is not valid in this state: it must not be in a log. */
export class Refused extends Error {}

const refuse = (why: string): never => {
  throw new Refused(why);
};

// ---------------------------------------------------------------------------------------------------------------- tables

/**
 * What a column holds and how it reads: `text` as it is; `name` null where it is empty; `instrument` as VENUE:SYMBOL, null for none;
 * `price`, `quantity` in the places of the row's instrument, `amount` in those of its asset; `money`, `rate`, `multiplier` in 18, 9
 * and 6; `whole` as a decimal string; `number`, `flag`, `time` (an ISO string or null) as they are.
 */
type Kind =
  | 'text'
  | 'name'
  | 'instrument'
  | 'price'
  | 'quantity'
  | 'amount'
  | 'money'
  | 'rate'
  | 'multiplier'
  | 'whole'
  | 'number'
  | 'flag'
  | 'time';

type Value = string | bigint | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;

interface TableShape {
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, Kind>>;
}

const book: Record<string, Kind> = { instrument: 'instrument', time: 'time' };
for (const level of [1, 2, 3, 4, 5]) {
  for (const side of ['bid', 'ask']) {
    book[`${side}Price${level}`] = 'price';
    book[`${side}Quantity${level}`] = 'quantity';
  }
}

const TABLES = {
  assets: { key: ['asset'], columns: { asset: 'name', scale: 'number', rate: 'rate', rateTime: 'time' } },
  balances: {
    key: ['venue', 'account', 'asset'],
    columns: { venue: 'name', account: 'name', asset: 'name', free: 'amount', locked: 'amount', total: 'amount', updated: 'time' },
  },
  books: { key: ['instrument', 'time'], columns: book },
  configurations: { key: ['scope', 'name'], columns: { scope: 'text', name: 'name', version: 'number', value: 'text', modified: 'time' } },
  fills: {
    key: ['instrument', 'account', 'tradeId'],
    columns: {
      side: 'text',
      liquidity: 'text',
      provenance: 'text',
      account: 'name',
      instrument: 'instrument',
      feeAsset: 'name',
      quantity: 'quantity',
      price: 'price',
      fee: 'amount',
      time: 'time',
      received: 'time',
      tradeId: 'text',
      clientId: 'text',
    },
  },
  instruments: {
    key: ['venue', 'symbol'],
    columns: {
      venue: 'name',
      symbol: 'name',
      base: 'name',
      settle: 'name',
      kind: 'text',
      priceScale: 'number',
      quantityScale: 'number',
      multiplier: 'multiplier',
      tick: 'price',
      lot: 'quantity',
      tolerance: 'quantity',
    },
  },
  limits: {
    key: ['instrument'],
    columns: { instrument: 'instrument', maxQuantity: 'quantity', maxExposure: 'money', maxLoss: 'money', used: 'money', updated: 'time' },
  },
  margins: {
    key: ['venue', 'account', 'asset'],
    columns: { venue: 'name', account: 'name', asset: 'name', initial: 'amount', maintenance: 'amount', equity: 'amount', updated: 'time' },
  },
  markets: { key: ['instrument'], columns: { status: 'text', instrument: 'instrument', updated: 'time' } },
  orders: {
    key: ['clientId'],
    columns: {
      status: 'text',
      side: 'text',
      orderType: 'text',
      timeInForce: 'text',
      reduceOnly: 'flag',
      provenance: 'text',
      account: 'name',
      instrument: 'instrument',
      strategy: 'name',
      trader: 'name',
      filled: 'quantity',
      updated: 'time',
      quantity: 'quantity',
      price: 'price',
      trigger: 'price',
      submitted: 'time',
      clientId: 'text',
      orderId: 'text',
    },
  },
  positions: {
    key: ['account', 'instrument'],
    columns: { account: 'name', instrument: 'instrument', quantity: 'quantity', cost: 'money', realised: 'money', updated: 'time' },
  },
  profits: {
    key: ['instrument'],
    columns: {
      instrument: 'instrument',
      mark: 'price',
      markTime: 'time',
      quantity: 'quantity',
      absolute: 'quantity',
      cost: 'money',
      realised: 'money',
      unrealised: 'money',
      net: 'money',
      gross: 'money',
    },
  },
  resolutions: { key: ['breakId'], columns: { decision: 'text', person: 'name', time: 'time', breakId: 'text', comment: 'text' } },
  risk: {
    key: [],
    columns: {
      halted: 'flag',
      tradingDay: 'number',
      haltTime: 'time',
      updated: 'time',
      grossExposure: 'money',
      netExposure: 'money',
      dailyRealised: 'money',
      unrealised: 'money',
      openUnrealised: 'money',
      dailyPeak: 'money',
      maxDrawdown: 'money',
      haltReason: 'text',
    },
  },
  sessions: {
    key: ['venue'],
    columns: {
      venue: 'name',
      state: 'text',
      cancelOnDisconnect: 'text',
      sequenceSent: 'whole',
      sequenceReceived: 'whole',
      lastEvent: 'time',
    },
  },
  strategies: {
    key: ['strategy'],
    columns: {
      strategy: 'name',
      active: 'flag',
      parameters: 'text',
      state: 'text',
      stateChecksum: 'whole',
      lastSignal: 'time',
      updated: 'time',
      realised: 'money',
      name: 'text',
    },
  },
  trades: {
    key: ['instrument', 'time', 'tradeId'],
    columns: { side: 'text', instrument: 'instrument', time: 'time', price: 'price', quantity: 'quantity', tradeId: 'text' },
  },
  venues: { key: ['venue'], columns: { venue: 'name', dialect: 'name', cancelOnDisconnect: 'text' } },
} as const satisfies Record<string, TableShape>;

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = (Object.keys(TABLES) as TableName[]).sort();

/** Bits of the integers that hold a kind. */
const BITS: Partial<Record<Kind, number>> = { price: 64, quantity: 64, amount: 64, rate: 64, multiplier: 64, money: 128 };

/** Bytes of UTF-8 that a column holds; every other `name` holds 63. */
const CAPACITY: Readonly<Record<string, number>> = {
  clientId: 39,
  orderId: 39,
  tradeId: 39,
  breakId: 63,
  comment: 127,
  haltReason: 127,
  strategyName: 63,
};
const NAME_CAPACITY = 63;

// ---------------------------------------------------------------------------------------------------------------- fields

const ENUMS = {
  side: ['none', 'buy', 'sell'],
  orderType: ['none', 'limit', 'market', 'stop', 'stopLimit', 'takeProfit', 'takeProfitLimit'],
  timeInForce: ['none', 'gtc', 'ioc', 'fok', 'gtd', 'day', 'postOnly'],
  orderStatus: ['none', 'pending', 'open', 'partiallyFilled', 'pendingCancel', 'filled', 'cancelled', 'rejected', 'expired', 'unknown'],
  liquidity: ['unknown', 'maker', 'taker'],
  provenance: ['engine', 'venue', 'inferred', 'claimed'],
  instrumentKind: ['spot', 'perpetual', 'future', 'option'],
  scope: ['system', 'venue', 'instrument', 'risk', 'strategy'],
  answer: ['unknown', 'yes', 'no'],
  sessionState: ['unknown', 'connected', 'disconnected'],
  marketStatus: ['unknown', 'open', 'halted', 'auction', 'closed'],
  resolution: ['none', 'acceptVenue', 'keepOurs', 'cancelOrder', 'claim', 'tolerate', 'note'],
  prunable: ['none', 'fills', 'orders', 'books', 'trades'],
} as const;

type FieldKind = 'text' | 'decimal' | 'time' | 'flag' | 'u32' | 'u64' | 'json' | 'bytes' | keyof typeof ENUMS;

const orderFields =
  'clientId:text account:text venue:text symbol:text strategy:text trader:text side:side orderType:orderType timeInForce:timeInForce reduceOnly:flag price:decimal trigger:decimal quantity:decimal time:time';
const executionFields =
  'tradeId:text quantity:decimal price:decimal fee:decimal feeAsset:text liquidity:liquidity provenance:provenance time:time';
const depthFields = [1, 2, 3, 4, 5]
  .map((level) => `bidPrice${level}:decimal bidQuantity${level}:decimal askPrice${level}:decimal askQuantity${level}:decimal`)
  .join(' ');

const FIELDS: ReadonlyMap<string, readonly (readonly [string, FieldKind])[]> = new Map(
  Object.entries({
    'epoch.open': 'epoch:u32 parent:u32 reason:text time:time',
    'epoch.close': 'time:time',
    'root.mark': 'root:u64',
    'asset.define': 'asset:text scale:u32 rate:decimal time:time',
    'venue.define': 'venue:text dialect:text cancelOnDisconnect:answer',
    'instrument.define':
      'venue:text symbol:text base:text settle:text kind:instrumentKind priceScale:u32 quantityScale:u32 multiplier:decimal tick:decimal lot:decimal tolerance:decimal',
    'configuration.set': 'scope:scope name:text value:json time:time',
    'limit.set': 'venue:text symbol:text maxQuantity:decimal maxExposure:decimal maxLoss:decimal time:time',
    'strategy.define': 'strategy:text name:text parameters:json active:flag time:time',
    'strategy.update': 'strategy:text active:flag state:bytes signalTime:time time:time',
    'order.submit': orderFields,
    'order.accept': 'clientId:text orderId:text time:time',
    'order.reject': 'clientId:text reason:text time:time',
    'order.amend': 'clientId:text price:decimal trigger:decimal quantity:decimal time:time',
    'order.cancelRequest': 'clientId:text time:time',
    'order.close': 'clientId:text status:orderStatus reason:text time:time',
    'order.adopt': `${orderFields} orderId:text filled:decimal`,
    fill: `clientId:text ${executionFields}`,
    'fill.external': `account:text venue:text symbol:text side:side clientId:text ${executionFields}`,
    'position.adjust': 'account:text venue:text symbol:text quantity:decimal price:decimal reason:text time:time',
    'balance.set': 'venue:text account:text asset:text free:decimal locked:decimal time:time',
    'margin.set': 'venue:text account:text asset:text initial:decimal maintenance:decimal equity:decimal time:time',
    mark: 'venue:text symbol:text price:decimal time:time',
    rate: 'asset:text rate:decimal time:time',
    'session.update': 'venue:text state:sessionState cancelOnDisconnect:answer sequenceSent:u64 sequenceReceived:u64 time:time',
    'risk.day': 'day:u32 time:time',
    'risk.halt': 'reason:text time:time',
    'risk.resume': 'dossier:text nonce:text time:time',
    'resolution.record': 'breakId:text decision:resolution person:text comment:text time:time',
    'market.book': `venue:text symbol:text time:time ${depthFields}`,
    'market.trade': 'venue:text symbol:text tradeId:text side:side price:decimal quantity:decimal time:time',
    'market.status': 'venue:text symbol:text status:marketStatus time:time',
    prune: 'table:prunable before:time count:u32',
  }).map(([type, fields]) => [type, fields.split(' ').map((field) => field.split(':') as [string, FieldKind])]),
);

/** Fields as strings, numbers and flags that are of their kind; times are normalised. */
type Fields = Readonly<Record<string, string>> & {
  readonly numbers: Readonly<Record<string, number>>;
  readonly flags: Readonly<Record<string, boolean>>;
  readonly times: Readonly<Record<string, string | null>>;
};

const TEXT_BYTES_MAX = 255;
const BLOB_BYTES_MAX = 1 << 20;
const byteLength = (text: string) => Buffer.byteLength(text, 'utf8');
/** UTF-8 has no form for half of a surrogate pair. */
const isUnicode = (text: string) => text.isWellFormed();

function checkFields(type: string, intent: Readonly<Record<string, unknown>>): Fields {
  const declared = FIELDS.get(type) ?? refuse(`no operation is called ${type}`);
  const fields: Record<string, string> = {};
  const numbers: Record<string, number> = {};
  const flags: Record<string, boolean> = {};
  const times: Record<string, string | null> = {};
  for (const [name, kind] of declared) {
    const value = intent[name];
    const wrong = () => refuse(`${type}: ${name} is not a ${kind}`);
    if (kind === 'time') times[name] = normalTime(value);
    else if (kind === 'flag') flags[name] = typeof value === 'boolean' ? value : wrong();
    else if (kind === 'u32')
      numbers[name] = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff ? value : wrong();
    else if (typeof value !== 'string') wrong();
    else {
      const text = value as string;
      fields[name] = text;
      if (kind === 'text') {
        if (!isUnicode(text) || byteLength(text) > TEXT_BYTES_MAX) wrong();
      } else if (kind === 'decimal') {
        if (text !== '') checkDecimal(text);
      } else if (kind === 'json') {
        if (!isUnicode(text) || byteLength(text) > BLOB_BYTES_MAX) wrong();
      } else if (kind === 'bytes') {
        if (Buffer.from(text, 'base64').length > BLOB_BYTES_MAX) wrong();
      } else if (kind === 'u64') {
        if (!/^\d+$/.test(text) || BigInt(text) > 0xffff_ffff_ffff_ffffn) wrong();
      } else if (!(ENUMS[kind] as readonly string[]).includes(text)) wrong();
    }
  }
  return Object.assign(fields, { numbers, flags, times }) as unknown as Fields;
}

// ---------------------------------------------------------------------------------------------------------------- times

const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z$/;
const TIME_ZERO = '1970-01-01T00:00:00.000000000Z';
const TIME_MAX = '2262-04-11T23:47:16.854775807Z';

/** Times as ISO strings with nine decimals: their order as strings is their order in time. Null and the zero of the epoch are "none". */
function normalTime(value: unknown): string | null {
  if (value === null || value === '') return null;
  const match = typeof value === 'string' ? TIME.exec(value) : null;
  if (!match || Number.isNaN(Date.parse(`${match[1]}Z`))) return refuse(`not a time: ${String(value)}`);
  const time = `${new Date(`${match[1]}Z`).toISOString().slice(0, 19)}.${(match[2] ?? '').padEnd(9, '0')}Z`;
  if (time < TIME_ZERO || time > TIME_MAX) return refuse(`a time outside the range: ${time}`);
  return time === TIME_ZERO ? null : time;
}

/** "none" is before every time. */
const isBefore = (a: string | null, b: string | null): boolean => b !== null && (a === null || a < b);

// -------------------------------------------------------------------------------------------------------------- amounts

const DECIMAL = /^([+-]?)(\d{1,39})(?:\.(\d{1,39}))?$/;
const MONEY = 18;
const MULTIPLIER = 6;
const RATE = 9;
const RATE_ONE = 10n ** 9n;

const fits = (value: bigint, bits: number): boolean => BigInt.asIntN(bits, value) === value;

/** Plain notation; what is written must fit 128 bits in its own places. */
function checkDecimal(text: string): void {
  const match = DECIMAL.exec(text) ?? refuse(`not a decimal: ${text}`);
  if (!fits(BigInt(`${match[1] === '-' ? '-' : ''}${match[2]}${match[3] ?? ''}`), 128)) refuse(`beyond 128 bits: ${text}`);
}

/** Units of 10^-places, exactly; "" is zero. */
function parse(text: string, places: number): bigint {
  if (text === '') return 0n;
  const match = DECIMAL.exec(text) ?? refuse(`not a decimal: ${text}`);
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > places) refuse(`${text} has more than ${places} places`);
  const units = BigInt(match[2] + fraction.padEnd(places, '0'));
  return match[1] === '-' ? -units : units;
}

const inBits = (value: bigint, bits: number): bigint => (fits(value, bits) ? value : refuse(`${value} does not fit ${bits} bits`));
const amount = (text: string, places: number): bigint => inBits(parse(text, places), 64);
function positive(text: string, places: number): bigint {
  const units = amount(text, places);
  return units > 0n ? units : refuse(`${text} is not above zero`);
}

/** The shortest exact decimal. */
function format(units: bigint, places: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

const size = (value: bigint): bigint => (value < 0n ? -value : value);

/** Half away from zero. */
function divide(dividend: bigint, divisor: bigint): bigint {
  const quotient = size(dividend) / size(divisor);
  const rest = size(dividend) % size(divisor);
  const rounded = rest * 2n >= size(divisor) ? quotient + 1n : quotient;
  return dividend < 0n === divisor < 0n ? rounded : -rounded;
}

const inReporting = (money: bigint, rate: bigint): bigint => divide(money * rate, RATE_ONE);

/** Places that a decimal needs. */
const placesOf = (text: string): number => (DECIMAL.exec(text)?.[3] ?? '').replace(/0+$/, '').length;

// ---------------------------------------------------------------------------------------------------------------- state

/** A key made of its parts, so that no two keys have the same form. */
const keyOf = (...parts: readonly string[]): string =>
  parts.length === 1 ? parts[0]! : parts.map((part) => `${part.length}:${part}`).join('');

const ENDED = new Set<Value>(['filled', 'cancelled', 'rejected', 'expired']);

export interface ModelOptions {
  /** Bound of the table of fills. */
  readonly fillsMax?: number;
}

export interface CanonicalState {
  readonly format: 'rearm-state-1';
  readonly lsn: number;
  readonly stateDigest: string;
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, string | number | boolean | null>>[]>>;
}

export class ReferenceModel {
  /** LSN of the last operation. */
  lsn = 0;
  /** Rows by table and key. A cell that refers to an instrument holds the key of its row. */
  readonly tables: Readonly<Record<TableName, Map<string, Row>>>;
  readonly #fillsMax: number;
  /** The way back: what stood where, newest last. */
  #before: { map: Map<string, Row>; key: string; row: Row | undefined }[] = [];
  #recordTime: string | null = null;

  constructor(options: ModelOptions = {}) {
    this.tables = Object.fromEntries(TABLE_NAMES.map((name) => [name, new Map<string, Row>()])) as Record<TableName, Map<string, Row>>;
    this.#fillsMax = options.fillsMax ?? 1_048_576;
  }

  /**
   * Applies the operation that follows the present LSN.
   *
   * @throws Refused where the operation is not valid; nothing has changed then
   */
  apply(operation: Operation): void {
    if (operation.lsn !== this.lsn + 1) throw new Error(`LSN ${operation.lsn} does not follow ${this.lsn}`);
    this.#before = [];
    this.#recordTime = normalTime(operation.time);
    try {
      const intent = checkFields(operation.type, operation.intent);
      const handler = HANDLERS[operation.type] ?? refuse(`no operation is called ${operation.type}`);
      handler(this, intent);
    } catch (error) {
      for (const { map, key, row } of this.#before.reverse()) {
        if (row === undefined) map.delete(key);
        else map.set(key, row);
      }
      throw error;
    }
    this.lsn = operation.lsn;
  }

  /** Puts a row; amounts must fit their columns. */
  put(table: TableName, key: string, row: Row): void {
    const map = this.tables[table];
    const columns: Readonly<Record<string, Kind>> = TABLES[table].columns;
    for (const name in columns) {
      const bits = BITS[columns[name]!];
      if (bits !== undefined) inBits(row[name] as bigint, bits);
    }
    this.#before.push({ map, key, row: map.get(key) });
    map.set(key, row);
  }

  remove(table: TableName, key: string): void {
    const map = this.tables[table];
    this.#before.push({ map, key, row: map.get(key) });
    map.delete(key);
  }

  /** Another model in the same state; rows are shared, which never change. */
  copy(): ReferenceModel {
    const copy = new ReferenceModel({ fillsMax: this.#fillsMax });
    for (const name of TABLE_NAMES) for (const [key, row] of this.tables[name]) copy.tables[name].set(key, row);
    copy.lsn = this.lsn;
    return copy;
  }

  get recordTime(): string | null {
    return this.#recordTime;
  }

  get fillsMax(): number {
    return this.#fillsMax;
  }

  // -- reading

  instrument(venue: string, symbol: string): { key: string; row: Row } {
    const key = keyOf(venue, symbol);
    return { key, row: this.tables.instruments.get(key) ?? refuse(`no instrument ${symbol} at ${venue}`) };
  }

  order(clientId: string): Row {
    return this.tables.orders.get(clientId) ?? refuse(`no order ${clientId}`);
  }

  rate(asset: string): bigint {
    return (this.tables.assets.get(asset)?.rate as bigint | undefined) ?? 0n;
  }

  get risk(): Row {
    return this.tables.risk.get('') ?? refuse('there is no risk row');
  }

  // -- canonical form

  #cell(table: TableName, row: Row, name: string, kind: Kind): string | number | boolean | null {
    const value = row[name]!;
    switch (kind) {
      case 'name':
        return value === '' ? null : (value as string);
      case 'instrument': {
        if (value === '') return null;
        const instrument = this.tables.instruments.get(value as string)!;
        return `${instrument.venue as string}:${instrument.symbol as string}`;
      }
      case 'price':
      case 'quantity': {
        const of = table === 'instruments' ? row : this.tables.instruments.get(row.instrument as string);
        return format(value as bigint, of ? (of[kind === 'price' ? 'priceScale' : 'quantityScale'] as number) : 0);
      }
      case 'amount': {
        const asset = row[table === 'fills' ? 'feeAsset' : 'asset'] as string;
        return format(value as bigint, asset === '' ? 0 : (this.tables.assets.get(asset)!.scale as number));
      }
      case 'money':
        return format(value as bigint, MONEY);
      case 'rate':
        return format(value as bigint, RATE);
      case 'multiplier':
        return format(value as bigint, MULTIPLIER);
      case 'whole':
        return (value as bigint).toString();
      default:
        return value as string | number | boolean | null;
    }
  }

  /** Rows of a table with their columns in name order, sorted by key. */
  rows(table: TableName): Readonly<Record<string, string | number | boolean | null>>[] {
    const { key, columns } = TABLES[table] as TableShape;
    const names = Object.keys(columns).sort();
    const rows = [...this.tables[table].values()].map((row) =>
      Object.fromEntries(names.map((name) => [name, this.#cell(table, row, name, columns[name]!)])),
    );
    return rows.sort((a, b) => {
      for (const name of key) {
        const x = a[name] as string | null;
        const y = b[name] as string | null;
        if (x === y) continue;
        return x === null || (y !== null && x < y) ? -1 : 1;
      }
      return 0;
    });
  }

  /** The key of a row as it is compared: strings by UTF-16 code unit, none first. */
  sortKey(table: TableName, row: Row): (string | null)[] {
    const { key, columns } = TABLES[table] as TableShape;
    return key.map((name) => this.#cell(table, row, name, columns[name]!) as string | null);
  }

  state(): CanonicalState {
    const hash = createHash('sha256').update('rearm-state-1\n');
    const tables: Record<string, Readonly<Record<string, string | number | boolean | null>>[]> = {};
    for (const table of TABLE_NAMES) {
      const rows = this.rows(table);
      hash.update(`${table}\n`);
      for (const row of rows) hash.update(`${JSON.stringify(row)}\n`);
      tables[table] = rows;
    }
    return { format: 'rearm-state-1', lsn: this.lsn, stateDigest: hash.digest('hex'), tables };
  }

  digest(): string {
    return this.state().stateDigest;
  }
}

// ------------------------------------------------------------------------------------------------------------- handlers

type Handler = (model: ReferenceModel, intent: Fields) => void;

const capped = (text: string, capacity: number): string =>
  byteLength(text) <= capacity ? text : refuse(`more than ${capacity} bytes: ${text}`);
const named = (text: string): string => capped(text, NAME_CAPACITY);
const required = (text: string): string => (text === '' ? refuse('a name is missing') : named(text));
const id = (text: string, column: string): string => capped(text, CAPACITY[column]!);

const blank = (table: TableName): Record<string, Value> => {
  const row: Record<string, Value> = {};
  for (const [name, kind] of Object.entries(TABLES[table].columns as Readonly<Record<string, Kind>>)) {
    row[name] =
      kind === 'text' || kind === 'name' || kind === 'instrument'
        ? ''
        : kind === 'number'
          ? 0
          : kind === 'flag'
            ? false
            : kind === 'time'
              ? null
              : 0n;
  }
  return row;
};
const BLANKS = Object.fromEntries(TABLE_NAMES.map((table) => [table, blank(table)])) as Record<TableName, Row>;

// -- assets and rates

/** An asset that nobody defined: eight places, more where an amount needs them, and no rate. */
function ensureAsset(model: ReferenceModel, asset: string, ...amounts: readonly string[]): number {
  if (asset === '') refuse('an amount of an asset needs its name');
  const known = model.tables.assets.get(named(asset));
  if (known) return known.scale as number;
  const scale = Math.min(18, Math.max(8, ...amounts.map(placesOf)));
  model.put('assets', asset, { ...BLANKS.assets, asset, scale });
  return scale;
}

function setRate(model: ReferenceModel, asset: string, text: string, time: string | null): void {
  const row = model.tables.assets.get(asset)!;
  const rate = amount(text, RATE);
  if (rate < 0n) refuse('a rate below zero');
  model.put('assets', asset, { ...row, rate, rateTime: time });
  if (rate === row.rate) return;
  const settling = [...model.tables.profits.values()].filter(
    (profits) => model.tables.instruments.get(profits.instrument as string)!.settle === asset,
  );
  if (settling.length > 0) followRisk(model, 0n, time);
}

// -- positions, profits, risk, limits

/** q x p x multiplier in money. */
function value(instrument: Row, quantity: bigint, price: bigint): bigint {
  const places = (instrument.priceScale as number) + (instrument.quantityScale as number) + MULTIPLIER;
  return quantity * price * (instrument.multiplier as bigint) * 10n ** BigInt(MONEY - places);
}

/**
 * The desk's risk: sums over the instruments, `realised` more for the day, and the day's peak and drawdown. Where only one instrument
 * changed the sums move by its difference, so that an operation costs what it changes.
 */
function followRisk(
  model: ReferenceModel,
  realised: bigint,
  time: string | null,
  change?: { before: Row; after: Row; rate: bigint },
): void {
  const risk = model.risk;
  let gross = 0n;
  let net = 0n;
  let unrealised = 0n;
  if (change) {
    const delta = (name: string) =>
      inReporting(change.after[name] as bigint, change.rate) - inReporting(change.before[name] as bigint, change.rate);
    gross = (risk.grossExposure as bigint) + delta('gross');
    net = (risk.netExposure as bigint) + delta('net');
    unrealised = (risk.unrealised as bigint) + delta('unrealised');
  } else {
    for (const profits of model.tables.profits.values()) {
      const rate = model.rate(model.tables.instruments.get(profits.instrument as string)!.settle as string);
      gross += inReporting(profits.gross as bigint, rate);
      net += inReporting(profits.net as bigint, rate);
      unrealised += inReporting(profits.unrealised as bigint, rate);
    }
  }
  const dailyRealised = (risk.dailyRealised as bigint) + realised;
  const equity = dailyRealised + unrealised - (risk.openUnrealised as bigint);
  const dailyPeak = equity > (risk.dailyPeak as bigint) ? equity : (risk.dailyPeak as bigint);
  const drawdown = dailyPeak - equity;
  const maxDrawdown = drawdown > (risk.maxDrawdown as bigint) ? drawdown : (risk.maxDrawdown as bigint);
  model.put('risk', '', {
    ...risk,
    grossExposure: gross,
    netExposure: net,
    unrealised,
    dailyRealised,
    dailyPeak,
    maxDrawdown,
    updated: time,
  });
  followLimit(model, '', gross, time);
}

/** `used`, and `updated` with every change of it. */
function followLimit(model: ReferenceModel, instrument: string, used: bigint, time: string | null): void {
  const limit = model.tables.limits.get(instrument);
  if (limit && limit.used !== used) model.put('limits', instrument, { ...limit, used, updated: time });
}

const newProfits = (instrument: string): Row => ({ ...BLANKS.profits, instrument });

/** Takes the instrument's profits from `before` to `after`, with what follows from the mark, and the desk's risk and limits with it. */
function putProfits(model: ReferenceModel, instrument: Row, before: Row, after: Row, realised: bigint, time: string | null): void {
  const net = value(instrument, after.quantity as bigint, after.mark as bigint);
  const gross = value(instrument, after.absolute as bigint, after.mark as bigint);
  const key = after.instrument as string;
  const whole = { ...after, net, gross, unrealised: net - (after.cost as bigint) };
  model.put('profits', key, whole);
  followRisk(model, realised, time, { before, after: whole, rate: model.rate(instrument.settle as string) });
  followLimit(model, key, gross, time);
}

/** @returns the change of realised P&L in the reporting currency */
function trade(
  model: ReferenceModel,
  account: string,
  key: string,
  signed: bigint,
  price: bigint,
  fee: bigint,
  time: string | null,
): bigint {
  const instrument = model.tables.instruments.get(key)!;
  const positionKey = keyOf(account, key);
  const position = model.tables.positions.get(positionKey) ?? { ...BLANKS.positions, account, instrument: key };
  const Q = position.quantity as bigint;
  const C = position.cost as bigint;
  const opposite = (Q > 0n && signed < 0n) || (Q < 0n && signed > 0n);
  const closed = opposite ? (size(signed) < size(Q) ? size(signed) : size(Q)) : 0n;
  const sign = signed < 0n ? -1n : 1n;
  const removed = closed === 0n ? 0n : closed === size(Q) ? C : divide(C * closed, size(Q));
  const gained = closed === 0n ? 0n : -(removed + sign * value(instrument, closed, price));
  const quantity = Q + signed;
  const cost = C - removed + sign * value(instrument, size(signed) - closed, price);
  model.put('positions', positionKey, { ...position, quantity, cost, realised: (position.realised as bigint) + gained, updated: time });

  const before = model.tables.profits.get(key) ?? newProfits(key);
  const reported = inReporting(gained, model.rate(instrument.settle as string));
  putProfits(
    model,
    instrument,
    before,
    {
      ...before,
      mark: before.markTime === null ? price : before.mark!,
      quantity: (before.quantity as bigint) + signed,
      absolute: (before.absolute as bigint) + size(quantity) - size(Q),
      cost: (before.cost as bigint) + cost - C,
      realised: (before.realised as bigint) + gained,
    },
    reported - fee,
    time,
  );
  return reported;
}

// -- orders

function newOrder(model: ReferenceModel, intent: Fields): Row {
  const { key, row: instrument } = model.instrument(intent.venue!, intent.symbol!);
  const clientId = id(intent.clientId!, 'clientId');
  if (clientId === '') refuse('an order needs a client id');
  if (intent.side === 'none') refuse('an order needs a side');
  if (model.tables.orders.has(clientId)) refuse(`${clientId} is taken`);
  return {
    ...BLANKS.orders,
    clientId,
    account: named(intent.account!),
    instrument: key,
    strategy: named(intent.strategy!),
    trader: named(intent.trader!),
    side: intent.side!,
    orderType: intent.orderType!,
    timeInForce: intent.timeInForce!,
    reduceOnly: intent.flags.reduceOnly!,
    price: amount(intent.price!, instrument.priceScale as number),
    trigger: amount(intent.trigger!, instrument.priceScale as number),
    quantity: positive(intent.quantity!, instrument.quantityScale as number),
    submitted: intent.times.time!,
    updated: intent.times.time!,
    provenance: 'engine',
  };
}

const statusByFilled = (filled: Value, quantity: Value): string =>
  filled === 0n ? 'open' : filled === quantity ? 'filled' : 'partiallyFilled';

/** A fill row, the trade on the position, and what follows. @returns the change of realised P&L in the reporting currency */
function execute(model: ReferenceModel, account: string, key: string, side: string, intent: Fields): bigint {
  const instrument = model.tables.instruments.get(key)!;
  const tradeId = id(intent.tradeId!, 'tradeId');
  if (tradeId === '') refuse('a fill needs a trade id');
  const clientId = id(intent.clientId!, 'clientId');
  const quantity = positive(intent.quantity!, instrument.quantityScale as number);
  const price = positive(intent.price!, instrument.priceScale as number);
  let fee = 0n;
  let feeReported = 0n;
  if (intent.fee !== '' || intent.feeAsset !== '') {
    const scale = ensureAsset(model, intent.feeAsset!, intent.fee!);
    fee = amount(intent.fee!, scale);
    feeReported = inReporting(fee * 10n ** BigInt(MONEY - scale), model.rate(intent.feeAsset!));
  }
  if (model.tables.fills.size >= model.fillsMax) removeOldestFill(model);
  model.put('fills', keyOf(key, account, tradeId), {
    instrument: key,
    account,
    tradeId,
    clientId,
    side,
    quantity,
    price,
    fee,
    feeAsset: intent.feeAsset!,
    liquidity: intent.liquidity!,
    provenance: intent.provenance!,
    time: intent.times.time!,
    received: model.recordTime,
  });
  return trade(model, account, key, side === 'buy' ? quantity : -quantity, price, feeReported, intent.times.time!);
}

function removeOldestFill(model: ReferenceModel): void {
  let oldest: [string, Row] | undefined;
  for (const entry of model.tables.fills)
    if (!oldest || isBefore(entry[1].time as string | null, oldest[1].time as string | null)) oldest = entry;
  if (oldest) model.remove('fills', oldest[0]);
}

// -- all of them

const PRUNE_COUNT_MAX = 4096;

const HANDLERS: Readonly<Record<string, Handler>> = {
  'epoch.open'(model) {
    if (!model.tables.risk.has('')) model.put('risk', '', BLANKS.risk);
  },
  'epoch.close'() {},
  'root.mark'() {},

  'asset.define'(model, intent) {
    const asset = required(intent.asset!);
    const scale = intent.numbers.scale!;
    if (scale > 18) refuse('a scale above 18');
    const known = model.tables.assets.get(asset);
    if (known && known.scale !== scale) refuse('the scale of an asset is fixed');
    if (!known) model.put('assets', asset, { ...BLANKS.assets, asset, scale });
    setRate(model, asset, intent.rate === '' ? '1' : intent.rate!, intent.times.time!);
  },
  rate(model, intent) {
    if (!model.tables.assets.has(intent.asset!)) refuse('no such asset');
    if (intent.rate === '') refuse('the rate is missing');
    setRate(model, intent.asset!, intent.rate!, intent.times.time!);
  },
  'venue.define'(model, intent) {
    const venue = required(intent.venue!);
    model.put('venues', venue, { venue, dialect: named(intent.dialect!), cancelOnDisconnect: intent.cancelOnDisconnect! });
  },
  'instrument.define'(model, intent) {
    const { priceScale, quantityScale } = intent.numbers as { priceScale: number; quantityScale: number };
    if (priceScale + quantityScale > 12) refuse('priceScale + quantityScale is above 12');
    const settle = required(intent.settle!);
    if (!model.tables.assets.has(settle)) refuse('the settlement asset is not defined');
    const fixed: Row = {
      venue: required(intent.venue!),
      symbol: required(intent.symbol!),
      base: named(intent.base!),
      settle,
      kind: intent.kind!,
      priceScale,
      quantityScale,
      multiplier: positive(intent.multiplier!, MULTIPLIER),
    };
    const key = keyOf(intent.venue!, intent.symbol!);
    const known = model.tables.instruments.get(key);
    if (known && Object.entries(fixed).some(([name, term]) => known[name] !== term)) refuse('the terms of an instrument are fixed');
    model.put('instruments', key, {
      ...fixed,
      tick: amount(intent.tick!, priceScale),
      lot: amount(intent.lot!, quantityScale),
      tolerance: amount(intent.tolerance!, quantityScale),
    });
  },
  'configuration.set'(model, intent) {
    const key = keyOf(intent.scope!, named(intent.name!));
    const version = ((model.tables.configurations.get(key)?.version as number | undefined) ?? 0) + 1;
    model.put('configurations', key, {
      scope: intent.scope!,
      name: intent.name!,
      version,
      value: intent.value!,
      modified: intent.times.time!,
    });
  },
  'limit.set'(model, intent) {
    const desk = intent.venue === '' && intent.symbol === '';
    const instrument = desk ? null : model.instrument(intent.venue!, intent.symbol!);
    const key = instrument?.key ?? '';
    const used = instrument ? ((model.tables.profits.get(key)?.gross as bigint | undefined) ?? 0n) : (model.risk.grossExposure as bigint);
    model.put('limits', key, {
      instrument: key,
      maxQuantity: amount(intent.maxQuantity!, (instrument?.row.quantityScale as number | undefined) ?? 0),
      maxExposure: parse(intent.maxExposure!, MONEY),
      maxLoss: parse(intent.maxLoss!, MONEY),
      used,
      updated: intent.times.time!,
    });
  },
  'strategy.define'(model, intent) {
    const strategy = required(intent.strategy!);
    const row = model.tables.strategies.get(strategy) ?? { ...BLANKS.strategies, strategy };
    model.put('strategies', strategy, {
      ...row,
      name: capped(intent.name!, CAPACITY.strategyName!),
      parameters: intent.parameters!,
      active: intent.flags.active!,
      updated: intent.times.time!,
    });
  },
  'strategy.update'(model, intent) {
    const row = model.tables.strategies.get(intent.strategy!) ?? refuse('no such strategy');
    const state = Buffer.from(intent.state!, 'base64');
    model.put('strategies', intent.strategy!, {
      ...row,
      active: intent.flags.active!,
      state: state.toString('base64'),
      stateChecksum: state.length === 0 ? 0n : xxh64(state),
      lastSignal: intent.times.signalTime!,
      updated: intent.times.time!,
    });
  },

  'order.submit'(model, intent) {
    if (model.risk.halted) refuse('trading is halted');
    const order = newOrder(model, intent);
    model.put('orders', order.clientId as string, { ...order, status: 'pending' });
  },
  'order.adopt'(model, intent) {
    const order = newOrder(model, intent);
    const filled = amount(intent.filled!, model.tables.instruments.get(order.instrument as string)!.quantityScale as number);
    if (filled < 0n || filled > (order.quantity as bigint)) refuse('filled is outside the quantity');
    model.put('orders', order.clientId as string, {
      ...order,
      filled,
      orderId: id(intent.orderId!, 'orderId'),
      provenance: 'claimed',
      status: statusByFilled(filled, order.quantity!),
    });
  },
  'order.accept'(model, intent) {
    const order = model.order(intent.clientId!);
    const status =
      order.status === 'pending' || order.status === 'unknown' ? statusByFilled(order.filled!, order.quantity!) : order.status!;
    model.put('orders', intent.clientId!, { ...order, status, orderId: id(intent.orderId!, 'orderId'), updated: intent.times.time! });
  },
  'order.reject'(model, intent) {
    const order = model.order(intent.clientId!);
    if (order.filled !== 0n) refuse('the order has fills');
    model.put('orders', intent.clientId!, { ...order, status: 'rejected', updated: intent.times.time! });
  },
  'order.amend'(model, intent) {
    const order = model.order(intent.clientId!);
    if (ENDED.has(order.status!)) refuse('the order has ended');
    const instrument = model.tables.instruments.get(order.instrument as string)!;
    const amended = (text: string, present: Value, scale: Value) => (text === '' ? present : amount(text, scale as number));
    const quantity = intent.quantity === '' ? (order.quantity as bigint) : positive(intent.quantity!, instrument.quantityScale as number);
    if (quantity < (order.filled as bigint)) refuse('the quantity is below what is filled');
    model.put('orders', intent.clientId!, {
      ...order,
      price: amended(intent.price!, order.price!, instrument.priceScale!),
      trigger: amended(intent.trigger!, order.trigger!, instrument.priceScale!),
      quantity,
      status: quantity === order.filled ? 'filled' : order.status!,
      updated: intent.times.time!,
    });
  },
  'order.cancelRequest'(model, intent) {
    const order = model.order(intent.clientId!);
    model.put('orders', intent.clientId!, {
      ...order,
      status: ENDED.has(order.status!) ? order.status! : 'pendingCancel',
      updated: intent.times.time!,
    });
  },
  'order.close'(model, intent) {
    const order = model.order(intent.clientId!);
    if (!['cancelled', 'expired', 'rejected', 'unknown'].includes(intent.status!)) refuse('not an end of an order');
    if (intent.status === 'rejected' && order.filled !== 0n) refuse('the order has fills');
    model.put('orders', intent.clientId!, {
      ...order,
      status: order.status === 'filled' ? 'filled' : intent.status!,
      updated: intent.times.time!,
    });
  },

  fill(model, intent) {
    const order = model.order(intent.clientId!);
    const key = order.instrument as string;
    const account = order.account as string;
    if (model.tables.fills.has(keyOf(key, account, intent.tradeId!))) return;
    const quantity = positive(intent.quantity!, model.tables.instruments.get(key)!.quantityScale as number);
    const filled = (order.filled as bigint) + quantity;
    if (filled > (order.quantity as bigint)) refuse('overfill');
    const realised = execute(model, account, key, order.side as string, intent);
    const { status } = order;
    const next =
      filled === order.quantity
        ? 'filled'
        : status === 'cancelled' || status === 'expired' || status === 'pendingCancel'
          ? status
          : 'partiallyFilled';
    model.put('orders', intent.clientId!, { ...order, filled, status: next, updated: intent.times.time! });
    const strategy = order.strategy === '' ? undefined : model.tables.strategies.get(order.strategy as string);
    if (strategy) model.put('strategies', order.strategy as string, { ...strategy, realised: (strategy.realised as bigint) + realised });
  },
  'fill.external'(model, intent) {
    const { key } = model.instrument(intent.venue!, intent.symbol!);
    if (intent.side === 'none') refuse('a fill needs a side');
    const account = named(intent.account!);
    if (model.tables.fills.has(keyOf(key, account, intent.tradeId!))) return;
    execute(model, account, key, intent.side!, intent);
  },
  'position.adjust'(model, intent) {
    const { key, row: instrument } = model.instrument(intent.venue!, intent.symbol!);
    const account = named(intent.account!);
    const target = amount(intent.quantity!, instrument.quantityScale as number);
    const price = positive(intent.price!, instrument.priceScale as number);
    const present = (model.tables.positions.get(keyOf(account, key))?.quantity as bigint | undefined) ?? 0n;
    trade(model, account, key, target - present, price, 0n, intent.times.time!);
  },
  mark(model, intent) {
    const { key, row: instrument } = model.instrument(intent.venue!, intent.symbol!);
    const mark = positive(intent.price!, instrument.priceScale as number);
    if (!intent.times.time) refuse('a mark needs its time');
    const before = model.tables.profits.get(key) ?? newProfits(key);
    putProfits(model, instrument, before, { ...before, mark, markTime: intent.times.time! }, 0n, intent.times.time!);
  },

  'balance.set'(model, intent) {
    if (intent.venue === '') refuse('a balance needs its venue');
    const scale = ensureAsset(model, intent.asset!, intent.free!, intent.locked!);
    const free = amount(intent.free!, scale);
    const locked = amount(intent.locked!, scale);
    model.put('balances', keyOf(named(intent.venue!), named(intent.account!), intent.asset!), {
      venue: intent.venue!,
      account: intent.account!,
      asset: intent.asset!,
      free,
      locked,
      total: free + locked,
      updated: intent.times.time!,
    });
  },
  'margin.set'(model, intent) {
    if (intent.venue === '') refuse('a margin needs its venue');
    const scale = ensureAsset(model, intent.asset!, intent.initial!, intent.maintenance!, intent.equity!);
    model.put('margins', keyOf(named(intent.venue!), named(intent.account!), intent.asset!), {
      venue: intent.venue!,
      account: intent.account!,
      asset: intent.asset!,
      initial: amount(intent.initial!, scale),
      maintenance: amount(intent.maintenance!, scale),
      equity: amount(intent.equity!, scale),
      updated: intent.times.time!,
    });
  },
  'session.update'(model, intent) {
    const venue = required(intent.venue!);
    model.put('sessions', venue, {
      venue,
      state: intent.state!,
      cancelOnDisconnect: intent.cancelOnDisconnect!,
      sequenceSent: BigInt(intent.sequenceSent!),
      sequenceReceived: BigInt(intent.sequenceReceived!),
      lastEvent: intent.times.time!,
    });
  },

  'risk.day'(model, intent) {
    const { risk } = model;
    model.put('risk', '', {
      ...risk,
      tradingDay: intent.numbers.day!,
      dailyRealised: 0n,
      dailyPeak: 0n,
      maxDrawdown: 0n,
      openUnrealised: risk.unrealised!,
      updated: intent.times.time!,
    });
  },
  'risk.halt'(model, intent) {
    const { risk } = model;
    if (risk.halted) return;
    model.put('risk', '', {
      ...risk,
      halted: true,
      haltTime: intent.times.time!,
      haltReason: capped(intent.reason!, CAPACITY.haltReason!),
    });
  },
  'risk.resume'(model) {
    model.put('risk', '', { ...model.risk, halted: false, haltTime: null, haltReason: '' });
  },
  'resolution.record'(model, intent) {
    const breakId = id(intent.breakId!, 'breakId');
    const comment = capped(intent.comment!, CAPACITY.comment!);
    if (model.tables.resolutions.has(breakId)) return;
    model.put('resolutions', breakId, {
      breakId,
      comment,
      decision: intent.decision!,
      person: named(intent.person!),
      time: intent.times.time!,
    });
  },

  'market.book'(model, intent) {
    const { key, row: instrument } = model.instrument(intent.venue!, intent.symbol!);
    const row: Record<string, Value> = { instrument: key, time: intent.times.time! };
    for (const [name, kind] of Object.entries(book)) {
      if (kind === 'price') row[name] = amount(intent[name]!, instrument.priceScale as number);
      else if (kind === 'quantity') row[name] = amount(intent[name]!, instrument.quantityScale as number);
    }
    model.put('books', keyOf(key, intent.times.time ?? ''), row);
  },
  'market.trade'(model, intent) {
    const { key, row: instrument } = model.instrument(intent.venue!, intent.symbol!);
    const tradeId = id(intent.tradeId!, 'tradeId');
    const rowKey = keyOf(key, intent.times.time ?? '', tradeId);
    if (model.tables.trades.has(rowKey)) return;
    model.put('trades', rowKey, {
      instrument: key,
      time: intent.times.time!,
      tradeId,
      side: intent.side!,
      price: amount(intent.price!, instrument.priceScale as number),
      quantity: amount(intent.quantity!, instrument.quantityScale as number),
    });
  },
  'market.status'(model, intent) {
    const { key } = model.instrument(intent.venue!, intent.symbol!);
    model.put('markets', key, { instrument: key, status: intent.status!, updated: intent.times.time! });
  },

  prune(model, intent) {
    if (intent.table === 'none') refuse('prune needs a table');
    const count = intent.numbers.count!;
    if (count > PRUNE_COUNT_MAX) refuse('too many rows for one prune');
    const table = intent.table as 'fills' | 'orders' | 'books' | 'trades';
    const timeOf = (row: Row) => (table === 'orders' ? row.updated : row.time) as string | null;
    const due = [...model.tables[table]].filter(
      ([, row]) => isBefore(timeOf(row), intent.times.before!) && (table !== 'orders' || ENDED.has(row.status!)),
    );
    due.sort(([, a], [, b]) => {
      if (isBefore(timeOf(a), timeOf(b))) return -1;
      if (isBefore(timeOf(b), timeOf(a))) return 1;
      const x = model.sortKey(table, a);
      const y = model.sortKey(table, b);
      for (let i = 0; i < x.length; i += 1) {
        if (x[i] === y[i]) continue;
        return x[i] === null || (y[i] !== null && x[i]! < y[i]!) ? -1 : 1;
      }
      return 0;
    });
    for (const [key] of due.slice(0, count)) model.remove(table, key);
  },
};

/** Feeds a model with the lines of a log. */
export function replayed(operations: Iterable<Operation>, options: ModelOptions = {}): ReferenceModel {
  const model = new ReferenceModel(options);
  for (const operation of operations) model.apply(operation);
  return model;
}
