/** Damaged stores: the right state or a refusal, never an older state that is called recovered. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { afterEach, describe, expect, it } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import type { TABLES } from '../../shared/model/tables.ts';
import { Generator } from '../../simulation/model/generator.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { replayed } from '../../simulation/model/reference.ts';
import { crashedDesk, losePage, slotsOf } from '../../tests/support/crashed.ts';
import { BOOT, Desk, STEPPED_CONFIG } from '../../tests/support/desk.ts';
import { copyStore, filesIn, flipBit, framesOf, removeFiles } from '../../tests/support/store-files.ts';
import { acceptRecovery } from '../engine/accept.ts';
import { parseEngineConfig } from '../engine/config.ts';
import { openStore } from '../engine/open.ts';
import { canonicalState } from '../image/canonical.ts';
import { RECORD_HEADER_BYTES } from '../operations/record.ts';
import { NativeStorage, systemClock, timerScheduler } from '../storage/native.ts';
import { systemFailure } from '../storage/system-errors.ts';
import { MAPPED_PAGES_AT } from '../tiers/mapped.ts';
import { rowsIn, type TierCopy } from '../tiers/tier-copy.ts';
import { verify } from '../verify/verify.ts';
import { FRAME_HEADER_BYTES } from '../wal/frame.ts';
import { type Recovery, recover } from './recover.ts';
import { refusalOf } from './refusal.ts';

const pageOf = ({ pages }: TierCopy, page: number): Buffer => Buffer.from(pages.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES));

const made: string[] = [];
afterEach(() => {
  for (const root of made.splice(0)) fs.rmSync(dirname(root), { recursive: true, force: true });
});

const recoverAt = (root: string): Recovery => recover({ storage: new NativeStorage(), clock: systemClock, root, bootId: BOOT });

async function crashed(...how: Parameters<typeof crashedDesk>): Promise<Desk> {
  const desk = await crashedDesk(...how);
  made.push(desk.root);
  return desk;
}

/** A process that dies leaves L1 and L2 where their cadence left them: closing would take a last checkpoint. */
const leave = (desk: Desk, name = 'left'): string => copyStore(desk.root, name);

/** What must hold of every recovery: the state is the one of its LSN, and nothing that was acknowledged is missing, or it is refused. */
function judge(recovery: Recovery, desk: Desk, acknowledged: number): void {
  const { report, image } = recovery;
  if (image) {
    const model = replayed(desk.lines.slice(0, report.lsn), { fillsMax: 32_768 });
    expect(canonicalState(image).stateDigest, `state of LSN ${report.lsn}, ${report.outcome}: ${report.sentence}`).toBe(model.digest());
  }
  if (report.outcome !== 'refused') expect(report.lsn, report.sentence).toBeGreaterThanOrEqual(acknowledged);
}

describe('a log whose last frame is torn', () => {
  it('proves nothing of it where the machine was started anew: that nothing acknowledged is lost is not claimed', async () => {
    const desk = await crashed(60, [20]);
    const { path, offset } = framesOf(desk.root).at(-1)!;
    const options = { storage: new NativeStorage(), clock: systemClock };
    const torn = leave(desk, 'torn');
    flipBit(path.replace(desk.root, torn), (offset + 90) * 8);
    const inThisBoot = recover({ ...options, root: torn, bootId: BOOT }).report;
    expect(inThisBoot).toMatchObject({ outcome: 'refused' });
    const root = leave(desk, 'cut');
    removeFiles(root, 'l1');
    flipBit(path.replace(desk.root, root), (offset + 90) * 8);
    const { report } = recover({ ...options, root, bootId: '11111111-1111-4111-8111-111111111111' });
    expect(report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
    expect(report.sentence).toContain('no operation that is known to be acknowledged lost');
    expect(report.findings.find(({ code }) => code === 'TORN_TAIL')).toMatchObject({
      severity: 'warning',
      file: expect.stringMatching(/^wal/),
    });
  });

  it('loses nothing and says so where L1 of this boot tells that it was never acknowledged', async () => {
    const desk = await crashed(60, [20]);
    const root = leave(desk);
    // Bytes behind the last frame: of a write that nobody waited for any more.
    const { path, offset, bytes } = framesOf(root).at(-1)!;
    fs.writeSync(fs.openSync(path, 'r+'), Buffer.from([1, 2, 3]), 0, 3, offset + bytes);
    const { report } = recoverAt(root);
    expect(report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0, tornBytes: 3 });
    expect(report.sentence).toContain('3 torn bytes discarded; no acknowledged operation lost');
    expect(report.findings.find(({ code }) => code === 'TORN_TAIL')).toMatchObject({ severity: 'note' });
  });
});

