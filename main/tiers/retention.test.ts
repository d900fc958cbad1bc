/** What becomes of the L1 and L2 files of earlier epochs, on real stores. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Generator } from '../../simulation/model/generator.ts';
import { BOOT, Desk } from '../../tests/support/desk.ts';
import { copyStore, filesIn, flipBit, framesOf, removeFiles } from '../../tests/support/store-files.ts';
import { recover } from '../cascade/recover.ts';
import { acceptRecovery } from '../engine/accept.ts';
import { parseEngineConfig } from '../engine/config.ts';
import type { Engine } from '../engine/engine.ts';
import { startEngine } from '../engine/start.ts';
import { storeLayout } from '../store/layout.ts';
import type { EpochReason } from '../store/lineage.ts';

const NEVER = 86_400_000;
const QUIET = { archive: false, l1Ms: NEVER, l2Ms: NEVER, l3Ms: NEVER, windowMs: NEVER } as const;
const made: string[] = [];
afterAll(() => {
  for (const root of made) fs.rmSync(dirname(root), { recursive: true, force: true });
});

async function deskOf(): Promise<Desk> {
  const desk = await Desk.create({ config: QUIET });
  made.push(desk.root);
  return desk;
}

async function work(desk: Desk, from: number, to: number): Promise<void> {
  const generator = new Generator(11, { invalid: 0, halts: false, prunes: false, blobBytes: 500 });
  for (let step = from; step < to; step += 1) {
    await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()), step % 10 === 0 ? 'commit' : 'post');
    desk.pass(0.5);
  }
}

const look = (desk: Desk, root: string) => recover({ storage: desk.platform.storage, clock: desk.clock, root, bootId: BOOT });

/** The next epoch of a store, as a restart or a release opens it. */
async function nextEpoch(desk: Desk, root: string, reason: EpochReason): Promise<Engine> {
  const { identity, epoch, report, headHash, image } = look(desk, root);
  return startEngine({
    platform: desk.platform,
    root,
    identity,
    config: parseEngineConfig({ tiers: 'inline', segmentBytes: 65_536, ...QUIET }),
    lock: desk.platform.storage.lock(storeLayout(root).lock),
    image: image!,
    stepped: true,
    epoch: {
      epoch: epoch!.epoch + 1,
      parent: epoch!.epoch,
      forkLsn: report.lsn,
      forkHash: headHash,
      reason,
      createdNs: desk.clock.wallNs(),
      bootId: BOOT,
    },
  });
}

let day = 0;
async function takeSnapshot(engine: Engine): Promise<void> {
  day += 1;
  await engine.commit({ type: 'risk.day', day, time: 1n });
  await engine.checkpoint();
  await engine.snapshot();
}

/** Epochs that have files in L1 and in L2. */
const epochsIn = (root: string) =>
  ['l1', 'l2'].map((folder) => [...new Set(filesIn(root, folder).map((path) => Number(path.split('/').at(-1)!.slice(0, 8))))]);

describe('the files of earlier epochs in L1 and L2', () => {
  it('go when two snapshots of later epochs are there, and the store needs nothing of them', async () => {
    const desk = await deskOf();
    await work(desk, 0, 200);
    await desk.engine.checkpoint();
    await desk.engine.snapshot();
    await desk.engine.snapshot();
    await desk.engine.close();
    const second = await nextEpoch(desk, desk.root, 'restarted');
    await takeSnapshot(second);
    expect(epochsIn(desk.root)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await takeSnapshot(second);
    expect(epochsIn(desk.root)).toEqual([[2], [2]]);
    const digest = second.canonical().stateDigest;
    await second.abandon();
    expect(look(desk, desk.root).report).toMatchObject({ outcome: 'recovered', stateDigest: digest });
    removeFiles(desk.root, 'l1', 'l2');
    expect(look(desk, desk.root).report).toMatchObject({ outcome: 'recovered', stateDigest: digest, base: 'L3' });
  });

  it('stay after a crash while people look at it, and until later epochs have two snapshots', async () => {
    const desk = await deskOf();
    await work(desk, 0, 200);
    await desk.engine.checkpoint();
    await desk.engine.abandon();
    await acceptRecovery({ platform: desk.platform, root: desk.root, by: 'ada' });
    await acceptRecovery({ platform: desk.platform, root: desk.root, by: 'ada' });
    // Two accepted epochs, a snapshot in each: the crash is still under examination.
    await acceptRecovery({ platform: desk.platform, root: desk.root, by: 'ada' });
    expect(filesIn(desk.root, 'l3')).toHaveLength(3);
    expect(epochsIn(desk.root)[0]).toEqual([1, 2, 3, 4]);
    const released = await nextEpoch(desk, desk.root, 'released');
    await takeSnapshot(released);
    expect(epochsIn(desk.root)).toEqual([
      [4, 5],
      [4, 5],
    ]);
    await takeSnapshot(released);
    expect(epochsIn(desk.root)).toEqual([[5], [5]]);
    await released.abandon();
  });

  it('stay where a snapshot that should replace them is damaged', async () => {
    const desk = await deskOf();
    await work(desk, 0, 200);
    await desk.engine.close();
    const second = await nextEpoch(desk, desk.root, 'restarted');
    await takeSnapshot(second);
    const [snapshot] = filesIn(desk.root, 'l3');
    flipBit(snapshot!, 8 * (fs.statSync(snapshot!).size - 20));
    await takeSnapshot(second);
    expect(epochsIn(desk.root)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    await takeSnapshot(second);
    expect(epochsIn(desk.root)).toEqual([[2], [2]]);
    await second.abandon();
  });

  it('stay where they are evidence: damaged, or of what an override left behind', async () => {
    const desk = await deskOf();
    await work(desk, 0, 100);
    await desk.engine.checkpoint();
    desk.follow();
    await work(desk, 100, 400);
    await desk.engine.flush();
    const root = copyStore(desk.root, 'overridden');
    await desk.engine.abandon();
    const frames = framesOf(root);
    const hit = frames[Math.floor(frames.length * 0.7)]!;
    flipBit(hit.path, (hit.offset + 90) * 8);
    const accepted = await acceptRecovery({ platform: desk.platform, root, by: 'ada', override: { reason: 'the venues say the same' } });
    expect(accepted.report.lostAcknowledged).toBeGreaterThan(0);
    // One slot is damaged only after it was accepted: nobody has seen that yet.
    flipBit(filesIn(root, 'l2', /^00000002-a/)[0]!, 8 * 50);
    const released = await nextEpoch(desk, root, 'released');
    await takeSnapshot(released);
    await takeSnapshot(released);
    // The mapped file of epoch 1 proves that more was acknowledged than was recovered; its slots do not.
    expect([...filesIn(root, 'l1'), ...filesIn(root, 'l2')].map((path) => path.slice(root.length + 1))).toEqual([
      'l1/00000001.map',
      'l1/00000003.map',
      'l2/00000002-a.slot',
      'l2/00000003-a.slot',
      'l2/00000003-b.slot',
    ]);
    await released.abandon();
  });
});
