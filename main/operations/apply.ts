/** Which handler applies which operation. The mapped type makes the compiler ask for each. */

import { RearmError } from '../../shared/errors.ts';
import type { Fields, Intent, OperationType } from '../../shared/model/operations.ts';
import { setBalance, setMargin, updateSession } from './balances.ts';
import {
  defineAsset,
  defineInstrument,
  defineStrategy,
  defineVenue,
  setAssetRate,
  setConfiguration,
  setLimit,
  updateStrategy,
} from './configuration.ts';
import { addTrade, setBook, setMarketStatus } from './market.ts';
import {
  acceptOrder,
  adoptOrder,
  amendOrder,
  closeOrder,
  fillExternal,
  fillOrder,
  rejectOrder,
  requestCancel,
  submitOrder,
} from './orders.ts';
import { adjustPosition, setMark } from './positions.ts';
import { prune } from './prune.ts';
import { halt, openEpoch, recordResolution, resume, startDay } from './risk.ts';
import type { Transaction } from './transaction.ts';

const nothing = () => {};

/** The root that is logged is what every later replay is compared with: a wrong one would condemn a good state. */
function markRoot(tx: Transaction, intent: Fields<'root.mark'>): void {
  tx.image.sealChanged();
  if (tx.image.root !== intent.root) throw new RearmError('OPERATION_INVALID', "root.mark names a root that is not the image's", {});
}

const HANDLERS: { readonly [T in OperationType]: (tx: Transaction, intent: Fields<T>) => void } = {
  'epoch.open': openEpoch,
  'epoch.close': nothing,
  'root.mark': markRoot,
  'asset.define': defineAsset,
  'venue.define': defineVenue,
  'instrument.define': defineInstrument,
  'configuration.set': setConfiguration,
  'limit.set': setLimit,
  'strategy.define': defineStrategy,
  'strategy.update': updateStrategy,
  'order.submit': submitOrder,
  'order.accept': acceptOrder,
  'order.reject': rejectOrder,
  'order.amend': amendOrder,
  'order.cancelRequest': requestCancel,
  'order.close': closeOrder,
  'order.adopt': adoptOrder,
  fill: fillOrder,
  'fill.external': fillExternal,
  'position.adjust': adjustPosition,
  'balance.set': setBalance,
  'margin.set': setMargin,
  mark: setMark,
  rate: setAssetRate,
  'session.update': updateSession,
  'risk.day': startDay,
  'risk.halt': halt,
  'risk.resume': resume,
  'resolution.record': recordResolution,
  'market.book': setBook,
  'market.trade': addTrade,
  'market.status': setMarketStatus,
  prune,
};

const HANDLER_OF: ReadonlyMap<string, (tx: Transaction, intent: Intent) => void> = new Map(
  Object.entries(HANDLERS) as [string, (tx: Transaction, intent: Intent) => void][],
);

/**
 * Applies an intent inside a transaction that has begun. Where it throws, the caller rolls back.
 *
 * @throws RearmError as the handler says; OPERATION_INVALID for an unknown type
 */
export function apply(tx: Transaction, intent: Intent): void {
  const handler = HANDLER_OF.get(intent.type);
  if (!handler) throw new RearmError('OPERATION_INVALID', `no operation is called ${JSON.stringify(intent.type)}`, {});
  handler(tx, intent);
}
