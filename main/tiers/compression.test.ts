import zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { decompress, writableCodec } from './compression.ts';

const CODEC_RAW = 0;
/** zstd over the pages as they are: what earlier releases wrote. */
const CODEC_ZSTD = 1;
const pages = (): Uint8Array => new Uint8Array(2 * PAGE_BYTES);
const zstd = (bytes: Uint8Array): Uint8Array => zlib.zstdCompressSync(bytes);

test.each<[string, number, Uint8Array, string]>([
  ['raw pages that are too few', CODEC_RAW, new Uint8Array(PAGE_BYTES), 'a raw chunk has 4096 bytes, not 8192'],
  ['raw pages that are too many', CODEC_RAW, new Uint8Array(3 * PAGE_BYTES), 'a raw chunk has 12288 bytes, not 8192'],
  ['packed pages that are too few', CODEC_ZSTD, zstd(new Uint8Array(PAGE_BYTES)), 'a chunk decompresses to 4096 bytes, not 8192'],
  ['packed pages that are too many', CODEC_ZSTD, zstd(new Uint8Array(3 * PAGE_BYTES)), 'a chunk does not decompress'],
  ['packed columns that are too few', writableCodec, zstd(new Uint8Array(PAGE_BYTES)), 'a chunk decompresses to'],
  ['a codec that there is not', 99, new Uint8Array(2 * PAGE_BYTES), 'codec 99 is not known'],
])('a chunk is refused: %s', (_, codec, bytes, words) => {
  expect(() => decompress(codec, bytes, pages())).toThrow(
    expect.objectContaining({ code: 'FORMAT_INVALID', message: expect.stringContaining(words) }),
  );
});
