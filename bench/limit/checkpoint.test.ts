/** The limit of L1 does what it says: the C program and the bare calls of Node leave the same bytes. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PAGE_WORDS } from '../../main/image/page.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { bareCheckpoints, type CheckpointLimit, compareMapped, slotHeader } from './checkpoint.ts';
import { loadLimit } from './limit.ts';

const PAGES = 8;

/** Two checkpoints, one into each slot: of all pages, then of two of them. */
function take(limit: CheckpointLimit, last: number): void {
  const words = BigUint64Array.from({ length: PAGES * PAGE_WORDS }, (_, word) => BigInt(word * 2_654_435_761));
  for (let page = 0; page < PAGES; page += 1) words[page * PAGE_WORDS] = 0n;
  const image = new Uint8Array(words.buffer);
  const root = new BigUint64Array(1);
  const all = Uint32Array.from({ length: PAGES }, (_, page) => page);
  limit.checkpoint({ image, root, slot: 0, changed: all, lacking: all, header: slotHeader(0, 1, PAGES) });
  words[last * PAGE_WORDS + 9] = 1n;
  limit.checkpoint({ image, root, slot: 1, changed: Uint32Array.of(2, last), lacking: all, header: slotHeader(1, 2, PAGES) });
  limit.close();
}

it('the limits leave the same bytes, and others where another page was changed', (context) => {
  const limit = loadLimit();
  if (limit.by !== 'C') return context.skip('no C compiler');
  const directory = fs.mkdtempSync(join(tmpdir(), 'rearm-limit-'));
  try {
    const path = (name: string): string => join(directory, name);
    take(limit.checkpoints(path('c'), PAGES), 5);
    take(bareCheckpoints(path('node'), PAGES), 5);
    take(bareCheckpoints(path('other'), PAGES), 6);
    compareMapped(path('c'), path('node'), PAGES);
    const headers = (name: string): Buffer => fs.readFileSync(path(name)).subarray(0, 4 * PAGE_BYTES);
    expect(headers('c').equals(headers('node'))).toBe(true);
    expect(() => compareMapped(path('c'), path('other'), PAGES)).toThrow('hold other pages');
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
});
