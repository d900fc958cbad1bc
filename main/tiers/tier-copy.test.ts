/** Pages that are pages, and not those of the checkpoint: what their sums alone do not tell. */

import { expect, test } from 'vitest';
import { PAGE_BYTES, type Table } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { Image } from '../image/image.ts';
import { LAYOUT_RUNGS, type LaidOut } from '../image/migrations.ts';
import { hashPage, LAYOUT_VERSION } from '../image/page.ts';
import type { CheckpointMark } from './checkpoint.ts';
import { pageTable } from './snapshot.ts';
import { judgeByHeaders, judgeWithTable, PAGE_BAD, PAGE_VALID, type TierHead, within } from './tier-copy.ts';

const PAGES = 3;

function checkpoint() {
  const image = new Image({ orders: PAGES * TABLES.orders.rowsPerPage });
  for (let page = 0; page < PAGES; page += 1) {
    image.addPage(TABLES.orders, page, page);
    image.setPageLsn(page, page + 1);
  }
  image.takeChanged();
  const { hotRoot, coldRoot } = image;
  const mark: CheckpointMark = { epoch: 1, lsn: PAGES, headHash: 0n, hotRoot, coldRoot, pageCount: PAGES, takenNs: 0n };
  const head: TierHead = {
    ...{ tier: 'L1', name: 'l1', mark, scope: 'all', bytes: 0, problem: null },
    load: () => {
      throw new Error('it is not asked for');
    },
  };
  const pages = image.bytes.slice(0, PAGES * PAGE_BYTES);
  const root = BigInt.asUintN(64, hotRoot + coldRoot);
  return { mark, head, pages, root, table: pageTable(pages) };
}

const seal = (pages: Uint8Array, page: number): void =>
  new DataView(pages.buffer).setBigUint64(page * PAGE_BYTES, hashPage(pages, page * PAGE_BYTES), true);

test('a hash that was hit itself is set right, where every page is at its place', () => {
  const { mark, head, pages, root } = checkpoint();
  pages[PAGE_BYTES]! ^= 1;
  const copy = judgeByHeaders(head, mark, pages, root, () => true);
  expect(copy).toMatchObject({ bad: 0 });
  expect([...copy!.states]).toEqual([PAGE_VALID, PAGE_VALID, PAGE_VALID]);
});

test('pages that changed places are not set right, though they sum to the root', () => {
  const { mark, head, pages, root } = checkpoint();
  const first = pages.slice(0, PAGE_BYTES);
  pages.copyWithin(0, PAGE_BYTES, 2 * PAGE_BYTES);
  pages.set(first, PAGE_BYTES);
  // As swapped they are told by their numbers, each of them.
  expect([...judgeByHeaders(head, mark, pages.slice(), root, () => true)!.states]).toEqual([PAGE_BAD, PAGE_BAD, PAGE_VALID]);
  pages[2 * PAGE_BYTES]! ^= 1;
  expect(judgeByHeaders(head, mark, pages, root, () => true)).toBeNull();
});

test('a page of another layout than its copy is none of it', () => {
  const { mark, head, pages, table } = checkpoint();
  const view = new DataView(pages.buffer);
  view.setUint16(PAGE_BYTES + 26, view.getUint16(26, true) + 1, true);
  seal(pages, 1);
  const copy = judgeWithTable(head, mark, pages, table)!;
  expect([...copy.states]).toEqual([PAGE_VALID, PAGE_BAD, PAGE_VALID]);
  expect(copy.reasons.get(1)).toContain('its layout version');
});

test('a page of an earlier checkpoint is none of this one, though it is whole', () => {
  const { mark, head, pages, table } = checkpoint();
  new DataView(pages.buffer).setBigUint64(PAGE_BYTES + 8, 1n, true);
  seal(pages, 1);
  const copy = judgeWithTable(head, mark, pages, table)!;
  expect([...copy.states]).toEqual([PAGE_VALID, PAGE_BAD, PAGE_VALID]);
  expect(copy.bad).toBe(1);
});

test('a page of a table that there is not is none, whatever sums to the root', () => {
  const { mark, head, pages } = checkpoint();
  new DataView(pages.buffer).setUint16(PAGE_BYTES + 24, 999, true);
  seal(pages, 1);
  const view = new DataView(pages.buffer);
  const sum = [0, 1, 2].reduce((total, page) => total + view.getBigUint64(page * PAGE_BYTES, true), 0n);
  const forged = { ...mark, hotRoot: BigInt.asUintN(64, sum), coldRoot: 0n };
  expect([...judgeWithTable(head, forged, pages, pageTable(pages))!.states]).toEqual([PAGE_VALID, PAGE_BAD, PAGE_VALID]);
});

