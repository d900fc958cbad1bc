import { expect, test } from 'vitest';
import { decimalText, equal, ONE, over, priceText, roundTo, textOf, times, unitsOf } from './decimal.ts';

test('every way in which a venue or its client library writes a number', () => {
  expect(['1.50', '-0.001', '.5', '5e-8', '1E3', '+2', ' 7 ', '0'].map((text) => textOf(unitsOf(text)!))).toEqual([
    '1.5',
    '-0.001',
    '0.5',
    '0.00000005',
    '1000',
    '2',
    '7',
    '0',
  ]);
  expect(textOf(unitsOf(3)!)).toBe('3');
});

test('what is no number is none, and never zero', () => {
  for (const value of ['', ' ', 'NaN', 'Infinity', '1,000', '0x10', '1.2.3', '--1', null, undefined, {}, 'e5', '1e999'])
    expect(unitsOf(value)).toBeNull();
  expect(decimalText(undefined)).toBeNull();
  expect(priceText('0.0')).toBeNull();
  expect(priceText('0.10')).toBe('0.10');
});

test('places beyond the eighteenth are rounded half away from zero', () => {
  expect(unitsOf('0.0000000000000000005')).toBe(1n);
  expect(unitsOf('-0.0000000000000000005')).toBe(-1n);
  expect(unitsOf('0.0000000000000000004')).toBe(0n);
  expect(textOf(roundTo(unitsOf('1.005')!, 2))).toBe('1.01');
  expect(textOf(roundTo(unitsOf('-1.005')!, 2))).toBe('-1.01');
});

test('products and quotients', () => {
  expect(times(unitsOf('0.001')!, unitsOf('97250.1')!)).toBe(unitsOf('97.2501'));
  expect(over(ONE, 3n * ONE)).toBe(unitsOf('0.333333333333333333'));
  expect(equal('1.50', '1.5')).toBe(true);
  expect(equal(null, '0')).toBe(false);
});
