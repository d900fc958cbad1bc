import { xxh64 } from '@node-rs/xxhash';
import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/disk.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { createIdentity, readIdentity, type StoreIdentity } from './identity.ts';

const IDENTITY: StoreIdentity = {
  format: 'rearm-store',
  version: 1,
  storeId: 'a1'.repeat(16),
  name: 'desk',
  createdAt: '2026-01-05T08:00:00Z',
  rowsMax: { orders: 64 },
};

function made(): { readonly tree: FileTree; readonly storage: SimulatedStorage } {
  const tree = new FileTree(['/', '/store']);
  const storage = new SimulatedStorage({ tree });
  createIdentity(storage, '/store', IDENTITY);
  return { tree, storage };
}

test('a store is made once, with bounds for tables that there are', () => {
  const { storage } = made();
  expect(readIdentity(storage, '/store')).toEqual(IDENTITY);
  expect(() => createIdentity(storage, '/store', IDENTITY)).toThrow(expect.objectContaining({ code: 'STORE_EXISTS' }));
  const other = new SimulatedStorage({ tree: new FileTree(['/', '/store']) });
  expect(() => createIdentity(other, '/store', { ...IDENTITY, rowsMax: { ordres: 64 } })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
  );
  expect(() => readIdentity(other, '/store')).toThrow(expect.objectContaining({ code: 'STORE_MISSING' }));
});

test('an identity whose checksum is right and whose content is none is lost', () => {
  const { tree, storage } = made();
  const fields = { ...IDENTITY, storeId: 'none' };
  const ordered = Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
  const checksum = xxh64(JSON.stringify(ordered)).toString(16).padStart(16, '0');
  tree.put('/store/store.json', new TextEncoder().encode(JSON.stringify({ ...fields, checksum })));
  expect(() => readIdentity(storage, '/store')).toThrow(
    expect.objectContaining({ code: 'IDENTITY_LOST', message: expect.stringContaining('storeId') }),
  );
});

test.each([
  ['a word', '"store"'],
  ['no version', '{"checksum":"0000000000000000"}'],
  ['another name than its checksum is of', JSON.stringify({ ...IDENTITY, checksum: '0000000000000000' })],
])('an identity that is %s is lost', (_, text) => {
  const { tree, storage } = made();
  tree.put('/store/store.json', new TextEncoder().encode(text));
  expect(() => readIdentity(storage, '/store')).toThrow(expect.objectContaining({ code: 'IDENTITY_LOST' }));
});
