/** Files of L1 that are none of this epoch: under a right checksum, or without one. */

import { xxh64 } from '@node-rs/xxhash';
import { expect, test } from 'vitest';
import { TABLES } from '../../shared/model/tables.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { Image } from '../image/image.ts';
import { mappedFileName, storeLayout } from '../store/layout.ts';
import { MAPPED_PAGES_AT, MAPPED_SLOT_HEADER_BYTES, MappedTier, mappedSlotAt } from './mapped.ts';
import { type MappedReading, readMapped } from './mapped-reader.ts';

const LAYOUT = storeLayout('/store');
const STORE_ID = new Uint8Array(16).fill(7);
const BOOT = '00000000-0000-4000-8000-000000000000';

/** What is read where the file of epoch 1, which holds a checkpoint of LSN 5, was changed. */
function changed(change: (bytes: Uint8Array, view: DataView) => void, size?: number): MappedReading {
  const tree = new FileTree(['/', LAYOUT.root, LAYOUT.l1]);
  const storage = new SimulatedStorage({ tree });
  const path = `${LAYOUT.l1}/${mappedFileName(1)}`;
  const image = new Image({ orders: 64 });
  image.addPage(TABLES.orders, 0, 0);
  image.setPageLsn(0, 5);
  const tier = new MappedTier(storage, LAYOUT.l1, path, STORE_ID, 1, BOOT, image, false);
  tier.acknowledge(5);
  image.takeChanged();
  const { hotRoot, coldRoot, pageCount } = image;
  tier.checkpoint({ epoch: 1, lsn: 5, headHash: 9n, hotRoot, coldRoot, pageCount, takenNs: 1n });
  const bytes = tree.bytes(path);
  change(bytes, new DataView(bytes.buffer));
  tree.put(path, bytes.subarray(0, size));
  return readMapped(storage, LAYOUT, STORE_ID, BOOT);
}

/** As changed, the checksum of the header mended. */
const forged = (change: (bytes: Uint8Array, view: DataView) => void): MappedReading =>
  changed((bytes, view) => {
    change(bytes, view);
    view.setBigUint64(0, xxh64(bytes.subarray(8, 4096)), true);
  });

const NOTHING = { acknowledged: new Map(), ofThisBoot: new Set() };

test('as it was written it is whole', () => {
  const { heads, ...rest } = forged(() => {});
  expect(rest).toEqual({ acknowledged: new Map([[1, 5]]), unbegun: [], ofThisBoot: new Set([1]) });
  expect(heads).toMatchObject([{ problem: null, mark: { lsn: 5 } }]);
  expect(heads[0]!.load().bad).toBe(0);
});

test.each<[string, (bytes: Uint8Array, view: DataView) => void, string, string]>([
  ['something else', (_, view) => view.setUint32(8, 0, true), 'damaged', 'is not a mapped tier'],
  ['that of another store', (bytes) => bytes.fill(8, 16, 32), 'foreign', 'belongs to another store'],
  ['that of another epoch', (_, view) => view.setUint32(32, 2, true), 'damaged', 'holds epoch 2'],
])('where it is %s, though its checksum is right, nothing of it is taken', (_, change, code, words) => {
  const { heads, ...rest } = forged(change);
  expect(rest).toEqual({ ...NOTHING, unbegun: [] });
  expect(heads).toMatchObject([{ mark: null, problem: { code, message: expect.stringContaining(words) } }]);
});

test('where its header does not match its checksum, nothing of it is taken: whoever made it may have died meanwhile', () => {
  const { heads, ...rest } = changed((bytes) => void bytes.set([1], 76));
  expect(rest).toEqual({ ...NOTHING, unbegun: [{ epoch: 1, because: 'has no whole header' }] });
  expect(heads).toMatchObject([{ mark: null, problem: { code: 'torn', message: expect.stringContaining('does not match its checksum') } }]);
});

test('where it ends within its header, nothing of it is taken, whatever its slots said', () => {
  const { heads, ...rest } = changed(() => {}, MAPPED_PAGES_AT - 1);
  expect(rest).toEqual({ ...NOTHING, unbegun: [] });
  const message = expect.stringContaining(`has ${MAPPED_PAGES_AT - 1} bytes, less than its header`);
  expect(heads).toMatchObject([{ mark: null, problem: { code: 'damaged', message } }]);
});

test.each<[string, (view: DataView, at: number) => void, string]>([
  ['is something else', (view, at) => view.setUint32(at + 8, 0, true), 'is not slot'],
  ['is that of the other one', (view, at) => view.setUint32(at + 12, 1 - view.getUint32(at + 12, true), true), 'is not slot'],
  ['names more pages than the file is for', (view, at) => view.setUint32(at + 20, 0xffff_ffff, true), 'names pages that it cannot hold'],
  ['names an LSN that is not exact', (view, at) => view.setBigUint64(at + 24, 1n << 53n, true), 'names pages that it cannot hold'],
])('the header of a slot that %s is damaged, though its checksum is right', (_, change, words) => {
  let at = 0;
  const { heads, acknowledged } = changed((bytes, view) => {
    at = mappedSlotAt(view.getUint32(mappedSlotAt(0) + 8, true) === 0 ? 1 : 0);
    change(view, at);
    view.setBigUint64(at, xxh64(bytes.subarray(at + 8, at + MAPPED_SLOT_HEADER_BYTES)), true);
  });
  expect(heads).toMatchObject([{ mark: null, problem: { code: 'damaged', offset: at, message: expect.stringContaining(words) } }]);
  expect(acknowledged.get(1)).toBe(5);
});
