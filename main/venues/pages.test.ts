import { describe, expect, test } from 'vitest';
import type { Row } from './ccxt.ts';
import { allPages, type Page, type PagingOptions } from './pages.ts';

const rows = (from: number, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({ id: String(from + i), symbol: 'S', timestamp: 1_000 + from + i }));
const options = (
  paging: PagingOptions['paging'],
  ask: (page: Page) => readonly Row[],
  rest: Partial<PagingOptions> = {},
): PagingOptions => ({
  paging,
  limit: 3,
  since: 0,
  nowMs: 5_000,
  windowMs: 1_000_000,
  ask: async (page) => ask(page),
  ...rest,
});
const ids = (result: { rows: readonly Row[] }): number[] => result.rows.map(({ id }) => Number(id));

describe('by trade id', () => {
  const all = rows(1, 8);
  const from = (list: readonly Row[], { params, limit }: Page): Row[] =>
    list.filter(({ id }) => Number(id) >= Number(params.fromId ?? 0)).slice(0, limit);

  test('to a page that is not full', async () => {
    expect(await allPages(options('fromId', (page) => from(all, page)))).toMatchObject({ cut: null, rows: { length: 8 } });
  });

  test('a full page with nothing behind it is a cut list', async () => {
    const result = await allPages(options('fromId', (page) => from(all.slice(0, 6), page)));
    expect(ids(result)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(result.cut).toContain('a full page of 3 rows');
  });

  test('ids beyond 2^53 are exact', async () => {
    const big = [8389765900000000001n, 8389765900000000002n, 8389765900000000003n, 8389765900000000004n].map((id) => ({
      id: String(id),
      symbol: 'S',
    }));
    const asked: unknown[] = [];
    await allPages(
      options('fromId', ({ params }) => {
        asked.push(params.fromId);
        return params.fromId ? big.slice(3) : big.slice(0, 3);
      }),
    );
    expect(asked).toEqual([undefined, '8389765900000000004']);
  });

  test('windows without a trade are passed, until one is found', async () => {
    const asked: (number | undefined)[] = [];
    const result = await allPages(
      options(
        'fromId',
        ({ since }) => {
          asked.push(since);
          return since === 2_000 ? rows(7, 1) : [];
        },
        { since: 0, windowMs: 1_000, nowMs: 5_500 },
      ),
    );
    expect(asked).toEqual([0, 1_000, 2_000]);
    expect(ids(result)).toEqual([7]);
  });
});

describe('by cursor', () => {
  const paged =
    (pages: readonly (readonly Row[])[], fails = false) =>
    ({ params }: Page): readonly Row[] => {
      const index = Number(params.cursor ?? 0);
      if (fails && index > 0) throw new Error('cursor invalid');
      return (pages[index] ?? []).map((row, i) =>
        i === 0 && index + 1 < pages.length ? { ...row, info: { nextPageCursor: String(index + 1) } } : row,
      );
    };

  test('to the page without one; an empty last page is an end', async () => {
    expect(ids(await allPages(options('cursor', paged([rows(1, 3), rows(4, 3), rows(7, 1)]))))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await allPages(options('cursor', paged([rows(1, 3), rows(4, 3), []])))).toMatchObject({ cut: null, rows: { length: 6 } });
  });

  test('one that fails is a cut list, not a failed one', async () => {
    const result = await allPages(options('cursor', paged([rows(1, 3), rows(4, 3)], true)));
    expect(ids(result)).toEqual([1, 2, 3]);
    expect(result.cut).toContain('page 2 cannot be fetched: cursor invalid');
  });

  test('a full page without a cursor is a cut list', async () => {
    expect((await allPages(options('cursor', paged([rows(1, 3)])))).cut).toContain('nothing behind it');
  });

  test('the first page failing is a failure', async () => {
    await expect(
      allPages(
        options('cursor', () => {
          throw new Error('down');
        }),
      ),
    ).rejects.toThrow('down');
  });

  test('a cursor that never ends is stopped', async () => {
    let page = 0;
    const result = await allPages(
      options('cursor', () => {
        page += 1;
        return rows(page * 3, 3).map((row) => ({ ...row, info: { nextPageCursor: 'again' } }));
      }),
    );
    expect(result.cut).toContain('more than');
  });
});

describe('by time', () => {
  test('pages overlap by their last moment, and nothing comes twice', async () => {
    const all = rows(1, 7);
    const result = await allPages(
      options('since', ({ since, limit }) => all.filter(({ timestamp }) => Number(timestamp) >= (since ?? 0)).slice(0, limit)),
    );
    expect(ids(result)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(result.cut).toBeNull();
  });

  test('more rows in one moment than a page holds: a cut list', async () => {
    const all = rows(1, 5).map((row) => ({ ...row, timestamp: 1_000 }));
    expect((await allPages(options('since', ({ limit }) => all.slice(0, limit)))).cut).not.toBeNull();
  });
});
