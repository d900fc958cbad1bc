/** What the ring does not take, and tells before anything is put into it. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { RearmError } from '../../shared/errors.ts';
import { BOOT, temporaryDirectory } from '../../tests/support/desk.ts';
import { RECORD_HEADER_BYTES } from '../operations/record.ts';
import { NativeStorage } from '../storage/native.ts';
import type { HeldLock } from '../storage/storage.ts';
import { makeDirectories, storeLayout } from '../store/layout.ts';
import { DURABLE_SIGNAL, type Ring, STATE, STATE_FAILED } from '../wal/ring.ts';
import { parseEngineConfig } from './config.ts';
import { RingPipe } from './ring-pipe.ts';

const RING_BYTES = 65_536;
const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const work of cleanup.splice(0).reverse()) await work();
});

/** A writer thread on an empty log. */
async function started() {
  const layout = storeLayout(join(temporaryDirectory(), 'store'));
  cleanup.push(() => fs.rmSync(dirname(layout.root), { recursive: true }));
  const storage = new NativeStorage();
  makeDirectories(storage, layout);
  const lock: HeldLock = storage.lock(layout.lock);
  cleanup.push(() => lock.release());
  const data = {
    root: layout.root,
    storeId: new Uint8Array(16).fill(0xab),
    bootId: BOOT,
    start: { epoch: 1, lsn: 0, headHash: 0n },
    config: parseEngineConfig({ l1: false, tiers: 'off', segmentBytes: 65_536 }),
    rowsMax: { positions: 16 },
    pages: new Uint8Array(0),
    imageLsn: 0,
    tierPort: null,
  };
  const failed = Promise.withResolvers<RearmError>();
  const pipe = await RingPipe.start(data, RING_BYTES, undefined, () => {}, failed.resolve);
  cleanup.push(() => pipe.close());
  return { pipe, ring: pipe.target as Ring, layout, failed: failed.promise };
}

/** Puts an operation that changes nothing into the ring. */
function push({ pipe, ring }: { readonly pipe: RingPipe; readonly ring: Ring }, lsn: number, bytes = RECORD_HEADER_BYTES): void {
  const at = pipe.reserve(bytes);
  ring.bytes.fill(0, at, at + bytes);
  ring.quads[at >> 2] = bytes;
  ring.quads[(at + 16) >> 2] = bytes - RECORD_HEADER_BYTES;
  pipe.push(at + bytes, lsn, bytes === RECORD_HEADER_BYTES);
}

test('a record that is longer than the ring never fits, and is not told to wait; the ring goes on', async () => {
  const made = await started();
  const { pipe } = made;
  const never = expect.objectContaining({ code: 'OPERATION_INVALID', message: expect.stringContaining('does not fit the ring') });
  expect(() => pipe.reserve(RING_BYTES + 8)).toThrow(never);
  push(made, 1);
  pipe.waitSync(1);
  expect(() => pipe.reserve(RING_BYTES + 8)).toThrow(never);
  push(made, 2);
  await pipe.wait(2);
  expect(pipe.durableLsn).toBe(2);
});

test('what the writer has not taken yet is not written over: the caller is told to wait, and it goes on', async () => {
  const made = await started();
  const { pipe } = made;
  let lsn = 0;
  const flood = () => {
    // Far faster than a thread that looks once a millisecond.
    while (lsn < 2_000) {
      push(made, lsn + 1, RING_BYTES / 4);
      lsn += 1;
    }
  };
  expect(flood).toThrow(expect.objectContaining({ code: 'RING_FULL' }));
  pipe.waitSync(lsn);
  expect(pipe.writtenLsn).toBe(lsn);
  push(made, lsn + 1);
  await pipe.wait(lsn + 1);
});

test('nothing is taken from the moment at which the writer thread fails, though its words have not come yet', async () => {
  const made = await started();
  const { pipe, ring, layout, failed } = made;
  fs.rmSync(layout.lock);
  const signal = Atomics.load(ring.control, DURABLE_SIGNAL);
  push(made, 1);
  Atomics.wait(ring.control, DURABLE_SIGNAL, signal, 30_000);
  expect(Atomics.load(ring.control, STATE)).toBe(STATE_FAILED);
  const ended = expect.objectContaining({ code: 'WRITER_POISONED' });
  expect(() => push(made, 2)).toThrow(ended);
  expect(() => pipe.waitSync(1)).toThrow(ended);
  expect(await failed).toMatchObject({ code: 'WRITER_FENCED' });
  expect(() => push(made, 2)).toThrow(await failed);
});
