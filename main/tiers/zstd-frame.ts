/**
 * The outside of a zstd frame (RFC 8878, 3.1.1), as far as it says what decompressing it takes. Decoders stop after the first frame, or take
 * the next one too, and believe a frame what memory it wants: here everything that does not belong to one chunk is refused first.
 */

import { RearmError } from '../../shared/errors.ts';

const MAGIC = 0xfd2f_b528;
const FIXED_BYTES = 5;
/** No block is larger, compressed or not. */
const BLOCK_BYTES_MAX = 128 << 10;
const BLOCK_REPEATED = 1;
const BLOCK_RESERVED = 3;
/** The smallest that a frame can name. */
const WINDOW_BYTES_MIN = 1 << 10;

export const undecompressed = (why: string, cause?: unknown): RearmError =>
  new RearmError('FORMAT_INVALID', `a chunk does not decompress: ${why}`, {}, cause);

/**
 * Bytes are one frame from end to end, which says that it holds `size` bytes, and needs no dictionary and no window beyond them.
 *
 * @throws RearmError FORMAT_INVALID for anything else
 */
export function requireOneFrame(bytes: Uint8Array, size: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const need = (end: number): void => {
    if (end > bytes.length) throw undecompressed(`its frame is cut off after ${bytes.length} bytes`);
  };
  need(FIXED_BYTES + 1);
  if (view.getUint32(0, true) !== MAGIC) throw undecompressed('it is no frame of zstd');
  const descriptor = bytes[4]!;
  if ((descriptor & 0b1011) !== 0) throw undecompressed('its frame needs a dictionary, or another decoder');
  const isSingleSegment = (descriptor & 0b10_0000) !== 0;
  const sizeAt = isSingleSegment ? FIXED_BYTES : FIXED_BYTES + 1;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  need(sizeAt + sizeBytes);
  const stated =
    sizeBytes === 1
      ? bytes[sizeAt]!
      : sizeBytes === 2
        ? view.getUint16(sizeAt, true) + 256
        : sizeBytes === 4
          ? view.getUint32(sizeAt, true)
          : sizeBytes === 8
            ? view.getBigUint64(sizeAt, true)
            : null;
  if (stated === null || Number(stated) !== size)
    throw undecompressed(`its frame holds ${stated ?? 'nobody says how many'} bytes, not ${size}`);
  if (!isSingleSegment) {
    const base = 2 ** (10 + (bytes[FIXED_BYTES]! >> 3));
    const window = base + (base / 8) * (bytes[FIXED_BYTES]! & 7);
    if (window > Math.max(size, WINDOW_BYTES_MIN)) throw undecompressed(`its frame wants a window of ${window} bytes for ${size}`);
  }
  let at = sizeAt + sizeBytes;
  for (let isLast = false; !isLast; ) {
    need(at + 3);
    const header = view.getUint16(at, true) | (bytes[at + 2]! << 16);
    isLast = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    const length = header >> 3;
    if (type === BLOCK_RESERVED || length > BLOCK_BYTES_MAX) throw undecompressed(`its frame has no block at byte ${at}`);
    at += 3 + (type === BLOCK_REPEATED ? 1 : length);
    need(at);
  }
  // A checksum of the content.
  if ((descriptor & 0b100) !== 0) at += 4;
  need(at);
  if (at < bytes.length) throw undecompressed(`${bytes.length - at} bytes lie behind its frame`);
}
