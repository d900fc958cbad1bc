import { expect, test } from 'vitest';
import { fromPlanes, toPlanes } from './byte-planes.ts';

const PAGE = 4096;

test.each([1, 2, 3, 4, 7, 8, 256])('%i pages: every byte goes where the format says, and comes back', (count) => {
  const pages = Uint8Array.from({ length: count * PAGE }, (_, at) => (Math.imul(at + 1, 0x9e3779b1) >>> 24) ^ at);
  const planes = new Uint8Array(pages.length);
  toPlanes(pages, planes);
  for (let page = 0; page < count; page += 1)
    for (let at = 0; at < PAGE; at += 1)
      if (planes[(at % 8) * 512 * count + Math.floor(at / 8) * count + page] !== pages[page * PAGE + at])
        expect.fail(`page ${page}, byte ${at}`);
  const back = new Uint8Array(pages.length);
  fromPlanes(planes, back);
  expect(Buffer.compare(back, pages)).toBe(0);
});
