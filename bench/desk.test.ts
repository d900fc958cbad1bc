/** The desk that is measured: its operations are refused by nobody, and what is said of the rows that they change holds. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PAGE_BYTES } from '../shared/model/schema.ts';
import { TABLES } from '../shared/model/tables.ts';
import { amendment, boundsOf, imageOfDesk, spreadOrders } from './desk.ts';
import { SteppedWriter } from './stepped-writer.ts';

const SIZE = { positions: 100, orders: 600 };
const ROWS = 10;
const directory = fs.mkdtempSync(join(tmpdir(), 'rearm-desk-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));

it('ten orders lie on ten pages, none of which was among those of the ten before', () => {
  const pagesOf = (round: number): number[] =>
    spreadOrders(round * ROWS, ROWS, SIZE).map((row) => Math.floor(row / TABLES.orders.rowsPerPage));
  for (let round = 0; round < 100; round += 1) expect(new Set([...pagesOf(round), ...pagesOf(round + 1)]).size).toBe(2 * ROWS);
});

it('an amendment changes its page and no other, and each checkpoint of L1 copies what the last two changed', async () => {
  const image = await imageOfDesk(join(directory, 'desk'), SIZE, 1_000);
  const stepped = new SteppedWriter({ root: join(directory, 'stepped'), image, bounds: boundsOf(SIZE) });
  const copied: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const orders = spreadOrders(round * ROWS, ROWS, SIZE);
    stepped.apply(orders.map((order) => amendment(order, round, 1n)));
    const pages = orders.map((order) => Math.floor(stepped.live.rowOffset(TABLES.orders, order) / PAGE_BYTES));
    expect(stepped.live.takeChanged().sort((a, b) => a - b)).toEqual(pages.sort((a, b) => a - b));
    stepped.write();
    stepped.writer.checkpointL1();
    copied.push(stepped.l1Bytes / PAGE_BYTES);
  }
  stepped.close();
  // Everything into either slot first.
  expect(copied.slice(2)).toEqual([2 * ROWS, 2 * ROWS]);
});
