import { describe, expect, it } from 'vitest';
import type { Table } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { setText, setU32 } from './cells.ts';
import { Image } from './image.ts';
import { RowIndex } from './row-index.ts';

const ROWS = 6_000;

/** Rows of a table whose key is one text, or two numbers. */
function bench(table: Table, write: (image: Image, base: number, key: number) => void) {
  const image = new Image({ [table.name]: ROWS + 1 });
  for (let index = 0; index * table.rowsPerPage < ROWS + 1; index += 1) image.addPage(table, index, index);
  const index = new RowIndex(image, table);
  const rows = new Map<number, number>();
  const free = Array.from({ length: ROWS }, (_, row) => row);
  const probe = image.rowOffset(table, ROWS);
  return {
    index,
    rows,
    free,
    find: (key: number) => {
      write(image, probe, key);
      return index.find(image.quads, probe >> 2);
    },
    add: (key: number) => {
      const row = free.pop()!;
      const base = image.rowOffset(table, row);
      write(image, base, key);
      image.bytes[base] = 1;
      index.add(row);
      rows.set(key, row);
    },
    remove: (key: number) => {
      const row = rows.get(key)!;
      index.remove(row);
      image.bytes.fill(0, image.rowOffset(table, row), image.rowOffset(table, row) + table.rowBytes);
      rows.delete(key);
      free.push(row);
    },
  };
}

const TEXTS = bench.bind(null, TABLES.orders, (image, base, key) =>
  setText(image, base, TABLES.orders.byName.get('clientId')!, `client-${key}`),
);
const PAIRS = bench.bind(null, TABLES.positions, (image, base, key) => {
  setU32(image, base, TABLES.positions.byName.get('account')!, key % 61);
  setU32(image, base, TABLES.positions.byName.get('instrument')!, Math.floor(key / 61));
});

describe.each([
  ['texts', TEXTS],
  ['pairs of numbers', PAIRS],
] as const)('an index over %s', (_, make) => {
  it('finds what a map finds, through additions and removals', () => {
    const { index, rows, free, find, add, remove } = make();
    const random = randomOf(7);
    for (let step = 0; step < 60_000; step += 1) {
      const key = random.below(9_000);
      expect(find(key)).toBe(rows.get(key) ?? -1);
      // Fills up, and empties again, several times.
      const growing = Math.sin(step / 6_000) > -0.2;
      if (rows.has(key)) {
        if (!growing || random.chance(0.2)) remove(key);
      } else if (free.length > 0 && (growing || random.chance(0.2))) add(key);
      expect(index.count).toBe(rows.size);
    }
    for (let key = 0; key < 9_000; key += 1) expect(find(key)).toBe(rows.get(key) ?? -1);
  });

  it('finds the same after it was built anew from the image', () => {
    const { index, rows, find, add, remove } = make();
    for (let key = 0; key < 4_000; key += 1) add(key);
    for (let key = 0; key < 4_000; key += 3) remove(key);
    index.rebuild();
    expect(index.count).toBe(rows.size);
    for (let key = 0; key < 4_100; key += 1) expect(find(key)).toBe(rows.get(key) ?? -1);
  });
});

it('taking out a row that is not there changes nothing', () => {
  const { index, rows, find, add } = TEXTS();
  for (let key = 0; key < 100; key += 1) add(key);
  const before = index.count;
  index.remove(ROWS - 500);
  expect(index.count).toBe(before);
  for (let key = 0; key < 100; key += 1) expect(find(key)).toBe(rows.get(key));
});
