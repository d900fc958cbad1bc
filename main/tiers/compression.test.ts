/** What is decompressed is one frame of exactly the declared size: by the runtime's zstd, and by the one that stands in where it has none. */

import zlib from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { CODEC_RAW, CODEC_ZSTD, CODEC_ZSTD_COLUMNS, compress } from './compression.ts';

const PAGES = 3;
const SIZE = PAGES * PAGE_BYTES;
/** Repeats itself, and is not all the same. */
const CONTENT = Uint8Array.from({ length: SIZE }, (_, at) => (at % 31) * (at >> 10));
const frame = (content: Uint8Array): Buffer => zlib.zstdCompressSync(content);
const WHOLE = frame(CONTENT);

/** A frame by hand, of the raw blocks that are given, or of one byte over and over. */
function frameOf(head: readonly number[], ...blocks: readonly (Uint8Array | { readonly times: number })[]): Buffer {
  const parts = blocks.map((block, i) => {
    const isLast = i === blocks.length - 1 ? 1 : 0;
    const [type, length, bytes] = block instanceof Uint8Array ? [0, block.length, block] : [1, block.times, Uint8Array.of(7)];
    const header = isLast | (type << 1) | (length << 3);
    return Buffer.concat([Uint8Array.of(header & 255, (header >> 8) & 255, header >> 16), bytes]);
  });
  return Buffer.concat([Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, ...head), ...parts]);
}
const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
/** Its content size in four bytes, its window as large. */
const single = (size: number): number[] => [0b1010_0000, ...u32(size)];
const windowed = (window: number, size: number): number[] => [0b1000_0000, window, ...u32(size)];

const large = { times: 128 << 10 };
const HOSTILE: Readonly<Record<string, Uint8Array>> = {
  'less than the declared size': frame(CONTENT.subarray(0, SIZE - 1)),
  'more than the declared size': frame(Buffer.concat([CONTENT, Uint8Array.of(0)])),
  'a gigabyte': frameOf(single(1 << 30), ...Array.from({ length: 8192 }, () => large)),
  'a gigabyte that says it is less': frameOf(single(SIZE), ...Array.from({ length: 8192 }, () => large)),
  'less than it says': frameOf(single(SIZE), CONTENT.subarray(0, SIZE - 1)),
  'more than it says': frameOf(single(SIZE), CONTENT, Uint8Array.of(1)),
  'a block larger than blocks are': frameOf(single(SIZE), { times: (128 << 10) + 1 }),
  'a window of two gigabytes': frameOf(windowed(21 << 3, SIZE), CONTENT),
  'a window beyond its content': frameOf(windowed(4 << 3, SIZE), CONTENT),
  'a size that it does not say': frameOf([0, 0], CONTENT),
  'a dictionary': frameOf([0b1010_0001, 9, ...u32(SIZE)], CONTENT),
  'a bit that is reserved': frameOf([0b1010_1000, ...u32(SIZE)], CONTENT),
  'bytes behind its frame': Buffer.concat([WHOLE, Buffer.from('behind')]),
  'zeros behind its frame': Buffer.concat([WHOLE, Buffer.alloc(9)]),
  'the same frame again': Buffer.concat([WHOLE, WHOLE]),
  'its content in two frames': Buffer.concat([frame(CONTENT.subarray(0, PAGE_BYTES)), frame(CONTENT.subarray(PAGE_BYTES))]),
  'an empty frame in front': Buffer.concat([frame(new Uint8Array()), WHOLE]),
  'a frame to skip in front': Buffer.concat([Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, ...u32(4), 1, 2, 3, 4), WHOLE]),
  'a frame to skip behind': Buffer.concat([WHOLE, Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, ...u32(4), 1, 2, 3, 4)]),
  'no byte at all': new Uint8Array(),
  'no frame': Buffer.alloc(64, 1),
};

const runtimes = {
  'the runtime’s': () => import('./compression.ts'),
  'the portable': async () => {
    vi.resetModules();
    vi.doMock('node:zlib', () => ({ default: { ...zlib, zstdCompressSync: undefined, zstdDecompressSync: undefined } }));
    try {
      return await import('./compression.ts');
    } finally {
      vi.doUnmock('node:zlib');
    }
  },
} as const;

describe.each(Object.entries(runtimes))('%s decompressor', (name, load) => {
  it('fills the pages with what one frame holds, whoever wrote it', async () => {
    const { decompress, writableCodec } = await load();
    expect(writableCodec).toBe(name === 'the portable' ? CODEC_RAW : CODEC_ZSTD_COLUMNS);
    const checked = zlib.zstdCompressSync(CONTENT, { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } });
    const raw = frameOf(single(SIZE), CONTENT.subarray(0, 5), CONTENT.subarray(5));
    for (const bytes of [
      WHOLE,
      checked,
      raw,
      frameOf(windowed(3 << 3, SIZE), CONTENT.subarray(0, PAGE_BYTES), CONTENT.subarray(PAGE_BYTES)),
    ]) {
      const pages = new Uint8Array(SIZE);
      decompress(CODEC_ZSTD, bytes, pages);
      expect(Buffer.compare(pages, CONTENT)).toBe(0);
    }
    for (const count of [1, 2, 255, 256]) {
      const content = new Uint8Array(count * PAGE_BYTES).map((_, at) => at % 251);
      const pages = new Uint8Array(content.length);
      const { codec, bytes } = compress(content);
      expect(codec).toBe(CODEC_ZSTD_COLUMNS);
      decompress(codec, bytes, pages);
      expect(Buffer.compare(pages, content)).toBe(0);
    }
  });

  it.each(Object.keys(HOSTILE))('refuses %s by name, in bounded memory', async (what) => {
    const { decompress } = await load();
    const before = process.memoryUsage();
    let refused: unknown;
    try {
      decompress(CODEC_ZSTD, HOSTILE[what]!, new Uint8Array(SIZE));
    } catch (error) {
      refused = error;
    }
    expect((refused as RearmError | undefined)?.name).toBe('RearmError');
    expect(refused).toMatchObject({ code: 'FORMAT_INVALID', message: expect.stringMatching(/^a chunk does not decompress: \S/) });
    const { external, arrayBuffers } = process.memoryUsage();
    expect(Math.max(external - before.external, arrayBuffers - before.arrayBuffers)).toBeLessThan(1 << 20);
  });

  it('refuses a frame that is cut off anywhere, or that lost any of its bytes', async () => {
    const { decompress } = await load();
    const pages = new Uint8Array(SIZE);
    for (let end = 0; end < WHOLE.length; end += 1)
      expect(() => decompress(CODEC_ZSTD, WHOLE.subarray(0, end), pages), `${end} bytes`).toThrow(
        expect.objectContaining({ code: 'FORMAT_INVALID' }),
      );
  });

  it('refuses raw pages of another size, a codec that it does not know, and columns that no page has', async () => {
    const { decompress } = await load();
    const pages = new Uint8Array(SIZE);
    for (const [codec, bytes] of [
      [CODEC_RAW, CONTENT.subarray(1)],
      [2, CONTENT],
      [4, CONTENT],
      [CODEC_ZSTD_COLUMNS, WHOLE],
      [CODEC_ZSTD_COLUMNS, frame(new Uint8Array(SIZE + 8))],
    ] as const)
      expect(() => decompress(codec, bytes, pages), `codec ${codec}`).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }));
  });
});
