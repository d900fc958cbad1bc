/** Frames that a right checksum covers and that no engine writes. */

import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { Image } from '../image/image.ts';
import { RECORD_HEADER_BYTES } from '../operations/record.ts';
import { storeLayout } from '../store/layout.ts';
import { FrameBuffer } from '../wal/frame-buffer.ts';
import { newLog, STORE_ID, segmentsOf } from '../wal/log.test-support.ts';
import { SEGMENT_VERSION } from '../wal/segment.ts';
import type { LogSegment } from '../wal/segment-reader.ts';
import { replay } from './replay.ts';

const layout = storeLayout('/store');

interface Log {
  readonly storage: SimulatedStorage;
  readonly segments: readonly LogSegment[];
}

const replayOf = ({ storage, segments }: Log) =>
  replay(new Image({}), { storage, storeId: STORE_ID, segments, from: 0, baseLsn: 0, to: Number.POSITIVE_INFINITY });

/** A log of frames that hold as many records as is said first, and say that they hold as many as is said second. @param changes that each record counts */
function logOf(frames: readonly (readonly [held: number, said: number])[], changes = 0): Log {
  const storage = new SimulatedStorage({ tree: new FileTree(['/', layout.root, layout.wal]) });
  const writer = newLog({ storage, layout });
  for (const [held, said] of frames) {
    const frame = new FrameBuffer();
    const end = frame.end + held * RECORD_HEADER_BYTES;
    for (let at = frame.end; at < end; at += RECORD_HEADER_BYTES) {
      frame.quads[at >> 2] = RECORD_HEADER_BYTES;
      frame.quads[(at + 20) >> 2] = changes;
    }
    frame.added(end, writer.writtenLsn + 1, true, said);
    writer.write(frame);
  }
  writer.close();
  return { storage, segments: segmentsOf(storage, layout) };
}

test('a frame that holds more than the records it counts is damage, and nothing behind it is taken: an operation would be left out', () => {
  const whole = replayOf(
    logOf([
      [1, 1],
      [2, 2],
      [1, 1],
    ]),
  );
  expect(whole).toMatchObject({ replayed: 4, spoilt: false, end: { kind: 'end', lastLsn: 4 } });
  const spoilt = replayOf(
    logOf([
      [1, 1],
      [2, 1],
      [1, 1],
    ]),
  );
  expect(spoilt).toMatchObject({ spoilt: true, end: { kind: 'damaged', lastLsn: 1 } });
});

test('operations without rows are replayed from a segment of an older release, those with rows are refused: their layout is another one', () => {
  const older = ({ storage, segments }: Log): Log => ({
    storage,
    segments: segments.map((segment) => ({ ...segment, version: SEGMENT_VERSION - 1 })),
  });
  expect(replayOf(older(logOf([[2, 2]])))).toMatchObject({ replayed: 2, end: { kind: 'end', lastLsn: 2 } });
  expect(() => replayOf(older(logOf([[2, 2]], 1)))).toThrow(
    expect.objectContaining({ code: 'VERSION_OLDER', message: expect.stringContaining('LSN 1 ') }),
  );
});
