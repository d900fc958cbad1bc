/**
 * The tables of the trading state, complete: what an engine knows is in these rows and nowhere else.
 *
 * To add a column, add a rung to the migration ladder (main/image/migrations.ts): the layout is a stored format.
 */

import { MONEY_SCALE, MULTIPLIER_SCALE, RATE_SCALE } from '../amounts.ts';
import { bytes, flag, hash, i64, i128, json, link, oneOf, ref, type Table, table, text, time, u8, u32, u64 } from './schema.ts';

export const SIDES = ['none', 'buy', 'sell'] as const;
export const ORDER_TYPES = ['none', 'limit', 'market', 'stop', 'stopLimit', 'takeProfit', 'takeProfitLimit'] as const;
export const TIMES_IN_FORCE = ['none', 'gtc', 'ioc', 'fok', 'gtd', 'day', 'postOnly'] as const;
/** `pending`: handed over, nothing heard from the venue. `unknown`: asked, and the venue's answer proves nothing. */
export const ORDER_STATUSES = [
  'none',
  'pending',
  'open',
  'partiallyFilled',
  'pendingCancel',
  'filled',
  'cancelled',
  'rejected',
  'expired',
  'unknown',
] as const;
export const LIQUIDITIES = ['unknown', 'maker', 'taker'] as const;
/** Where a row's facts came from: the running engine, or a resolution made while trading was halted. */
export const PROVENANCES = ['engine', 'venue', 'inferred', 'claimed'] as const;
export const INSTRUMENT_KINDS = ['spot', 'perpetual', 'future', 'option'] as const;
export const CONFIGURATION_SCOPES = ['system', 'venue', 'instrument', 'risk', 'strategy'] as const;
export const ANSWERS = ['unknown', 'yes', 'no'] as const;
export const SESSION_STATES = ['unknown', 'connected', 'disconnected'] as const;
export const MARKET_STATUSES = ['unknown', 'open', 'halted', 'auction', 'closed'] as const;
export const RESOLUTIONS = ['none', 'acceptVenue', 'keepOurs', 'cancelOrder', 'claim', 'tolerate', 'note'] as const;

/** Statuses in which an order may still trade; `unknown` counts as live until proved otherwise. */
export const LIVE_STATUSES: readonly string[] = ['pending', 'open', 'partiallyFilled', 'pendingCancel', 'unknown'];

const money = i128(MONEY_SCALE);
const depth: Record<string, ReturnType<typeof i64>> = {};
for (let level = 1; level <= 5; level += 1) {
  depth[`bidPrice${level}`] = i64('price');
  depth[`bidQuantity${level}`] = i64('quantity');
  depth[`askPrice${level}`] = i64('price');
  depth[`askQuantity${level}`] = i64('quantity');
}

