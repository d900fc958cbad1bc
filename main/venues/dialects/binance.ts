/**
 * Binance (USD-M futures: binanceusdm; the family behind it is spoken to alike). Open orders are one whole list, conditional ones
 * have a list and an id space of their own; trades need a symbol and are paged by trade id; a week of history per request.
 */

import { type CcxtClient, type Params, type Row, rowAt, rowsAt, textAt } from '../ccxt.ts';
import { decimalText, unitsOrZero } from '../decimal.ts';
import { type AccountRow, type Dialect, header, type LedgerKind, type OpenNotional, type WantedOrder } from './dialect.ts';
import { generic, orNone } from './generic.ts';

const LEDGER_KINDS: Readonly<Record<string, LedgerKind>> = {
  REALIZED_PNL: 'trade',
  COMMISSION: 'trade',
  FUNDING_FEE: 'funding',
  TRANSFER: 'transfer',
  INTERNAL_TRANSFER: 'transfer',
  COIN_SWAP_DEPOSIT: 'transfer',
  COIN_SWAP_WITHDRAW: 'transfer',
};

/** The client library's total is the equity, which moves with every mark; the wallet stands only in the venue's own rows. */
function account(balance: Row): AccountRow {
  const info = rowAt(balance, 'info');
  const rows = rowsAt(info, 'assets');
  if (rows.length === 0) return generic.account(balance);
  const assets = rows
    .filter((row) => unitsOrZero(row.walletBalance) !== 0n || unitsOrZero(row.marginBalance) !== 0n)
    .map((row) => ({
      asset: textAt(row, 'asset') ?? '',
      total: decimalText(row.walletBalance) ?? '0',
      locked: decimalText(row.initialMargin) ?? '0',
      initial: decimalText(row.initialMargin),
      maintenance: decimalText(row.maintMargin),
      equity: decimalText(row.marginBalance),
    }));
  return { assets, marginUsed: decimalText(info.totalInitialMargin), marginFree: decimalText(info.availableBalance) };
}

/** By the venue's id where it is known: client ids may come again once their order has ended. */
async function lookUp(client: CcxtClient, order: WantedOrder): Promise<Row | null> {
  const { symbol, clientId, orderId } = order;
  const byId = (params: Params): Promise<Row | null> =>
    orNone(
      orderId === ''
        ? client.fetchOrder(undefined, symbol, { ...params, clientOrderId: clientId })
        : client.fetchOrder(orderId, symbol, params),
    );
  if (!order.conditional) return byId({});
  const conditional = await byId({ trigger: true });
  if (conditional === null) return orNone(client.fetchOrder(undefined, symbol, { clientOrderId: clientId }));
  const triggeredAs = textAt(rowAt(conditional, 'info'), 'actualOrderId');
  return triggeredAs === null ? conditional : ((await orNone(client.fetchOrder(triggeredAs, symbol))) ?? conditional);
}

interface PositionRisk {
  fapiPrivateV3GetPositionRisk?(params: object): Promise<Row[]>;
  safeSymbol(id: unknown, market: undefined, delimiter: undefined, type: string): string;
}

/** The positions' rows tell the notional of all open bids and asks, also of those that a list left out. */
async function openNotional(client: CcxtClient): Promise<ReadonlyMap<string, OpenNotional>> {
  const raw = client as unknown as PositionRisk;
  const rows = (await raw.fapiPrivateV3GetPositionRisk?.({})) ?? [];
  const sums = new Map<string, OpenNotional>();
  for (const row of rows) {
    const symbol = raw.safeSymbol(row.symbol, undefined, undefined, 'contract');
    const known = sums.get(symbol) ?? { bids: 0n, asks: 0n };
    sums.set(symbol, { bids: known.bids + unitsOrZero(row.bidNotional), asks: known.asks + unitsOrZero(row.askNotional) });
  }
  return sums;
}

export const binance: Dialect = {
  ...generic,
  options: {
    fetchCurrencies: false,
    fetchMargins: false,
    // Without a symbol the list is whole, and costs forty times one symbol's weight: once per recovery that is what is wanted.
    warnOnFetchOpenOrdersWithoutSymbol: false,
    // Brackets are only needed for figures that are not read here; asking for them would cost a round trip before positions.
    leverageBrackets: {},
  },
  fillPaging: 'fromId',
  fillRows: 1_000,
  ledgerRows: 1_000,
  windowMs: 7 * 86_400_000,
  segments: () => [{ openOrders: [{}], positions: {}, fills: {} }],
  lookUp,
  account,
  ledgerKind: (row) => LEDGER_KINDS[textAt(rowAt(row, 'info'), 'incomeType') ?? ''] ?? 'other',
  rateLimit: (headers) => {
    const used = header(headers, 'x-mbx-used-weight-1m');
    return used === null ? null : `${used} weight used in this minute`;
  },
};

export const binanceFutures: Dialect = {
  ...binance,
  segments: () => [{ openOrders: [{}, { trigger: true }], positions: {}, fills: {} }],
  openNotional,
};
