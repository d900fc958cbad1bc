/** Which segments go: those that every kept copy is ahead of, and that are older than the window. */

import { expect, it } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { storeLayout } from '../store/layout.ts';
import { freeLog, type LogFloor } from './floor.ts';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, segmentName } from './segment.ts';

const LAYOUT = storeLayout('/store');
const STORE_ID = new Uint8Array(16).fill(7);
const BYTES = 8_192;

interface Made {
  readonly epoch?: number;
  /** Neither of them: prepared, and never used. */
  readonly firstLsn?: number;
  readonly createdNs?: bigint;
  readonly damaged?: boolean;
}

/** The numbers of the segments that stay; an epoch's own begin at 1. */
function left(segments: readonly Made[], floor: LogFloor): { left: string[]; freed: number } {
  const tree = new FileTree();
  const storage = new SimulatedStorage({ tree });
  storage.makeDirectory(LAYOUT.wal);
  const numbers = new Map<number, number>();
  for (const { epoch = 1, firstLsn, createdNs = 0n, damaged } of segments) {
    const segment = (numbers.get(epoch) ?? 0) + 1;
    numbers.set(epoch, segment);
    const header = encodeSegmentHeader({
      storeId: STORE_ID,
      epoch,
      segment,
      firstLsn: firstLsn ?? 0,
      previousHash: 0n,
      createdNs,
      bytes: BYTES,
    });
    const bytes = new Uint8Array(BYTES);
    if (firstLsn !== undefined) bytes.set(header.subarray(0, SEGMENT_HEADER_BYTES));
    if (damaged) bytes[50]! ^= 1;
    tree.put(`${LAYOUT.wal}/${segmentName(epoch, segment)}`, bytes);
  }
  const freed = freeLog(storage, LAYOUT, STORE_ID, floor);
  return { left: storage.list(LAYOUT.wal), freed };
}

const FOUR = [
  { firstLsn: 1, createdNs: 10n },
  { firstLsn: 101, createdNs: 20n },
  { firstLsn: 201, createdNs: 30n },
  { firstLsn: 301, createdNs: 40n },
];
const names = (...segments: readonly number[]) => segments.map((segment) => segmentName(1, segment));

it.each([
  ['nothing is behind the floor', { lsn: 99, createdBeforeNs: 1_000n }, [1, 2, 3, 4]],
  ['the floor is the last operation of a segment', { lsn: 100, createdBeforeNs: 1_000n }, [2, 3, 4]],
  ['the floor is in the middle of a segment', { lsn: 250, createdBeforeNs: 1_000n }, [3, 4]],
  ['everything is behind the floor: the last one is being written', { lsn: 9_999, createdBeforeNs: 1_000n }, [4]],
  ['the window reaches further back than the floor', { lsn: 9_999, createdBeforeNs: 29n }, [2, 3, 4]],
  ['a segment was ended when the window began', { lsn: 9_999, createdBeforeNs: 30n }, [3, 4]],
  ['the window holds everything', { lsn: 9_999, createdBeforeNs: 19n }, [1, 2, 3, 4]],
] as const)('what stays where %s', (_, floor, stay) => {
  const result = left(FOUR, floor);
  expect(result.left).toEqual(names(...stay));
  expect(result.freed).toBe((FOUR.length - stay.length) * BYTES);
});

it('a segment that was prepared and never used goes with its neighbours, and keeps none of them', () => {
  const segments = [...FOUR.slice(0, 2), {}, { epoch: 2, firstLsn: 201, createdNs: 30n }, { epoch: 2, firstLsn: 301, createdNs: 40n }];
  expect(left(segments, { lsn: 250, createdBeforeNs: 1_000n }).left).toEqual([segmentName(2, 1), segmentName(2, 2)]);
});

it('nothing goes from a segment on that cannot be read: it is evidence, and so is what follows', () => {
  const segments = FOUR.map((segment, i) => ({ ...segment, damaged: i === 1 }));
  // Where the damaged one begins is not known, so that its predecessor stays as well.
  expect(left(segments, { lsn: 9_999, createdBeforeNs: 1_000n }).left).toEqual(names(1, 2, 3, 4));
});
