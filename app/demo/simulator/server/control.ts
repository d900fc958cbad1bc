/**
 * The control port: what the demo and the tests do to the simulated world. JSON in, JSON out, a bearer token for everything.
 * Answers: 200 {ok: true, ...}, 400 {error}, 401 {error, simulator}, 404.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Reply, VenueRequest } from '../dialects/dialect.ts';
import { MONEY_SCALE, parseUnits } from '../domain/decimal.ts';
import { START_PRICES } from '../domain/instrument.ts';
import type { OrderRequest } from '../domain/order.ts';
import { WALK_SCALE } from '../domain/price-walk.ts';
import { Refusal } from '../domain/refusal.ts';
import type { Simulator } from '../simulator.ts';
import { orderView } from './book-view.ts';
import { isEndpoint, MODES } from './faults.ts';
import type { Action } from './http.ts';
import type { VenueEndpoint } from './venue-endpoint.ts';

const TICKS_MAX = 10_000;

const name = z.string().min(1).max(64);
const amount = z.string().regex(/^-?\d{1,18}(\.\d{1,8})?$/);
const venue = name;
const count = z.number().int().min(0).max(1_000);
const how = z.enum(['hold', 'reset']).default('hold');

const SCHEMAS = {
  fault: z
    .object({
      venue,
      mode: z.enum(MODES),
      ms: z.number().int().min(0).max(600_000).default(2_000),
      endpoints: z.array(z.string().max(128).refine(isEndpoint)).max(32).default([]),
      limit: z.number().int().min(1).max(1_000).nullable().default(null),
      error: z.enum(['http', 'venue']).nullable().default(null),
    })
    .strict(),
  step: z.object({ ticks: z.number().int().min(0).max(TICKS_MAX) }).strict(),
  freeze: z.object({ frozen: z.boolean() }).strict(),
  external: z
    .object({
      venue,
      symbol: name,
      side: z.enum(['buy', 'sell']),
      quantity: amount,
      /** `trade`: filled at once at `price`, without the book. */
      type: z.enum(['limit', 'market', 'trade']),
      price: amount.optional(),
      /** Left out: as the venue's own screens name orders. */
      clientId: z.string().max(64).optional(),
      reduceOnly: z.boolean().default(false),
    })
    .strict(),
  drop: z.object({ venue, clientId: name.optional(), orderId: name.optional() }).strict(),
  transfer: z.object({ venue, asset: name, amount }).strict(),
  trap: z.object({ venue, count, how }).strict(),
  funding: z.object({ venue }).strict(),
  clock: z.object({ venue, offsetMs: z.number().int().min(-86_400_000).max(86_400_000) }).strict(),
  price: z.object({ base: z.enum(Object.keys(START_PRICES)), price: amount.refine((text) => Number(text) > 0) }).strict(),
  shutdown: z.object({}).strict(),
} as const;

/** A request that cannot be done as it is; its message is the answer. */
class BadRequest extends Error {}

function unitsOf(text: string, scale: number): bigint {
  const value = parseUnits(text, scale);
  if (typeof value !== 'bigint') throw new BadRequest(`${text} does not fit ${scale} decimal places`);
  return value;
}

function external(endpoint: VenueEndpoint, input: z.infer<typeof SCHEMAS.external>): unknown {
  const { exchange } = endpoint;
  const instrument = exchange.books.instrument(input.symbol);
  const price = input.price === undefined ? null : unitsOf(input.price, instrument.priceScale);
  if ((price === null) !== (input.type === 'market')) throw new BadRequest('limit and trade need a price, market takes none');
  const request: OrderRequest = {
    instrument,
    side: input.side,
    type: input.type === 'limit' ? 'limit' : 'market',
    timeInForce: 'gtc',
    price: input.type === 'limit' ? price : null,
    quantity: unitsOf(input.quantity, instrument.quantityScale),
    reduceOnly: input.reduceOnly,
    clientId: input.clientId ?? exchange.books.identities.clientId(),
    trigger: null,
    external: true,
  };
  const entry = exchange.books.note('external', { symbol: instrument.symbol, type: input.type, clientIds: [request.clientId] });
  try {
    const order = input.type === 'trade' ? exchange.tradeByHand(request, price!) : exchange.submit(request);
    Object.assign(entry, { outcome: 'accepted', orders: [{ orderId: order.orderId, algoId: null, clientId: order.clientId }] });
    return { order: orderView(order) };
  } catch (error) {
    Object.assign(entry, { outcome: 'refused' });
    throw error;
  }
}

function drop(endpoint: VenueEndpoint, input: z.infer<typeof SCHEMAS.drop>): unknown {
  const { orders } = endpoint.exchange.books;
  const order =
    input.orderId !== undefined
      ? (orders.byOrderId(input.orderId) ?? orders.byAlgoId(input.orderId))
      : orders.meant(input.clientId ?? '', () => true);
  if (order === null) throw new BadRequest('no such order at this venue');
  endpoint.exchange.lose(order);
  return { order: orderView(order) };
}