describe('a replay that does not come to the state that the engine had', () => {
  it('is refused, from whatever copy it began, though every checksum is right', async () => {
    const desk = await crashed(60, [20]);
    desk.engine.markRoot();
    await desk.engine.flush();
    const root = leave(desk);
    expect(recoverAt(root).report).toMatchObject({ outcome: 'recovered', lsn: Number(desk.engine.durableLsn) });
    const { path, offset, bytes } = framesOf(root).at(-1)!;
    const whole = fs.readFileSync(path);
    const frame = whole.subarray(offset, offset + bytes);
    frame[FRAME_HEADER_BYTES + RECORD_HEADER_BYTES]! ^= 1;
    frame.writeBigUInt64LE(xxh64(frame.subarray(8)), 0);
    fs.writeFileSync(path, whole);
    const { report } = recoverAt(root);
    expect(report.outcome, report.sentence).toBe('refused');
    expect(report.decisions.map(({ reason }) => reason).join()).toContain('differs from the root that was logged');
    const { files } = verify({ storage: new NativeStorage(), clock: systemClock, root, bootId: BOOT });
    expect(files.flatMap(({ findings }) => findings.map(({ code }) => code))).toContain('ROOT_DIFFERS');
  });
});

describe('a log that is damaged in the middle', () => {
  it('is refused where the frames behind the damage say that what is missing was acknowledged', async () => {
    const desk = await crashed(400, [100]);
    const acknowledged = Number(desk.engine.durableLsn);
    const root = leave(desk);
    removeFiles(root, 'l1');
    const frames = framesOf(root);
    const hit = frames[Math.floor(frames.length * 0.8)]!;
    expect(frames.at(-1)!.durableLsn).toBeGreaterThan(hit.lastLsn);
    flipBit(hit.path, (hit.offset + 90) * 8 + 3);
    judge(recoverAt(root), desk, acknowledged);
  });

  it('is refused where a whole segment is missing before segments that are there', async () => {
    const desk = await crashed(900, [100]);
    const acknowledged = Number(desk.engine.durableLsn);
    const root = leave(desk);
    removeFiles(root, 'l1');
    const segments = filesIn(root, 'wal').filter((path) =>
      fs
        .readFileSync(path)
        .subarray(0, 4096)
        .some((byte) => byte !== 0),
    );
    expect(segments.length).toBeGreaterThan(3);
    fs.rmSync(segments.at(-2)!);
    judge(recoverAt(root), desk, acknowledged);
  });

  it('is refused where it is gone and nothing else tells how far it went, and is not missed where L1 does', async () => {
    const desk = await crashed(300, [250]);
    const acknowledged = Number(desk.engine.durableLsn);
    await desk.engine.checkpoint();
    const gone = leave(desk, 'gone');
    removeFiles(gone, 'wal');
    expect(recoverAt(gone).report, 'L1 tells').toMatchObject({ outcome: 'recovered', base: 'L1', lostAcknowledged: 0 });
    expect(recoverAt(gone).report.lsn).toBeGreaterThanOrEqual(acknowledged);
    removeFiles(gone, 'l1');
    const unknown = recoverAt(gone);
    judge(unknown, desk, acknowledged);
    expect(unknown.report).toMatchObject({ outcome: 'refused', base: 'L2', lostAcknowledged: null });
    expect(unknown.report.findings.map(({ code }) => code)).toContain('LOG_MISSING');
    // Every file that is left is whole: that one is missing is a finding all the same.
    expect(verify({ storage: new NativeStorage(), clock: systemClock, root: gone, bootId: BOOT }).status).toBe('damaged');
    // What L1 tells counts while the machine is up: what its pages held when the power went is not known.
    const cut = leave(desk, 'cut');
    removeFiles(cut, 'wal');
    const otherBoot = recover({ storage: new NativeStorage(), clock: systemClock, root: cut, bootId: 'another' }).report;
    expect(otherBoot).toMatchObject({ outcome: 'refused', lostAcknowledged: null });
    // The log as it is, without L1: it tells the end itself.
    const whole = leave(desk, 'whole');
    removeFiles(whole, 'l1');
    expect(recoverAt(whole).report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
  });

  it('that is whole tells how far it was acknowledged, where L1 does not', async () => {
    const desk = await crashed(60);
    const root = leave(desk);
    removeFiles(root, 'l1', 'l2', 'l3');
    const told = Math.max(...framesOf(root).map(({ durableLsn }) => durableLsn));
    expect(told).toBeGreaterThan(10);
    expect(recoverAt(root).report.acknowledgedLsn).toBeGreaterThanOrEqual(told);
  });

  it('that is cut before L1: its row says why it was passed over, and not what it would lose', async () => {
    const desk = await crashed(300, [100], 20);
    const root = leave(desk);
    const before = recoverAt(root).report;
    expect(before.tiers.find(({ tier }) => tier === 'L1')).toMatchObject({ chosen: true });
    const l2 = before.tiers.find(({ tier }) => tier === 'L2')!;
    const [mark] = framesOf(root).filter(({ firstLsn }) => firstLsn > l2.lsn! + 3);
    fs.truncateSync(mark!.path, mark!.offset);
    const { report } = recoverAt(root);
    expect(report.outcome).toBe('refused');
    const mapped = report.tiers.find(({ tier }) => tier === 'L1')!;
    expect(mapped.lsn).toBeGreaterThan(report.lsn);
    expect(mapped).toMatchObject({ chosen: false, wouldLose: null });
    expect(mapped.reason).toContain(`it ends at ${report.lsn}`);
    expect(report.copies.find(({ tier }) => tier === 'L1')).toMatchObject({ usable: false });
    // What was acknowledged beyond the base is lost by every row, and what it was the log no longer tells.
    const base = report.tiers.find(({ chosen }) => chosen)!;
    const lost = report.acknowledgedLsn - base.lsn!;
    expect(lost).toBeGreaterThan(0);
    expect(base.wouldLose).toEqual({ operations: lost, acknowledged: lost, orders: null, fills: null });
    expect(report.findings.find(({ code }) => code === 'HOT_TABLES_UNUSED')).toMatchObject({ lsn: mapped.lsn });
  });

  it('is refused where the header of a segment that is needed cannot be read', async () => {
    const desk = await crashed(900, [100]);
    const acknowledged = Number(desk.engine.durableLsn);
    for (const which of [-1, -2]) {
      const root = leave(desk, `left${which}`);
      removeFiles(root, 'l1');
      const segments = filesIn(root, 'wal').filter((path) =>
        fs
          .readFileSync(path)
          .subarray(0, 4096)
          .some((byte) => byte !== 0),
      );
      flipBit(segments.at(which)!, 200 * 8);
      judge(recoverAt(root), desk, acknowledged);
    }
  });

  it('goes on behind a bad frame that ends exactly at the base: nothing of that frame is needed', async () => {
    const desk = await crashed(400, [250]);
    const acknowledged = Number(desk.engine.durableLsn);
    const root = leave(desk);
    const base = recoverAt(root).report.baseLsn!;
    const hit = framesOf(root).find((frame) => frame.lastLsn === base)!;
    flipBit(hit.path, (hit.offset + 90) * 8);
    const recovery = recoverAt(root);
    judge(recovery, desk, acknowledged);
    expect(recovery.report.lsn).toBe(desk.lines.length);
  });
});

describe('a tier that is not what it should be', () => {
  const codes = (root: string): string[] =>
    recoverAt(root).report.findings.flatMap(({ code, severity }) => (severity === 'warning' ? [] : [code]));
  const verified = (root: string) => verify({ storage: new NativeStorage(), clock: systemClock, root, bootId: BOOT });

  it('is told where its file is empty though its epoch wrote operations, and where a file lies in place of its directory', async () => {
    const desk = await crashed(100, [50]);
    const root = leave(desk);
    expect(codes(root)).toEqual([]);
    const [map] = filesIn(root, 'l1');
    const bytes = fs.readFileSync(map!).length;
    for (const size of [0, bytes]) {
      fs.truncateSync(map!, 0);
      fs.truncateSync(map!, size);
      expect(codes(root)).toEqual(['MAP_EMPTY']);
      expect(verified(root).status).toBe('damaged');
    }
    fs.rmSync(join(root, 'l1'), { recursive: true });
    fs.writeFileSync(join(root, 'l1'), 'no directory');
    expect(codes(root)).toEqual(['NO_DIRECTORY']);
    expect(verified(root).status).toBe('damaged');
  });

  it('is told where L1 is cut within its pages, for its newest slot was whole; not after a power cut, which leaves anything of it', async () => {
    const desk = await crashed(300, [100, 200], 20);
    const root = leave(desk);
    const [map] = filesIn(root, 'l1');
    fs.truncateSync(map!, MAPPED_PAGES_AT + 3 * PAGE_BYTES);
    expect(recoverAt(root).report).toMatchObject({ outcome: 'recovered', base: 'L2', lostAcknowledged: 0 });
    expect(codes(root).sort()).toEqual(['COPY_DAMAGED', 'COPY_TORN']);
    expect(verified(root).status).toBe('damaged');
    const options = { storage: new NativeStorage(), clock: systemClock, root, bootId: 'another' };
    const { findings } = recover(options).report;
    expect(findings.flatMap(({ code, file }) => (file?.startsWith('l1/') ? [code] : []))).toEqual(['COPY_TORN', 'COPY_TORN']);
    expect(verify(options).files.find(({ path }) => path.startsWith('l1/'))?.status).toBe('torn');
  });

  it('leaves nothing that could be recovered, where all are gone: no whole store, and no empty one', async () => {
    const desk = await crashed(60, [30]);
    const root = leave(desk);
    removeFiles(root, 'wal', 'l1', 'l2', 'l3');
    const { report, image } = recoverAt(root);
    expect(image).toBeNull();
    expect(report).toMatchObject({ outcome: 'refused', root: null });
    expect(report.findings.find(({ code }) => code === 'NOTHING_LEFT')!.message).toContain('no copy of the state and no log is left');
    expect(refusalOf(report).message).toBe(report.sentence);
    expect(verified(root).status).toBe('damaged');
    const before = recover({ storage: new NativeStorage(), clock: systemClock, root: leave(desk, 'whole'), bootId: BOOT, at: 0 }).report;
    expect(before).toMatchObject({ outcome: 'empty', lsn: 0 });
    expect(before.sentence).toContain('before its first operation');
  });
});

describe('a page that is bad in one copy', () => {
  it('comes from the next best one and is brought forward: page, table, rows and source are told, the state is the model’s', async () => {
    const desk = await crashed(900, [500, 800]);
    const root = leave(desk);
    removeFiles(root, 'l1', 'l3');
    const [older, younger] = slotsOf(root);
    // One that has changed between the two.
    const [before, after] = [older!.load(), younger!.load()];
    const page = Array.from({ length: before.mark.pageCount }, (_, number) => number).find(
      (number) => rowsIn([before], number)?.table === 'orders' && !pageOf(before, number).equals(pageOf(after, number)),
    )!;
    const { table, rows } = rowsIn([before], page)!;
    flipBit(join(root, younger!.name), (younger!.pageAt!(page) + 100) * 8);
    const recovery = recoverAt(root);
    judge(recovery, desk, Number(desk.engine.durableLsn));
    const { report } = recovery;
    expect(report).toMatchObject({ outcome: 'salvaged', base: 'L2', baseLsn: younger!.mark!.lsn, lsn: desk.lines.length });
    const told = report.findings.filter(({ code }) => code === 'PAGE_SALVAGED');
    expect(told).toMatchObject([{ severity: 'damage', page, table, rows, source: older!.name }]);
    expect(report.pageMap.states[page]).toBe('s');
    // Brought forward from the older copy on, and not only from the base.
    expect(report.replayed).toBe(report.lsn - older!.mark!.lsn);
  });

  it('comes from the log alone where the next best copy did not have it yet', async () => {
    const desk = await crashed(900, [100, 800]);
    const root = leave(desk);
    removeFiles(root, 'l1', 'l3');
    const [older, younger] = slotsOf(root);
    const page = older!.mark!.pageCount;
    const { table, rows } = rowsIn([younger!.load()], page)!;
    flipBit(join(root, younger!.name), (younger!.pageAt!(page) + 100) * 8);
    const recovery = recoverAt(root);
    judge(recovery, desk, Number(desk.engine.durableLsn));
    expect(recovery.report.outcome).toBe('salvaged');
    const told = recovery.report.findings.filter(({ code }) => code === 'PAGE_SALVAGED');
    expect(told).toMatchObject([{ page, table, rows, source: 'wal' }]);
  });
});

describe('a page of which no copy is good', () => {
  async function lacking(table: keyof typeof TABLES) {
    const desk = await crashed(900, [500, 800]);
    const root = leave(desk);
    return { desk, root, page: losePage(root, table), acknowledged: Number(desk.engine.durableLsn) };
  }

  it('is named with its rows; the rest is shown, brought forward, for a person who overrides, and is whole after that', async () => {
    const { desk, root, page, acknowledged } = await lacking('orders');
    const { report, image } = recoverAt(root);
    expect(report).toMatchObject({ outcome: 'refused', lostAcknowledged: 0 });
    expect(report.lsn).toBeGreaterThanOrEqual(acknowledged);
    const [finding] = report.findings.filter(({ severity }) => severity === 'critical');
    expect(finding).toMatchObject({ code: 'PAGE_LOST', page, table: 'orders' });
    const [from, to] = finding!.rows!;
    // Everything else is as it was: the model's tables, but for orders, of which those of the other pages are there.
    const before = replayed(desk.lines.slice(0, report.lsn), { fillsMax: 32_768 }).state().tables;
    const after = canonicalState(image!).tables;
    for (const name of Object.keys(after)) if (name !== 'orders') expect(after[name], name).toEqual(before[name]);
    expect(before.orders!.length - after.orders!.length).toBeGreaterThan(0);
    expect(before.orders!.length - after.orders!.length).toBeLessThanOrEqual(to - from + 1);
    expect(before.orders).toEqual(expect.arrayContaining(after.orders as unknown[]));

    const platform = { storage: new NativeStorage(), clock: systemClock, scheduler: timerScheduler, bootId: BOOT };
    await expect(acceptRecovery({ platform, root, by: 'ada' })).rejects.toMatchObject({ code: 'RECOVERY_REFUSED' });
    const { lsn } = await acceptRecovery({ platform, root, by: 'ada', override: { reason: 'the venues know these orders' } });
    const again = recoverAt(root);
    expect(again.report).toMatchObject({ outcome: 'recovered', lsn, lostAcknowledged: 0 });
    expect(canonicalState(again.image!).tables.orders).toEqual(after.orders);
    expect(verify({ storage: new NativeStorage(), clock: systemClock, root, bootId: BOOT }).status).not.toBe('damaged');
  });

  it.each(['instruments', 'dictionary', 'positions'] as const)(
    'is refused with nothing to go on with where the rest needs it: %s',
    async (table) => {
      const { root, page } = await lacking(table);
      const { report, image } = recoverAt(root);
      expect(image).toBeNull();
      expect(report.findings.filter(({ code }) => code === 'PAGE_LOST')).toMatchObject([{ page, table }]);
      const { rows } = report.findings.find(({ code }) => code === 'PAGE_LOST')!;
      const doubt = `rows ${rows![0]} to ${rows![1]} of ${table}`;
      // Copies are left: what is said is what they lack.
      const left = report.findings.find(({ code }) => code === 'NOTHING_LEFT')!;
      expect(left.message).toContain(`page ${page}: ${doubt}`);
      expect(left.message).not.toContain('no copy of the state');
      expect(refusalOf(report)).toMatchObject({ code: 'NOTHING_LEFT', message: expect.stringMatching(`In doubt: ${doubt}\\.$`) });
    },
  );
});

describe('a base that cannot be completed', () => {
  it('leaves nothing of its LSN behind where the log alone is tried next', async () => {
    const desk = await crashed(500, [400]);
    const acknowledged = Number(desk.engine.durableLsn);
    const root = leave(desk);
    removeFiles(root, 'l1');
    const [slot] = filesIn(root, 'l2', /-a\.slot$/);
    const frames = framesOf(root);
    const hit = frames[Math.floor(frames.length * 0.3)]!;
    flipBit(hit.path, (hit.offset + 90) * 8 + 3);
    // One page of the only copy: the last bytes of the file that are in use.
    const bytes = fs.readFileSync(slot!);
    let last = bytes.length - 1;
    while (bytes[last] === 0) last -= 1;
    flipBit(slot!, (last - 40) * 8);
    const recovery = recoverAt(root);
    judge(recovery, desk, acknowledged);
    expect(recovery.report.lsn).toBeLessThan(hit.firstLsn);
  });
});

it('an attempt that fails leaves nothing behind for the next one', async () => {
  // The younger slot has a bad page, and the log is damaged on the way from the older one to it.
  const desk = await crashed(600, [100, 500]);
  const acknowledged = Number(desk.engine.durableLsn);
  const root = leave(desk);
  removeFiles(root, 'l1');
  const hit = framesOf(root).find((frame) => frame.firstLsn > 400)!;
  flipBit(hit.path, (hit.offset + 90) * 8);
  const slot = filesIn(root, 'l2', /-b\.slot$/)[0]!;
  const bytes = fs.readFileSync(slot);
  let last = bytes.length - 1;
  while (bytes[last] === 0) last -= 1;
  // A page that the older slot has as well: not one of the last.
  flipBit(slot, (last - 20 * 4096) * 8);
  judge(recoverAt(root), desk, acknowledged);
});

it('an epoch without a readable record goes on from its log, though its first segment was freed', async () => {
  const desk = await Desk.create({ config: { archive: false, windowMs: 300 } });
  made.push(desk.root);
  const generator = new Generator(5, { invalid: 0, prunes: false, halts: false, blobBytes: 2_000 });
  for (let step = 0; step < 1_500; step += 1) {
    await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()), step % 5 === 0 ? 'commit' : 'post');
    desk.pass(2);
  }
  for (let i = 0; i < 5; i += 1) await desk.submit(generator.intent(0, desk.model), 'commit');
  const acknowledged = Number(desk.engine.durableLsn);
  const root = leave(desk);
  expect(framesOf(root)[0]!.firstLsn).toBeGreaterThan(1);
  // The end is in the log alone.
  removeFiles(root, 'l1', 'l2');
  flipBit(filesIn(root, 'lineage')[0]!, 300);
  for (const _ of ['one bit', 'the whole record']) {
    const recovery = recoverAt(root);
    judge(recovery, desk, acknowledged);
    expect(recovery.report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
    expect(recovery.report.lsn).toBeGreaterThanOrEqual(acknowledged);
    removeFiles(root, 'lineage');
  }
});

