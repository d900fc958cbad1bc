/** Versions of a format: what climbs, and what is refused by name. */

import { expect, test } from 'vitest';
import { climb, type Rung, requireVersion } from './ladder.ts';

const rung = (from: number): Rung<string> => ({ from, climb: (older) => `${older} ${from + 1}` });

test('an older content climbs rung by rung, whatever their order; the present one stays as it is', () => {
  const rungs = [rung(2), rung(1)];
  expect(climb('file', rungs, 3, 1, '1')).toBe('1 2 3');
  expect(climb('file', rungs, 3, 3, '3')).toBe('3');
});

test.each<[string, number, readonly Rung<string>[], string]>([
  ['newer than this release', 4, [rung(1), rung(2), rung(3), rung(4)], 'VERSION_NEWER'],
  ['older than the first rung', 0, [rung(1), rung(2)], 'VERSION_OLDER'],
  ['below a rung that is missing', 1, [rung(1)], 'VERSION_OLDER'],
])('a version that is %s is refused, and no rung is guessed', (_, version, rungs, code) => {
  expect(() => climb('file', rungs, 3, version, '')).toThrow(expect.objectContaining({ code, context: { path: 'file', version } }));
});

test('a format of one version has that one', () => {
  expect(() => requireVersion('file', 1, 1)).not.toThrow();
  expect(() => requireVersion('file', 1, 2)).toThrow(expect.objectContaining({ code: 'VERSION_NEWER' }));
  expect(() => requireVersion('file', 1, 0)).toThrow(expect.objectContaining({ code: 'VERSION_OLDER' }));
});
