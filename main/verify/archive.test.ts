/** Every byte of the archive is covered, and what was damaged stays so through the next transaction. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Generator } from '../../simulation/model/generator.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { Desk } from '../../tests/support/desk.ts';
import { copyStore, flipBit } from '../../tests/support/store-files.ts';
import { openStore, parseEngineConfig } from '../index.ts';
import { openDatabase } from '../tiers/archive.ts';
import { type VerifyReport, verify } from './verify.ts';

const FLIPS = 24;
const CONFIG = { l2Ms: 5, l3Ms: 86_400_000, l4Ms: 1, archive: true };
let desk: Desk;

beforeAll(async () => {
  desk = await Desk.create({ config: CONFIG });
  const generator = new Generator(3, { invalid: 0, halts: false, prunes: false, blobBytes: 200 });
  for (let step = 0; step < 200; step += 1) await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()));
  desk.pass(100);
  await desk.engine.close();
});
afterAll(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));

const ARCHIVE = 'l4/archive.db';
const SUMS = 'l4/archive.sums';
const look = (root: string): VerifyReport => {
  const { storage, clock, bootId } = desk.platform;
  return verify({ storage, clock, bootId, root });
};
const codesOf = (report: VerifyReport, path: string): string[] =>
  report.files.find((file) => file.path === path)?.findings.map(({ code }) => code) ?? [];

const damageOf = (report: VerifyReport) => report.files.find(({ path }) => path === ARCHIVE)?.findings ?? [];

test.each([ARCHIVE, SUMS])('no bit of %s changes unseen', (name) => {
  expect(look(desk.root).files.filter(({ status }) => status !== 'whole')).toEqual([]);
  const root = copyStore(desk.root, 'flipped');
  const path = join(root, name);
  const random = randomOf(11);
  for (let flip = 0; flip < FLIPS; flip += 1) {
    const bit = random.below(fs.statSync(path).size * 8);
    flipBit(path, bit);
    const report = look(root);
    expect(report.status, `bit ${bit}`).toBe('damaged');
    expect(codesOf(report, name).length, `bit ${bit}`).toBeGreaterThan(0);
    flipBit(path, bit);
  }
});

test('an archive that is gone, is shorter, or has lost its checksums is told', () => {
  const root = copyStore(desk.root, 'cut');
  const path = join(root, ARCHIVE);
  fs.truncateSync(path, fs.statSync(path).size - 4096);
  expect(codesOf(look(root), ARCHIVE)).toContain('SIZE_WRONG');
  fs.rmSync(path);
  expect(codesOf(look(root), ARCHIVE)).toContain('SIZE_WRONG');
  fs.copyFileSync(join(desk.root, ARCHIVE), path);
  fs.rmSync(join(root, SUMS));
  expect(codesOf(look(root), ARCHIVE)).toEqual(['SUMS_MISSING']);
});

test('a page that was damaged is damaged after the next transaction too, unless that wrote it anew', async () => {
  const root = copyStore(desk.root, 'laundered');
  const path = join(root, ARCHIVE);
  // In an image that stays, of which SQLite knows nothing but its length.
  const database = openDatabase(path, { readonly: true });
  const { pages } = database.prepare('SELECT pages FROM images').get() as { pages: Uint8Array };
  database.close();
  const at = fs.readFileSync(path).indexOf(pages.subarray(5_000, 5_064));
  flipBit(path, at * 8);
  const page = { code: 'PAGE_DAMAGED', offset: at - (at % 4096) };
  expect(damageOf(look(root))).toContainEqual(expect.objectContaining(page));
  const { platform } = desk;
  const config = parseEngineConfig({ ...CONFIG, tiers: 'inline' });
  const opened = await openStore({ platform, root, config, random: (count) => new Uint8Array(count) });
  if (opened.state !== 'running') throw new Error('it was closed in order');
  opened.engine.post({ type: 'configuration.set', scope: 'risk', name: 'x', value: 'y', time: 1n });
  await opened.engine.flush();
  desk.pass(100);
  await opened.engine.close();
  const after = look(root);
  expect(codesOf(after, SUMS)).toEqual([]);
  expect(fs.readFileSync(join(root, SUMS)).equals(fs.readFileSync(join(desk.root, SUMS)))).toBe(false);
  expect(damageOf(after)).toContainEqual(expect.objectContaining(page));
});

test('an archive whose writing was cut short is told as that, and checked as a database', () => {
  const root = copyStore(desk.root, 'open');
  const path = join(root, SUMS);
  const bytes = fs.readFileSync(path);
  expect(bytes.readUInt16LE(14)).toBe(1);
  for (const [damage, codes] of [
    [false, []],
    [true, ['DATABASE_DAMAGED']],
  ] as const) {
    if (damage)
      fs.writeFileSync(join(root, ARCHIVE), Buffer.concat([fs.readFileSync(join(root, ARCHIVE)).subarray(0, 8192), Buffer.alloc(4096, 7)]));
    writeOpen(path, bytes);
    const report = look(root);
    expect(codesOf(report, SUMS)).toEqual(['UNSEALED']);
    expect(codesOf(report, ARCHIVE).filter((code) => code === 'DATABASE_DAMAGED')).toEqual(codes);
  }
});

/** The same checksums, as they stand while a transaction runs. */
function writeOpen(path: string, sealed: Buffer): void {
  const bytes = Buffer.from(sealed);
  bytes.writeUInt16LE(0, 14);
  bytes.writeBigUInt64LE(xxh64(bytes.subarray(8)), 0);
  fs.writeFileSync(path, bytes);
}
