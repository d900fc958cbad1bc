/**
 * What may happen to the archive outside of the engine: SQLite does its own I/O, so that the simulated disk has none of it. Each of these gives
 * the right state, or a reason at the tier; the cascade goes on, and leaves no trace.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Generator } from '../../simulation/model/generator.ts';
import { BOOT, Desk } from '../../tests/support/desk.ts';
import { copyStore, removeFiles } from '../../tests/support/store-files.ts';
import { type Recovery, recover } from '../cascade/recover.ts';
import { nativePlatform } from '../engine/native-platform.ts';
import { sha256Hex } from '../gate/canonical.ts';
import { canonicalState } from '../image/canonical.ts';
import { verify } from '../verify/verify.ts';
import { openDatabase } from './archive.ts';

const NEVER = 86_400_000;
const DATABASE = 'l4/archive.db';
let desk: Desk;
let foreign: Desk;
/** As a death leaves it, an image in the archive, and a log that goes on behind it. */
let left: string;
let digest: string;

async function traded(seed: number): Promise<Desk> {
  const made = await Desk.create({ config: { l1Ms: NEVER, l2Ms: 5, l3Ms: NEVER, l4Ms: 1, archive: true, windowMs: NEVER } });
  const generator = new Generator(seed, { invalid: 0, halts: false, prunes: false, blobBytes: 400 });
  for (let step = 0; step < 300; step += 1) {
    await made.submit(generator.intent(step, made.model, made.clock.wallNs()));
    if (step === 250) made.pass(100);
  }
  await made.engine.flush();
  return made;
}

