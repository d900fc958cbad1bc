/** Wide integers against bigints. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TABLES } from '../../shared/model/tables.ts';
import { getI128, setI128 } from './cells.ts';
import { Image } from './image.ts';
import { addChange, copyCell, factorOf, isSameCell, keepCell, Wide } from './wide.ts';

const fits = (value: bigint, bits: number): boolean => BigInt.asIntN(bits, value) === value;
/** Of every size, and often at the edges of words and of cells. */
const upTo = (bits: number) =>
  fc.oneof(
    fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }),
    fc
      .tuple(fc.integer({ min: 0, max: bits - 1 }), fc.integer({ min: -2, max: 2 }), fc.boolean())
      .map(([bit, off, negative]) => BigInt.asIntN(bits, (negative ? -1n : 1n) * (1n << BigInt(bit)) + BigInt(off))),
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map(BigInt),
  );
const RUNS = { numRuns: 3_000 };
const wide = (value: bigint) => new Wide().set(value, 'it');

const image = new Image({ positions: 16 });
image.addPage(TABLES.positions, 0, 0);
const column = TABLES.positions.byName.get('cost')!;
const base = image.rowOffset(TABLES.positions, 1);

describe('a wide integer', () => {
  it('holds 160 bits, and no more', () => {
    fc.assert(
      fc.property(upTo(164), (value) => {
        if (fits(value, 160)) expect(wide(value).value).toBe(value);
        else expect(() => wide(value)).toThrow(expect.objectContaining({ code: 'AMOUNT_OVERFLOW' }));
      }),
      RUNS,
    );
  });

  it('adds, subtracts, negates and compares as bigints do', () => {
    fc.assert(
      fc.property(upTo(150), upTo(150), (a, b) => {
        expect(wide(a).add(wide(b)).value).toBe(a + b);
        expect(wide(a).subtract(wide(b)).value).toBe(a - b);
        expect(wide(a).negate().value).toBe(-a);
        expect(wide(a).isAbove(wide(b))).toBe(a > b);
        expect(wide(a).isAbove(wide(a))).toBe(false);
        expect(wide(a).isNegative).toBe(a < 0n);
        expect(wide(a).isZero).toBe(a === 0n);
        expect(wide(b).copy(wide(a)).value).toBe(a);
        expect(wide(a).clear().value).toBe(0n);
      }),
      RUNS,
    );
  });

  it('multiplies exactly, or says that it overflows', () => {
    const check = (value: bigint, work: () => Wide) => {
      if (value > -(2n ** 159n) && value < 2n ** 159n) expect(work().value).toBe(value);
      else expect(work).toThrow(expect.objectContaining({ code: 'AMOUNT_OVERFLOW' }));
    };
    fc.assert(
      fc.property(upTo(100), upTo(64), fc.bigInt({ min: 1n, max: 2n ** 103n }), (a, b, c) => {
        check(a * b, () => wide(a).times64(b, 'it'));
        check(a * c, () => wide(a).times(factorOf(c), 'it'));
      }),
      RUNS,
    );
  });

  it('is loaded and stored as the cells of the image are, and stored only where it fits', () => {
    fc.assert(
      fc.property(upTo(128), upTo(140), upTo(64), (cell, value, small) => {
        setI128(image, base, column, cell);
        expect(new Wide().load(image, base, column).value).toBe(cell);
        expect(new Wide().set64(small).value).toBe(small);
        if (fits(value, 128)) wide(value).store(image, base, column);
        else expect(() => wide(value).store(image, base, column)).toThrow(expect.objectContaining({ code: 'AMOUNT_OVERFLOW' }));
        expect(getI128(image, base, column)).toBe(fits(value, 128) ? value : cell);
        image.words[(base + column.offset) >> 3] = small;
        expect(new Wide().load64(image, base, column).value).toBe(small);
      }),
      RUNS,
    );
  });
});

it('two cells are the same where all their words are', () => {
  const other = TABLES.positions.byName.get('realised')!;
  fc.assert(
    fc.property(upTo(128), fc.integer({ min: -1, max: 127 }), (value, bit) => {
      setI128(image, base, column, value);
      setI128(image, base, other, bit < 0 ? value : BigInt.asIntN(128, value ^ (1n << BigInt(bit))));
      expect(isSameCell(image, base, column, base, other)).toBe(bit < 0);
      copyCell(image, base, column, base, other);
      expect(getI128(image, base, other)).toBe(value);
    }),
    RUNS,
  );
});

it('a cell takes the change of another one exactly, or stays as it is where the sum does not fit', () => {
  const other = TABLES.positions.byName.get('realised')!;
  fc.assert(
    fc.property(upTo(128), upTo(128), upTo(128), fc.integer({ min: 0, max: 15 }), (before, after, sum, place) => {
      setI128(image, base, column, before);
      keepCell(image, base, column, place);
      setI128(image, base, column, after);
      setI128(image, base, other, sum);
      const work = () => addChange(image, base, column, place, base, other);
      const wanted = sum + after - before;
      if (fits(wanted, 128)) work();
      else expect(work).toThrow(expect.objectContaining({ code: 'AMOUNT_OVERFLOW' }));
      expect(getI128(image, base, other)).toBe(fits(wanted, 128) ? wanted : sum);
    }),
    RUNS,
  );
});