it('an epoch of which only the copies are left, neither record nor log, is refused and not forgotten', async () => {
  const desk = await crashed(120, [100]);
  const { platform, root } = desk;
  await desk.engine.close();
  const opened = await openStore({ platform, root, config: parseEngineConfig(STEPPED_CONFIG), random: (bytes) => new Uint8Array(bytes) });
  if (opened.state !== 'running') throw new Error('it was closed in order');
  await opened.engine.commit({ type: 'risk.day', day: 20_260_101, time: 1n });
  await opened.engine.checkpoint();
  const left = leave(desk);
  for (const name of filesIn(left, 'wal', /^00000002/)) fs.rmSync(name);
  flipBit(filesIn(left, 'lineage')[1]!, 300);
  const { report } = recoverAt(left);
  expect(report).toMatchObject({ outcome: 'refused', lostAcknowledged: null });
  expect(report.findings.map(({ code }) => code)).toContain('EPOCH_LOST');
  await opened.engine.close();
});

it('a file of each kind, cut and flipped at random places, gives the right state or a refusal', async () => {
  const desk = await crashed(500, [100, 200, 300]);
  await desk.engine.snapshot(false);
  desk.follow();
  await desk.submit(new Generator(5).intent(0, desk.model), 'commit');
  const acknowledged = Number(desk.engine.durableLsn);
  for (let round = 0; round < 60; round += 1) {
    const random = randomOf(77, round);
    const root = leave(desk, 'round');
    const kind = random.pick(['l1', 'l2', 'l3', 'wal', 'lineage']);
    const path = random.pick(filesIn(root, kind));
    const size = fs.statSync(path).size;
    if (random.chance(0.3)) fs.truncateSync(path, random.below(size));
    else for (let bits = 1 + random.below(3); bits > 0; bits -= 1) flipBit(path, random.below(size * 8));
    if (random.chance(0.5)) removeFiles(root, random.pick(['l2', 'l3']));
    judge(recoverAt(root), desk, acknowledged);
  }
  expect(fs.existsSync(join(desk.root, 'store.json'))).toBe(true);
});

