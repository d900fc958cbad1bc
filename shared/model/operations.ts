/**
 * The operations: every way in which the trading state changes, with the fields of its intent.
 *
 * An intent says what happened or was decided; the after-images beside it in the log say what that did to the rows. The
 * descriptions below are normative: an independent model that is fed with the intents in LSN order must reach the same state.
 *
 * Arithmetic, exact unless said otherwise (amounts are integers of their scale; "money" has scale 18):
 * - value(q, p) = q x p x multiplier, in money of the settlement asset. Signed quantities: buy +, sell -.
 * - A trade of signed quantity t at price p on a position (Q, C, R) = (quantity, cost, realised): let c = min(|t|, |Q|) where t and Q
 *   have opposite signs, else 0 (the closing part), s = sign(t). Removed cost X = C where c = |Q|, else C x c / |Q| rounded half away
 *   from zero. Then R += -(X + s x value(c, p)); C += s x value(|t| - c, p) - X; Q += t.
 * - profits of an instrument sum its positions: quantity = sum Q, absolute = sum |Q|, cost = sum C, realised = sum R; with mark m:
 *   net = value(quantity, m), gross = value(absolute, m), unrealised = net - cost. Until a first mark is posted the price of the last
 *   trade stands in as `mark`, and markTime stays "none".
 * - report(x, asset) = x x rate / 10^9 rounded half away from zero: money in the reporting currency.
 * - risk: grossExposure, netExposure, unrealised = sums over instruments of report(gross | net | unrealised, settle).
 *   dailyRealised += report(change of R, settle) - report(fee, feeAsset), each rounded by itself, at every trade.
 *   equity = dailyRealised + unrealised - openUnrealised; dailyPeak = max(dailyPeak, equity); maxDrawdown = max(maxDrawdown,
 *   dailyPeak - equity), after every operation that trades, marks or changes the rate of an asset that some profits row settles in.
 *   `updated` is the time of that operation.
 * - A strategy's realised += report(change of R, settle) for the fills of its orders (where the strategy is defined).
 * - limits: `used` of an instrument is its gross, of the desk risk.grossExposure; both follow every change of it, and `updated` with it.
 * - An asset that a fill or a balance names and that is not defined is added with scale 8 (more, up to 18, where the amount needs
 *   it), rate 0 and no rate time: unknown assets count nothing and are a finding.
 *
 * The fields of an operation never change, nor does its id: both are stored. What needs other fields is another operation.
 * To add an operation: declare it here with a new id, write its handler in main/operations/ (the registry is typed, so the
 * compiler asks for it), and describe it in one paragraph.
 */

import {
  ANSWERS,
  CONFIGURATION_SCOPES,
  INSTRUMENT_KINDS,
  LIQUIDITIES,
  MARKET_STATUSES,
  ORDER_STATUSES,
  ORDER_TYPES,
  PROVENANCES,
  RESOLUTIONS,
  SESSION_STATES,
  SIDES,
  TIMES_IN_FORCE,
} from './tables.ts';

export type FieldType =
  /** UTF-8, at most 255 bytes; the empty string is "none". */
  | { readonly kind: 'text' }
  /** An exact decimal string; the empty string is "none" and counts as zero. */
  | { readonly kind: 'decimal' }
  /** Nanoseconds since the epoch as bigint, 0n is "none"; ISO 8601 in JSON, null for none. */
  | { readonly kind: 'time' }
  | { readonly kind: 'enum'; readonly names: readonly string[] }
  | { readonly kind: 'flag' }
  | { readonly kind: 'u32' }
  /** bigint; a decimal string in JSON. */
  | { readonly kind: 'u64' }
  /** Text of up to 1 MiB, by convention canonical JSON. */
  | { readonly kind: 'json' }
  /** Up to 1 MiB; base64 in JSON. */
  | { readonly kind: 'bytes' };

const text = { kind: 'text' } as const;
const decimal = { kind: 'decimal' } as const;
const time = { kind: 'time' } as const;
const flag = { kind: 'flag' } as const;
const u32 = { kind: 'u32' } as const;
const u64 = { kind: 'u64' } as const;
const json = { kind: 'json' } as const;
const bytes = { kind: 'bytes' } as const;
const oneOf = <const N extends readonly string[]>(names: N) => ({ kind: 'enum', names }) as const;

