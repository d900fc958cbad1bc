/**
 * The part of the client library that is used here, as it behaves with `number: String`: every amount is a decimal string.
 * ccxt's own types promise numbers and do not hold then.
 */

export type Row = Readonly<Record<string, unknown>>;
export type Params = Readonly<Record<string, unknown>>;

export interface CcxtClient {
  readonly id: string;
  urls: Record<string, unknown>;
  has: Record<string, unknown>;
  options: Record<string, unknown>;
  readonly markets: Readonly<Record<string, Row>> | undefined;
  readonly currencies: unknown;
  readonly last_response_headers: Readonly<Record<string, string>> | undefined;
  loadMarkets(): Promise<unknown>;
  setMarkets(markets: unknown, currencies?: unknown): unknown;
  market(symbol: string): Row;
  featureValue(symbol: string, method: string, name: string): unknown;
  fetchTime(): Promise<number | undefined>;
  fetchOpenOrders(symbol?: string, since?: number, limit?: number, params?: Params): Promise<Row[]>;
  fetchCanceledAndClosedOrders(symbol?: string, since?: number, limit?: number, params?: Params): Promise<Row[]>;
  fetchOrder(id: string | undefined, symbol?: string, params?: Params): Promise<Row>;
  fetchPositions(symbols?: readonly string[], params?: Params): Promise<Row[]>;
  fetchBalance(params?: Params): Promise<Row>;
  fetchMyTrades(symbol?: string, since?: number, limit?: number, params?: Params): Promise<Row[]>;
  fetchLedger(code?: string, since?: number, limit?: number, params?: Params): Promise<Row[]>;
  fetchFundingRates(symbols?: readonly string[], params?: Params): Promise<Readonly<Record<string, Row>>>;
  fetchTickers(symbols?: readonly string[], params?: Params): Promise<Readonly<Record<string, Row>>>;
  cancelOrder(id: string | undefined, symbol?: string, params?: Params): Promise<Row>;
}

export const textAt = (row: Row, name: string): string | null => {
  const value = row[name];
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;
};

export const rowAt = (row: Row, name: string): Row => {
  const value = row[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : {};
};

export const rowsAt = (row: Row, name: string): readonly Row[] => {
  const value = row[name];
  return Array.isArray(value) ? (value as Row[]) : [];
};

/** A time of the client library (milliseconds) as ISO 8601; null for none. */
export function timeAt(row: Row, name: string): string | null {
  const ms = Number(row[name]);
  return row[name] !== undefined && row[name] !== null && Number.isFinite(ms) && ms > 0 ? new Date(ms).toISOString() : null;
}
