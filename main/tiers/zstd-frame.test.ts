/** The head of a frame, which says what decoding it takes: told before a decoder sees it. */

import zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { requireOneFrame } from './zstd-frame.ts';

const SIZE = 4_096;
const WHOLE = zlib.zstdCompressSync(Uint8Array.from({ length: SIZE }, (_, at) => at % 31));

test('one frame of its size is taken as it is', () => {
  expect(() => requireOneFrame(WHOLE, SIZE)).not.toThrow();
});

test.each<[string, number, number, string]>([
  ['a frame of a version before the standard', 0, WHOLE[0]! - 1, 'it is no frame of zstd'],
  ['a frame to be skipped', 3, 0x18, 'it is no frame of zstd'],
  ['one with a dictionary', 4, WHOLE[4]! | 1, 'its frame needs a dictionary, or another decoder'],
  ['one with a dictionary of a large number', 4, WHOLE[4]! | 2, 'its frame needs a dictionary, or another decoder'],
  ['one with a bit that is reserved', 4, WHOLE[4]! | 8, 'its frame needs a dictionary, or another decoder'],
])('%s is refused for what it is', (_, at, value, why) => {
  expect(() => requireOneFrame(Uint8Array.from(WHOLE).with(at, value), SIZE)).toThrow(
    expect.objectContaining({ code: 'FORMAT_INVALID', message: `a chunk does not decompress: ${why}` }),
  );
});
