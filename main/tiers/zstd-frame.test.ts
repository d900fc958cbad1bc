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

test.each<[string, number, number]>([
  ['of no type that there is', 3, 9],
  ['larger than blocks are', 0, (128 << 10) + 1],
])('a block that is %s is none', (_, type, length) => {
  // One segment whose size takes four bytes, and its last block.
  const frame = new Uint8Array(12 + length);
  frame.set(WHOLE.subarray(0, 4));
  frame[4] = 0b1010_0000;
  const view = new DataView(frame.buffer);
  view.setUint32(5, length, true);
  for (const [i, shift] of [0, 8, 16].entries()) frame[9 + i] = ((1 | (type << 1) | (length << 3)) >> shift) & 255;
  expect(() => requireOneFrame(frame, length)).toThrow(
    expect.objectContaining({ code: 'FORMAT_INVALID', message: 'a chunk does not decompress: its frame has no block at byte 9' }),
  );
});
