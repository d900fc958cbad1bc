/** Aligned frames: each takes whole blocks, whatever its buffer held before, and nothing but zeros lies behind its last record. */

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { NativeStorage } from '../storage/native.ts';
import { storeLayout } from '../store/layout.ts';
import { FRAME_BLOCK_BYTES, FRAME_HEADER_BYTES, type FrameHeader } from './frame.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { checkFrameEnd } from './frame-end.ts';
import { newLog, STORE_ID, segmentsOf } from './log.test-support.ts';
import { readLog } from './log-reader.ts';
import { SEGMENT_HEADER_BYTES } from './segment.ts';

const RECORD_BYTES = 32;
const root = fs.mkdtempSync(join(os.tmpdir(), 'rearm-aligned-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

test('each begins at a block, and its records are followed by zeros', () => {
  const layout = storeLayout(root);
  fs.mkdirSync(layout.wal, { recursive: true });
  const storage = new NativeStorage();
  // Several segments: a frame that takes a whole one begins another.
  const segmentBytes = SEGMENT_HEADER_BYTES + 4 * FRAME_BLOCK_BYTES;
  const log = newLog({ storage, layout, segmentBytes, frameAlignmentBytes: FRAME_BLOCK_BYTES });
  const fitting = (FRAME_BLOCK_BYTES - FRAME_HEADER_BYTES) / RECORD_BYTES;
  const counts = [200, 1, Math.floor(fitting), Math.ceil(fitting), 3, 600, 2];
  const frame = new FrameBuffer(FRAME_BLOCK_BYTES);
  let lsn = 1;
  for (const count of counts) {
    for (let i = 0; i < count; i += 1, lsn += 1) {
      frame.reserve(RECORD_BYTES);
      frame.bytes.fill(0xcd, frame.end, frame.end + RECORD_BYTES);
      frame.added(frame.end + RECORD_BYTES, lsn, true);
    }
    log.write(frame);
    log.sync();
    frame.clear();
  }
  log.close();
  const segments = segmentsOf(storage, layout);
  const read: number[] = [];
  const end = readLog({
    storage,
    storeId: STORE_ID,
    segments,
    fromLsn: 1,
    visit: ({ header, offset, bytes, payloadAt }) => {
      expect([offset % FRAME_BLOCK_BYTES, (FRAME_HEADER_BYTES + header.payloadBytes) % FRAME_BLOCK_BYTES]).toEqual([0, 0]);
      const recordsEnd = payloadAt + header.count * RECORD_BYTES;
      expect(bytes.subarray(payloadAt, recordsEnd).every((byte) => byte === 0xcd)).toBe(true);
      expect(bytes.subarray(recordsEnd, payloadAt + header.payloadBytes).every((byte) => byte === 0)).toBe(true);
      read.push(header.count);
      return undefined;
    },
  });
  expect([end.kind, read]).toEqual(['end', counts]);
  expect(segments.length).toBeGreaterThan(2);
});

test('behind the last record are zeros up to the end of its block, or nothing', () => {
  const said = (payloadBytes: number, recordBytes: number, change: (bytes: Uint8Array) => void = () => {}) => {
    const bytes = new Uint8Array(FRAME_HEADER_BYTES + payloadBytes);
    change(bytes);
    const header = { offset: 2 * FRAME_BLOCK_BYTES, payloadBytes, firstLsn: 7 } as FrameHeader;
    return () => checkFrameEnd(header, bytes, FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + recordBytes);
  };
  const block = FRAME_BLOCK_BYTES - FRAME_HEADER_BYTES;
  expect(said(200, 200)).not.toThrow();
  expect(said(block, 200)).not.toThrow();
  expect(said(block + FRAME_BLOCK_BYTES, block + 8)).not.toThrow();
  const refused = expect.objectContaining({ code: 'FORMAT_INVALID' });
  for (const wrong of [
    said(208, 200),
    said(block, 208, (bytes) => bytes.fill(1, -1)),
    said(block, 208, (bytes) => bytes.fill(1, FRAME_HEADER_BYTES + 208, FRAME_HEADER_BYTES + 209)),
    // A block of nothing but zeros would not have been written.
    said(block + FRAME_BLOCK_BYTES, block),
  ])
    expect(wrong).toThrow(refused);
});
