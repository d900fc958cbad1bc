/** What a reader says of a frame that is none of its place, though its checksum is right. */

import { xxh64 } from '@node-rs/xxhash';
import { expect, test } from 'vitest';
import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES, FRAME_VERSION, type FrameFault, type FrameReading, readFrame, sealFrame } from './frame.ts';

const IDENTITY = { storeId: new Uint8Array(16).fill(7), epoch: 2, segment: 3 };
const PAYLOAD_BYTES = 48;
const BYTES = FRAME_HEADER_BYTES + PAYLOAD_BYTES;
const HEADER = { offset: 4_096, firstLsn: 7, count: 2, payloadBytes: PAYLOAD_BYTES, durableLsn: 6, previousHash: 5n };
const UNSAFE = 1n << 53n;

function reading(change: (view: DataView, bytes: Uint8Array) => void, isMended = true): FrameReading {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  sealFrame(bytes, view, 0, IDENTITY, HEADER);
  change(view, bytes);
  if (isMended) view.setBigUint64(0, xxh64(bytes.subarray(8)), true);
  return readFrame(bytes, view, 0, BYTES, HEADER.offset, IDENTITY);
}

test('as it was written it is whole', () => {
  expect(reading(() => {})).toMatchObject({ ok: true, header: { ...HEADER, epoch: 2, segment: 3 } });
});

test.each<[string, (view: DataView, bytes: Uint8Array) => void, FrameFault, number]>([
  ['does not begin as one', (view) => view.setUint32(8, 0, true), 'absent', FRAME_HEADER_BYTES],
  ['is of a newer version', (view) => view.setUint16(12, FRAME_VERSION + 1, true), 'newerVersion', FRAME_HEADER_BYTES],
  ['is larger than frames are', (view) => view.setUint32(60, FRAME_BYTES_MAX, true), 'malformed', FRAME_HEADER_BYTES],
  ['ends within a word', (view) => view.setUint32(60, PAYLOAD_BYTES - 4, true), 'malformed', FRAME_HEADER_BYTES],
  ['has no record', (view) => view.setUint32(56, 0, true), 'malformed', FRAME_HEADER_BYTES],
  ['has more records than fit into it', (view) => view.setUint32(56, 3, true), 'malformed', FRAME_HEADER_BYTES],
  ['is longer than what is there', (view) => view.setUint32(60, PAYLOAD_BYTES + 8, true), 'short', BYTES + 8],
  ['has a place that is not exact', (view) => view.setBigUint64(40, UNSAFE, true), 'malformed', BYTES],
  ['begins before the first LSN', (view) => view.setBigUint64(48, 0n, true), 'malformed', BYTES],
  ['begins at an LSN that is not exact', (view) => view.setBigUint64(48, UNSAFE, true), 'malformed', BYTES],
  ['names a durable LSN that is not exact', (view) => view.setBigUint64(64, UNSAFE, true), 'malformed', BYTES],
  ['is of another epoch', (view) => view.setUint32(32, 1, true), 'misplaced', BYTES],
  ['is of another segment', (view) => view.setUint32(36, 1, true), 'misplaced', BYTES],
  ['is of another place in its segment', (view) => view.setBigUint64(40, 0n, true), 'misplaced', BYTES],
  ['is of another store', (_, bytes) => bytes.fill(8, 31, 32), 'misplaced', BYTES],
])('one that %s is told as that', (_, change, fault, need) => {
  expect(reading(change)).toEqual({ ok: false, fault, need });
});

test('one of whose bytes any was changed is none', () => {
  for (let at = 0; at < BYTES; at += 1)
    expect(
      reading((_, bytes) => {
        bytes[at]! ^= 1 << (at % 8);
      }, false).ok,
      `byte ${at}`,
    ).toBe(false);
});