type Handlers = { readonly [path: string]: (body: unknown) => unknown };

function handlersOf(simulator: Simulator): Handlers {
  const at = (venueName: string): VenueEndpoint => {
    const endpoint = simulator.endpoints.find(({ exchange }) => exchange.books.name === venueName);
    if (endpoint === undefined) throw new BadRequest(`no venue ${venueName}`);
    return endpoint;
  };
  const note = (venueName: string, kind: string, fields: object): void => {
    at(venueName).exchange.books.note(kind, { ...fields });
  };
  return {
    '/fault': (body) => {
      const { venue: target, mode, endpoints, ...details } = SCHEMAS.fault.parse(body);
      at(target).faults.set(mode, endpoints, details);
      note(target, 'fault', { mode, endpoints, ...details });
      return { faults: at(target).faults.active() };
    },
    '/step': (body) => {
      const { ticks } = SCHEMAS.step.parse(body);
      if (!simulator.stepped) throw new BadRequest('not in stepped mode');
      return { stepped: simulator.step(ticks) };
    },
    '/freeze': (body) => ({ frozen: simulator.setFrozen(SCHEMAS.freeze.parse(body).frozen) }),
    '/external': (body) => {
      const input = SCHEMAS.external.parse(body);
      return external(at(input.venue), input);
    },
    '/drop': (body) => {
      const input = SCHEMAS.drop.parse(body);
      return drop(at(input.venue), input);
    },
    '/transfer': (body) => {
      const input = SCHEMAS.transfer.parse(body);
      at(input.venue).exchange.transfer(input.asset, unitsOf(input.amount, MONEY_SCALE));
      note(input.venue, 'transfer', { asset: input.asset, amount: input.amount });
      return {};
    },
    '/ambiguous': (body) => {
      const input = SCHEMAS.trap.parse(body);
      at(input.venue).ambiguous.set(input.count, input.how);
      note(input.venue, 'ambiguous', { count: input.count, how: input.how });
      return {};
    },
    '/lose': (body) => {
      const input = SCHEMAS.trap.parse(body);
      at(input.venue).lose.set(input.count, input.how);
      note(input.venue, 'lose', { count: input.count, how: input.how });
      return {};
    },
    '/funding': (body) => {
      at(SCHEMAS.funding.parse(body).venue).exchange.payFunding();
      return {};
    },
    '/clock': (body) => {
      const input = SCHEMAS.clock.parse(body);
      at(input.venue).exchange.books.clock.setOffsetMs(input.offsetMs);
      note(input.venue, 'clock', { offsetMs: input.offsetMs });
      return {};
    },
    '/price': (body) => {
      const input = SCHEMAS.price.parse(body);
      simulator.setPrice(input.base, unitsOf(input.price, WALK_SCALE));
      return {};
    },
    '/shutdown': (body) => {
      SCHEMAS.shutdown.parse(body ?? {});
      simulator.requestShutdown();
      return {};
    },
  };
}

const json = (status: number, value: unknown): Action => ({
  kind: 'reply',
  delayMs: 0,
  reply: { status, contentType: 'application/json', text: JSON.stringify(value) } satisfies Reply,
});

function bearerValid(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const expected = Buffer.from(`Bearer ${token}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Tells one simulated world from another, to somebody who has no token. */
const fingerprint = (token: string): string => createHash('sha256').update(token).digest('hex').slice(0, 16);

/** Whether the world of this token is running behind a control port. The token is not sent: anybody may listen there. */
export async function isRunning(port: number, token: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) });
    return ((await response.json()) as { simulator?: unknown }).simulator === fingerprint(token);
  } catch {
    return false;
  }
}

export function control(simulator: Simulator, token: string): (request: VenueRequest) => Action {
  const handlers = handlersOf(simulator);
  const unauthorised = json(401, { error: 'a bearer token is needed', simulator: fingerprint(token) });
  return (request) => {
    if (!bearerValid(request.headers.authorization, token)) return unauthorised;
    if (request.method === 'GET' && request.path === '/book') {
      const after = Number(new URLSearchParams(request.rawQuery).get('eventsAfter') ?? 0);
      return json(200, simulator.book(Number.isSafeInteger(after) && after > 0 ? after : 0));
    }
    if (request.method === 'GET' && request.path === '/config') return json(200, simulator.configuration());
    const handler = request.method === 'POST' ? handlers[request.path] : undefined;
    if (handler === undefined) return json(404, { error: `nothing at ${request.method} ${request.path}` });
    try {
      const body: unknown = request.body === '' ? {} : JSON.parse(request.body);
      return json(200, { ok: true, ...(handler(body) as object) });
    } catch (error) {
      if (error instanceof z.ZodError) return json(400, { error: z.prettifyError(error) });
      if (error instanceof BadRequest || error instanceof Refusal || error instanceof SyntaxError) {
        return json(400, { error: error.message });
      }
      throw error;
    }
  };
}
