/**
 * Bybit v5. Everything is paged by cursor; lists are asked per category and settlement coin; conditional orders share the one id
 * space; the open orders know the last 500 ended ones, older ones are in the history.
 */

import { type CcxtClient, type Params, type Row, rowAt, rowsAt, textAt } from '../ccxt.ts';
import { decimalText, textOf, unitsOrZero } from '../decimal.ts';
import { type AccountRow, type Dialect, header, type LedgerKind, type Segment, type WantedOrder } from './dialect.ts';
import { generic, wholeNumber } from './generic.ts';

/** One segment per category and settlement coin of the symbols; linear in USDT where no symbol is known. */
function segments(client: CcxtClient, symbols: readonly string[]): readonly Segment[] {
  const found = new Map<string, Segment>();
  const add = (category: string, settle: string): void => {
    const spot = category === 'spot';
    const type: Params = spot ? { type: 'spot' } : { subType: category };
    const list: Params = { ...type, ...(category === 'linear' && { settleCoin: settle }) };
    found.set(`${category} ${category === 'linear' ? settle : ''}`, { openOrders: [list], positions: spot ? null : list, fills: type });
  };
  for (const symbol of symbols) {
    const market = client.markets?.[symbol];
    if (!market) continue;
    if (market.spot === true) add('spot', '');
    else if (market.inverse === true) add('inverse', '');
    else if (market.linear === true) add('linear', textAt(market, 'settleId') ?? 'USDT');
  }
  if (found.size === 0) add('linear', 'USDT');
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, segment]) => segment);
}

async function lookUp(client: CcxtClient, order: WantedOrder): Promise<Row | null> {
  const id: Params = order.orderId === '' ? { orderLinkId: order.clientId } : { orderId: order.orderId };
  const recent = await client.fetchOpenOrders(order.symbol, undefined, undefined, id);
  const found = recent[0] ?? (await client.fetchCanceledAndClosedOrders(order.symbol, undefined, undefined, id))[0];
  return found ?? null;
}

function account(balance: Row): AccountRow {
  const accounts = rowsAt(rowAt(rowAt(balance, 'info'), 'result'), 'list');
  const unified = accounts.find((row) => rowsAt(row, 'coin').length > 0);
  if (!unified) return generic.account(balance);
  const assets = rowsAt(unified, 'coin').map((row) => {
    const initial = textOf(unitsOrZero(row.totalPositionIM) + unitsOrZero(row.totalOrderIM));
    return {
      asset: textAt(row, 'coin') ?? '',
      total: decimalText(row.walletBalance) ?? '0',
      locked: textOf(unitsOrZero(initial) + unitsOrZero(row.locked)),
      initial,
      maintenance: decimalText(row.totalPositionMM),
      equity: decimalText(row.equity),
    };
  });
  return { assets, marginUsed: decimalText(unified.totalInitialMargin), marginFree: decimalText(unified.totalAvailableBalance) };
}

const LEDGER_KINDS: Readonly<Record<string, LedgerKind>> = {
  TRADE: 'trade',
  SETTLEMENT: 'funding',
  TRANSFER_IN: 'transfer',
  TRANSFER_OUT: 'transfer',
};

export const bybit: Dialect = {
  ...generic,
  fillPaging: 'cursor',
  orderPaging: 'cursor',
  ledgerPaging: 'cursor',
  fillRows: 100,
  orderRows: 50,
  ledgerRows: 50,
  windowMs: 7 * 86_400_000,
  segments,
  lookUp,
  cancel: (client, order) =>
    client.cancelOrder(
      order.orderId === '' ? undefined : order.orderId,
      order.symbol,
      order.orderId === '' ? { orderLinkId: order.clientId } : {},
    ),
  account,
  fillSequence: (row) => wholeNumber(textAt(rowAt(row, 'info'), 'seq')),
  ledgerKind: (row) => LEDGER_KINDS[textAt(rowAt(row, 'info'), 'type') ?? ''] ?? 'other',
  rateLimit: (headers) => {
    const left = header(headers, 'x-bapi-limit-status');
    const limit = header(headers, 'x-bapi-limit');
    return left === null || limit === null ? null : `${left} of ${limit} requests left`;
  },
};
