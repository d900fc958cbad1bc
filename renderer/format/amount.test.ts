import { describe, expect, it } from 'vitest';
import { compareAmounts, cutDigits, formatAmount, formatCount, formatMoney, fractionOf, sumAmounts } from './amount.ts';

describe('amounts', () => {
  it('groups thousands and keeps the digits that arrived', () => {
    expect(formatAmount('1234567.50000').text).toBe('1,234,567.50000');
    expect(formatAmount('0.00012').text).toBe('0.00012');
    expect(formatAmount('999').text).toBe('999');
  });

  it('shows U+2212 on the screen and ASCII on copy', () => {
    const amount = formatAmount('-1500.25', { signed: true });
    expect(amount.text).toBe('\u22121,500.25');
    expect(amount.raw).toBe('-1500.25');
    expect(amount.sign).toBe(-1);
    expect(formatAmount('12', { signed: true }).text).toBe('+12');
  });

  it('cuts digits off without rounding, and says whether anything went', () => {
    expect(cutDigits('97270.123456789', 10)).toEqual({ value: '97270.12345', cut: true });
    expect(cutDigits('-0.99999999999', 10)).toEqual({ value: '-0.999999999', cut: true });
    expect(cutDigits('16.000000000000', 10)).toEqual({ value: '16.00000000', cut: false });
    expect(cutDigits('123456789012.345', 10)).toEqual({ value: '123456789012.34', cut: true });
    expect(cutDigits('8.0', 10)).toEqual({ value: '8.0', cut: false });
    expect(cutDigits('cancelled', 10)).toEqual({ value: 'cancelled', cut: false });
  });

  it('never shows a signed zero', () => {
    expect(formatMoney('-0.001', true).text).toBe('0.00');
    expect(formatAmount('-0.000', { signed: true }).text).toBe('0.000');
    expect(formatMoney('-0.001').sign).toBe(-1);
  });

  it('rounds half away from zero without floating point', () => {
    expect(formatMoney('2.675').text).toBe('2.68');
    expect(formatMoney('-2.675').text).toBe('\u22122.68');
    expect(formatMoney('9007199254740993.999').text).toBe('9,007,199,254,740,994.00');
    expect(formatAmount('0.5', { places: 0 }).text).toBe('1');
  });

  it('keeps every digit of an eighteen-place amount for the copy', () => {
    expect(formatMoney('412330.103847281938').raw).toBe('412330.103847281938');
  });

  it('shows what is not a number as it came', () => {
    expect(formatAmount('n/a').text).toBe('n/a');
  });

  it('compares exactly across different precisions', () => {
    expect(compareAmounts('10', '9.999999999999999999')).toBe(1);
    expect(compareAmounts('1.10', '1.1')).toBe(0);
    expect(compareAmounts('-3', '2')).toBe(-1);
    expect(compareAmounts('x', '0')).toBe(-1);
  });

  it('sums exactly', () => {
    expect(sumAmounts(['0.1', '0.2', '-0.3'])).toBe('0.0');
    expect(sumAmounts(['1', '2.25'])).toBe('3.25');
    expect(sumAmounts([])).toBe('0');
  });

  it('formats counts and fractions', () => {
    expect(formatCount(48_120_331)).toBe('48,120,331');
    expect(formatCount(-5)).toBe('\u22125');
    expect(fractionOf('50', '200')).toBe(0.25);
    expect(fractionOf(null, '200')).toBeNull();
    expect(fractionOf('1', '0')).toBeNull();
  });
});
