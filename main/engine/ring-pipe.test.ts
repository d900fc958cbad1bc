/** What the ring does not take, and tells before anything is put into it; and a writer thread that is no more: nobody waits for it. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import type { Worker } from 'node:worker_threads';
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
import { isListed } from './task.ts';

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
    tierLink: null,
  };
  const failed = Promise.withResolvers<RearmError>();
  const alarms: RearmError[] = [];
  const thread = { worker: undefined as Worker | undefined, task: '' };
  process.once('worker', (worker) => {
    thread.worker = worker;
    worker.on('message', ({ type, task }) => {
      if (type === 'ready') thread.task = task;
    });
  });
  const pipe = await RingPipe.start(
    data,
    RING_BYTES,
    undefined,
    () => {},
    (error) => {
      alarms.push(error);
      failed.resolve(error);
    },
  );
  cleanup.push(() => pipe.close());
  /** The thread ends, and this one is blocked until it is gone: no event has come of it. */
  const killBlocked = (): void => {
    void thread.worker!.terminate();
    while (isListed(thread.task)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  };
  return { pipe, ring: pipe.target as Ring, layout, failed: failed.promise, alarms, worker: thread.worker!, killBlocked };
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

const GONE = expect.objectContaining({ code: 'WRITER_POISONED', message: expect.stringContaining('the writer thread ended') });

test('a writer thread that is no more ends every wait, is told once, takes nothing, and is not waited for when the ring is closed', async () => {
  const made = await started();
  const { pipe, alarms, worker } = made;
  push(made, 1);
  await pipe.wait(1);
  const waiting = Promise.allSettled([pipe.wait(2), pipe.wait(3)]);
  await worker.terminate();
  expect(await waiting).toEqual([
    { status: 'rejected', reason: GONE },
    { status: 'rejected', reason: GONE },
  ]);
  expect(() => push(made, 2)).toThrow(GONE);
  await expect(pipe.checkpoint()).rejects.toEqual(GONE);
  expect(alarms).toEqual([GONE]);
  await pipe.close();
});

test('a writer thread that is no more, though nobody has heard of it, is waited for neither with a checkpoint nor with a close', async () => {
  for (const ask of ['checkpoint', 'close'] as const) {
    const { pipe, alarms, killBlocked } = await started();
    killBlocked();
    await expect(pipe[ask](), ask).rejects.toEqual(GONE);
    expect(alarms, ask).toEqual([GONE]);
  }
});

test('a thread that is blocked, so that it hears of nothing, does not wait for ever for a writer thread that is no more', async () => {
  const made = await started();
  const { pipe, alarms, killBlocked } = made;
  push(made, 1);
  await pipe.wait(1);
  killBlocked();
  push(made, 2);
  expect(() => pipe.waitSync(2)).toThrow(GONE);
  expect(() => push(made, 3)).toThrow(GONE);
  await expect(pipe.wait(2)).rejects.toEqual(GONE);
  expect(alarms).toEqual([GONE]);
});

test('room at the start of the ring, which only the writer thread makes, is not waited for when it is no more', async () => {
  const made = await started();
  const { pipe, alarms, killBlocked } = made;
  push(made, 1, RING_BYTES / 2);
  push(made, 2);
  await pipe.wait(2);
  killBlocked();
  expect(() => pipe.reserve((RING_BYTES / 4) * 3)).toThrow(GONE);
  expect(alarms).toEqual([GONE]);
});
