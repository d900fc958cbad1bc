import { expect, test } from 'vitest';
import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES, readFrame } from './frame.ts';
import { FrameBuffer } from './frame-buffer.ts';

test('a frame that is being filled never grows beyond what a reader takes', () => {
  const frame = new FrameBuffer();
  frame.reserve(FRAME_BYTES_MAX - frame.end);
  expect(() => frame.reserve(FRAME_BYTES_MAX - frame.end + 1)).toThrow(expect.objectContaining({ code: 'RING_FULL' }));
});

test('less than a header is short, wherever in its buffer it lies', () => {
  const bytes = new Uint8Array(2 * FRAME_HEADER_BYTES);
  const identity = { storeId: new Uint8Array(16), epoch: 1, segment: 1 };
  const reading = (start: number, end: number) => readFrame(bytes, new DataView(bytes.buffer), start, end, 0, identity);
  expect(reading(8, FRAME_HEADER_BYTES)).toEqual({ ok: false, fault: 'short', need: FRAME_HEADER_BYTES });
  expect(reading(bytes.length - 4, bytes.length)).toEqual({ ok: false, fault: 'short', need: FRAME_HEADER_BYTES });
});
