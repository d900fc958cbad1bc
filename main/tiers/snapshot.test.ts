import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { FileTree } from '../../simulation/file-tree.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { PAGE_ENTRY_BYTES } from './checkpoint.ts';
import { CHUNK_PAGES, writeSnapshot } from './snapshot.ts';

test('a snapshot of many chunks never has more than one of them to sync: whoever syncs beside it waits for no more than that', () => {
  const pageCount = 3 * CHUNK_PAGES + 7;
  const calls: string[] = [];
  const storage = new SimulatedStorage({ tree: new FileTree(), called: ({ kind }) => calls.push(kind) });
  storage.makeDirectory('/l3');
  const mark = { epoch: 1, lsn: 1, headHash: 0n, hotRoot: 0n, coldRoot: 0n, pageCount, takenNs: 0n };
  writeSnapshot(storage, '/l3', new Uint8Array(16), mark, new Uint8Array(pageCount * PAGE_ENTRY_BYTES), (first, target) => {
    for (let at = 0; at < target.length; at += PAGE_BYTES) target[at] = first;
  });
  const ofFile = calls.filter((kind) => kind === 'write' || kind === 'sync');
  // Four chunks and the head.
  expect(ofFile).toEqual(['write', 'sync', 'write', 'sync', 'write', 'sync', 'write', 'write', 'sync']);
});
