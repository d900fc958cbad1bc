import { describe, expect, it } from 'vitest';
import { lifeWords, sentence } from './words.ts';

describe('words', () => {
  it('puts the last sign of life on the right side of the last record', () => {
    expect(lifeWords(93)).toBe('93 ms before the last record');
    expect(lifeWords(-1_500)).toBe('1.5 s after the last record');
    expect(lifeWords(0)).toBe('with the last record');
  });

  it('begins a reason of the host like a sentence, and keeps the rest', () => {
    expect(sentence('no mode of BYBIT was recorded')).toBe('No mode of BYBIT was recorded');
    expect(sentence('')).toBe('');
  });
});