beforeAll(async () => {
  desk = await traded(3);
  foreign = await traded(4);
  left = copyStore(desk.root, 'left');
  digest = desk.model.digest();
});
afterAll(async () => {
  for (const one of [desk, foreign]) {
    await one.engine.close();
    fs.rmSync(dirname(one.root), { recursive: true, force: true });
  }
});

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Another process that works on a database, in the middle of a transaction when this resolves. @param sql what it has done by then */
async function inTransaction(path: string, sql: string): Promise<ChildProcess> {
  const program = `import { openDatabase } from ${JSON.stringify(new URL('./archive.ts', import.meta.url).href)};
    const database = openDatabase(process.argv[1], {});
    database.exec(${JSON.stringify(sql)});
    console.log('ready');
    // Held on to: a connection that nobody knows any more is closed.
    setInterval(() => database, 1000);`;
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the other process ended: ${code}`)));
  });
  return child;
}

const killed = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.removeAllListeners('exit').once('exit', () => resolve());
    child.kill('SIGKILL');
  });

/** Every page of the images and half of the rows are new, and with so small a cache they are in the file before the transaction ends. */
const HALF_DONE = `PRAGMA cache_size = 4; BEGIN;
  UPDATE images SET pages = randomblob(length(pages)), page_table = randomblob(length(page_table));
  DELETE FROM orders WHERE rowid % 2; UPDATE fills SET epoch = 9, lsn = 9;`;

const pathIn = (root: string): string => join(root, DATABASE);
const look = (root: string): string[] =>
  fs.readdirSync(join(root, 'l4')).map((name) => `${name} ${sha256Hex(fs.readFileSync(join(root, 'l4', name)))}`);

/** A copy whose state only the archive and the log behind it hold, or only the log. */
function copyOf(name: string): string {
  const copy = copyStore(left, name);
  removeFiles(copy, 'l1', 'l2', 'l3');
  return copy;
}

/** Recovers, in the time that reading takes, and without a trace; the state is right. */
function recovered(root: string): Recovery {
  const before = look(root);
  const start = performance.now();
  const recovery = recover({ storage: nativePlatform.storage, clock: desk.clock, root, bootId: BOOT });
  // SQLite would wait five seconds for a lock.
  expect(performance.now() - start).toBeLessThan(4_000);
  expect(look(root)).toEqual(before);
  expect(recovery.report.outcome, recovery.report.sentence).toBe('recovered');
  expect(canonicalState(recovery.image!).stateDigest).toBe(digest);
  return recovery;
}

const tierOf = ({ report }: Recovery) => report.tiers.find(({ tier }) => tier === 'L4')!;
const baseOf = ({ report }: Recovery) => report.base;
const saidOf = ({ report }: Recovery): string =>
  report.findings
    .filter(({ file }) => file?.startsWith(DATABASE))
    .map(({ code, message }) => `${code} ${message}`)
    .join('\n');

it('an archive that nothing happened to is the base where the other tiers are gone', () => {
  const recovery = recovered(copyOf('whole'));
  expect([tierOf(recovery).status, baseOf(recovery)]).toEqual(['valid', 'L4']);
});

describe('an archive of another store', () => {
  it('is refused as that, and the state comes from elsewhere', () => {
    const copy = copyOf('foreign');
    fs.copyFileSync(pathIn(foreign.root), pathIn(copy));
    const recovery = recovered(copy);
    expect(tierOf(recovery).status).toBe('damaged');
    expect(saidOf(recovery)).toBe(`COPY_REFUSED ${DATABASE} belongs to another store`);
  });

  it.each([
    ['a database of something else', 'CREATE TABLE notes (text TEXT)', 'no such table: archive'],
    [
      'one that calls itself something else',
      "CREATE TABLE archive (format, version, store_id); INSERT INTO archive VALUES ('x', 1, 'y')",
      'is not an archive',
    ],
    ['one that says nothing', 'CREATE TABLE archive (format, version, store_id)', 'is not an archive'],
  ])('or %s is told by what it is', (what, sql, told) => {
    const copy = copyOf(what);
    fs.rmSync(pathIn(copy));
    const database = openDatabase(pathIn(copy), {});
    database.exec(sql);
    database.close();
    const recovery = recovered(copy);
    expect(tierOf(recovery).status).toBe('damaged');
    expect(saidOf(recovery)).toContain(told);
  });
});

describe('an archive that another process', () => {
  it('has locked is read from a copy, without waiting', async () => {
    const copy = copyOf('locked');
    await inTransaction(pathIn(copy), 'BEGIN EXCLUSIVE');
    expect(fs.existsSync(`${pathIn(copy)}-journal`)).toBe(false);
    const recovery = recovered(copy);
    expect([tierOf(recovery).status, baseOf(recovery)]).toEqual(['valid', 'L4']);
  });

  it('is changing, its journal beside it, is read as it was before', async () => {
    const copy = copyOf('changing');
    await inTransaction(pathIn(copy), HALF_DONE);
    expect(fs.readFileSync(pathIn(copy)).equals(fs.readFileSync(pathIn(left)))).toBe(false);
    const recovery = recovered(copy);
    expect([tierOf(recovery).status, baseOf(recovery)]).toEqual(['valid', 'L4']);
  });

  it('was changing when it was killed is read as it was before, and is so again after the next transaction', async () => {
    const copy = copyOf('killed');
    await killed(await inTransaction(pathIn(copy), HALF_DONE));
    expect(fs.statSync(`${pathIn(copy)}-journal`).size).toBeGreaterThan(0);
    const recovery = recovered(copy);
    expect([tierOf(recovery).status, baseOf(recovery)]).toEqual(['valid', 'L4']);
    // Whoever writes next rolls it back, as every SQLite does.
    const database = openDatabase(pathIn(copy), {});
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
    expect(fs.existsSync(`${pathIn(copy)}-journal`)).toBe(false);
    expect(fs.readFileSync(pathIn(copy)).equals(fs.readFileSync(pathIn(left)))).toBe(true);
    const { status } = verify({ storage: nativePlatform.storage, clock: desk.clock, root: copy, bootId: BOOT });
    expect(status).toBe('whole');
  });

  it('was changing when it was killed, and whose journal is gone, is half of two states: told, and nothing of it is taken', async () => {
    const copy = copyOf('without journal');
    await killed(await inTransaction(pathIn(copy), HALF_DONE));
    fs.rmSync(`${pathIn(copy)}-journal`);
    const recovery = recovered(copy);
    expect(tierOf(recovery).status).toBe('damaged');
    expect(baseOf(recovery)).not.toBe('L4');
    expect(saidOf(recovery)).toMatch(/^COPY_DAMAGED/);
  });

  it('was changing, beside the journal of another transaction, is told or is right', async () => {
    const copy = copyOf('foreign journal');
    const other = copyOf('other');
    await killed(await inTransaction(pathIn(other), 'PRAGMA cache_size = 4; BEGIN; DELETE FROM images; DELETE FROM orders;'));
    await killed(await inTransaction(pathIn(copy), HALF_DONE));
    fs.copyFileSync(`${pathIn(other)}-journal`, `${pathIn(copy)}-journal`);
    const recovery = recovered(copy);
    if (tierOf(recovery).status !== 'valid') expect(saidOf(recovery)).toMatch(/^COPY_DAMAGED|^PAGES_BAD/);
  });
});

describe('an archive that cannot be read now', () => {
  const kept = process.env.TMPDIR;
  afterEach(() => {
    if (kept === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = kept;
  });

  it('because another process holds it and no copy can be made is not called damaged', async () => {
    const copy = copyStore(left, 'nowhere to copy to');
    await inTransaction(pathIn(copy), 'BEGIN EXCLUSIVE');
    process.env.TMPDIR = '/nowhere';
    const recovery = recovered(copy);
    expect(tierOf(recovery).status).toBe('unavailable');
    expect(saidOf(recovery)).toBe(`COPY_UNREAD could not copy ${DATABASE} to /nowhere: ENOENT`);
    expect(recovery.report.findings.filter(({ severity }) => severity === 'damage')).toEqual([]);
  });

  it('where it lies, because it says that it has a log of its own, is read from a copy', () => {
    const copy = copyOf('in WAL mode');
    const bytes = fs.readFileSync(pathIn(copy));
    // Versions of the format to write and to read: 2 is a database with a log of its own, whose files SQLite would create in the store.
    bytes.set([2, 2], 18);
    fs.writeFileSync(pathIn(copy), bytes);
    const recovery = recovered(copy);
    expect([tierOf(recovery).status, baseOf(recovery)]).toEqual(['valid', 'L4']);
  });

  it('where a log of SQLite lies beside it that is not its own, is read without that', async () => {
    const other = copyOf('with a log');
    await killed(await inTransaction(pathIn(other), 'PRAGMA journal_mode = WAL; UPDATE images SET pages = randomblob(99)'));
    const copy = copyOf('beside a log');
    fs.copyFileSync(`${pathIn(other)}-wal`, `${pathIn(copy)}-wal`);
    expect(fs.statSync(`${pathIn(copy)}-wal`).size).toBeGreaterThan(0);
    const recovery = recovered(copy);
    expect([tierOf(recovery).status, baseOf(recovery)]).toEqual(['valid', 'L4']);
  });
});
