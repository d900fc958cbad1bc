/** One position in one-way mode: a signed quantity with its exact cost. */

import { absolute, divideRounded, MONEY_SCALE, powerOfTen } from './decimal.ts';
import { type Instrument, notional } from './instrument.ts';
import type { Side } from './order.ts';

export interface Position {
  readonly instrument: Instrument;
  /** Quantity units; positive is long. */
  quantity: bigint;
  /** Money paid for what is open, with the sign of the quantity. */
  cost: bigint;
  /** Sum of all P&L realised in this instrument. */
  realised: bigint;
  openedNs: bigint;
  updatedNs: bigint;
}

export const newPosition = (instrument: Instrument): Position => ({
  instrument,
  quantity: 0n,
  cost: 0n,
  realised: 0n,
  openedNs: 0n,
  updatedNs: 0n,
});

/**
 * Books a fill and returns the P&L that it realised. What a reduction takes out of the cost is rounded once and subtracted,
 * so that cost and realised P&L together never lose a unit: over any run, realised + unrealised = proceeds at the mark.
 */
export function applyFill(position: Position, side: Side, price: bigint, quantity: bigint, timeNs: bigint): bigint {
  const signed = side === 'buy' ? quantity : -quantity;
  const before = position.quantity;
  position.updatedNs = timeNs;
  if (before === 0n || before > 0n === signed > 0n) {
    if (before === 0n) position.openedNs = timeNs;
    position.quantity += signed;
    position.cost += notional(position.instrument, price, signed);
    return 0n;
  }
  const closed = quantity < absolute(before) ? quantity : absolute(before);
  const closedSigned = before > 0n ? closed : -closed;
  const released = divideRounded(position.cost * closed, absolute(before));
  const realised = notional(position.instrument, price, closedSigned) - released;
  position.quantity -= closedSigned;
  position.cost -= released;
  position.realised += realised;
  const left = quantity - closed;
  if (left > 0n) {
    position.openedNs = timeNs;
    position.quantity = side === 'buy' ? left : -left;
    position.cost = notional(position.instrument, price, position.quantity);
  }
  return realised;
}

export const unrealised = (position: Position, mark: bigint): bigint =>
  notional(position.instrument, mark, position.quantity) - position.cost;

/** Decimal places of {@link averagePrice}. */
export const AVERAGE_SCALE = 12;

/** Cost over quantity, rounded half away from zero to AVERAGE_SCALE places; 0n when flat. */
export function averagePrice(instrument: Instrument, cost: bigint, quantity: bigint): bigint {
  if (quantity === 0n) return 0n;
  const scale = AVERAGE_SCALE + instrument.quantityScale - MONEY_SCALE;
  return divideRounded(cost * powerOfTen(scale), quantity);
}