export interface OperationDeclaration {
  readonly id: number;
  readonly does: string;
  readonly fields: Readonly<Record<string, FieldType>>;
}

const orderFields = {
  clientId: text,
  account: text,
  venue: text,
  symbol: text,
  strategy: text,
  trader: text,
  side: oneOf(SIDES),
  orderType: oneOf(ORDER_TYPES),
  timeInForce: oneOf(TIMES_IN_FORCE),
  reduceOnly: flag,
  price: decimal,
  trigger: decimal,
  quantity: decimal,
  time,
} as const;

const depth = {
  bidPrice1: decimal,
  bidQuantity1: decimal,
  askPrice1: decimal,
  askQuantity1: decimal,
  bidPrice2: decimal,
  bidQuantity2: decimal,
  askPrice2: decimal,
  askQuantity2: decimal,
  bidPrice3: decimal,
  bidQuantity3: decimal,
  askPrice3: decimal,
  askQuantity3: decimal,
  bidPrice4: decimal,
  bidQuantity4: decimal,
  askPrice4: decimal,
  askQuantity4: decimal,
  bidPrice5: decimal,
  bidQuantity5: decimal,
  askPrice5: decimal,
  askQuantity5: decimal,
} as const;

export const OPERATIONS = {
  'epoch.open': {
    id: 1,
    does: 'First operation of an epoch: which epoch, its parent, and why it was opened (created, restarted, accepted, released, reconstructed). Changes no row but `risk` where the store is new: a zero row is made.',
    fields: { epoch: u32, parent: u32, reason: text, time },
  },
  'epoch.close': {
    id: 2,
    does: 'Last operation of an epoch that was closed in order: the next opening needs no recovery. Changes no row.',
    fields: { time },
  },
  'root.mark': {
    id: 3,
    does: 'The image root just before this operation, so that a replay can be compared with the original. Changes no row.',
    fields: { root: u64 },
  },
  'asset.define': {
    id: 10,
    does: 'Adds or replaces an asset: its scale (0 to 18; fixed once defined) and its rate to the reporting currency (default 1).',
    fields: { asset: text, scale: u32, rate: decimal, time },
  },
  'venue.define': {
    id: 11,
    does: 'Adds or replaces a venue.',
    fields: { venue: text, dialect: text, cancelOnDisconnect: oneOf(ANSWERS) },
  },
  'instrument.define': {
    id: 12,
    does: 'Adds an instrument, or replaces its tick, lot and tolerance; scales, multiplier, base and settlement asset are fixed once defined. priceScale + quantityScale is at most 12, so that money (scale 18) holds price x quantity x multiplier (scale 6) exactly.',
    fields: {
      venue: text,
      symbol: text,
      base: text,
      settle: text,
      kind: oneOf(INSTRUMENT_KINDS),
      priceScale: u32,
      quantityScale: u32,
      multiplier: decimal,
      tick: decimal,
      lot: decimal,
      tolerance: decimal,
    },
  },
  'configuration.set': {
    id: 13,
    does: 'Stores a configuration document under (scope, name); the version is the former one plus 1.',
    fields: { scope: oneOf(CONFIGURATION_SCOPES), name: text, value: json, time },
  },
  'limit.set': {
    id: 14,
    does: 'Sets the limits of an instrument, or of the desk where venue and symbol are empty.',
    fields: { venue: text, symbol: text, maxQuantity: decimal, maxExposure: decimal, maxLoss: decimal, time },
  },
  'strategy.define': {
    id: 15,
    does: 'Adds a strategy, or replaces its name, parameters and activity.',
    fields: { strategy: text, name: text, parameters: json, active: flag, time },
  },
  'strategy.update': {
    id: 16,
    does: "Replaces a strategy's opaque state (stateChecksum = XXH64 of it, seed 0; 0 for an empty one), activity and time of its last signal.",
    fields: { strategy: text, active: flag, state: bytes, signalTime: time, time },
  },
  'order.submit': {
    id: 20,
    does: 'A new order, before it is sent: status pending, provenance engine. Refused where the client id exists, the instrument is unknown, the quantity is not positive, trading is halted, or the state is at its bound.',
    fields: orderFields,
  },
  'order.accept': {
    id: 21,
    does: 'The venue acknowledged the order: sets its venue id; pending or unknown becomes open (partiallyFilled or filled where fills came first). A closed order only gets its venue id.',
    fields: { clientId: text, orderId: text, time },
  },
  'order.reject': {
    id: 22,
    does: 'The venue refused the order: status rejected. Refused here for an order that has fills.',
    fields: { clientId: text, reason: text, time },
  },
  'order.amend': {
    id: 23,
    does: 'Price, trigger and quantity as amended (an empty decimal keeps the present value). The quantity cannot go below what is filled; at exactly that the order is filled. Refused for an order that has ended (filled, cancelled, rejected, expired).',
    fields: { clientId: text, price: decimal, trigger: decimal, quantity: decimal, time },
  },
  'order.cancelRequest': {
    id: 24,
    does: 'A cancel was handed over: a live order becomes pendingCancel; a closed one stays as it is.',
    fields: { clientId: text, time },
  },
  'order.close': {
    id: 25,
    does: 'The order ended or its fate is not known: status becomes the given one (cancelled, expired, rejected, unknown). A filled order stays filled. An order with fills cannot be closed as rejected.',
    fields: { clientId: text, status: oneOf(ORDER_STATUSES), reason: text, time },
  },
  'order.adopt': {
    id: 26,
    does: 'An order found at the venue that we did not know: added with its venue id, the filled quantity as found (no fills are made of it), status open, partiallyFilled or filled by that, provenance claimed. Passes while halted.',
    fields: { ...orderFields, orderId: text, filled: decimal },
  },
  fill: {
    id: 30,
    does: "An execution of one of our orders. A trade id that (instrument, account) already has is a duplicate: recorded in the log, changes nothing. Otherwise: a fill row; the order's filled grows and its status becomes filled at the full quantity (otherwise a cancelled or expired order stays so, a pendingCancel stays pendingCancel, any other becomes partiallyFilled); the position, its realised P&L, the instrument's profits and the desk's risk follow (above). More than the order's quantity is refused (overfill). Where the table of fills is at its bound, its oldest row (by time) makes room. `provenance` is engine, or venue or inferred where a resolution made it. Never refused for a bound or a halt.",
    fields: {
      clientId: text,
      tradeId: text,
      quantity: decimal,
      price: decimal,
      fee: decimal,
      feeAsset: text,
      liquidity: oneOf(LIQUIDITIES),
      provenance: oneOf(PROVENANCES),
      time,
    },
  },
  'fill.external': {
    id: 31,
    does: 'An execution without an order of ours (made by hand, by phone, or of an order that was pruned): as `fill`, with an empty client id where none is known and no order to update.',
    fields: {
      account: text,
      venue: text,
      symbol: text,
      side: oneOf(SIDES),
      clientId: text,
      tradeId: text,
      quantity: decimal,
      price: decimal,
      fee: decimal,
      feeAsset: text,
      liquidity: oneOf(LIQUIDITIES),
      provenance: oneOf(PROVENANCES),
      time,
    },
  },
  'position.adjust': {
    id: 32,
    does: "Sets a position's quantity by decision: the difference is traded at the given price (as a fill would, without a fill row), so that cost and P&L stay consistent.",
    fields: { account: text, venue: text, symbol: text, quantity: decimal, price: decimal, reason: text, time },
  },
  'balance.set': {
    id: 40,
    does: 'A balance as reported: free, locked, total = free + locked.',
    fields: { venue: text, account: text, asset: text, free: decimal, locked: decimal, time },
  },
  'margin.set': {
    id: 41,
    does: 'Margin as reported.',
    fields: { venue: text, account: text, asset: text, initial: decimal, maintenance: decimal, equity: decimal, time },
  },
  mark: {
    id: 42,
    does: "A mark price, refused without its time: unrealised P&L and exposure of the instrument, and the desk's risk, follow.",
    fields: { venue: text, symbol: text, price: decimal, time },
  },
  rate: {
    id: 43,
    does: "A conversion rate of an asset to the reporting currency; the desk's risk is derived again from the instruments that settle in it.",
    fields: { asset: text, rate: decimal, time },
  },
  'session.update': {
    id: 44,
    does: 'The connection to a venue: state, whether cancel-on-disconnect is armed, sequence numbers, last sign of life.',
    fields: {
      venue: text,
      state: oneOf(SESSION_STATES),
      cancelOnDisconnect: oneOf(ANSWERS),
      sequenceSent: u64,
      sequenceReceived: u64,
      time,
    },
  },
  'risk.day': {
    id: 50,
    does: 'A new trading day (yyyymmdd): daily realised P&L, peak and drawdown start again at zero, openUnrealised = unrealised.',
    fields: { day: u32, time },
  },
  'risk.halt': {
    id: 51,
    does: 'Halts trading with a reason. A second halt changes nothing: the first reason and time stand.',
    fields: { reason: text, time },
  },
  'risk.resume': {
    id: 52,
    does: 'Ends a halt by a valid approval: clears halted, the reason and the time. `dossier` is the hash that was signed, `nonce` the token that was burnt.',
    fields: { dossier: text, nonce: text, time },
  },
  'resolution.record': {
    id: 53,
    does: 'A decision on a break. A break id that is there already changes nothing.',
    fields: { breakId: text, decision: oneOf(RESOLUTIONS), person: text, comment: text, time },
  },
  'market.book': {
    id: 60,
    does: 'An order book, five levels; a book of the same instrument and time is replaced.',
    fields: { venue: text, symbol: text, time, ...depth },
  },
  'market.trade': {
    id: 61,
    does: 'A trade of the market; the same trade again changes nothing.',
    fields: { venue: text, symbol: text, tradeId: text, side: oneOf(SIDES), price: decimal, quantity: decimal, time },
  },
  'market.status': {
    id: 62,
    does: 'The status of a market.',
    fields: { venue: text, symbol: text, status: oneOf(MARKET_STATUSES), time },
  },
  prune: {
    id: 70,
    does: 'Frees rows whose time is before `before`, oldest first, at most `count` of them: `fills` by `time`; `orders` that are closed (filled, cancelled, rejected, expired) by `updated`; `books`, `trades` by `time`. Ties are freed in the order of the canonical key.',
    fields: { table: oneOf(['none', 'fills', 'orders', 'books', 'trades'] as const), before: time, count: u32 },
  },
} as const satisfies Record<string, OperationDeclaration>;

