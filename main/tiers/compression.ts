/**
 * Compression of pages: zstd of their bytes rearranged (byte-planes.ts), where the runtime has it; a runtime without it reads zstd and
 * writes raw, visibly.
 */

import zlib from 'node:zlib';
import { decompress as decompressPortable } from 'fzstd';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { fromPlanes, toPlanes } from './byte-planes.ts';

export const CODEC_RAW = 0;
/** zstd of the pages as they are: what earlier releases wrote. */
export const CODEC_ZSTD = 1;
export const CODEC_ZSTD_PLANES = 2;
export type Codec = typeof CODEC_RAW | typeof CODEC_ZSTD | typeof CODEC_ZSTD_PLANES;

const native = zlib as { zstdCompressSync?: typeof zlib.zstdCompressSync; zstdDecompressSync?: typeof zlib.zstdDecompressSync };

/** What this runtime writes. */
export const writableCodec: Codec = native.zstdCompressSync ? CODEC_ZSTD_PLANES : CODEC_RAW;

/** Output is collected in buffers of this size at most: Node's 16 KiB would make a call into zstd of each, and a copy of all in the end. */
const OUTPUT_BYTES_MAX = 1 << 20;
/** What Node asks for at least. */
const OUTPUT_BYTES_MIN = 64;

/** @param bytes whole pages, 4-byte aligned */
export function compress(bytes: Uint8Array): { codec: Codec; bytes: Uint8Array } {
  if (!native.zstdCompressSync) return { codec: CODEC_RAW, bytes };
  const planes = new Uint8Array(bytes.length);
  toPlanes(bytes, planes);
  const compressed = native.zstdCompressSync(planes, {
    chunkSize: Math.max(OUTPUT_BYTES_MIN, Math.min(bytes.length, OUTPUT_BYTES_MAX)),
    params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 },
  });
  return compressed.length < bytes.length ? { codec: CODEC_ZSTD_PLANES, bytes: compressed } : { codec: CODEC_RAW, bytes };
}

/**
 * Decompresses to exactly `size` bytes. The caller has checked the checksum of the stored bytes.
 *
 * @throws RearmError FORMAT_INVALID for an unknown codec, or where the content does not have the declared size
 */
export function decompress(codec: number, bytes: Uint8Array, size: number): Uint8Array {
  if (codec === CODEC_RAW) {
    if (bytes.length !== size) throw new RearmError('FORMAT_INVALID', `a raw chunk has ${bytes.length} bytes, not ${size}`, {});
    return bytes;
  }
  if (codec !== CODEC_ZSTD && codec !== CODEC_ZSTD_PLANES) throw new RearmError('FORMAT_INVALID', `codec ${codec} is not known`, { codec });
  let content: Uint8Array;
  try {
    content = native.zstdDecompressSync
      ? native.zstdDecompressSync(bytes, { maxOutputLength: size })
      : decompressPortable(bytes, new Uint8Array(size));
  } catch (error) {
    throw new RearmError('FORMAT_INVALID', `a chunk does not decompress: ${(error as Error).message}`, {}, error);
  }
  if (content.length !== size) throw new RearmError('FORMAT_INVALID', `a chunk decompresses to ${content.length} bytes, not ${size}`, {});
  if (codec === CODEC_ZSTD) return content;
  if (size % PAGE_BYTES !== 0) throw new RearmError('FORMAT_INVALID', `a chunk of ${size} bytes holds no whole pages`, {});
  const pages = new Uint8Array(size);
  fromPlanes(content, pages);
  return pages;
}
