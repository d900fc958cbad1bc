/** The disk does not give the archive: SQLite does its own I/O, and its errors are no damage. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { readIdentity, storeIdBytes } from '../../main/store/identity.ts';
import { writeSums } from '../../main/tiers/archive-sums.ts';
import { Generator } from '../../simulation/model/generator.ts';
import type { Look } from '../faults/looker.ts';
import { Desk } from '../support/desk.ts';
import { ROOT } from '../support/imports.ts';
import { removeFiles } from '../support/store-files.ts';

const NEVER = 86_400_000;
const canTrace = spawnSync('strace', ['-V']).status === 0;
const directory = mkdtempSync(join(tmpdir(), 'rearm-failing-archive-'));
let root: string;
let digest: string;

beforeAll(async () => {
  const desk = await Desk.create({ config: { l1Ms: NEVER, l2Ms: 5, l3Ms: NEVER, l4Ms: 1, archive: true, windowMs: NEVER } });
  const generator = new Generator(5, { invalid: 0, halts: false, prunes: false });
  for (let step = 0; step < 100; step += 1) await desk.submit(generator.intent(step, desk.model, desk.clock.wallNs()));
  desk.pass(100);
  await desk.engine.close();
  root = desk.root;
  digest = desk.model.digest();
});
afterAll(() => {
  for (const path of [directory, dirname(root)]) rmSync(path, { recursive: true, force: true });
});

/** A process that cannot read the archive: neither in its place nor to copy it. */
function run(...program: readonly string[]) {
  const reads = 'pread64,read,copy_file_range,sendfile,ioctl';
  const traced = ['-f', '-o', join(directory, 'trace'), '-P', join(root, 'l4/archive.db'), '-e', `trace=${reads}`];
  const command = [process.execPath, '--no-warnings', ...program];
  return spawnSync('strace', [...traced, '-e', `inject=${reads}:error=EIO`, ...command], { encoding: 'utf8' });
}

function look(): Look[] {
  const lines = run(join(ROOT, 'tests/faults/looker.ts'), root).stdout.split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Look).filter(({ told }) => told !== undefined);
}

test('the state comes from elsewhere, and neither a recovery nor a verification calls the archive damaged', (context) => {
  if (!canTrace) context.skip('strace is not installed');
  const [recovered, verified] = look();
  expect(recovered).toMatchObject({ told: 'recovered', digest });
  expect(recovered!.findings.join('\n')).toMatch(/could not (copy|read) .*l4\/archive\.db.*EIO/);
  expect(verified!.told).toBe('unread');
  expect(verified!.findings.join('\n')).toMatch(/^l4\/archive\.db: .*EIO/m);
});

test('the terminal says that it is not known, with the status of what cannot be read', (context) => {
  if (!canTrace) context.skip('strace is not installed');
  const { status, stdout } = run(join(ROOT, 'app/cli/rearm.ts'), 'verify', root);
  expect(status).toBe(2);
  expect(stdout).toMatch(/could not be read to its end: whether it is whole is not known\./);
});

test('nor where its checksums were left open, and SQLite is asked whether it is whole', (context) => {
  if (!canTrace) context.skip('strace is not installed');
  const { storage } = nativePlatform;
  const sums = { sealed: false, sums: new BigUint64Array(4) };
  writeSums(storage, join(root, 'l4/archive.sums'), storeIdBytes(readIdentity(storage, root)), sums);
  removeFiles(root, 'l3');
  const [recovered, verified] = look();
  expect(recovered).toMatchObject({ told: 'recovered', digest });
  expect(verified!.told).toBe('unread');
  expect(verified!.findings.join('\n')).not.toMatch(/damaged/i);
});
