import { describe, expect, it } from 'vitest';
import { detailBehind, lifeWords, personWords, sentence, stayWords } from './words.ts';

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

  it('say nothing twice', () => {
    expect(detailBehind('waiting', 'waiting for an approval')).toBe('for an approval');
    expect(detailBehind('waiting', 'waiting')).toBe('');
    expect(detailBehind('refused', 'the token is burnt')).toBe('the token is burnt');
    expect([stayWords('HALTED'), stayWords('CANCEL_ONLY')]).toEqual(['Stay halted', 'Stay cancel only']);
    expect(personWords({ name: 'Demo trader', role: 'trader' })).toBe('Demo trader');
    expect(personWords({ name: 'Demo', role: 'trader' })).toBe('Demo, trader');
  });
});
