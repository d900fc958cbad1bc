/** Pages that are pages, and not those of the checkpoint: what their sums alone do not tell. */

import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { Image } from '../image/image.ts';
import { LAYOUT_RUNGS, type LaidOut } from '../image/migrations.ts';
import { hashPage, LAYOUT_VERSION } from '../image/page.ts';
import type { CheckpointMark } from './checkpoint.ts';
import { pageTable } from './snapshot.ts';
import { judgeByHeaders, judgeWithTable, PAGE_BAD, PAGE_VALID, type TierHead } from './tier-copy.ts';

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
