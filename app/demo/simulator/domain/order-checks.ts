/** What an order has to satisfy before a venue accepts it, apart from margin and duplicates. */

import { type Instrument, notional } from './instrument.ts';
import type { Market } from './market.ts';
import type { OrderRequest } from './order.ts';
import { Refusal } from './refusal.ts';

/** A buy may not be priced above the mark by more than this, nor a sell below it; in per cent. */
const BAND_PERCENT = 5n;

export function checkQuantity(instrument: Instrument, quantity: bigint): void {
  if (quantity <= 0n) throw new Refusal('quantityInvalid');
  if (quantity < instrument.quantityMin) throw new Refusal('quantityTooSmall');
  if (quantity > instrument.quantityMax) throw new Refusal('quantityTooLarge');
}

export function checkPrice(market: Market, side: 'buy' | 'sell', price: bigint): void {
  if (price <= 0n) throw new Refusal('priceInvalid');
  if (side === 'buy' && price * 100n > market.mark * (100n + BAND_PERCENT)) throw new Refusal('priceTooHigh');
  if (side === 'sell' && price * 100n < market.mark * (100n - BAND_PERCENT)) throw new Refusal('priceTooLow');
}

export function checkNotional(market: Market, price: bigint | null, quantity: bigint): void {
  if (notional(market.instrument, price ?? market.mark, quantity) < market.instrument.notionalMin) {
    throw new Refusal('notionalTooSmall');
  }
}

export function checkRequest(market: Market, request: OrderRequest): void {
  checkQuantity(request.instrument, request.quantity);
  if ((request.price === null) !== (request.type === 'market')) throw new Refusal('priceInvalid');
  if (request.price !== null) {
    // The band of a conditional order counts from the price at which it will be sent.
    if (request.trigger === null) checkPrice(market, request.side, request.price);
    else if (request.price <= 0n) throw new Refusal('priceInvalid');
  }
  if (!request.reduceOnly) checkNotional(market, request.price, request.quantity);
  if (request.trigger !== null) {
    if (request.trigger.price <= 0n) throw new Refusal('triggerInvalid');
    if (triggered(request.trigger, market.last)) throw new Refusal('wouldTrigger', request.trigger.direction);
  }
}

export const triggered = (trigger: { readonly price: bigint; readonly direction: 'rise' | 'fall' }, last: bigint): boolean =>
  trigger.direction === 'rise' ? last >= trigger.price : last <= trigger.price;