export const TABLES = {
  dictionary: table('dictionary', {
    id: 1,
    group: 'system',
    hot: true,
    key: ['value'],
    rowsMax: 65_536,
    purpose: 'Strings that rows refer to: symbols, venues, accounts, strategies, traders, assets. Append-only.',
    columns: { value: text(63) },
  }),
  chunks: table('chunks', {
    id: 2,
    group: 'system',
    hot: true,
    key: [],
    rowsMax: 65_536,
    purpose: 'Pieces of blobs, each linked to the next.',
    columns: { next: link('chunks'), data: text(247) },
  }),
  assets: table('assets', {
    id: 3,
    group: 'configuration',
    hot: true,
    key: ['asset'],
    rowsMax: 4_096,
    purpose: 'Assets, their precision, and their rate to the reporting currency.',
    columns: { asset: ref, scale: u8, rate: i64(RATE_SCALE), rateTime: time },
  }),
  venues: table('venues', {
    id: 4,
    group: 'configuration',
    hot: false,
    key: ['venue'],
    rowsMax: 256,
    purpose: 'Venues and how they are spoken to.',
    columns: { venue: ref, dialect: ref, cancelOnDisconnect: oneOf(...ANSWERS) },
  }),
  instruments: table('instruments', {
    id: 5,
    group: 'configuration',
    hot: true,
    key: ['venue', 'symbol'],
    rowsMax: 65_536,
    purpose: 'What is traded where: precision, contract multiplier, tick, lot, and the tolerance of reconciliation.',
    columns: {
      venue: ref,
      symbol: ref,
      base: ref,
      settle: ref,
      kind: oneOf(...INSTRUMENT_KINDS),
      priceScale: u8,
      quantityScale: u8,
      multiplier: i64(MULTIPLIER_SCALE),
      tick: i64('price'),
      lot: i64('quantity'),
      tolerance: i64('quantity'),
    },
  }),
  configurations: table('configurations', {
    id: 6,
    group: 'configuration',
    hot: false,
    key: ['scope', 'name'],
    rowsMax: 4_096,
    purpose: 'Versioned configuration documents: system, per venue, per instrument, risk, per strategy.',
    columns: { scope: oneOf(...CONFIGURATION_SCOPES), name: ref, version: u32, value: json, modified: time },
  }),
  positions: table('positions', {
    id: 7,
    group: 'trading',
    hot: true,
    key: ['account', 'instrument'],
    rowsMax: 262_144,
    purpose: 'Signed quantity and exact cost per account and instrument; the average price is cost / quantity / multiplier.',
    columns: { account: ref, instrument: link('instruments'), quantity: i64('quantity'), cost: money, realised: money, updated: time },
  }),
  orders: table('orders', {
    id: 8,
    group: 'trading',
    hot: true,
    key: ['clientId'],
    rowsMax: 131_072,
    purpose: 'Orders: live ones, and closed ones until they are pruned.',
    columns: {
      status: oneOf(...ORDER_STATUSES),
      side: oneOf(...SIDES),
      orderType: oneOf(...ORDER_TYPES),
      timeInForce: oneOf(...TIMES_IN_FORCE),
      reduceOnly: flag,
      provenance: oneOf(...PROVENANCES),
      account: ref,
      instrument: link('instruments'),
      strategy: ref,
      trader: ref,
      filled: i64('quantity'),
      updated: time,
      quantity: i64('quantity'),
      price: i64('price'),
      trigger: i64('price'),
      submitted: time,
      clientId: text(39),
      orderId: text(39),
    },
  }),
  fills: table('fills', {
    id: 9,
    group: 'trading',
    hot: true,
    key: ['instrument', 'account', 'tradeId'],
    rowsMax: 1_048_576,
    purpose: 'Executions, kept for the retention (an hour at least), then pruned.',
    columns: {
      side: oneOf(...SIDES),
      liquidity: oneOf(...LIQUIDITIES),
      provenance: oneOf(...PROVENANCES),
      account: ref,
      instrument: link('instruments'),
      feeAsset: ref,
      quantity: i64('quantity'),
      price: i64('price'),
      fee: i64('asset'),
      time,
      received: time,
      tradeId: text(39),
      clientId: text(39),
    },
  }),
  balances: table('balances', {
    id: 10,
    group: 'trading',
    hot: true,
    key: ['venue', 'account', 'asset'],
    rowsMax: 16_384,
    purpose: 'Balances as the venue last reported them: free + locked = total.',
    columns: { venue: ref, account: ref, asset: ref, free: i64('asset'), locked: i64('asset'), total: i64('asset'), updated: time },
  }),
  margins: table('margins', {
    id: 11,
    group: 'trading',
    hot: true,
    key: ['venue', 'account', 'asset'],
    rowsMax: 16_384,
    purpose: 'Margin per venue, account and asset as the venue last reported it.',
    columns: {
      venue: ref,
      account: ref,
      asset: ref,
      initial: i64('asset'),
      maintenance: i64('asset'),
      equity: i64('asset'),
      updated: time,
    },
  }),
  profits: table('profits', {
    id: 12,
    group: 'trading',
    hot: true,
    key: ['instrument'],
    rowsMax: 65_536,
    purpose: 'Per instrument, over all accounts: the mark, P&L and exposure in the settlement asset.',
    columns: {
      instrument: link('instruments'),
      mark: i64('price'),
      markTime: time,
      quantity: i64('quantity'),
      absolute: i64('quantity'),
      cost: money,
      realised: money,
      unrealised: money,
      net: money,
      gross: money,
    },
  }),
  risk: table('risk', {
    id: 13,
    group: 'trading',
    hot: true,
    key: [],
    rowsMax: 1,
    purpose: 'The desk as a whole, in the reporting currency: exposure, the day, drawdown, the halt.',
    columns: {
      halted: flag,
      tradingDay: u32,
      haltTime: time,
      updated: time,
      grossExposure: money,
      netExposure: money,
      dailyRealised: money,
      unrealised: money,
      openUnrealised: money,
      dailyPeak: money,
      maxDrawdown: money,
      haltReason: text(127),
    },
  }),
  limits: table('limits', {
    id: 14,
    group: 'trading',
    hot: true,
    key: ['instrument'],
    rowsMax: 65_536,
    purpose: 'Limits per instrument, and for the desk where no instrument is named. Zero is "no limit".',
    columns: {
      instrument: link('instruments'),
      maxQuantity: i64('quantity'),
      maxExposure: money,
      maxLoss: money,
      used: money,
      updated: time,
    },
  }),
  strategies: table('strategies', {
    id: 15,
    group: 'strategies',
    hot: true,
    key: ['strategy'],
    rowsMax: 4_096,
    purpose: 'Strategies: parameters, opaque state with its own checksum, activity, realised P&L.',
    columns: {
      strategy: ref,
      active: flag,
      parameters: json,
      state: bytes,
      stateChecksum: hash,
      lastSignal: time,
      updated: time,
      realised: money,
      name: text(63),
    },
  }),
  sessions: table('sessions', {
    id: 16,
    group: 'trading',
    hot: true,
    key: ['venue'],
    rowsMax: 256,
    purpose: 'The connection to each venue: state, sequence numbers, last sign of life.',
    columns: {
      venue: ref,
      state: oneOf(...SESSION_STATES),
      cancelOnDisconnect: oneOf(...ANSWERS),
      sequenceSent: u64,
      sequenceReceived: u64,
      lastEvent: time,
    },
  }),
  resolutions: table('resolutions', {
    id: 17,
    group: 'trading',
    hot: true,
    key: ['breakId'],
    rowsMax: 65_536,
    purpose: 'Decisions on breaks, with who made them; a break is resolved once.',
    columns: { decision: oneOf(...RESOLUTIONS), person: ref, time, breakId: text(63), comment: text(127) },
  }),
  books: table('books', {
    id: 18,
    group: 'market',
    hot: false,
    key: ['instrument', 'time'],
    rowsMax: 65_536,
    purpose: 'Order books of the last minutes, five levels. Recoverable: may be lost.',
    columns: { instrument: link('instruments'), time, ...depth },
  }),
  trades: table('trades', {
    id: 19,
    group: 'market',
    hot: false,
    key: ['instrument', 'time', 'tradeId'],
    rowsMax: 131_072,
    purpose: 'Recent trades of the market. Recoverable: may be lost.',
    columns: {
      side: oneOf(...SIDES),
      instrument: link('instruments'),
      time,
      price: i64('price'),
      quantity: i64('quantity'),
      tradeId: text(39),
    },
  }),
  markets: table('markets', {
    id: 20,
    group: 'market',
    hot: false,
    key: ['instrument'],
    rowsMax: 65_536,
    purpose: 'Status of each market and its last update. Recoverable: may be lost.',
    columns: { status: oneOf(...MARKET_STATUSES), instrument: link('instruments'), updated: time },
  }),
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof TABLES;
export const TABLE_LIST: readonly Table[] = Object.values(TABLES);
export const TABLE_BY_ID: ReadonlyMap<number, Table> = new Map(TABLE_LIST.map((entry) => [entry.id, entry]));
