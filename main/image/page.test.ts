/** What the header of a page says of its rows. */

import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { Image } from './image.ts';
import { rowsOfPage } from './page.ts';

test('a page is for the rows of its place; where its header is of another page, or names no table, nothing tells', () => {
  const image = new Image({ orders: 2 * TABLES.orders.rowsPerPage });
  for (const page of [0, 1]) image.addPage(TABLES.orders, page, page);
  const { rowsPerPage } = TABLES.orders;
  const rows = (number: number) => rowsOfPage(image.view, PAGE_BYTES, number);
  expect(rows(1)).toEqual({ table: 'orders', rows: [rowsPerPage, 2 * rowsPerPage - 1] });
  expect(rows(0)).toBeNull();
  image.view.setUint16(PAGE_BYTES + 24, 999, true);
  expect(rows(1)).toBeNull();
});
