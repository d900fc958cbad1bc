import { describe, expect, it } from 'vitest';
import { countPages, nextPage, pageSource } from './pages.ts';

describe('the page map', () => {
  it('counts pages by state and finds the first of each', () => {
    const counts = Object.fromEntries(countPages('vvrsvb..').map((entry) => [entry.letter, [entry.count, entry.first]]));
    expect(counts).toEqual({ v: [3, 0], r: [1, 2], s: [1, 3], t: [0, null], b: [1, 5], '.': [2, 6] });
  });

  it('goes to the next page of interest, round the end, both ways', () => {
    expect(nextPage('vsvvb', 1, 'sb')).toBe(4);
    expect(nextPage('vsvvb', 4, 'sb')).toBe(1);
    expect(nextPage('vsvvb', 1, 'sb', true)).toBe(4);
    expect(nextPage('vvv', 0, 'sb')).toBeNull();
  });

  it('names the tier that a page came from', () => {
    const map = { states: 'vs.', sources: ['L1', 'L2'] as const, sourceOf: '01.' };
    expect([0, 1, 2, 9].map((page) => pageSource(map, page))).toEqual(['L1', 'L2', null, null]);
  });
});
