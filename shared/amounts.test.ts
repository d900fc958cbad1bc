/** Decimals: whichever way is taken, the fast one or the exact one, the same units or the same refusal. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDecimal, parseDecimal, parseShortDecimal } from './amounts.ts';

/** Digits and dots of every length around what a double holds, right and wrong. */
const text = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.stringMatching(/^\d{0,20}$/),
    fc.option(fc.stringMatching(/^\d{0,20}$/)),
    fc.constantFrom('', '', '', ' ', 'e3', '.'),
  )
  .map(([sign, whole, fraction, end]) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${end}`);

/** By the rule alone: null where the text is refused. */
function units(value: string, scale: number): bigint | null {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(value);
  if (!match) return null;
  const fraction = match[3] ?? '';
  if (/[1-9]/.test(fraction.slice(scale))) return null;
  const size = BigInt(match[2]!) * 10n ** BigInt(scale) + BigInt(fraction.slice(0, scale).padEnd(scale, '0') || '0');
  return match[1] === '-' ? -size : size;
}

it('are parsed exactly or refused, whatever their length and scale', () => {
  let short = 0;
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 18 }), (value, scale) => {
      const expected = units(value, scale);
      if (expected === null) expect(() => parseDecimal(value, scale)).toThrow(expect.objectContaining({ code: 'AMOUNT_INVALID' }));
      else expect(parseDecimal(value, scale)).toBe(expected);
      const fast = parseShortDecimal(value, scale);
      if (Number.isNaN(fast)) return;
      short += 1;
      expect(Object.is(fast, -0)).toBe(false);
      expect(BigInt(fast)).toBe(expected);
    }),
    { numRuns: 5_000 },
  );
  expect(short).toBeGreaterThan(500);
});

it('are formatted as they are parsed', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 18 }), (value, scale) => {
      expect(parseDecimal(formatDecimal(value, scale), scale)).toBe(value);
    }),
    { numRuns: 2_000 },
  );
});
