/** Snapshots with a right checksum that are none. */

import { xxh64 } from '@node-rs/xxhash';
import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { Image } from '../image/image.ts';
import { storeLayout } from '../store/layout.ts';
import { PAGE_ENTRY_BYTES } from './checkpoint.ts';
import { CHUNK_ENTRY_BYTES, pageTable, SNAPSHOT_DIRECTORY_AT, writeSnapshot } from './snapshot.ts';
import { readSnapshots } from './snapshot-reader.ts';

const LAYOUT = storeLayout('/store');
const STORE_ID = new Uint8Array(16).fill(7);
const PAGES = 2;

/** The snapshot of two pages whose head was changed. */
function changed(change: (view: DataView, bytes: Uint8Array) => void) {
  const image = new Image({ orders: PAGES * TABLES.orders.rowsPerPage });
  for (let page = 0; page < PAGES; page += 1) {
    image.addPage(TABLES.orders, page, page);
    image.setPageLsn(page, 1);
  }
  image.takeChanged();
  const { hotRoot, coldRoot } = image;
  const mark = { epoch: 1, lsn: 1, headHash: 0n, hotRoot, coldRoot, pageCount: PAGES, takenNs: 0n };
  const pages = image.bytes.slice(0, PAGES * PAGE_BYTES);
  const tree = new FileTree(['/', '/store', LAYOUT.l3]);
  const storage = new SimulatedStorage({ tree });
  const { path } = writeSnapshot(storage, LAYOUT.l3, STORE_ID, mark, pageTable(pages), (first, target) =>
    target.set(pages.subarray(first * PAGE_BYTES, first * PAGE_BYTES + target.length)),
  );
  const bytes = tree.bytes(path).slice();
  const view = new DataView(bytes.buffer);
  change(view, bytes);
  tree.put(path, bytes);
  return readSnapshots(storage, LAYOUT, STORE_ID)[0]!;
}

const HEAD_BYTES = SNAPSHOT_DIRECTORY_AT + CHUNK_ENTRY_BYTES + PAGES * PAGE_ENTRY_BYTES;

/** As changed, its checksum mended. */
function forged(change: (view: DataView, bytes: Uint8Array) => void) {
  const snapshot = changed((view, bytes) => {
    change(view, bytes);
    view.setBigUint64(0, xxh64(bytes.subarray(8, HEAD_BYTES)), true);
  });
  expect(snapshot.problem).toBeNull();
  return snapshot;
}

test('a head of which any byte was changed is not believed', () => {
  for (let at = 0; at < HEAD_BYTES; at += 1) {
    const { mark, problem } = changed((_, bytes) => {
      bytes[at]! ^= 1 << (at % 8);
    });
    expect([mark, problem], `byte ${at}`).toEqual([null, expect.anything()]);
  }
});

test('as it was written it is whole', () => {
  expect(forged(() => {}).load()).toMatchObject({ bad: 0 });
});

test('a chunk that says another size than that of its pages gives none of them', () => {
  const copy = forged((view) => view.setUint32(SNAPSHOT_DIRECTORY_AT + 16, 3 * PAGE_BYTES, true)).load();
  expect(copy.bad).toBe(PAGES);
  expect(copy.reasons.get(0)).toContain('does not have the size of its pages');
});

test('a chunk that does not match its checksum gives none of its pages, whatever they are', () => {
  const at = SNAPSHOT_DIRECTORY_AT + 24;
  const copy = forged((view) => view.setBigUint64(at, view.getBigUint64(at, true) ^ 1n, true)).load();
  expect(copy.bad).toBe(PAGES);
  expect(copy.reasons.get(0)).toContain('does not match its checksum');
});

test('pages and a table of which neither sums to the root are no copy', () => {
  const snapshot = forged((view) => {
    view.setUint32(SNAPSHOT_DIRECTORY_AT + 16, 3 * PAGE_BYTES, true);
    view.setBigUint64(SNAPSHOT_DIRECTORY_AT + CHUNK_ENTRY_BYTES + 8, 1n, true);
  });
  expect(() => snapshot.load()).toThrow(expect.objectContaining({ code: 'CHECKSUM_MISMATCH' }));
});
