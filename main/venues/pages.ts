/**
 * Lists in pages, to their end. A list is whole only where its end is proved: a page that is not full, or a cursor that runs out.
 * A cursor that fails, a full page with nothing behind it, and paging without end are a cut list.
 */

import { type Row, rowAt, textAt } from './ccxt.ts';
import type { Paging } from './dialects/dialect.ts';

export interface Page {
  /** Milliseconds since the epoch; undefined: not limited. */
  readonly since: number | undefined;
  readonly limit: number;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Pages {
  readonly rows: readonly Row[];
  /** Why it is not the whole list; null where it is. */
  readonly cut: string | null;
}

export interface PagingOptions {
  readonly paging: Paging;
  readonly limit: number;
  readonly since: number | undefined;
  /** Venue's clock. */
  readonly nowMs: number;
  /** History is answered at most this long at a time; paging by time goes window by window. */
  readonly windowMs: number;
  readonly ask: (page: Page) => Promise<readonly Row[]>;
}

const PAGES_MAX = 1_000;

/** The cursor that the client library leaves in the rows. It is sent back as it came. */
function cursorOf(rows: readonly Row[]): string | null {
  for (const row of rows) {
    const cursor = textAt(rowAt(row, 'info'), 'nextPageCursor');
    if (cursor !== null) return cursor;
  }
  return null;
}

const idOf = (row: Row): string => `${textAt(row, 'symbol') ?? ''} ${textAt(row, 'id') ?? ''}`;

class Collected {
  readonly rows: Row[] = [];
  readonly #seen = new Set<string>();

  /** @returns how many of them were new */
  add(rows: readonly Row[]): number {
    let added = 0;
    for (const row of rows) {
      const id = idOf(row);
      if (this.#seen.has(id)) continue;
      this.#seen.add(id);
      this.rows.push(row);
      added += 1;
    }
    return added;
  }
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 120);

/** Behind a first page that came, a failure is a cut list, not a failed one. */
async function next(ask: () => Promise<readonly Row[]>): Promise<readonly Row[] | string> {
  try {
    return await ask();
  } catch (error) {
    return words(error);
  }
}

async function byCursor(
  options: PagingOptions,
  collected: Collected,
  since: number | undefined,
  params: Page['params'],
): Promise<string | null> {
  const { limit, ask } = options;
  let rows = await ask({ since, limit, params });
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    collected.add(rows);
    const cursor = cursorOf(rows);
    if (cursor === null) return rows.length >= limit ? fullPage(limit) : null;
    const following = await next(() => ask({ since, limit, params: { ...params, cursor } }));
    if (typeof following === 'string') return `page ${page + 1} cannot be fetched: ${following}`;
    rows = following;
    if (rows.length === 0) return null;
  }
  return `more than ${PAGES_MAX} pages`;
}

const fullPage = (limit: number): string => `a full page of ${limit} rows with nothing behind it: it cannot be told from a cut one`;

async function byId(options: PagingOptions, collected: Collected, first: readonly Row[]): Promise<string | null> {
  const { limit, ask } = options;
  let rows = first;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    collected.add(rows);
    if (rows.length < limit) return null;
    const ids = rows.map((row) => BigInt(textAt(row, 'id') ?? '0'));
    const fromId = (ids.reduce((a, b) => (a > b ? a : b)) + 1n).toString();
    const following = await next(() => ask({ since: undefined, limit, params: { fromId } }));
    if (typeof following === 'string') return `page ${page + 1} cannot be fetched: ${following}`;
    if (following.length === 0) return fullPage(limit);
    rows = following;
  }
  return `more than ${PAGES_MAX} pages`;
}

async function bySince(options: PagingOptions, collected: Collected, first: readonly Row[]): Promise<string | null> {
  const { limit, ask } = options;
  let rows = first;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const added = collected.add(rows);
    if (rows.length < limit) return null;
    // A page of what is known already: more rows in one millisecond than a page holds, or nothing behind it.
    if (page > 1 && added === 0) return fullPage(limit);
    const since = Math.max(...rows.map((row) => Number(row.timestamp ?? 0)));
    const following = await next(() => ask({ since, limit, params: {} }));
    if (typeof following === 'string') return `page ${page + 1} cannot be fetched: ${following}`;
    rows = following;
  }
  return `more than ${PAGES_MAX} pages`;
}

/**
 * Fetches a list to its end.
 * @throws what the first page throws: nothing is known then
 */
export async function allPages(options: PagingOptions): Promise<Pages> {
  const { paging, limit, since, nowMs, windowMs, ask } = options;
  const collected = new Collected();
  if (paging === 'none') {
    collected.add(await ask({ since, limit, params: {} }));
    return { rows: collected.rows, cut: null };
  }
  // Windows that begin in the past; the last one reaches to now and a little beyond, for a venue whose clock is ahead.
  for (let from = since; ; from = (from ?? 0) + windowMs) {
    const cut = await oneWindow(options, collected, from);
    if (cut !== null) return { rows: collected.rows, cut };
    if (from === undefined || from + windowMs > nowMs || (paging === 'fromId' && collected.rows.length > 0)) break;
  }
  return { rows: collected.rows, cut: null };

  async function oneWindow(window: PagingOptions, into: Collected, from: number | undefined): Promise<string | null> {
    if (paging === 'cursor') return byCursor(window, into, from, {});
    const first = await ask({ since: from, limit, params: {} });
    return paging === 'fromId' ? byId(window, into, first) : bySince(window, into, first);
  }
}
