/** The arithmetic of a position, as shared/model/operations.ts sets it down: cost, average price, what a trade realises. */

import { roundDivide } from '../../shared/amounts.ts';
import { absolute, over, times } from '../venues/decimal.ts';

export interface Holding {
  /** Signed. */
  readonly quantity: bigint;
  /** Money paid for it, with the sign of the quantity. */
  readonly cost: bigint;
}

export const FLAT: Holding = { quantity: 0n, cost: 0n };

/** Trades `signed` at `price`. @returns the holding after it, and the P&L that was realised, in money of the settlement asset */
export function traded(
  { quantity, cost }: Holding,
  signed: bigint,
  price: bigint,
  multiplier: bigint,
): { holding: Holding; realised: bigint } {
  const value = (size: bigint): bigint => times(times(size, price), multiplier);
  const [size, held] = [absolute(signed), absolute(quantity)];
  const sign = signed < 0n ? -1n : 1n;
  const opposite = quantity !== 0n && signed !== 0n && quantity < 0n !== signed < 0n;
  const closing = opposite ? (size < held ? size : held) : 0n;
  const removed = closing === 0n ? 0n : closing === held ? cost : roundDivide(cost * closing, held);
  const realised = closing === 0n ? 0n : -(removed + sign * value(closing));
  return { holding: { quantity: quantity + signed, cost: cost - removed + sign * value(size - closing) }, realised };
}

/** null where nothing is held. */
export const averagePrice = ({ quantity, cost }: Holding, multiplier: bigint): bigint | null =>
  quantity === 0n || multiplier === 0n ? null : over(over(cost, quantity), multiplier);
