/** The fills of one venue since a time, to the end of every page: over all symbols where the venue allows it, else one by one. */

import type { Answer, VenueFill } from '../../shared/contract/venues.ts';
import type { Clock } from '../storage/storage.ts';
import { answerOf, merged, type Outcome } from './answer.ts';
import type { Params, Row } from './ccxt.ts';
import type { VenueConnection } from './client.ts';
import type { Dialect } from './dialects/dialect.ts';
import { needsSymbol } from './failure.ts';
import { limited } from './limited.ts';
import { allPages } from './pages.ts';
import { fillOf } from './rows.ts';

/** Questions about single symbols or orders that are open to one venue at a time. */
export const AT_ONCE = 8;

export interface FillsQuestion {
  readonly clock: Clock;
  readonly symbols: readonly string[];
  readonly sinceMs: number;
}

/** As they happened: what two fills of one millisecond realise depends on which was first. */
function inOrder(rows: readonly Row[], dialect: Dialect): Row[] {
  const keyed = rows.map((row) => ({ row, ms: Number(row.timestamp ?? 0), sequence: dialect.fillSequence(row) }));
  keyed.sort(
    (a, b) =>
      a.ms - b.ms || (a.sequence === null || b.sequence === null || a.sequence === b.sequence ? 0 : a.sequence < b.sequence ? -1 : 1),
  );
  return keyed.map(({ row }) => row);
}

/** Never throws; a symbol that was not answered makes the whole answer that. */
export async function askFills(connection: VenueConnection, question: FillsQuestion): Promise<Answer<VenueFill>> {
  const { clock, symbols, sinceMs } = question;
  const { dialect, configuration, name } = connection;
  const place = { venue: name, account: configuration.account };
  const limit = configuration.pageRows.fills ?? dialect.fillRows;
  const nowMs = Number(clock.wallNs() / 1_000_000n) + (connection.clockOffsetMs ?? 0);

  const list = async (symbol: string | undefined, own: Params): Promise<Outcome<VenueFill>> => {
    const client = await connection.ready('read');
    const { rows, cut } = await allPages({
      paging: dialect.fillPaging,
      limit,
      since: sinceMs,
      nowMs,
      windowMs: dialect.windowMs,
      ask: ({ since, limit: rowsMax, params }) =>
        connection.ask('read', () => client.fetchMyTrades(symbol, since, rowsMax, { ...own, ...params })),
    });
    return {
      items: inOrder(rows, dialect).map((row) => fillOf(row, place)),
      short: cut === null ? null : { status: 'truncated', reason: cut },
    };
  };
  const answer = (work: () => Promise<Outcome<VenueFill>>) => answerOf(clock, (error) => connection.failure(error), work);
  const bySymbol = async (): Promise<Answer<VenueFill>> => {
    if (symbols.length === 0) return answer(async () => ({ items: [] }));
    return merged(await limited(symbols, AT_ONCE, (symbol) => answer(() => list(symbol, {}))));
  };

  let client: Awaited<ReturnType<VenueConnection['ready']>>;
  try {
    client = await connection.ready('read');
  } catch (error) {
    return answer(() => Promise.reject(error));
  }
  const [first] = symbols;
  if (first !== undefined && client.markets?.[first] && client.featureValue(first, 'fetchMyTrades', 'symbolRequired') === true)
    return bySymbol();
  let required = false;
  const whole = await limited(dialect.segments(client, symbols), AT_ONCE, (segment) =>
    answer(() =>
      list(undefined, segment.fills).catch((error: unknown) => {
        required ||= needsSymbol(error);
        throw error;
      }),
    ),
  );
  return required ? bySymbol() : merged(whole);
}
