/** What the real storage refuses rather than do half of it, or beside it. */

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { NativeStorage } from './native.ts';

const storage = new NativeStorage();

function folder(context: TestContext): string {
  const directory = fs.mkdtempSync(join(os.tmpdir(), 'rearm-native-'));
  context.onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const refused = (call: () => unknown, code: string): void => expect(call).toThrow(expect.objectContaining({ code }));

test('a file with two names, a directory and a link are not opened', (context) => {
  const directory = folder(context);
  const path = join(directory, 'file');
  fs.writeFileSync(path, 'content');
  storage.open(path, 'write').close();
  fs.symlinkSync(path, join(directory, 'link'));
  refused(() => storage.open(join(directory, 'link'), 'read'), 'FORMAT_INVALID');
  fs.linkSync(path, join(directory, 'second'));
  refused(() => storage.open(path, 'write'), 'FORMAT_INVALID');
  refused(() => storage.open(directory, 'read'), 'FORMAT_INVALID');
});

test('a lock has one holder, within a process too, until it is released', (context) => {
  const path = join(folder(context), 'lock');
  const lock = storage.lock(path);
  expect(storage.isLocked(path)).toBe(true);
  refused(() => storage.lock(path), 'STORE_LOCKED');
  lock.release();
  expect(storage.isLocked(path)).toBe(false);
  storage.lock(path).release();
});

test('a lock is held as long as its path names the file that was locked; where the system does not tell, nobody says that it is lost', (context) => {
  const directory = folder(context);
  const inside = join(directory, 'store');
  const path = join(inside, 'lock');
  fs.mkdirSync(inside);
  for (const lock of [storage.lock(path), storage.followLock(path)]) {
    expect(lock.holds()).toBe(true);
    fs.renameSync(path, join(inside, 'aside'));
    expect(lock.holds()).toBe(false);
    fs.writeFileSync(path, '');
    expect(lock.holds()).toBe(false);
    fs.renameSync(join(inside, 'aside'), path);
    expect(lock.holds()).toBe(true);
    fs.renameSync(inside, join(directory, 'moved'));
    fs.symlinkSync('store', inside);
    refused(() => lock.holds(), 'IO_FAILED');
    fs.rmSync(inside);
    fs.renameSync(join(directory, 'moved'), inside);
    lock.release();
    expect(lock.holds()).toBe(false);
  }
});

test('nothing is copied beside a mapping, nor beside the bytes that it is copied from or to', (context) => {
  const path = join(folder(context), 'mapped');
  fs.writeFileSync(path, new Uint8Array(8192));
  const mapping = storage.map(path, 16_384);
  const bytes = new Uint8Array(4096).fill(7);
  mapping.copyIn(4096, bytes, 0, 4096);
  for (const [position, offset, length] of [
    [8192, 0, 1],
    [-1, 0, 1],
    [4097, 0, 4096],
    [0, 0, 4097],
    [0, 4096, 1],
    [0, -1, 1],
    [0, 0, -1],
  ] as const) {
    refused(() => mapping.copyIn(position, bytes, offset, length), 'INTERNAL');
    if (offset >= 0) refused(() => mapping.copyOut(position, bytes, offset, length), 'INTERNAL');
  }
  mapping.grow(12_288);
  mapping.copyIn(8192, bytes, 0, 4096);
  refused(() => mapping.grow(16_385), 'STATE_BOUND');
  mapping.sync();
  mapping.close();
  refused(() => mapping.copyIn(0, bytes, 0, 1), 'INTERNAL');
  expect(
    fs
      .readFileSync(path)
      .subarray(4096)
      .every((byte) => byte === 7),
  ).toBe(true);
});
