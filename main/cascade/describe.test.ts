import { expect, test } from 'vitest';
import { rootsWords } from './describe.ts';

test('a replay says with how many roots it was compared, and where there was none', () => {
  expect([0, 1, 2].map(rootsWords)).toEqual(['no root was logged there to compare with', '1 logged root agrees', '2 logged roots agree']);
});
