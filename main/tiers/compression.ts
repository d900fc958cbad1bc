/**
 * Compression of pages: zstd of their columns (columns.ts), where the runtime has it; a runtime without it reads zstd and writes raw, visibly.
 */

import zlib from 'node:zlib';
import { Decompress as PortableDecompress } from 'fzstd';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { columnsBytes, fromColumns, toColumns } from './columns.ts';
import { requireOneFrame, undecompressed } from './zstd-frame.ts';

export const CODEC_RAW = 0;
/** zstd of the pages as they are: what earlier versions wrote. */
export const CODEC_ZSTD = 1;
/** 2 is not used: it was another arrangement, and never released. */
export const CODEC_ZSTD_COLUMNS = 3;
export type Codec = typeof CODEC_RAW | typeof CODEC_ZSTD_COLUMNS;

const native = zlib as { zstdCompressSync?: typeof zlib.zstdCompressSync; zstdDecompressSync?: typeof zlib.zstdDecompressSync };

/** What this runtime writes. */
export const writableCodec: Codec = native.zstdCompressSync ? CODEC_ZSTD_COLUMNS : CODEC_RAW;

/** Output is collected in buffers of this size at most: Node's 16 KiB would make a call into zstd of each, and a copy of all in the end. */
const OUTPUT_BYTES_MAX = 1 << 20;
/** What Node asks for at least. */
const OUTPUT_BYTES_MIN = 64;

/**
 * @param pages whole pages, 4-byte aligned
 * @param columns scratch, columnsBytes of them or more, for whoever compresses one chunk after the other
 */
export function compress(
  pages: Uint8Array,
  columns = new Uint8Array(columnsBytes(pages.length / PAGE_BYTES)),
): { codec: Codec; bytes: Uint8Array } {
  if (!native.zstdCompressSync) return { codec: CODEC_RAW, bytes: pages };
  const arranged = columns.subarray(0, columnsBytes(pages.length / PAGE_BYTES));
  toColumns(pages, arranged);
  const bytes = native.zstdCompressSync(arranged, {
    chunkSize: Math.max(OUTPUT_BYTES_MIN, Math.min(pages.length, OUTPUT_BYTES_MAX)),
    params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 },
  });
  return bytes.length < pages.length ? { codec: CODEC_ZSTD_COLUMNS, bytes } : { codec: CODEC_RAW, bytes: pages };
}

/** @throws where it is no frame, or holds anything but `size` bytes */
function unpackPortable(bytes: Uint8Array, size: number): Uint8Array {
  // By its blocks: given a whole buffer, it tells neither what did not fit, nor what was left of it.
  const content = new Uint8Array(size);
  let have = 0;
  new PortableDecompress((part) => {
    content.set(part, have);
    have += part.length;
  }).push(bytes, true);
  return content.subarray(0, have);
}

function unpack(bytes: Uint8Array, size: number): Uint8Array {
  requireOneFrame(bytes, size);
  let content: Uint8Array;
  try {
    content = native.zstdDecompressSync ? native.zstdDecompressSync(bytes, { maxOutputLength: size }) : unpackPortable(bytes, size);
  } catch (error) {
    // Of the process: whether the frame is whole is not known.
    if (String((error as { code?: unknown }).code).includes('memory_allocation'))
      throw systemFailure('ENOMEM', 'decompress', 'a chunk', error);
    throw undecompressed((error as Error).message, error);
  }
  if (content.length !== size) throw undecompressed(`it holds ${content.length} bytes, not ${size}`);
  return content;
}

/**
 * Fills `pages` exactly. The caller has checked the checksum of the stored bytes.
 *
 * @param pages whole pages, 4-byte aligned; unspecified where this throws
 * @throws RearmError FORMAT_INVALID for an unknown codec, for anything but one frame, or where the content does not have that size: found out
 *   in memory for `pages` once more, whatever the frame says
 */
export function decompress(codec: number, bytes: Uint8Array, pages: Uint8Array): void {
  if (codec === CODEC_ZSTD_COLUMNS) {
    const columns = unpack(bytes, columnsBytes(pages.length / PAGE_BYTES));
    fromColumns(columns.byteOffset % 4 === 0 ? columns : Uint8Array.from(columns), pages);
    return;
  }
  if (codec !== CODEC_RAW && codec !== CODEC_ZSTD) throw new RearmError('FORMAT_INVALID', `codec ${codec} is not known`, { codec });
  const content = codec === CODEC_ZSTD ? unpack(bytes, pages.length) : bytes;
  if (content.length !== pages.length)
    throw new RearmError('FORMAT_INVALID', `a raw chunk has ${content.length} bytes, not ${pages.length}`, {});
  pages.set(content);
}
