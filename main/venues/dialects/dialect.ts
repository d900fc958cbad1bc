/**
 * What the client library does not even out between exchanges, per exchange: how lists are paged, where conditional orders are
 * listed, how an order is asked for by its client id, which of the reported amounts is the wallet.
 */

import type { CcxtClient, Params, Row } from '../ccxt.ts';

/** One part of an account that is asked for by itself: its parameters for each question; null: not asked there. */
export interface Segment {
  readonly openOrders: readonly Params[];
  readonly positions: Params | null;
  readonly fills: Params;
}

/** An asset as the venue keeps it. Decimal strings; the total is the wallet, without unrealised P&L; margin null where not told. */
export interface AssetRow {
  readonly asset: string;
  readonly total: string;
  readonly locked: string;
  readonly initial: string | null;
  readonly maintenance: string | null;
  readonly equity: string | null;
}

export interface AccountRow {
  readonly assets: readonly AssetRow[];
  /** Of the whole account, in its reporting asset; null where not told. */
  readonly marginUsed: string | null;
  readonly marginFree: string | null;
}

/** An order of ours that is asked for by itself. */
export interface WantedOrder {
  readonly symbol: string;
  readonly clientId: string;
  /** Empty where the venue's id is not known. */
  readonly orderId: string;
  readonly conditional: boolean;
}

export interface OpenNotional {
  readonly bids: bigint;
  readonly asks: bigint;
}

/** `cursor`: the venue hands out a cursor. `fromId`: from a trade id. `since`: from the time of the last row. `none`: one whole answer. */
export type Paging = 'cursor' | 'fromId' | 'since' | 'none';

export type LedgerKind = 'trade' | 'funding' | 'transfer' | 'other';

export interface Dialect {
  /** Options of the client library, under those of the configuration. */
  readonly options: Params;
  readonly fillPaging: Paging;
  readonly orderPaging: Paging;
  readonly ledgerPaging: Paging;
  /** Rows of history per request at most, where the client library does not say. */
  readonly fillRows: number;
  readonly orderRows: number;
  readonly ledgerRows: number;
  /** History is answered at most this many milliseconds at a time. */
  readonly windowMs: number;
  segments(client: CcxtClient, symbols: readonly string[]): readonly Segment[];
  /**
   * Asks for one order, wherever the venue keeps it. null: the venue says that there is none.
   * @throws whatever the client library throws, but for "not found"
   */
  lookUp(client: CcxtClient, order: WantedOrder): Promise<Row | null>;
  cancel(client: CcxtClient, order: WantedOrder): Promise<unknown>;
  account(balance: Row): AccountRow;
  /** What orders trades of one millisecond as they happened; null where the venue tells nothing of it. */
  fillSequence(row: Row): bigint | null;
  ledgerKind(row: Row): LedgerKind;
  /** What open orders the venue itself counts, by unified symbol: to see whether a list was cut. Not every venue tells. */
  openNotional?(client: CcxtClient): Promise<ReadonlyMap<string, OpenNotional>>;
  /** What is left of the request quota, in words. */
  rateLimit(headers: Readonly<Record<string, string>>): string | null;
}

/** A header, whatever the case of its name. */
export function header(headers: Readonly<Record<string, string>>, name: string): string | null {
  for (const [key, value] of Object.entries(headers)) if (key.toLowerCase() === name) return value;
  return null;
}