describe('a tier whose directory does not answer', () => {
  it.each(['l1', 'l2', 'l3'])('does not keep the others from being probed (%s)', async (tier) => {
    const desk = await crashed(120, [40, 80]);
    await desk.engine.snapshot();
    const root = leave(desk);
    class Silent extends NativeStorage {
      override list(directory: string): string[] {
        if (directory === join(root, tier)) throw new RearmError('IO_FAILED', `could not list ${directory}`, { path: directory });
        return super.list(directory);
      }
    }
    const recovery = recover({ storage: new Silent(), clock: systemClock, root, bootId: BOOT });
    judge(recovery, desk, Number(desk.engine.durableLsn));
    const { report } = recovery;
    expect(report.outcome).not.toBe('refused');
    expect(report.tiers.find((row) => row.tier === tier.toUpperCase())).toMatchObject({ status: 'unavailable', lsn: null });
    expect(report.tiers.filter(({ status }) => status === 'valid').length).toBeGreaterThan(1);
    expect(report.findings.map(({ message }) => message)).toContain(`could not list ${join(root, tier)}`);
  });
});

describe('a file that this user may not read', () => {
  it.each(['lineage', 'wal', 'l1', 'l2', 'l3'])('is no damage: nothing is judged before it can be read (%s)', async (folder) => {
    const desk = await crashed(120, [40, 80]);
    await desk.engine.snapshot();
    const root = leave(desk);
    class Denied extends NativeStorage {
      override open(path: string, mode: Parameters<NativeStorage['open']>[1]) {
        if (path.startsWith(join(root, folder, '0'))) throw systemFailure('EACCES', 'open', path);
        return super.open(path, mode);
      }
    }
    const options = { storage: new Denied(), clock: systemClock, root, bootId: BOOT };
    for (const command of [recover, verify]) expect(() => command(options)).toThrow(expect.objectContaining({ code: 'PERMISSION_DENIED' }));
  });
});