export type OperationType = keyof typeof OPERATIONS;

type FieldValue<F extends FieldType> = F extends { kind: 'text' | 'decimal' | 'json' }
  ? string
  : F extends { kind: 'time' | 'u64' }
    ? bigint
    : F extends { kind: 'enum'; names: infer N extends readonly string[] }
      ? N[number]
      : F extends { kind: 'flag' }
        ? boolean
        : F extends { kind: 'u32' }
          ? number
          : Uint8Array;

/** The fields of one type of operation. */
export type Fields<T extends OperationType> = {
  readonly [K in keyof (typeof OPERATIONS)[T]['fields']]: FieldValue<(typeof OPERATIONS)[T]['fields'][K] & FieldType>;
};

/** An intent: what a caller hands to the engine, and what the log gives back. */
export type Intent<T extends OperationType = OperationType> = { readonly [K in T]: { readonly type: K } & Fields<K> }[T];

export const OPERATION_BY_ID: ReadonlyMap<number, OperationType> = new Map(
  (Object.entries(OPERATIONS) as [OperationType, OperationDeclaration][]).map(([type, declaration]) => [declaration.id, type]),
);

/** `commit`: acknowledged when durable. `post`: handed over, durable a moment later. */
export const OPERATION_CLASSES = ['commit', 'post'] as const;
export type OperationClass = (typeof OPERATION_CLASSES)[number];
