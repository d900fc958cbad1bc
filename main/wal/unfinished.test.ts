/** What a header that cannot be read says of its segment. */

import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { storeLayout } from '../store/layout.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { LINEAGE, newLog, STORE_ID } from './log.test-support.ts';
import { readLog } from './log-reader.ts';
import { SEGMENT_HEADER_BYTES, SEGMENT_SIZE_AT, segmentName } from './segment.ts';
import { durableBefore } from './segment-reader.ts';
import { scanSegments } from './segment-scan.ts';
import { isUnfinished } from './unfinished.ts';

const layout = storeLayout('/store');
const RECORD_BYTES = 32;

function flip(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3]! ^= 1 << (bit & 7);
}

/** A log of three frames in one segment, whose bytes were changed. */
function changed(change: (segment: Uint8Array) => void) {
  const tree = new FileTree(['/', layout.root, layout.wal]);
  const storage = new SimulatedStorage({ tree });
  const log = newLog({ storage, layout });
  for (let lsn = 1; lsn <= 3; lsn += 1) {
    const frame = new FrameBuffer();
    frame.quads[frame.end >> 2] = RECORD_BYTES;
    frame.added(frame.end + RECORD_BYTES, lsn, false);
    log.write(frame);
  }
  log.close();
  const path = `${layout.wal}/${segmentName(1, 1)}`;
  const bytes = tree.bytes(path);
  change(bytes);
  tree.put(path, bytes);
  return { storage, scan: scanSegments(storage, layout, STORE_ID, LINEAGE) };
}

const unfinished = (change: (segment: Uint8Array) => void): boolean => {
  const { storage, scan } = changed(change);
  expect(scan.errors).toHaveLength(1);
  return isUnfinished(storage, layout, STORE_ID, scan, segmentName(1, 1), null);
};

test('one that ends anywhere before its last byte was being written, whatever frames stand behind it', () => {
  // 8192 bytes: the second byte of the size is the last that is not zero.
  for (let end = 1; end <= SEGMENT_SIZE_AT + 1; end += 1)
    expect(
      unfinished((segment) => segment.fill(0, end, SEGMENT_HEADER_BYTES)),
      `cut at ${end}`,
    ).toBe(true);
});

test('one that is whole to its end is damaged, whichever of its bits is', () => {
  for (let bit = 0; bit < (SEGMENT_SIZE_AT + 8) * 8; bit += 1) {
    const at = bit >> 3;
    const isSize = at === SEGMENT_SIZE_AT + 1 && 1 << (bit & 7) === 0x20;
    // What bears another version is refused by that name, and a size of zero is that of a header that was cut.
    if (at === 12 || at === 13 || isSize) continue;
    expect(
      unfinished((segment) => flip(segment, bit)),
      `bit ${bit}`,
    ).toBe(false);
  }
});

test('one whose first frame is bad as well does not tell where it began, and proves nothing durable', () => {
  const header = (segment: Uint8Array) => flip(segment, SEGMENT_SIZE_AT * 8);
  expect(changed(header).scan.segments.map(durableBefore)).toEqual([0]);
  const { storage, scan } = changed((segment) => {
    header(segment);
    flip(segment, (SEGMENT_HEADER_BYTES + 90) * 8);
  });
  const [segment] = scan.segments;
  expect([segment!.firstLsn, durableBefore(segment!)]).toEqual([2, 0]);
  const before = { ...segment!, name: segmentName(1, 0), firstLsn: 1, beginsEarlier: false, segment: 0 };
  const end = readLog({ storage, storeId: STORE_ID, segments: [before, segment!], fromLsn: 1, visit: () => undefined });
  expect(end).toMatchObject({ kind: 'damaged', lastLsn: 0, durableSeen: 0 });
});
