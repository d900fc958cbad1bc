/**
 * Bybit v5, REST, linear perpetuals of a unified account (ccxt id `bybit`): paths under /v5, parameters as a query or a JSON
 * body, HMAC-SHA256 over timestamp + key + window + parameters in headers, errors as retCode with HTTP status 200.
 */

import { Refusal } from '../domain/refusal.ts';
import * as account from './bybit-account.ts';
import { codeOf } from './bybit-errors.ts';
import { instrumentsInfo, orderbook, tickers, time } from './bybit-market.ts';
import * as orders from './bybit-orders.ts';
import {
  type Access,
  type Call,
  type Dialect,
  DialectError,
  type Operation,
  type Outcome,
  type Params,
  type Reply,
  type Route,
  type VenueRequest,
} from './dialect.ts';
import { type ApiKey, signatureValid } from './keys.ts';
import { paramsOf } from './parameters.ts';

const route = (operation: Operation, access: Access, handle: (call: Call) => Outcome): Route => ({ operation, access, handle });

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /v5/market/time': route('time', 'public', time),
  'GET /v5/market/instruments-info': route('instruments', 'public', instrumentsInfo),
  'GET /v5/market/tickers': route('ticker', 'public', tickers),
  'GET /v5/market/orderbook': route('depth', 'public', orderbook),
  'GET /v5/user/query-api': route('account', 'read', account.queryApi),
  'GET /v5/account/info': route('account', 'read', account.accountInfo),
  'GET /v5/asset/coin/query-info': route('instruments', 'read', account.coinInfo),
  'GET /v5/account/wallet-balance': route('balance', 'read', account.walletBalance),
  'GET /v5/account/transaction-log': route('ledger', 'read', account.transactionLog),
  'GET /v5/position/list': route('positions', 'read', account.positionList),
  'GET /v5/execution/list': route('trades', 'read', account.executions),
  'GET /v5/order/realtime': route('openOrders', 'read', orders.realtimeOrders),
  'GET /v5/order/history': route('orderHistory', 'read', orders.orderHistory),
  'POST /v5/order/create': route('create', 'trade', orders.createOrder),
  'POST /v5/order/amend': route('amend', 'trade', orders.amendOrder),
  'POST /v5/order/cancel': route('cancel', 'cancel', orders.cancelOrder),
  'POST /v5/order/cancel-batch': route('cancel', 'cancel', orders.cancelBatch),
  'POST /v5/order/cancel-all': route('cancelAll', 'cancel', orders.cancelAllOrders),
  // Cancel on disconnect is for market makers under contract there; this account has none.
  'POST /v5/order/disconnected-cancel-all': route('countdown', 'cancel', () => {
    throw forbidden();
  }),
};

/** A query by one order's id asks for that order, whatever path it takes. */
function operationOf(found: Route | null, request: VenueRequest): Route | null {
  if (found?.operation !== 'openOrders' && found?.operation !== 'orderHistory') return found;
  return /(^|&)(orderId|orderLinkId)=[^&]/.test(request.rawQuery) ? { ...found, operation: 'order' } : found;
}

function flat(value: object): Params {
  const scalars = Object.entries(value).filter(([, part]) => ['string', 'number', 'boolean'].includes(typeof part));
  return paramsOf(scalars.map(([name, part]) => [name, String(part)] as const));
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(request: VenueRequest): { params: Params; batch: readonly Params[] } {
  if (request.method !== 'POST') return { params: paramsOf(new URLSearchParams(request.rawQuery)), batch: [] };
  let body: unknown;
  try {
    body = JSON.parse(request.body);
  } catch {
    throw new DialectError(10001, 'params error: body is not JSON');
  }
  if (!isObject(body)) throw new DialectError(10001, 'params error: body is not an object');
  const parts = 'request' in body && Array.isArray(body.request) ? body.request : [];
  return { params: flat(body), batch: parts.filter(isObject).map(flat) };
}

function authenticate(request: VenueRequest, keys: readonly ApiKey[], serverMs: number): ApiKey {
  const header = (name: string): string => request.headers[name] ?? '';
  const [name, timestamp, signature] = [header('x-bapi-api-key'), header('x-bapi-timestamp'), header('x-bapi-sign')];
  const recvWindow = header('x-bapi-recv-window') || '5000';
  if (name === '' || timestamp === '' || signature === '') {
    throw new DialectError(10001, `empty value: apiTimestamp[${timestamp}] apiKey[${name}] apiSignature[${signature}]`);
  }
  const key = keys.find(({ apiKey }) => apiKey === name);
  if (key === undefined) throw new DialectError(10003, 'API key is invalid.');
  const [sentMs, windowMs] = [Number(timestamp), Number(recvWindow)];
  if (!(sentMs < serverMs + 1_000 && serverMs - windowMs <= sentMs)) {
    throw new DialectError(
      10002,
      `invalid request, please check your server timestamp or recv_window param. req_timestamp[${timestamp}],server_timestamp[${serverMs}],recv_window[${recvWindow}]`,
    );
  }
  const payload = `${timestamp}${name}${recvWindow}${request.method === 'POST' ? request.body : request.rawQuery}`;
  if (!signatureValid(key.secret, payload, signature))
    throw new DialectError(10004, 'error sign! please check your signature generation algorithm.');
  return key;
}

const forbidden = (): DialectError => new DialectError(10005, 'Permission denied, please check your API key permissions.');

const json = (retCode: number, retMsg: string, result: unknown, time: number, retExtInfo: unknown = {}): Reply => ({
  status: 200,
  contentType: 'application/json; charset=utf-8',
  text: JSON.stringify({ retCode, retMsg, result, retExtInfo, time }),
});

function failure(error: unknown, serverMs: number): Reply & { code: string } {
  let [code, message]: readonly [number, string] = [10016, 'System error. Please try again later.'];
  if (error instanceof DialectError) [code, message] = [error.code, error.message];
  else if (error instanceof Refusal) [code, message] = codeOf(error);
  return { ...json(code, message, {}, serverMs), code: String(code) };
}

export const bybit: Dialect = {
  ccxtId: 'bybit',
  route: (request) => operationOf(ROUTES[`${request.method} ${request.path}`] ?? null, request),
  parse,
  authenticate,
  forbidden,
  success: (outcome, serverMs) => json(0, 'OK', outcome.payload, serverMs, outcome.extra),
  failure,
  rateHeaders: (used) => ({ 'X-Bapi-Limit': '1200', 'X-Bapi-Limit-Status': String(Math.max(0, 1200 - used)) }),
  unknownPath: (serverMs) => ({ ...json(10017, 'request path not found or request method is invalid', {}, serverMs), status: 404 }),
  unavailable: (kind, serverMs) =>
    kind === 'http'
      ? { status: 503, contentType: 'text/html', text: '<html><body>503 Service Unavailable</body></html>' }
      : json(10016, 'System error. Please try again later.', {}, serverMs),
};
