/** The size of a file that another library opens: of what it is, and of nothing that it could be taken for. */

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sizeOfRegular } from './regular-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = fs.mkdtempSync(join(os.tmpdir(), 'rearm-regular-'));
  path = join(directory, 'file');
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

test('a file has the bytes that are in it; where there is none there is no size', () => {
  expect(sizeOfRegular(path)).toBeNull();
  fs.writeFileSync(path, 'twelve bytes');
  expect(sizeOfRegular(path)).toBe(12);
});

test.each<[string, () => void]>([
  ['a link to a file', () => fs.symlinkSync(import.meta.filename, path)],
  ['a directory', () => fs.mkdirSync(path)],
  [
    'a file with a second name',
    () => {
      fs.writeFileSync(path, 'content');
      fs.linkSync(path, join(directory, 'second'));
    },
  ],
])('%s has none: it is refused', (_, make) => {
  make();
  expect(() => sizeOfRegular(path)).toThrow(
    expect.objectContaining({ code: 'FORMAT_INVALID', message: `${path} is not a regular file with one name` }),
  );
});
