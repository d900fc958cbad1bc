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

/** What a process says of the store that cannot read the archive: neither in its place nor to copy it. */
function look(): Look[] {
  const looker = new URL('../faults/looker.ts', import.meta.url).pathname;
  const reads = 'pread64,read,copy_file_range,sendfile,ioctl';
  const options = ['-f', '-o', join(directory, 'trace'), '-P', join(root, 'l4/archive.db'), '-e', `trace=${reads}`];
  const { stdout } = spawnSync('strace', [...options, '-e', `inject=${reads}:error=EIO`, process.execPath, '--no-warnings', looker, root], {
    encoding: 'utf8',
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
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
