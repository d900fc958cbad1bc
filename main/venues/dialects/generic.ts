/** Any exchange of the client library: what can be said without knowing it. Other dialects replace what they know better. */

import { type CcxtClient, type Row, rowAt, textAt } from '../ccxt.ts';
import { decimalText, textOf, unitsOrZero } from '../decimal.ts';
import { isNotFound } from '../failure.ts';
import type { AccountRow, Dialect, WantedOrder } from './dialect.ts';

/** "There is none" is an answer; every other error is none. */
export async function orNone(question: Promise<Row>): Promise<Row | null> {
  try {
    return await question;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

export const wholeNumber = (text: string | null): bigint | null => (text !== null && /^\d{1,40}$/.test(text) ? BigInt(text) : null);

const NO_ASSETS = new Set(['info', 'timestamp', 'datetime', 'free', 'used', 'total', 'debt']);

function account(balance: Row): AccountRow {
  const assets = Object.keys(balance)
    .filter((name) => !NO_ASSETS.has(name))
    .sort()
    .map((asset) => {
      const row = rowAt(balance, asset);
      const total = decimalText(row.total) ?? textOf(unitsOrZero(row.free) + unitsOrZero(row.used));
      return { asset, total, locked: decimalText(row.used) ?? '0', initial: null, maintenance: null, equity: null };
    });
  return { assets, marginUsed: null, marginFree: null };
}

async function lookUp(client: CcxtClient, order: WantedOrder): Promise<Row | null> {
  const params = order.conditional ? { trigger: true } : {};
  if (order.orderId !== '') return orNone(client.fetchOrder(order.orderId, order.symbol, params));
  return orNone(client.fetchOrder(undefined, order.symbol, { ...params, clientOrderId: order.clientId }));
}

export const generic: Dialect = {
  options: {},
  fillPaging: 'since',
  orderPaging: 'none',
  ledgerPaging: 'since',
  fillRows: 100,
  orderRows: 100,
  ledgerRows: 100,
  windowMs: 86_400_000,
  segments: () => [{ openOrders: [{}], positions: {}, fills: {} }],
  lookUp,
  cancel: (client, order) =>
    client.cancelOrder(order.orderId === '' ? undefined : order.orderId, order.symbol, {
      ...(order.conditional && { trigger: true }),
      ...(order.orderId === '' && { clientOrderId: order.clientId }),
    }),
  account,
  // Numeric trade ids grow.
  fillSequence: (row) => wholeNumber(textAt(row, 'id')),
  ledgerKind: (row) => {
    const type = textAt(row, 'type') ?? '';
    if (type === 'trade' || type === 'fee' || type === 'commission') return 'trade';
    if (/fund/.test(type)) return 'funding';
    return /transfer|transaction|deposit|withdraw/.test(type) ? 'transfer' : 'other';
  },
  rateLimit: () => null,
};
