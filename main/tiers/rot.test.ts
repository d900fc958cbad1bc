/**
 * A disk that changes what it holds while the engine runs: what was written once, and is not written again until it changes, must not go
 * from there into every other copy.
 */

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { ROOT, ROWS_MAX } from '../../simulation/workload.ts';
import { parseEngineConfig } from '../engine/config.ts';
import { createStore } from '../engine/create.ts';
import { nativePlatform } from '../engine/native-platform.ts';
import { CanonicalReader } from '../image/canonical.ts';
import { NativeStorage } from '../storage/native.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { PAGE_ENTRY_BYTES } from './checkpoint.ts';
import { pageOf, Rotting } from './rotting.test-support.ts';
import { readSlots } from './slot-reader.ts';
import { SLOT_HEADER_BYTES } from './slots.ts';
import { isWhole } from './tier-copy.ts';

test('a page that rotted in L2 goes into no snapshot, is told, and its slot is written anew with every page', async () => {
  const desk = await Rotting.create();
  await desk.rounds(2);
  desk.rot(desk.slots()[1]!);
  const before = desk.firstLsn();
  await desk.work();
  // The slot's changed pages are written; the one that rotted is not among them.
  await desk.engine.checkpoint();
  await expect(desk.engine.snapshot()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  expect(desk.alarms.map(({ code }) => code)).toContain('tier.L3');
  expect(desk.firstLsn()).toBe(before);
  await desk.work();
  await desk.engine.checkpoint();
  await desk.engine.snapshot();
  await desk.work();
  // The turn of the slot that rotted: what changed is not enough now.
  await expect(desk.engine.checkpoint()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  await desk.engine.checkpoint();
  await desk.engine.snapshot();
  expect(desk.slots().map(isWhole)).toEqual([true, true]);
  expect(desk.snapshots().every(isWhole)).toBe(true);
  expect(desk.firstLsn()).toBeGreaterThan(before);
  const { report, image } = desk.recovered('l1', 'l2');
  expect(report).toMatchObject({ outcome: 'recovered', base: 'L3' });
  expect(new CanonicalReader(image!).rows(TABLES.configurations).length).toBe(1);
});

test('a page table that rotted is no table: no snapshot is taken by it', async () => {
  const desk = await Rotting.create();
  await desk.work();
  await desk.engine.checkpoint();
  desk.flip(desk.slots()[0]!.name, 4096 + 9);
  await expect(desk.engine.snapshot()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
});

test('a page that is again what it was a round ago, its entry in the page table too, goes into no snapshot', async () => {
  const desk = await Rotting.create();
  await desk.rounds(1);
  const [older] = desk.slots();
  const entry = SLOT_HEADER_BYTES + pageOf(older!, 'risk') * PAGE_ENTRY_BYTES;
  const page = older!.pageAt!(pageOf(older!, 'risk'));
  const before = desk.tree.bytes(`${ROOT}/${older!.name}`);
  await desk.rounds(2);
  // As after two writes that the disk confirmed and never made.
  expect(desk.slots()[0]!.name).toBe(older!.name);
  desk.putBack(older!.name, entry, before.subarray(entry, entry + PAGE_ENTRY_BYTES));
  desk.putBack(older!.name, page, before.subarray(page, page + PAGE_BYTES));
  const snapshots = desk.snapshots().length;
  await expect(desk.engine.snapshot()).rejects.toMatchObject({
    code: 'CHECKSUM_MISMATCH',
    message: expect.stringContaining('the page table is not what was written'),
  });
  expect(desk.snapshots().length).toBe(snapshots);
});

test('on the strength of a snapshot that rotted nothing is freed', async () => {
  const desk = await Rotting.create();
  await desk.rounds(2);
  const [newest] = desk.snapshots();
  const before = desk.firstLsn();
  desk.flip(newest!.name, newest!.bytes - 9);
  for (let n = 0; n < 2; n += 1) {
    await desk.work();
    await desk.engine.checkpoint();
    await desk.engine.snapshot();
    // Behind the second whole one.
    const whole = desk.snapshots().filter(isWhole);
    expect(desk.firstLsn()).toBeLessThanOrEqual(whole[1]!.mark!.lsn + 1);
    expect(desk.snapshots().map(({ name }) => name)).toContain(newest!.name);
    expect(desk.alarms.some(({ text }) => text.includes(newest!.name))).toBe(true);
  }
  expect(desk.firstLsn()).toBeGreaterThan(before);
});

test('the log reaches back to the second newest snapshot: where the newest is bad, nothing is missing', async () => {
  const desk = await Rotting.create();
  for (let n = 0; n < 4; n += 1) {
    await desk.engine.checkpoint();
    // Older than the window when it becomes a snapshot: the window alone would keep the log.
    await desk.work();
    await desk.engine.snapshot();
  }
  expect(desk.firstLsn()).toBeGreaterThan(1);
  const [newest] = desk.snapshots();
  const { report } = desk.recovered('l1', 'l2', newest!.name);
  expect(report).toMatchObject({ outcome: 'recovered', base: 'L3', lsn: Number(desk.engine.durableLsn), lostAcknowledged: 0 });
});

test('with threads, whoever asks for a checkpoint is told in the same way', async (context) => {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'rearm-rot-'));
  context.onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, 'store');
  const config = parseEngineConfig({ commit: 'threaded', tiers: 'thread', l2Ms: 86_400_000, l3Ms: 86_400_000, archive: false });
  const engine = await createStore({ platform: nativePlatform, root, name: 'rotting', rowsMax: ROWS_MAX, config });
  context.onTestFinished(() => engine.abandon());
  await engine.commit({ type: 'configuration.set', scope: 'system', name: 'vital', value: '"x"', time: 1n });
  const changed = (day: number) => engine.commit({ type: 'risk.day', day, time: 1n });
  for (const day of [1, 2]) {
    await changed(day);
    await engine.checkpoint();
  }
  const storage = new NativeStorage();
  const [older] = readSlots(storage, storeLayout(root), storeIdBytes(readIdentity(storage, root))).sort(
    (a, b) => a.mark!.lsn - b.mark!.lsn,
  );
  const file = fs.openSync(join(root, older!.name), 'r+');
  fs.writeSync(file, Uint8Array.of(0xff), 0, 1, older!.pageAt!(pageOf(older!, 'configurations')) + 60);
  fs.closeSync(file);
  await changed(3);
  await engine.checkpoint();
  await expect(engine.snapshot()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  await changed(4);
  await engine.checkpoint();
  await changed(5);
  await expect(engine.checkpoint()).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
  await engine.checkpoint();
  await engine.snapshot();
});
