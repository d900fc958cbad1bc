/** Error codes and texts of Binance USD-M futures. */

import type { RefusalReason } from '../domain/refusal.ts';
import { DialectError } from './dialect.ts';

export const BINANCE_REFUSALS: Readonly<Record<RefusalReason, readonly [number, string]>> = {
  unknownSymbol: [-1121, 'Invalid symbol.'],
  unknownOrder: [-2013, 'Order does not exist.'],
  quantityInvalid: [-4003, 'Quantity less than or equal to zero.'],
  quantityPrecision: [-1111, 'Precision is over the maximum defined for this asset.'],
  quantityTooSmall: [-4004, 'Quantity less than min quantity.'],
  quantityTooLarge: [-4005, 'Quantity greater than max quantity.'],
  priceInvalid: [-4001, 'Price less than or equal to zero.'],
  pricePrecision: [-4014, 'Price not increased by tick size.'],
  priceTooHigh: [-4016, "Limit price can't be higher than the mark price multiplier cap."],
  priceTooLow: [-4024, "Limit price can't be lower than the mark price multiplier floor."],
  triggerInvalid: [-4006, 'Stop price less than zero.'],
  notionalTooSmall: [-4164, "Order's notional must be no smaller than the minimum (unless you choose reduce only)."],
  clientIdInvalid: [-4015, 'Client order id is not valid.'],
  clientIdDuplicate: [-4116, 'ClientOrderId is duplicated.'],
  marginInsufficient: [-2019, 'Margin is insufficient.'],
  reduceOnlyRejected: [-2022, 'ReduceOnly Order is rejected.'],
  wouldTrigger: [-2021, 'Order would immediately trigger.'],
  wouldTake: [-5022, 'Due to the order could not be executed as maker, the Post Only order will be rejected.'],
  unfillable: [-5021, 'Due to the order could not be filled immediately, the FOK order has been rejected.'],
  tooManyOrders: [-2025, 'Reach max open order limit.'],
  nothingToAmend: [-5027, 'No need to modify the order.'],
  notAmendable: [-5025, 'Only limit order is supported.'],
  venueFull: [-1015, 'Too many new orders.'],
};

export const missing = (name: string): DialectError =>
  new DialectError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
export const invalid = (name: string): DialectError => new DialectError(-1130, `Data sent for parameter '${name}' is not valid.`);
export const unknownCancel = (): DialectError => new DialectError(-2011, 'Unknown order sent.');