test('of an older row layout only a whole copy of all tables is carried over: there, no page can be taken from elsewhere', (context) => {
  const rung = { from: LAYOUT_VERSION - 1, climb: (laidOut: LaidOut) => laidOut };
  LAYOUT_RUNGS.push(rung);
  context.onTestFinished(() => void LAYOUT_RUNGS.splice(LAYOUT_RUNGS.indexOf(rung), 1));
  const { mark, head, pages } = checkpoint();
  const view = new DataView(pages.buffer);
  let root = 0n;
  for (let page = 0; page < PAGES; page += 1) {
    view.setUint16(page * PAGE_BYTES + 26, LAYOUT_VERSION - 1, true);
    seal(pages, page);
    root += view.getBigUint64(page * PAGE_BYTES, true);
  }
  const older = { ...mark, hotRoot: BigInt.asUintN(64, root), coldRoot: 0n };
  const table = pageTable(pages);
  const judge = (of: TierHead = head) => judgeWithTable(of, older, pages.slice(), table);
  const refused = expect.objectContaining({ code: 'VERSION_OLDER', message: expect.stringContaining('only a whole copy') });
  expect(judge()).toMatchObject({ bad: 0 });
  expect(() => judge({ ...head, scope: 'hot' })).toThrow(refused);
  pages[PAGE_BYTES + 100]! ^= 1;
  expect(() => judge()).toThrow(refused);
});

/** The copy whose pages were changed and hashed anew, as a store takes it that has room for so many pages. */
function taken(change: (view: DataView) => void, { pagesMax = PAGES, bad = [] as readonly number[] } = {}) {
  const { mark, head, pages } = checkpoint();
  const view = new DataView(pages.buffer);
  change(view);
  let root = 0n;
  for (let page = 0; page < PAGES; page += 1) {
    seal(pages, page);
    root += view.getBigUint64(page * PAGE_BYTES, true);
  }
  for (const page of bad) pages[page * PAGE_BYTES + 100]! ^= 1;
  const copy = judgeByHeaders(head, mark, pages, BigInt.asUintN(64, root), () => true)!;
  return { copy, head: within([{ ...head, load: () => copy }], pagesMax)[0]! };
}

const setPlace = (page: number, index: number) => (view: DataView) => view.setUint32(page * PAGE_BYTES + 20, index, true);
const setTable = (page: number, table: Table) => (view: DataView) => {
  setPlace(page, 0)(view);
  view.setUint16(page * PAGE_BYTES + 24, table.id, true);
};

test.each<[string, (view: DataView) => void, { pagesMax?: number; bad?: readonly number[] }]>([
  ['every one of their table', () => {}, {}],
  ['those of two tables', setTable(2, TABLES.fills), {}],
  ['all but one, which is bad', () => {}, { bad: [1] }],
])('pages that are %s are a copy', (_, change, options) => {
  const { copy, head } = taken(change, options);
  expect(head.load()).toBe(copy);
});

test.each<[string, (view: DataView) => void, { pagesMax?: number; bad?: readonly number[] }, string]>([
  ['are more than the store has room for', () => {}, { pagesMax: PAGES - 1 }, 'l1 names 3 pages, the store has room for 2'],
  ['have a place behind their last', setPlace(2, PAGES), {}, 'l1: page 2 is page 3 of orders, and the copy has 3'],
  ['have one place twice', setPlace(2, 1), {}, 'l1: pages 1 and 2 are both page 1 of orders'],
  ['lack one of their table', setTable(1, TABLES.fills), {}, 'l1: 1 pages of orders are missing'],
  [
    'lack more of their table than are bad',
    (view) => {
      setPlace(0, 2)(view);
      setTable(1, TABLES.fills)(view);
    },
    { bad: [2] },
    'l1: 2 pages of orders are missing',
  ],
])('pages that %s are no copy, whatever they sum to', (_, change, options, message) => {
  const { copy, head } = taken(change, options);
  expect(copy.bad).toBe(options.bad?.length ?? 0);
  expect(() => head.load()).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID', message }));
});

test('a head of more pages than any layout of the store takes is damaged, and nothing of it is read', () => {
  const { head } = checkpoint();
  const claim = (pageCount: number) => within([{ ...head, mark: { ...head.mark!, pageCount } }], PAGES)[0]!;
  expect(claim(2 * PAGES)).toMatchObject({ problem: null, mark: { pageCount: 2 * PAGES } });
  const message = 'l1 names 7 pages, the store has room for 3';
  expect(claim(2 * PAGES + 1)).toMatchObject({ mark: null, problem: { code: 'damaged', message } });
  expect(() => claim(2 * PAGES + 1).load()).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID', message }));
});

test('a page that was changed after its copy is none of it: what the log says between would be left out', () => {
  const { copy } = taken((view) => view.setBigUint64(PAGE_BYTES + 8, BigInt(PAGES + 1), true));
  expect([...copy.states]).toEqual([PAGE_VALID, PAGE_BAD, PAGE_VALID]);
  expect(copy.reasons.get(1)).toBe('it was changed at LSN 4, and the copy is of LSN 3');
});
