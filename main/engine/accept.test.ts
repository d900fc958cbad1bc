/** Accepting: halted from its first moment, and never under a number that a file bears already. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TABLES } from '../../shared/model/tables.ts';
import { Durability } from '../../simulation/durability.ts';
import type { FileTree } from '../../simulation/file-tree.ts';
import { type SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { subjectOf } from '../../simulation/subject.ts';
import { LATER_BOOT, ROOT } from '../../simulation/workload.ts';
import { BOOT, Desk, STEPPED_CONFIG } from '../../tests/support/desk.ts';
import { copyStore } from '../../tests/support/store-files.ts';
import { recover } from '../cascade/recover.ts';
import { CanonicalReader } from '../image/canonical.ts';
import { openDatabase } from '../tiers/archive.ts';
import { acceptRecovery } from './accept.ts';
import { parseEngineConfig } from './config.ts';
import { openStore } from './open.ts';

const made: string[] = [];
afterAll(() => {
  for (const root of made) fs.rmSync(dirname(root), { recursive: true, force: true });
});

async function crashed(...halts: readonly string[]): Promise<Desk> {
  const desk = await Desk.create({ config: { archive: false } });
  made.push(desk.root);
  for (let day = 1; day <= 20; day += 1) await desk.engine.commit({ type: 'risk.day', day, time: 1n });
  for (const reason of halts) await desk.engine.commit({ type: 'risk.halt', reason, time: 7n });
  return desk;
}

const accept = (desk: Desk, root: string) => acceptRecovery({ platform: desk.platform, root, by: 'ada' });
const riskIn = (desk: Desk, root: string) => {
  const { image } = recover({ storage: desk.platform.storage, clock: desk.clock, root, bootId: BOOT });
  return new CanonicalReader(image!).row(TABLES.risk, 0);
};

it('a desk that was trading is halted, and says by whom it was accepted', async () => {
  const desk = await crashed();
  const root = copyStore(desk.root, 'left');
  expect(riskIn(desk, root)).toMatchObject({ halted: false });
  await accept(desk, root);
  expect(riskIn(desk, root)).toMatchObject({ halted: true, haltReason: 'the engine died; accepted by ada' });
});

it('a desk that was halted keeps its first reason', async () => {
  const desk = await crashed('a fat finger');
  const root = copyStore(desk.root, 'left');
  await accept(desk, root);
  expect(riskIn(desk, root)).toMatchObject({ halted: true, haltReason: 'a fat finger' });
});

it('what is damaged is set aside, whole, and stays there when the power goes right behind it', async () => {
  const { tree, expected } = await subjectOf('young', 1);
  const [damaged] = tree.files().filter((path) => path.startsWith(`${ROOT}/l3/`));
  const left = tree.copy();
  left.write(left.entries.get(damaged!) as number, 700, Uint8Array.of(tree.bytes(damaged!)[700]! ^ 1));
  const evidence = left.bytes(damaged!).slice();
  const disk = new Durability(left);
  const storage = new SimulatedStorage({ tree: left, effect: (effect) => disk.apply(effect) });
  const { clock } = expected;
  const platform = { storage, clock, scheduler: new SteppedScheduler(clock as SteppedClock), bootId: LATER_BOOT };
  const { quarantined } = await acceptRecovery({ platform, root: ROOT, by: 'ada', segmentBytes: 65_536 });
  expect(quarantined.map((name) => `${ROOT}/${name}`)).toEqual([damaged]);
  const pending = disk.pending();
  const cut = disk.after(
    pending,
    pending.map(() => 0),
  );
  expect(cut.entries.has(damaged!)).toBe(false);
  const [aside] = cut.files().filter((path) => path.startsWith(`${ROOT}/quarantine/`));
  expect(Buffer.compare(cut.bytes(aside!), evidence)).toBe(0);
});

it('wherever another acceptance died, the next one succeeds, under a number that no file bears', async () => {
  const { tree, expected } = await subjectOf('young', 1);
  const { clock } = expected;
  const acceptOn = (storage: SimulatedStorage) => {
    const platform = { storage, clock, scheduler: new SteppedScheduler(clock as SteppedClock), bootId: LATER_BOOT };
    return acceptRecovery({ platform, root: ROOT, by: 'ada', segmentBytes: 65_536 });
  };
  const epochsOf = (left: FileTree) => left.files().flatMap((path) => (/\/(\d{8})[-.][^/]*$/.exec(path) ?? []).slice(1).map(Number));
  let deaths = 0;
  for (let endAt = 1; ; endAt += 1) {
    const left = tree.copy();
    const dying = new SimulatedStorage({ tree: left, endAt });
    await acceptOn(dying).catch(() => undefined);
    if (dying.calls < endAt) break;
    deaths += 1;
    const before = Math.max(...epochsOf(left));
    expect((await acceptOn(new SimulatedStorage({ tree: left }))).epoch, `after a death in call ${endAt}`).toBeGreaterThan(before);
    const { report, image } = recover({
      storage: new SimulatedStorage({ tree: left }),
      clock: expected.clock,
      root: ROOT,
      bootId: LATER_BOOT,
    });
    expect(report.outcome, report.sentence).toBe('recovered');
    expect(new CanonicalReader(image!).row(TABLES.risk, 0)).toMatchObject({ halted: true });
  }
  expect(deaths).toBeGreaterThan(100);
});

it.each(['lineage', 'wal', 'l1', 'l2', 'l3'])('an epoch of which only what is in %s is left keeps its number', async (kept) => {
  const desk = await crashed();
  const root = copyStore(desk.root, `left ${kept}`);
  expect((await accept(desk, root)).epoch).toBe(2);
  const ofLost = (directory: string): string[] =>
    fs.readdirSync(join(root, directory)).flatMap((name) => (name.startsWith('00000002') ? join(root, directory, name) : []));
  expect(ofLost(kept)).not.toEqual([]);
  for (const directory of ['lineage', 'wal', 'l1', 'l2', 'l3'])
    if (directory !== kept) for (const path of ofLost(directory)) fs.rmSync(path);
  const again = await acceptRecovery({ platform: desk.platform, root, by: 'ada', override: { reason: 'known from elsewhere' } });
  expect(again.epoch).toBe(3);
});

it('an epoch of which only an image in the archive is left is lost, not one that never was, and keeps its number', async () => {
  const desk = await crashed();
  const { platform, root } = desk;
  await desk.engine.close();
  const config = parseEngineConfig({ ...STEPPED_CONFIG, windowMs: 86_400_000, l4Ms: 1 });
  const opened = await openStore({ platform, root, config, random: (count) => new Uint8Array(count) });
  if (opened.state !== 'running') throw new Error('it was closed in order');
  await opened.engine.commit({ type: 'risk.day', day: 30, time: 1n });
  desk.pass(100);
  await opened.engine.abandon();
  for (const directory of ['lineage', 'wal', 'l1', 'l2', 'l3'])
    for (const name of fs.readdirSync(join(root, directory))) if (name.startsWith('00000002')) fs.rmSync(join(root, directory, name));
  const { report } = recover({ storage: platform.storage, clock: desk.clock, root, bootId: BOOT });
  expect(report.outcome, report.sentence).toBe('refused');
  expect(report.findings.map(({ code, file }) => `${code} ${file}`)).toContain('EPOCH_LOST lineage/2');
  const override = { reason: 'what was done in it is known from elsewhere' };
  expect((await acceptRecovery({ platform, root, by: 'ada', override })).epoch).toBe(3);
});

it('while the archive cannot be read, a number is taken that none of its images bears', async (context) => {
  const desk = await Desk.create({ config: { l1Ms: 86_400_000, l2Ms: 5, l3Ms: 86_400_000, l4Ms: 1 } });
  made.push(desk.root);
  await desk.engine.commit({ type: 'risk.day', day: 1, time: 1n });
  desk.pass(100);
  const root = copyStore(desk.root, 'left');
  // Somebody holds it, and no copy can be made.
  const held = openDatabase(join(root, 'l4/archive.db'), {});
  held.exec('BEGIN EXCLUSIVE');
  const { TMPDIR } = process.env;
  process.env.TMPDIR = '/nowhere';
  context.onTestFinished(() => {
    held.close();
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });
  const { epoch, report } = await accept(desk, root);
  expect(report.findings.map(({ code }) => code)).toContain('COPY_UNREAD');
  expect(epoch).toBeGreaterThan(100);
});

describe('a file of a tier under the name of an epoch that never was', () => {
  const stores = async () => {
    const desk = await crashed();
    await desk.engine.checkpoint();
    await desk.engine.snapshot(false);
    return desk;
  };
  let kept: Promise<Desk> | undefined;
  const look = (desk: Desk, root: string) => recover({ storage: desk.platform.storage, clock: desk.clock, root, bootId: BOOT }).report;
  const override = { reason: 'somebody put it there' };

  it.each(
    ['00000002', '99999999'].flatMap((number) =>
      (['l1', 'l2', 'l3'] as const).flatMap((tier) => (['doubled', 'renamed'] as const).map((how) => [tier, how, number] as const)),
    ),
  )('%s, %s to %s, is damaged by itself: nothing is refused, nor given that number', async (tier, how, number) => {
    kept ??= stores();
    const desk = await kept;
    const root = copyStore(desk.root, `${tier}-${how}-${number}`);
    const [name] = fs.readdirSync(join(root, tier)) as [string];
    const [from, to] = [join(root, tier, name), join(root, tier, name.replace(/^\d{8}/, number))];
    if (how === 'doubled') fs.copyFileSync(from, to);
    else fs.renameSync(from, to);
    const report = look(desk, root);
    expect(report).toMatchObject({ outcome: 'recovered', lsn: Number(desk.engine.durableLsn) });
    expect(report.findings.flatMap(({ severity, file }) => (severity === 'damage' ? [file] : []))).toEqual([to.slice(root.length + 1)]);
    const { epoch, quarantined } = await accept(desk, root);
    expect(epoch).toBe(number === '00000002' ? 3 : 2);
    expect(quarantined).toEqual([to.slice(root.length + 1)]);
    expect(look(desk, root)).toMatchObject({ outcome: 'recovered', findings: [] });
  });

  it.each(['00000002', '99999999'])(
    'that holds nothing readable, to %s, is a lost one: refused until somebody overrides, and set aside then',
    async (number) => {
      kept ??= stores();
      const desk = await kept;
      const root = copyStore(desk.root, `rubbish-${number}`);
      fs.writeFileSync(join(root, 'l1', `${number}.map`), 'rubbish');
      expect(look(desk, root).outcome).toBe('refused');
      const { quarantined } = await acceptRecovery({ platform: desk.platform, root, by: 'ada', override });
      expect(quarantined).toEqual([`l1/${number}.map`]);
      expect(look(desk, root)).toMatchObject({ outcome: 'recovered', findings: [] });
    },
  );
});
