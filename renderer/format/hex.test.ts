import { describe, expect, it } from 'vitest';
import { foldZeros, hexLines } from './hex.ts';

describe('hex', () => {
  it('dumps sixteen bytes to a line, with what is printable beside', () => {
    const bytes = Uint8Array.from({ length: 20 }, (_, i) => (i === 1 ? 0x41 : i));
    expect(hexLines(bytes).map((line) => [line.offset, line.hex, line.text])).toEqual([
      ['0000', '00 41 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f', '·A··············'],
      ['0010', '10 11 12 13                                     ', '····'],
    ]);
  });

  it('folds runs of zeros and keeps their ends', () => {
    const bytes = new Uint8Array(16 * 6);
    bytes[0] = 1;
    bytes[95] = 1;
    expect(foldZeros(hexLines(bytes)).map((line) => line?.offset ?? '*')).toEqual(['0000', '0010', '*', '0040', '0050']);
  });
});
