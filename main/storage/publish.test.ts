/** Files that are read whole, and how large they may be. */

import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { readWhole } from './publish.ts';

test('a file is read to its end up to the limit, and one that is larger is refused before any of it is', () => {
  const tree = new FileTree(['/']);
  tree.put('/file', new Uint8Array(100).fill(7));
  const reads: string[] = [];
  const storage = new SimulatedStorage({ tree, called: ({ kind }) => reads.push(kind) });
  expect(readWhole(storage, '/file', 100)).toEqual(new Uint8Array(100).fill(7));
  reads.length = 0;
  expect(() => readWhole(storage, '/file', 99)).toThrow(
    expect.objectContaining({ code: 'VALUE_OUT_OF_RANGE', message: '/file has 100 bytes, more than the 99 it may have' }),
  );
  expect(reads).toEqual(['open', 'size']);
  expect(storage.opened.size).toBe(0);
});
