/** A store over several epochs: what is kept, what is freed, and how far back a point in time can be. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Generator } from '../../simulation/model/generator.ts';
import { History } from '../../simulation/model/history.ts';
import type { SteppedScheduler } from '../../simulation/stepped.ts';
import { assertRecovered, BOOT, type ConfigInput, Desk } from '../../tests/support/desk.ts';
import { copyStore, filesIn, flipBit, framesOf, removeFiles } from '../../tests/support/store-files.ts';
import { recover } from '../cascade/recover.ts';
import { parseSnapshotName } from '../store/layout.ts';
import { acceptRecovery } from './accept.ts';
import { parseEngineConfig } from './config.ts';
import { openStore } from './open.ts';

const made: string[] = [];
afterAll(() => {
  for (const root of made) fs.rmSync(dirname(root), { recursive: true, force: true });
});

const NEVER = 86_400_000;
async function deskOf(config: ConfigInput): Promise<Desk> {
  const desk = await Desk.create({ config });
  made.push(desk.root);
  return desk;
}

const PLAIN = { invalid: 0, halts: false, prunes: false, blobBytes: 1_000 } as const;

async function work(desk: Desk, from: number, to: number, ms = 0.5, commitEvery = 10): Promise<void> {
  const generator = new Generator(5, PLAIN);
  for (let step = from; step < to; step += 1) {
    await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()), step % commitEvery === 0 ? 'commit' : 'post');
    desk.pass(ms);
  }
}

const snapshotsOf = (root: string) =>
  filesIn(root, 'l3', /\.snapshot$/).map((path) => parseSnapshotName(path.slice(path.lastIndexOf('/') + 1))!);
const recoverAt = (desk: Desk, root: string, at?: number) =>
  recover({ storage: desk.platform.storage, clock: desk.clock, root, bootId: BOOT, at });

describe('the log', () => {
  it('is freed in later epochs too, past a segment that an earlier one prepared and never used', async () => {
    const desk = await deskOf({ archive: false, windowMs: 500 });
    await work(desk, 0, 500);
    // The next segment is prepared when the present one is half full.
    const isPrepared = (path: string) =>
      fs
        .readFileSync(path)
        .subarray(0, 4096)
        .every((byte) => byte === 0);
    for (let day = 1; !isPrepared(filesIn(desk.root, 'wal').at(-1)!); day += 1) {
      await desk.engine.commit({ type: 'risk.day', day, time: 1n });
      desk.pass(0.5);
    }
    await desk.engine.close();
    const opened = await openStore({
      platform: desk.platform,
      root: desk.root,
      random: (bytes) => new Uint8Array(bytes),
      config: parseEngineConfig({ tiers: 'inline', segmentBytes: 65_536, archive: false, l1Ms: 5, l2Ms: 20, l3Ms: 150, windowMs: 500 }),
    });
    if (opened.state !== 'running') throw new Error('it was closed in order');
    for (let step = 0; step < 3_000; step += 1) {
      opened.engine.post({ type: 'configuration.set', scope: 'risk', name: 'x', value: `${step}`.repeat(100), time: 1n });
      if (step % 20 === 0) await opened.engine.flush();
      desk.clock.wallNs();
      (desk.clock as unknown as { pass(ns: bigint): void }).pass(1_000_000n);
      (desk.platform.scheduler as SteppedScheduler).run();
    }
    await opened.engine.close();
    const names = filesIn(desk.root, 'wal').map((path) => path.slice(-21));
    expect(names.filter((name) => name.startsWith('00000001'))).toEqual([]);
    expect(names.length).toBeLessThan(16); // the window's base is a snapshot older than the window: the log reaches back to it
  });

  it('reaches every LSN of the window, and a base older than it is kept', async () => {
    const minute = 60_000;
    const desk = await deskOf({
      l1Ms: 100,
      l2Ms: 1_000,
      l3Ms: 5 * minute,
      l4Ms: 60 * minute,
      windowMs: 60 * minute,
      retentionMs: 60 * minute,
      segmentBytes: 65_536,
      markMs: minute,
      pruneMs: 60 * minute,
    });
    const times: { lsn: number; at: bigint }[] = [];
    const generator = new Generator(5, PLAIN);
    for (let step = 0; step < 2_500; step += 1) {
      await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()), step % 4 === 0 ? 'commit' : 'post');
      times.push({ lsn: desk.model.lsn, at: desk.clock.wallNs() });
      desk.pass(3_000);
    }
    await desk.engine.flush();
    const history = new History({ fillsMax: 32_768 });
    for (const line of desk.lines) history.add(line);
    const unreachable: number[] = [];
    for (const minutes of [1, 5, 10, 14, 20, 30, 40, 50, 59]) {
      const { lsn } = times.find(({ at }) => desk.clock.wallNs() - at <= BigInt(minutes) * 60_000_000_000n)!;
      try {
        const recovery = recoverAt(desk, desk.root, lsn);
        assertRecovered(recovery, history.at(lsn));
        expect(recovery.report.lsn).toBe(lsn);
        // A point in time was asked for: what came after it is not lost.
        expect(recovery.report.outcome, recovery.report.findings.map((finding) => finding.message).join('; ')).toBe('recovered');
      } catch (error) {
        if ((error as { code?: string }).code !== 'LSN_UNREACHABLE') throw error;
        unreachable.push(minutes);
      }
    }
    expect(unreachable).toEqual([]);
  });
});

describe('accepting a recovery', () => {
  it('keeps the snapshot that it takes, whatever lies on abandoned branches', async () => {
    const desk = await deskOf({ archive: false, windowMs: NEVER, l3Ms: NEVER });
    await work(desk, 0, 300);
    const early = copyStore(desk.root, 'early');
    made.push(early);
    for (const to of [400, 500, 600]) {
      await work(desk, to - 100, to);
      await desk.engine.checkpoint();
      await desk.engine.snapshot();
      desk.follow();
    }
    await acceptRecovery({ platform: desk.platform, root: early, by: 'ada' });
    // The snapshots of what is an abandoned branch now come back from another disk.
    for (const path of filesIn(desk.root, 'l3')) fs.copyFileSync(path, path.replace(desk.root, early));
    const accepted = await acceptRecovery({ platform: desk.platform, root: early, by: 'ada' });
    expect(snapshotsOf(early).filter(({ epoch }) => epoch === accepted.epoch)).toHaveLength(1);
    removeFiles(early, 'l1', 'l2');
    expect(recoverAt(desk, early).report).toMatchObject({ outcome: 'recovered', lsn: accepted.lsn, base: 'L3' });
    await desk.engine.abandon();
  });

  it('by override leaves the damaged log behind its fork behind: an older copy still leads to the accepted epoch', async () => {
    const desk = await deskOf({ archive: false, windowMs: NEVER, l1Ms: NEVER, l2Ms: NEVER, l3Ms: NEVER });
    await work(desk, 0, 100, 0.5, 3);
    await desk.engine.checkpoint();
    await desk.engine.snapshot();
    desk.follow();
    await work(desk, 100, 400, 0.5, 3);
    await desk.engine.flush();
    const root = copyStore(desk.root, 'overridden');
    const frames = framesOf(root);
    const hit = frames[Math.floor(frames.length * 0.7)]!;
    flipBit(hit.path, (hit.offset + 90) * 8);
    await expect(acceptRecovery({ platform: desk.platform, root, by: 'ada' })).rejects.toMatchObject({ code: 'RECOVERY_REFUSED' });
    const accepted = await acceptRecovery({ platform: desk.platform, root, by: 'ada', override: { reason: 'the venues say the same' } });
    expect(accepted.report.lsn).toBe(hit.firstLsn - 1);
    expect(recoverAt(desk, root).report).toMatchObject({ outcome: 'recovered', lsn: accepted.lsn });
    removeFiles(root, 'l1', 'l2');
    fs.rmSync(filesIn(root, 'l3').at(-1)!);
    expect(recoverAt(desk, root).report).toMatchObject({ outcome: 'recovered', lsn: accepted.lsn, base: 'L3' });
    await desk.engine.abandon();
  });

  it('frees nothing of the crash, however old it is', async () => {
    const desk = await deskOf({ archive: false, l1Ms: NEVER, l2Ms: NEVER, l3Ms: NEVER, windowMs: NEVER, segmentBytes: 65_536 });
    for (let to = 200; to <= 1_200; to += 200) {
      await work(desk, to - 200, to);
      await desk.engine.checkpoint();
      await desk.engine.snapshot();
      desk.follow();
    }
    await desk.engine.abandon();
    const before = [...filesIn(desk.root, 'wal'), ...filesIn(desk.root, 'l3')];
    expect(filesIn(desk.root, 'wal').length).toBeGreaterThan(2);
    // Two hours later: by the rule of an engine's window nearly all of it could go.
    desk.pass(2 * 3_600_000);
    await acceptRecovery({ platform: desk.platform, root: desk.root, by: 'ada' });
    expect([...filesIn(desk.root, 'wal'), ...filesIn(desk.root, 'l3')]).toEqual(expect.arrayContaining(before));
  });

  it('can be done again and again, and the state stays', async () => {
    const desk = await deskOf({ archive: false, windowMs: NEVER });
    await work(desk, 0, 200);
    await desk.engine.abandon();
    let last = 0;
    for (let round = 0; round < 4; round += 1) {
      const accepted = await acceptRecovery({ platform: desk.platform, root: desk.root, by: 'ada' });
      expect(accepted.epoch).toBe(round + 2);
      expect(accepted.lsn).toBeGreaterThan(last);
      last = accepted.lsn;
      const { report, image } = recoverAt(desk, desk.root);
      expect(report).toMatchObject({ outcome: 'recovered', lsn: last });
      expect(image).not.toBeNull();
    }
  });
});
