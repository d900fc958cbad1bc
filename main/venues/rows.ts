/** The client library's rows as the contract's. Amounts stay the venue's own decimal strings. */

import type { VenueBalance, VenueFill, VenueMark, VenueOrder, VenuePosition } from '../../shared/contract/venues.ts';
import { type Row, rowAt, textAt, timeAt } from './ccxt.ts';
import { decimalText, priceText, textOf, unitsOrZero } from './decimal.ts';
import type { AssetRow } from './dialects/dialect.ts';

export interface Place {
  readonly venue: string;
  readonly account: string;
}

const STATUSES: Readonly<Record<string, VenueOrder['status']>> = {
  open: 'open',
  canceling: 'open',
  closed: 'filled',
  canceled: 'cancelled',
  rejected: 'rejected',
  expired: 'expired',
};

/** Names as the state has them: a trigger makes a stop of a market or limit order. */
function orderType(row: Row, trigger: string | null): string {
  const type = textAt(row, 'type') ?? 'limit';
  if (trigger === null) return type;
  const told = textAt(rowAt(row, 'info'), 'orderType') ?? '';
  const takes = /take/i.test(told) || (row.takeProfitPrice !== undefined && row.takeProfitPrice !== null);
  if (type === 'market' || /_MARKET$/.test(told)) return takes ? 'takeProfit' : 'stop';
  return takes ? 'takeProfitLimit' : 'stopLimit';
}

export function orderOf(row: Row, place: Place): VenueOrder {
  const filled = decimalText(row.filled) ?? '0';
  const quantity = decimalText(row.amount) ?? '0';
  const trigger = priceText(row.triggerPrice) ?? priceText(row.stopPrice);
  const status = STATUSES[textAt(row, 'status') ?? ''] ?? 'unknown';
  const left = unitsOrZero(quantity) - unitsOrZero(filled);
  return {
    ...place,
    symbol: textAt(row, 'symbol') ?? '',
    orderId: textAt(row, 'id') ?? '',
    clientId: textAt(row, 'clientOrderId'),
    side: row.side === 'sell' ? 'sell' : 'buy',
    type: orderType(row, trigger),
    price: priceText(row.price),
    trigger,
    quantity,
    filled,
    remaining: status === 'open' || status === 'unknown' ? textOf(left > 0n ? left : 0n) : '0',
    reduceOnly: row.reduceOnly === true,
    status: status === 'open' && unitsOrZero(filled) > 0n ? 'partiallyFilled' : status,
    createdAt: timeAt(row, 'timestamp'),
    updatedAt: timeAt(row, 'lastUpdateTimestamp') ?? timeAt(row, 'lastTradeTimestamp') ?? timeAt(row, 'timestamp'),
  };
}

export function fillOf(row: Row, place: Place): VenueFill {
  const fee = rowAt(row, 'fee');
  const liquidity = row.takerOrMaker;
  return {
    ...place,
    symbol: textAt(row, 'symbol') ?? '',
    tradeId: textAt(row, 'id') ?? '',
    orderId: textAt(row, 'order') ?? '',
    clientId: textAt(row, 'clientOrderId') ?? textAt(rowAt(row, 'info'), 'orderLinkId') ?? textAt(rowAt(row, 'info'), 'clientOrderId'),
    side: row.side === 'sell' ? 'sell' : 'buy',
    quantity: decimalText(row.amount) ?? '0',
    price: decimalText(row.price) ?? '0',
    fee: decimalText(fee.cost),
    feeAsset: textAt(fee, 'currency'),
    liquidity: liquidity === 'maker' || liquidity === 'taker' ? liquidity : 'unknown',
    at: timeAt(row, 'timestamp') ?? new Date(0).toISOString(),
  };
}

/** Quantity in contracts, signed. null for a flat row: a complete list names what is held, and the rest is flat. */
export function positionOf(row: Row, place: Place): VenuePosition | null {
  const size = unitsOrZero(row.contracts);
  if (size === 0n) return null;
  return {
    ...place,
    symbol: textAt(row, 'symbol') ?? '',
    quantity: textOf(row.side === 'short' && size > 0n ? -size : size),
    entryPrice: priceText(row.entryPrice),
    mark: priceText(row.markPrice),
    unrealised: decimalText(row.unrealizedPnl),
    liquidationPrice: priceText(row.liquidationPrice),
  };
}

export const balanceOf = (row: AssetRow, place: Place): VenueBalance => ({
  ...place,
  asset: row.asset,
  free: textOf(unitsOrZero(row.total) - unitsOrZero(row.locked)),
  locked: textOf(unitsOrZero(row.locked)),
  total: textOf(unitsOrZero(row.total)),
});

/** A funding rate's or a ticker's row. null where it has no price. @param nowMs on the venue's clock */
export function markOf(row: Row, venue: string, nowMs: number): VenueMark | null {
  const price = priceText(row.markPrice) ?? priceText(row.mark) ?? priceText(row.last);
  if (price === null) return null;
  const at = timeAt(row, 'timestamp');
  return {
    venue,
    symbol: textAt(row, 'symbol') ?? '',
    price,
    at,
    ageMs: at === null ? null : Math.max(0, nowMs - Date.parse(at)),
    fundingAt: timeAt(row, 'fundingTimestamp') ?? timeAt(row, 'nextFundingTimestamp'),
  };
}
