/** Orders as a venue keeps them. Amounts are in the instrument's units, money in MONEY_SCALE units. */

import type { Instrument } from './instrument.ts';

export type Side = 'buy' | 'sell';
export type OrderType = 'limit' | 'market';
export type TimeInForce = 'gtc' | 'ioc' | 'fok' | 'postOnly';

/** `untriggered` waits for its trigger price; `cancelled`, `expired` and `rejected` are ends that are not fills. */
export type OrderStatus = 'untriggered' | 'open' | 'partiallyFilled' | 'filled' | 'cancelled' | 'expired' | 'rejected';

/**
 * Why an order ended before it was filled: on request; the cancel-on-disconnect countdown; it would have met an own order;
 * no position was left to reduce; it would not have rested as maker; nothing to fill it at once; no margin at its trigger.
 */
export type EndCause = 'request' | 'countdown' | 'selfTrade' | 'reduceOnly' | 'postOnly' | 'unfillable' | 'noMargin';

export interface Trigger {
  price: bigint;
  /** The last price has to rise, or fall, to the trigger price. */
  readonly direction: 'rise' | 'fall';
  readonly kind: 'stop' | 'takeProfit';
}

export interface OrderRequest {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** null for market orders. */
  readonly price: bigint | null;
  readonly quantity: bigint;
  readonly reduceOnly: boolean;
  readonly clientId: string;
  readonly trigger: Trigger | null;
  /** Placed by hand, outside of the trading process. */
  readonly external?: boolean;
}

export interface Order {
  /** Order of acceptance at the venue, 1, 2, 3 ... */
  readonly sequence: number;
  readonly instrument: Instrument;
  readonly clientId: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly external: boolean;
  readonly trigger: Trigger | null;
  readonly createdNs: bigint;
  /** null until the trigger, at a venue that keeps conditional orders in an id space of their own. */
  orderId: string | null;
  /** The id in that space; null for all others. */
  readonly algoId: string | null;
  price: bigint | null;
  quantity: bigint;
  filled: bigint;
  /** Sum of the fills' notionals. */
  cost: bigint;
  fee: bigint;
  status: OrderStatus;
  cause: EndCause | null;
  /** The venue lost it: no query shows it any more, its trades stay. */
  lost: boolean;
  amendments: number;
  updatedNs: bigint;
  /** 0n: not triggered. */
  triggeredNs: bigint;
  /** Time priority among orders of one price. */
  priority: number;
}

export interface Trade {
  readonly sequence: number;
  readonly tradeId: string;
  readonly order: Order;
  readonly side: Side;
  readonly price: bigint;
  readonly quantity: bigint;
  readonly notional: bigint;
  readonly fee: bigint;
  readonly realised: bigint;
  readonly liquidity: 'maker' | 'taker';
  readonly timeNs: bigint;
}

/** As they are saved: an instrument by its id, an order by its sequence number. */
export type SavedOrder = Omit<Order, 'instrument'> & { readonly instrument: string };
export type SavedTrade = Omit<Trade, 'order'> & { readonly order: number };

export const isLive = (order: Order): boolean =>
  !order.lost && (order.status === 'untriggered' || order.status === 'open' || order.status === 'partiallyFilled');

export const isResting = (order: Order): boolean => !order.lost && (order.status === 'open' || order.status === 'partiallyFilled');

export const remaining = (order: Order): bigint => order.quantity - order.filled;

export const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');
