/**
 * Every open order of one venue, and whether these are all: lists are read to their end, and where the venue tells what its open
 * orders amount to, the list has to add up to it.
 */

import type { VenueOrder } from '../../shared/contract/venues.ts';
import type { Outcome } from './answer.ts';
import type { CcxtClient, Params } from './ccxt.ts';
import type { VenueConnection } from './client.ts';
import { times, unitsOrZero } from './decimal.ts';
import type { OpenNotional } from './dialects/dialect.ts';
import { needsSymbol } from './failure.ts';
import { allPages, type Pages } from './pages.ts';
import { orderOf } from './rows.ts';

/** Orders come and go between two answers: a difference is only believed when it stays. */
const TRIES = 3;

export interface Scope {
  readonly symbols: readonly string[];
  /** Venue's clock. */
  readonly nowMs: number;
}

async function onePass(connection: VenueConnection, client: CcxtClient, scope: Scope): Promise<Pages> {
  const { dialect, configuration } = connection;
  const lists = dialect.segments(client, scope.symbols).flatMap((segment) => segment.openOrders);
  const limit = configuration.pageRows.orders ?? dialect.orderRows;
  const paged = dialect.orderPaging !== 'none';
  const list = (symbol: string | undefined, own: Params): Promise<Pages> =>
    allPages({
      paging: dialect.orderPaging,
      limit,
      since: undefined,
      nowMs: scope.nowMs,
      windowMs: dialect.windowMs,
      ask: ({ params }) =>
        connection.ask('read', () => client.fetchOpenOrders(symbol, undefined, paged ? limit : undefined, { ...own, ...params })),
    });
  const whole = async (own: Params): Promise<readonly Pages[]> => {
    try {
      return [await list(undefined, own)];
    } catch (error) {
      // Some exchanges answer one symbol at a time only.
      if (!needsSymbol(error)) throw error;
      return Promise.all(scope.symbols.map((symbol) => list(symbol, own)));
    }
  };
  const pages = (await Promise.all(lists.map(whole))).flat();
  return { rows: pages.flatMap(({ rows }) => rows), cut: pages.find(({ cut }) => cut !== null)?.cut ?? null };
}

/** Whether the venue counts more than it listed. Reduce-only orders may or may not be in its count: only a shortfall counts. */
function shortfall(orders: readonly VenueOrder[], counted: ReadonlyMap<string, OpenNotional>): string | null {
  const listed = new Map<string, { bids: bigint; asks: bigint }>();
  for (const order of orders) {
    if (order.trigger !== null || order.price === null) continue;
    const sums = listed.get(order.symbol) ?? { bids: 0n, asks: 0n };
    sums[order.side === 'buy' ? 'bids' : 'asks'] += times(unitsOrZero(order.remaining), unitsOrZero(order.price));
    listed.set(order.symbol, sums);
  }
  for (const [symbol, sums] of counted) {
    const here = listed.get(symbol) ?? { bids: 0n, asks: 0n };
    if (sums.bids > here.bids || sums.asks > here.asks) return `the venue counts more open ${symbol} orders than it listed`;
  }
  return null;
}

/** @throws what the first page throws */
export async function openOrders(connection: VenueConnection, scope: Scope): Promise<Outcome<VenueOrder>> {
  const client = await connection.ready('read');
  const place = { venue: connection.name, account: connection.configuration.account };
  const count = connection.dialect.openNotional;
  let items: readonly VenueOrder[] = [];
  let reason: string | null = null;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    // The count only serves to see a cut list: where it does not come, the list stands by itself.
    const counting = count ? connection.ask('read', count).catch(() => null) : null;
    const [pages, counted] = await Promise.all([onePass(connection, client, scope), counting]);
    items = pages.rows.map((row) => orderOf(row, place));
    reason = pages.cut ?? (counted ? shortfall(items, counted) : null);
    if (reason === null || pages.cut !== null) break;
  }
  return { items, short: reason === null ? null : { status: 'truncated', reason } };
}
