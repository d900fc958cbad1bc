import { expect, test } from 'vitest';
import { applyRate, divideRounded, divideUp, formatShort, formatUnits, parseUnits } from './decimal.ts';

test('text and units are each other', () => {
  for (const [text, scale, units] of [
    ['0', 0, 0n],
    ['12.5', 3, 12_500n],
    ['-0.001', 3, -1n],
    ['97250.0', 1, 972_500n],
    ['1.2300', 2, 123n],
  ] as const) {
    expect(parseUnits(text, scale)).toBe(units);
    expect(Number(formatUnits(units, scale))).toBe(Number(text));
  }
  expect(formatUnits(-1n, 3)).toBe('-0.001');
  expect(formatUnits(5n, 0)).toBe('5');
  expect(formatShort(1_200n, 3)).toBe('1.2');
  expect(formatShort(-3_000n, 3)).toBe('-3');
  expect(formatShort(0n, 8)).toBe('0');
});

test('what would lose digits, or is no plain decimal, is told apart', () => {
  expect(parseUnits('1.234', 2)).toBe('tooPrecise');
  for (const text of ['', '1e3', '.5', '5.', '+1', '0x10', 'NaN', ' 1', '1,5']) expect(parseUnits(text, 8)).toBe('malformed');
});

test('division rounds half away from zero, margin rounds up', () => {
  expect([5n, -5n, 4n, -4n, 6n].map((value) => divideRounded(value, 10n))).toEqual([1n, -1n, 0n, 0n, 1n]);
  expect(divideRounded(7n, -2n)).toBe(-4n);
  expect([0n, 1n, 10n, 11n].map((value) => divideUp(value, 10n))).toEqual([0n, 1n, 1n, 2n]);
  expect(applyRate(100_00000000n, 50_000n)).toBe(5_000_000n);
});
