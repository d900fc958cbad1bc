/** Frames that a right checksum covers and that no engine writes. */

import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { Image } from '../image/image.ts';
import { RECORD_HEADER_BYTES } from '../operations/record.ts';
import { storeLayout } from '../store/layout.ts';
import { FrameBuffer } from '../wal/frame-buffer.ts';
import { newLog, STORE_ID, segmentsOf } from '../wal/log.test-support.ts';
import { replay } from './replay.ts';

const layout = storeLayout('/store');

/** Replays a log of frames that hold as many records as is said first, and say that they hold as many as is said second. */
function replayed(frames: readonly (readonly [held: number, said: number])[]) {
  const storage = new SimulatedStorage({ tree: new FileTree(['/', layout.root, layout.wal]) });
  const writer = newLog({ storage, layout });
  for (const [held, said] of frames) {
    const frame = new FrameBuffer();
    const end = frame.end + held * RECORD_HEADER_BYTES;
    for (let at = frame.end; at < end; at += RECORD_HEADER_BYTES) frame.quads[at >> 2] = RECORD_HEADER_BYTES;
    frame.added(end, writer.writtenLsn + 1, true, said);
    writer.write(frame);
  }
  writer.close();
  const segments = segmentsOf(storage, layout);
  return replay(new Image({}), { storage, storeId: STORE_ID, segments, from: 0, baseLsn: 0, to: Number.POSITIVE_INFINITY });
}

test('a frame that holds more than the records it counts is damage, and nothing behind it is taken: an operation would be left out', () => {
  const whole = replayed([
    [1, 1],
    [2, 2],
    [1, 1],
  ]);
  expect(whole).toMatchObject({ replayed: 4, spoilt: false, end: { kind: 'end', lastLsn: 4 } });
  const spoilt = replayed([
    [1, 1],
    [2, 1],
    [1, 1],
  ]);
  expect(spoilt).toMatchObject({ spoilt: true, end: { kind: 'damaged', lastLsn: 1 } });
});
