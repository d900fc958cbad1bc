/**
 * Cross margin of an account, in money. What orders add is the worse of all bids and all asks being filled; reduce-only
 * orders add nothing. Everything rounds up.
 *
 * The available balance is not cut off at zero (real venues do that), so that free + used = total always holds.
 */

import { absolute, divideUp, larger, powerOfTen, RATE_SCALE } from './decimal.ts';
import { type Instrument, notional } from './instrument.ts';
import { type Position, unrealised } from './position.ts';

export interface OpenNotional {
  readonly bids: bigint;
  readonly asks: bigint;
}

export interface InstrumentMargin {
  readonly positionNotional: bigint;
  readonly unrealised: bigint;
  readonly positionInitial: bigint;
  readonly orderInitial: bigint;
  readonly maintenance: bigint;
  readonly open: OpenNotional;
}

export interface MarginSummary {
  readonly wallet: bigint;
  readonly unrealised: bigint;
  /** wallet + unrealised */
  readonly equity: bigint;
  readonly positionInitial: bigint;
  readonly orderInitial: bigint;
  readonly initial: bigint;
  readonly maintenance: bigint;
  /** equity - initial */
  readonly available: bigint;
}

export function instrumentMargin(position: Position, mark: bigint, open: OpenNotional): InstrumentMargin {
  const { instrument } = position;
  const held = notional(instrument, mark, position.quantity);
  const positionInitial = initialMargin(instrument, absolute(held));
  const worst = larger(absolute(held + open.bids), absolute(held - open.asks));
  return {
    positionNotional: held,
    unrealised: unrealised(position, mark),
    positionInitial,
    orderInitial: initialMargin(instrument, worst) - positionInitial,
    maintenance: divideUp(absolute(held) * instrument.maintenanceRate, powerOfTen(RATE_SCALE)),
    open,
  };
}

export const initialMargin = (instrument: Instrument, absoluteNotional: bigint): bigint => divideUp(absoluteNotional, instrument.leverage);

export function summarise(wallet: bigint, margins: Iterable<InstrumentMargin>): MarginSummary {
  let sum = { unrealised: 0n, positionInitial: 0n, orderInitial: 0n, maintenance: 0n };
  for (const margin of margins) {
    sum = {
      unrealised: sum.unrealised + margin.unrealised,
      positionInitial: sum.positionInitial + margin.positionInitial,
      orderInitial: sum.orderInitial + margin.orderInitial,
      maintenance: sum.maintenance + margin.maintenance,
    };
  }
  const equity = wallet + sum.unrealised;
  const initial = sum.positionInitial + sum.orderInitial;
  return { wallet, ...sum, equity, initial, available: equity - initial };
}

/** Price at which the account's equity meets its maintenance margin if only this instrument moves; null: at no price. */
export function liquidationPrice(position: Position, mark: bigint, summary: MarginSummary): bigint | null {
  const size = absolute(position.quantity);
  if (size === 0n) return null;
  const unit = notional(position.instrument, 1n, size);
  const distance = (summary.equity - summary.maintenance) / unit;
  const price = position.quantity > 0n ? mark - distance : mark + distance;
  return price > 0n ? price : null;
}
