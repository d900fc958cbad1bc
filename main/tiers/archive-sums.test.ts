import { xxh64 } from '@node-rs/xxhash';
import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { readSums, writeSums } from './archive-sums.ts';

const PATH = '/store/l4/archive.sums';
const STORE_ID = new Uint8Array(16).fill(7);

/** The file, changed, its checksum mended. */
function forged(change: (bytes: Uint8Array, view: DataView) => Uint8Array | undefined): SimulatedStorage {
  const tree = new FileTree(['/', '/store', '/store/l4']);
  const storage = new SimulatedStorage({ tree });
  writeSums(storage, PATH, STORE_ID, { sealed: true, sums: BigUint64Array.of(1n, 2n, 3n) });
  const bytes = tree.bytes(PATH).slice();
  const left = change(bytes, new DataView(bytes.buffer)) ?? bytes;
  if (left.length >= 8) new DataView(left.buffer).setBigUint64(0, xxh64(left.subarray(8)), true);
  tree.put(PATH, left);
  return storage;
}

const codeOf = (storage: SimulatedStorage, storeId = STORE_ID): string => {
  try {
    readSums(storage, PATH, storeId);
    return 'taken';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
};

test('the checksums of the archive are those of this store, and as many as they say; one that is not is refused by name', () => {
  expect(codeOf(forged(() => undefined))).toBe('taken');
  expect(codeOf(forged((_, view) => void view.setUint32(8, 0x4d555353, true)))).toBe('FORMAT_INVALID');
  expect(codeOf(forged((bytes) => bytes.slice(0, 39)))).toBe('FORMAT_INVALID');
  expect(codeOf(forged((_, view) => void view.setUint32(32, 2, true)))).toBe('FORMAT_INVALID');
  expect(codeOf(forged((_, view) => void view.setUint32(32, 0xffff_ffff, true)))).toBe('FORMAT_INVALID');
  expect(
    codeOf(
      forged(() => undefined),
      new Uint8Array(16).fill(8),
    ),
  ).toBe('STORE_FOREIGN');
  // As it was written, but for one bit of a sum.
  const tree = forged(() => undefined).tree;
  const bytes = tree.bytes(PATH).slice();
  bytes[48]! ^= 1;
  tree.put(PATH, bytes);
  expect(codeOf(new SimulatedStorage({ tree }))).toBe('CHECKSUM_MISMATCH');
});
