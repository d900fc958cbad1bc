/** Where the records of a frame are over: with its payload, or, of an aligned frame, with zeros up to the end of its last block. */

import { RearmError } from '../../shared/errors.ts';
import { isZero } from '../storage/zeros.ts';
import { FRAME_BLOCK_BYTES, FRAME_HEADER_BYTES, type FrameHeader } from './frame.ts';

/** @param at where the last record ends in `bytes`. @throws RearmError FORMAT_INVALID where something else lies behind it */
export function checkFrameEnd(header: FrameHeader, bytes: Uint8Array, payloadAt: number, at: number): void {
  const end = payloadAt + header.payloadBytes;
  if (at === end) return;
  const isAligned = (header.offset + FRAME_HEADER_BYTES + header.payloadBytes) % FRAME_BLOCK_BYTES === 0;
  if (isAligned && end - at < FRAME_BLOCK_BYTES && isZero(bytes.subarray(at, end))) return;
  throw new RearmError('FORMAT_INVALID', `the frame at LSN ${header.firstLsn} does not end with its last record`, {});
}
