import { expect, test } from 'vitest';
import { TABLES } from '../../shared/model/tables.ts';
import { Image } from './image.ts';
import { PAGE_QUADS } from './page.ts';

const withOnePage = (): Image => {
  const image = new Image({ orders: 64 });
  image.addPage(TABLES.orders, 0, 0);
  return image;
};

test('a row lies in a page that is there, or the engine stops: nothing is read or written beside it', () => {
  const image = withOnePage();
  expect(image.rowOffset(TABLES.orders, 0)).toBe(32);
  for (const row of [TABLES.orders.rowsPerPage, 1_000_000])
    expect(() => image.rowOffset(TABLES.orders, row)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  expect(() => image.rowOffset(TABLES.fills, 0)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
});

test('a page is given once, and none beyond the bound', () => {
  const image = withOnePage();
  expect(() => image.addPage(TABLES.orders, 1, 0)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  expect(() => image.addPage(TABLES.orders, 0, 1)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  expect(() => image.addPage(TABLES.fills, 0, image.pagesMax)).toThrow(expect.objectContaining({ code: 'STATE_BOUND' }));
  expect(image.pageTable(0)).toBe(TABLES.orders.id);
});

test.each<[string, readonly number[], string | null]>([
  ['have each its own place', [0, 1, 2], null],
  ['stand in another order', [2, 0, 1], null],
  ['lack one', [0, 2], 'page 1 of orders is missing'],
  ['have one twice', [0, 0], '1 pages have a place in their table that another one has'],
  ['lack one and have another twice', [0, 2, 2], 'page 1 of orders is missing'],
])('pages that %s make a table, or are told', (_, indexes, told) => {
  const image = new Image({ orders: 3 * TABLES.orders.rowsPerPage });
  for (const [page, index] of indexes.entries()) {
    image.addPage(TABLES.orders, page, page);
    image.quads[page * PAGE_QUADS + 5] = index;
  }
  image.mapPages(indexes.length);
  expect(image.strayPages()).toBe(told);
});
