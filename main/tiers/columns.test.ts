import { expect, test } from 'vitest';
import { TABLE_LIST } from '../../shared/model/tables.ts';
import { columnsBytes, fromColumns, toColumns } from './columns.ts';

const PAGE = 4096;

/** Pages of these tables, in this order; the bytes of no two places are related. */
function pagesOf(tables: readonly number[]): Uint8Array {
  const pages = Uint8Array.from({ length: tables.length * PAGE }, (_, at) => (Math.imul(at + 1, 0x9e3779b1) >>> 24) ^ at);
  const view = new DataView(pages.buffer);
  for (const [page, table] of tables.entries()) view.setUint16(page * PAGE + 24, table, true);
  return pages;
}

/** As the format says, one word after the other. */
function asDescribed(pages: Uint8Array, sizes: readonly number[]): Uint8Array {
  const out: Uint8Array[] = [new Uint8Array(Uint16Array.from(sizes.length % 2 ? [...sizes, 0] : sizes).buffer)];
  for (const size of new Set(sizes)) {
    const group = sizes.flatMap((other, page) => (other === size ? [page] : []));
    const rows = Math.floor(4064 / size);
    const word = (page: number, at: number) => out.push(pages.subarray(page * PAGE + at, page * PAGE + at + 4));
    for (let at = 0; at < 32; at += 4) for (const page of group) word(page, at);
    for (let at = 0; at < size; at += 4) for (const page of group) for (let row = 0; row < rows; row += 1) word(page, 32 + row * size + at);
    for (const page of group) out.push(pages.subarray(page * PAGE + 32 + rows * size, (page + 1) * PAGE));
  }
  return Buffer.concat(out);
}

const ids = TABLE_LIST.map(({ id }) => id);
const UNKNOWN = 60_000;
const sizeOf = (table: number): number => TABLE_LIST.find(({ id }) => id === table)?.rowBytes ?? 4064;

test.each([
  ['one page', [ids[0]!]],
  ['pages of one table', [ids[8]!, ids[8]!, ids[8]!]],
  ['tables that grow side by side, and a free page', [ids[7]!, ids[8]!, 0, ids[7]!, ids[9]!, ids[8]!]],
  ['every table, and one that is not known', [...ids, UNKNOWN, ...ids]],
])('%s: every word goes where the format says, and comes back', (_, tables) => {
  const pages = pagesOf(tables);
  // What was there before does not matter.
  const columns = new Uint8Array(columnsBytes(tables.length)).fill(0xa5);
  toColumns(pages, columns);
  expect(Buffer.compare(columns, asDescribed(pages, tables.map(sizeOf)))).toBe(0);
  const back = new Uint8Array(pages.length);
  fromColumns(columns, back);
  expect(Buffer.compare(back, pages)).toBe(0);
});

test.each([0, 6, 4_068])('a row size of %i is refused', (size) => {
  const columns = new Uint8Array(columnsBytes(2));
  new Uint16Array(columns.buffer, 0, 2).set([152, size]);
  expect(() => fromColumns(columns, new Uint8Array(2 * PAGE))).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }));
});
