/** Return codes and texts of Bybit v5 (linear contracts). The HTTP status is 200 whatever the code. */

import type { Refusal, RefusalReason } from '../domain/refusal.ts';
import { DialectError } from './dialect.ts';

const REFUSALS: Readonly<Record<RefusalReason, readonly [number, string]>> = {
  unknownSymbol: [10001, 'params error: symbol invalid'],
  unknownOrder: [110001, 'order not exists or too late to cancel'],
  quantityInvalid: [10001, 'Qty invalid'],
  quantityPrecision: [10001, 'Qty invalid'],
  quantityTooSmall: [10001, 'The number of contracts is below the minimum limit allowed'],
  quantityTooLarge: [10001, 'The number of contracts exceeds maximum limit allowed: too large'],
  priceInvalid: [10001, 'params error: price invalid'],
  pricePrecision: [10001, 'params error: price is not a multiple of the tick size'],
  priceTooHigh: [110003, 'Order price exceeds the allowable range.'],
  priceTooLow: [110003, 'Order price exceeds the allowable range.'],
  triggerInvalid: [10001, 'params error: triggerPrice invalid'],
  notionalTooSmall: [110094, 'Order does not meet minimum order value 5USDT'],
  clientIdInvalid: [10001, 'params error: orderLinkId invalid'],
  clientIdDuplicate: [110072, 'OrderLinkedID is duplicate'],
  marginInsufficient: [110007, 'ab not enough for new order'],
  reduceOnlyRejected: [110017, 'Reduce-only rule not satisfied'],
  wouldTrigger: [110092, 'expect Rising, but trigger_price is not above the current price'],
  wouldTake: [110003, 'PostOnly order would take liquidity'],
  unfillable: [110003, 'order cannot be filled at once'],
  tooManyOrders: [110020, 'You can only have 500 active orders.'],
  nothingToAmend: [10001, 'The order remains unchanged as the parameters entered match the existing ones.'],
  notAmendable: [110032, 'Illegal order'],
  venueFull: [10006, 'Too many visits. Exceeded the API Rate Limit.'],
};

/** A trigger on the wrong side has a code for each direction. */
export const codeOf = (refusal: Refusal): readonly [number, string] =>
  refusal.reason === 'wouldTrigger' && refusal.detail === 'fall'
    ? [110093, 'expect Falling, but trigger_price is not below the current price']
    : REFUSALS[refusal.reason];

export const badParameter = (name: string): DialectError => new DialectError(10001, `params error: ${name} invalid`);
export const missingParameter = (name: string): DialectError =>
  new DialectError(10001, `params error: required parameter '${name}' is missing`);
export const badCursor = (): DialectError => new DialectError(10001, 'params error: cursor invalid');
