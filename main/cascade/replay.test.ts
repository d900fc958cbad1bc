/** Frames that a right checksum covers and that no engine writes. */

import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/disk.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { Image } from '../image/image.ts';
import { RECORD_HEADER_BYTES } from '../operations/record.ts';
import { systemClock } from '../storage/native.ts';
import { storeLayout } from '../store/layout.ts';
import { FrameBuffer } from '../wal/frame-buffer.ts';
import { LogWriter } from '../wal/log-writer.ts';
import { scanSegments } from '../wal/segment-scan.ts';
import { replay } from './replay.ts';

const layout = storeLayout('/store');
const storeId = new Uint8Array(16).fill(0xab);

/** Replays a log of frames that hold as many records as is said first, and say that they hold as many as is said second. */
function replayed(frames: readonly (readonly [held: number, said: number])[]) {
  const storage = new SimulatedStorage({ tree: new FileTree(['/', layout.root, layout.wal]) });
  const writer = new LogWriter({
    storage,
    clock: systemClock,
    layout,
    storeId,
    lock: { holds: () => true, release: () => {} },
    segmentBytes: 8192,
    start: { epoch: 1, lsn: 0, headHash: 0n },
    tell: (trouble) => expect.unreachable(trouble.message),
  });
  for (const [held, said] of frames) {
    const frame = new FrameBuffer();
    const end = frame.end + held * RECORD_HEADER_BYTES;
    for (let at = frame.end; at < end; at += RECORD_HEADER_BYTES) frame.quads[at >> 2] = RECORD_HEADER_BYTES;
    frame.added(end, writer.writtenLsn + 1, true, said);
    writer.write(frame);
  }
  writer.close();
  const { segments } = scanSegments(storage, layout, storeId, [{ epoch: 1, from: 0, to: Number.POSITIVE_INFINITY }]);
  return replay(new Image({}), { storage, storeId, segments, from: 0, baseLsn: 0, to: Number.POSITIVE_INFINITY });
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
