/** A mark as it is stored. */

import { expect, test } from 'vitest';
import { type CheckpointMark, decodeMark, encodeMark, MARK_BYTES } from './checkpoint.ts';

const MARK: CheckpointMark = { epoch: 3, lsn: 0, headHash: 5n, hotRoot: 7n, coldRoot: 9n, pageCount: 11, takenNs: -13n };

test('a mark comes back as it was written, up to the last LSN that is exact; one of a higher LSN is none', () => {
  const view = new DataView(new ArrayBuffer(MARK_BYTES));
  for (const lsn of [0, 1, Number.MAX_SAFE_INTEGER]) {
    encodeMark(view, 0, { ...MARK, lsn });
    expect(decodeMark(view, 0)).toEqual({ ...MARK, lsn });
  }
  view.setBigUint64(8, BigInt(Number.MAX_SAFE_INTEGER) + 1n, true);
  expect(decodeMark(view, 0)).toBeNull();
});
