/** Headers of copies that somebody wrote who also mended their checksums: each is refused by name, with what is wrong with it. */

import { xxh64 } from '@node-rs/xxhash';
import { expect, test } from 'vitest';
import type { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { subjectOf } from '../../simulation/subject.ts';
import { ROOT } from '../../simulation/workload.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { PAGE_ENTRY_BYTES } from './checkpoint.ts';
import { readSlots } from './slot-reader.ts';
import { SLOT_HEADER_BYTES, SLOT_MARK_AT } from './slots.ts';
import { CHUNK_ENTRY_BYTES, SNAPSHOT_DIRECTORY_AT } from './snapshot.ts';
import { readSnapshots } from './snapshot-reader.ts';
import type { TierHead } from './tier-copy.ts';

const { tree: whole } = await subjectOf('young', 1);
const layout = storeLayout(ROOT);
const storeId = storeIdBytes(readIdentity(new SimulatedStorage({ tree: whole }), ROOT));

const readers = { l2: readSlots, l3: readSnapshots } as const;
type Tier = keyof typeof readers;

/** The heads of a tier whose first file with a mark was changed; that one first. */
function headOf(tier: Tier, change: (bytes: Uint8Array, view: DataView) => Uint8Array | undefined): TierHead {
  const tree: FileTree = whole.copy();
  const read = () => readers[tier](new SimulatedStorage({ tree }), layout, storeId);
  const { name } = read().find(({ mark }) => mark)!;
  const bytes = Uint8Array.from(tree.bytes(`${ROOT}/${name}`));
  const changed = change(bytes, new DataView(bytes.buffer)) ?? bytes;
  tree.put(`${ROOT}/${name}`, changed);
  return read().find((head) => head.name === name)!;
}

/** Bytes that the checksum at the beginning of a snapshot covers. */
const headBytesOf = (view: DataView): number =>
  SNAPSHOT_DIRECTORY_AT + view.getUint32(32, true) * CHUNK_ENTRY_BYTES + view.getUint32(44, true) * PAGE_ENTRY_BYTES;
const seal = (bytes: Uint8Array, view: DataView, end: number): void => view.setBigUint64(0, xxh64(bytes.subarray(8, end)), true);

test.each<[string, (view: DataView) => void, string, string]>([
  ['another kind of file', (view) => view.setUint32(8, 1, true), 'damaged', 'is not a slot'],
  ['another store', (view) => view.setUint8(16, view.getUint8(16) ^ 1), 'foreign', 'belongs to another store'],
  ['the other slot', (view) => view.setUint16(14, 1 - view.getUint16(14, true), true), 'damaged', 'another slot or epoch'],
  ['another epoch', (view) => view.setUint32(SLOT_MARK_AT, 9, true), 'damaged', 'another slot or epoch'],
  ['more pages than it has room for', (view) => view.setUint32(32, 1, true), 'damaged', 'another slot or epoch'],
  ['an LSN that no number holds', (view) => view.setBigUint64(SLOT_MARK_AT + 8, 1n << 60n, true), 'damaged', 'another slot or epoch'],
])('a slot of %s', (_, change, code, message) => {
  const { mark, problem } = headOf('l2', (bytes, view) => {
    change(view);
    seal(bytes, view, SLOT_HEADER_BYTES);
    return undefined;
  });
  expect(mark).toBeNull();
  expect(problem).toMatchObject({ code, message: expect.stringContaining(message) });
});

test.each<[string, (view: DataView) => void, string, string]>([
  ['another kind of file', (view) => view.setUint32(8, 1, true), 'damaged', 'is not a snapshot'],
  ['another store', (view) => view.setUint8(16, view.getUint8(16) ^ 1), 'foreign', 'belongs to another store'],
  ['another LSN', (view) => view.setBigUint64(48, view.getBigUint64(48, true) + 1n, true), 'damaged', 'of epoch 1'],
  ['another epoch', (view) => view.setUint32(40, 9, true), 'damaged', 'of epoch 9'],
])('a snapshot of %s', (_, change, code, message) => {
  const { mark, problem } = headOf('l3', (bytes, view) => {
    change(view);
    seal(bytes, view, headBytesOf(view));
    return undefined;
  });
  expect(mark).toBeNull();
  expect(problem).toMatchObject({ code, message: expect.stringContaining(message) });
});

test.each<[string, (bytes: Uint8Array, view: DataView) => Uint8Array | undefined, string]>([
  ['that ends within its header', (bytes) => bytes.slice(0, SNAPSHOT_DIRECTORY_AT - 1), 'shorter than its header'],
  ['that ends within its directory', (bytes, view) => bytes.slice(0, headBytesOf(view) - 1), 'less than its directory'],
])('a snapshot %s', (_, change, message) => {
  expect(headOf('l3', change).problem).toMatchObject({ code: 'damaged', message: expect.stringContaining(message) });
});

test('a snapshot whose chunk would lie outside of it, or within its directory: the pages of that chunk are bad, and say why', () => {
  for (const offset of [1n << 40n, 8n]) {
    const head = headOf('l3', (bytes, view) => {
      view.setBigUint64(SNAPSHOT_DIRECTORY_AT, offset, true);
      seal(bytes, view, headBytesOf(view));
      return undefined;
    });
    const { bad, reasons } = head.load();
    expect(bad).toBeGreaterThan(0);
    expect([...reasons.values()][0]).toContain('lies outside the file');
  }
});
