/**
 * Binance USD-M futures, REST (ccxt id `binanceusdm`): paths under /fapi, parameters as a form or a query, HMAC-SHA256 over
 * both, errors as {code, msg} with an HTTP status.
 */

import { Refusal } from '../domain/refusal.ts';
import { account, income, positionRisk, positionSideDual, userTrades } from './binance-account.ts';
import { BINANCE_REFUSALS, missing } from './binance-errors.ts';
import { bookTicker, depth, exchangeInfo, leverageBracket, premiumIndex, ticker24hr, time } from './binance-market.ts';
import * as orders from './binance-orders.ts';
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
import { integer, paramsOf } from './parameters.ts';

const route = (operation: Operation, access: Access, handle: (call: Call) => Outcome): Route => ({ operation, access, handle });

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/ping': route('time', 'public', () => ({ payload: {} })),
  'GET /fapi/v1/time': route('time', 'public', time),
  'GET /fapi/v1/exchangeInfo': route('instruments', 'public', exchangeInfo),
  'GET /fapi/v1/ticker/24hr': route('ticker', 'public', ticker24hr),
  'GET /fapi/v1/ticker/bookTicker': route('ticker', 'public', bookTicker),
  'GET /fapi/v1/premiumIndex': route('ticker', 'public', premiumIndex),
  'GET /fapi/v1/depth': route('depth', 'public', depth),
  'GET /fapi/v1/leverageBracket': route('account', 'read', leverageBracket),
  'GET /fapi/v1/positionSide/dual': route('account', 'read', positionSideDual),
  'GET /fapi/v3/account': route('balance', 'read', account),
  'GET /fapi/v3/positionRisk': route('positions', 'read', positionRisk),
  'GET /fapi/v1/income': route('ledger', 'read', income),
  'GET /fapi/v1/userTrades': route('trades', 'read', userTrades),
  'GET /fapi/v1/order': route('order', 'read', orders.getOrder),
  'GET /fapi/v1/openOrder': route('order', 'read', orders.getOpenOrder),
  'GET /fapi/v1/openOrders': route('openOrders', 'read', orders.openOrders),
  'GET /fapi/v1/allOrders': route('orderHistory', 'read', orders.allOrders),
  'GET /fapi/v1/algoOrder': route('order', 'read', orders.getAlgoOrder),
  'GET /fapi/v1/openAlgoOrders': route('openOrders', 'read', orders.openAlgoOrders),
  'GET /fapi/v1/allAlgoOrders': route('orderHistory', 'read', orders.allAlgoOrders),
  'POST /fapi/v1/order': route('create', 'trade', orders.createOrder),
  'POST /fapi/v1/algoOrder': route('create', 'trade', orders.createAlgoOrder),
  'PUT /fapi/v1/order': route('amend', 'trade', orders.amendOrder),
  'DELETE /fapi/v1/order': route('cancel', 'cancel', orders.cancelOrder),
  'DELETE /fapi/v1/algoOrder': route('cancel', 'cancel', orders.cancelAlgoOrder),
  'DELETE /fapi/v1/batchOrders': route('cancel', 'cancel', orders.cancelBatch),
  'DELETE /fapi/v1/allOpenOrders': route('cancelAll', 'cancel', orders.cancelAllOrders),
  'DELETE /fapi/v1/algoOpenOrders': route('cancelAll', 'cancel', orders.cancelAllAlgoOrders),
  'POST /fapi/v1/countdownCancelAll': route('countdown', 'cancel', orders.countdownCancelAll),
};

const parse = (request: VenueRequest): { params: Params; batch: readonly Params[] } => ({
  params: paramsOf([...new URLSearchParams(request.rawQuery), ...new URLSearchParams(request.body)]),
  batch: [],
});

const RECV_WINDOW_MS = 5_000;

function authenticate(request: VenueRequest, keys: readonly ApiKey[], serverMs: number): ApiKey {
  const name = request.headers['x-mbx-apikey'] ?? '';
  if (name === '') throw new DialectError(-2014, 'API-key format invalid.', 401);
  const key = keys.find(({ apiKey }) => apiKey === name);
  if (key === undefined) throw forbidden();
  const { params } = parse(request);
  const timestamp = integer(params, 'timestamp', 0, Number.MAX_SAFE_INTEGER, -1);
  if (timestamp === undefined || timestamp < 0) throw missing('timestamp');
  const recvWindow = integer(params, 'recvWindow', 0, 60_000, RECV_WINDOW_MS);
  if (recvWindow === undefined) throw new DialectError(-1131, 'recvWindow must be less than 60000');
  if (timestamp > serverMs + 1_000) {
    throw new DialectError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  }
  if (serverMs - timestamp > recvWindow) {
    throw new DialectError(-1021, 'Timestamp for this request is outside of the recvWindow.');
  }
  const signature = params.get('signature');
  if (signature === undefined) throw missing('signature');
  const payload = [request.rawQuery, request.body].map((part) => part.replace(/(^|&)signature=[^&]*/, '')).join('');
  if (!signatureValid(key.secret, payload, signature)) {
    throw new DialectError(-1022, 'Signature for this request is not valid.');
  }
  return key;
}

const forbidden = (): DialectError => new DialectError(-2015, 'Invalid API-key, IP, or permissions for action.', 401);

const json = (status: number, payload: unknown): Reply => ({
  status,
  contentType: 'application/json;charset=UTF-8',
  text: JSON.stringify(payload),
});

function failure(error: unknown): Reply & { code: string } {
  let [code, msg, status] = [-1000, 'An unknown error occurred while processing the request.', 500];
  if (error instanceof DialectError) [code, msg, status] = [error.code, error.message, error.status];
  else if (error instanceof Refusal) [code, msg, status] = [...BINANCE_REFUSALS[error.reason], 400];
  return { ...json(status, { code, msg }), code: String(code) };
}

export const binance: Dialect = {
  ccxtId: 'binanceusdm',
  route: ({ method, path }) => ROUTES[`${method} ${path}`] ?? null,
  parse,
  authenticate,
  forbidden,
  success: ({ payload }) => json(200, payload),
  failure,
  rateHeaders: (used) => ({ 'X-MBX-USED-WEIGHT-1M': String(used) }),
  unknownPath: () => ({ status: 404, contentType: 'text/html', text: '<html><body>404 Not Found</body></html>' }),
  unavailable: (kind) =>
    kind === 'http'
      ? { status: 503, contentType: 'text/html', text: '<html><body>503 Service Unavailable</body></html>' }
      : json(503, { code: -1001, msg: 'Internal error; unable to process your request. Please try again.' }),
};
