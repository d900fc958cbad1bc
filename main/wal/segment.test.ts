/** Headers of segments: what was not begun, and what is none of this store. */

import { xxh64 } from '@node-rs/xxhash';
import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { encodeSegmentHeader, readSegmentHeader, SEGMENT_HEADER_BYTES, SEGMENT_SIZE_AT, SEGMENT_VERSION } from './segment.ts';

const STORE_ID = new Uint8Array(16).fill(7);
const HEADER = { storeId: STORE_ID, epoch: 2, segment: 3, firstLsn: 9, previousHash: 5n, createdNs: 1n, bytes: 8_192 };

function read(bytes: Uint8Array) {
  const tree = new FileTree(['/']);
  tree.put('/segment', bytes);
  return readSegmentHeader(new SimulatedStorage({ tree }).open('/segment', 'read'), STORE_ID);
}

test('what was written is read; what is zero was not begun, whatever stands behind it', () => {
  expect(read(encodeSegmentHeader(HEADER))).toEqual({ ...HEADER, version: SEGMENT_VERSION });
  for (const size of [0, 100, SEGMENT_HEADER_BYTES]) expect(read(new Uint8Array(size))).toBeNull();
  expect(read(new Uint8Array(SEGMENT_HEADER_BYTES + 1).fill(1, SEGMENT_HEADER_BYTES))).toBeNull();
});

test.each<[string, (view: DataView, bytes: Uint8Array) => void, string, string]>([
  ['is something else', (view) => view.setUint32(8, 0, true), 'FORMAT_INVALID', 'is not a log segment'],
  ['is of a newer version', (view) => view.setUint16(12, SEGMENT_VERSION + 1, true), 'VERSION_NEWER', 'has format version'],
  ['is of a version that is not read any more', (view) => view.setUint16(12, 0, true), 'VERSION_OLDER', 'has format version 0'],
  ['begins at an LSN that no number holds', (view) => view.setBigUint64(40, 1n << 60n, true), 'FORMAT_INVALID', 'that no number holds'],
  [
    'has a size that no number holds',
    (view) => view.setBigUint64(SEGMENT_SIZE_AT, 1n << 60n, true),
    'FORMAT_INVALID',
    'that no number holds',
  ],
  ['is of another store', (_, bytes) => bytes.fill(8, 31, 32), 'STORE_FOREIGN', 'belongs to another store'],
])('one that %s is refused, though its checksum is right', (_, change, code, words) => {
  const bytes = encodeSegmentHeader(HEADER);
  const view = new DataView(bytes.buffer);
  change(view, bytes);
  view.setBigUint64(0, xxh64(bytes.subarray(8)), true);
  expect(() => read(bytes)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }));
});

test('one that is cut short is refused, though what it lacks is zero; one of which a byte was changed as well', () => {
  const bytes = encodeSegmentHeader(HEADER);
  expect(() => read(bytes.subarray(0, SEGMENT_HEADER_BYTES - 1))).toThrow(
    expect.objectContaining({ code: 'FORMAT_INVALID', message: '/segment is shorter than its header' }),
  );
  bytes[SEGMENT_HEADER_BYTES - 1] = 1;
  expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }));
});
