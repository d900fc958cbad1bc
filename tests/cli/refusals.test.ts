/** What the terminal answers to bad arguments, to what is no store, and to stores that something happened to: status, code, one line. */

import fs from 'node:fs';
import { join } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStore, nativePlatform, parseEngineConfig } from '../../main/index.ts';
import { readIdentity } from '../../main/store/identity.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import { documentOf, ended, expectRefusal, gateOf, rearm, start, temporaryFolder } from './run.ts';

const folder = temporaryFolder();
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
/** A store whose engine died after 200 operations. */
const STORE = join(folder, 'store');
const LAST = 201;
const FILE = join(folder, 'a-file');
const NOTHING = join(folder, 'nothing-there');

beforeAll(async () => {
  const config = parseEngineConfig({ l1Ms: 5, l2Ms: 20, segmentBytes: 1 << 16 });
  const engine = await createStore({ platform: nativePlatform, root: STORE, name: 'small', config });
  for (let i = 0; i < LAST - 1; i += 1) {
    await engine.commit({ type: 'asset.define', asset: `A${i}`, scale: 8, rate: '1', time: nativePlatform.clock.wallNs() });
  }
  await engine.abandon();
  fs.writeFileSync(FILE, 'not a store\n');
  fs.mkdirSync(join(folder, 'empty'));
});

let copies = 0;
/** A copy of the store that may be spoilt. */
function copyOf(): string {
  copies += 1;
  const copy = join(folder, `copy-${copies}`);
  fs.cpSync(STORE, copy, { recursive: true });
  return copy;
}

const USAGE: readonly (readonly [string, readonly string[]])[] = [
  ['no command', []],
  ['an unknown command', ['recovery']],
  ['an unknown flag', ['--loud']],
  ['an unknown flag of a command', ['recover', STORE, '--loud']],
  ['a missing argument', ['state']],
  ['one argument too many', ['verify', STORE, STORE]],
  ['a flag without its value', ['state', STORE, '--at']],
  ['an LSN that is no number', ['state', STORE, '--at', 'last']],
  ['a negative LSN', ['state', STORE, '--at', '-1']],
  ['an LSN with a fraction', ['recover', STORE, '--at', '1.5']],
  ['an LSN beyond what is exact', ['wal', STORE, '--from', '99999999999999999999']],
  ['a range that ends before it begins', ['wal', STORE, '--from', '5', '--to', '4']],
  ['an acceptance at an LSN', ['recover', STORE, '--accept', '--at', '5']],
  ['an acceptance by nobody', ['recover', STORE, '--accept', '--by', '']],
  ['an acceptance by a name that no screen shows', ['recover', STORE, '--accept', '--by', 'a\u202eb']],
  ['an override of nothing', ['recover', STORE, '--override', 'because']],
  ['venues that are not named', ['reconcile', STORE]],
  ['an empty scope', ['venues', '--venues', FILE, '--cancel', '']],
  ['a scope that looks like the stops alone', ['venues', '--venues', FILE, '--cancel', 'protective', '--yes']],
  ['a scope of an unknown kind', ['venues', '--venues', FILE, '--cancel', 'desk=1', '--yes']],
  ['a port that is none', ['serve', STORE, '--port', '70000']],
  ['a store given twice', ['serve', STORE, `${STORE}/`]],
  ['a store given twice to Electron', ['open', STORE, STORE]],
  ['a duration that is none', ['demo', NOTHING, '--seconds', 'soon']],
  ['an empty seed', ['demo', NOTHING, '--seed', '']],
];
test.each(USAGE)('%s is a usage error', async (_, args) => {
  expectRefusal(await rearm(args), 1, 'USAGE');
});

const READERS: readonly (readonly [string, ...string[]])[] = [['recover'], ['state'], ['wal'], ['verify'], ['serve'], ['open']];
test.each(READERS)('%s: nothing, a directory without a store, and a file are no store', async (command) => {
  expectRefusal(await rearm([command, NOTHING]), 2, 'STORE_MISSING');
  expectRefusal(await rearm([command, FILE]), 2, 'STORE_MISSING');
  // A console shows such a directory: the venues may be all that is left.
  if (!['serve', 'open'].includes(command)) expectRefusal(await rearm([command, join(folder, 'empty'), '--json']), 2, 'STORE_MISSING');
});

const UNREADABLE: readonly (readonly [string, readonly string[], number, ErrorCode])[] = [
  ['a venue configuration that is not there', ['venues', '--venues', NOTHING], 1, 'NOT_FOUND'],
  ['a venue configuration that is none', ['reconcile', STORE, '--venues', FILE], 1, 'CONFIGURATION_INVALID'],
  ['an LSN beyond the end', ['state', STORE, '--at', String(LAST + 100_000)], 4, 'LSN_UNREACHABLE'],
  ['a recovery beyond the end', ['recover', STORE, '--at', String(LAST + 100_000)], 4, 'LSN_UNREACHABLE'],
  ['a range beyond the end', ['wal', STORE, '--from', String(LAST + 100_000)], 4, 'LSN_UNREACHABLE'],
  ['a desk where a store is', ['demo', folder], 2, 'STORE_EXISTS'],
  ['a desk within a store', ['demo', join(STORE, 'l3', 'desk')], 2, 'STORE_EXISTS'],
  ['a desk inside a file', ['demo', join(FILE, 'desk')], 2, 'IO_FAILED'],
  ['a desk that was never made', ['demo', NOTHING, '--stop'], 1, 'NOT_FOUND'],
  ['a signature where nothing is proposed', ['sign', STORE, '--person', 'nobody', '--yes'], 4, 'DOSSIER_MISSING'],
];
test.each(UNREADABLE)('%s', async (_, args, status, code) => {
  expectRefusal(await rearm(args), status, code);
});

test('a store that only crashed is clean', async () => {
  const run = await rearm(['recover', STORE, '--json']);
  expect(run.status).toBe(0);
  expect(documentOf(run)).toMatchObject({ outcome: 'recovered', lsn: LAST, lostAcknowledged: 0 });
});

test.each(READERS.slice(0, 4))('%s: a store of a newer release', async (command) => {
  const copy = copyOf();
  const path = join(copy, 'store.json');
  fs.writeFileSync(path, fs.readFileSync(path, 'utf8').replace(/"version":\d+/, '"version":99'));
  expectRefusal(await rearm([command, copy]), 2, 'VERSION_NEWER');
});

test.for(READERS.slice(0, 4))('%s: a store whose owner is somebody else', async ([command], context) => {
  const copy = copyOf();
  const uid = process.getuid?.();
  if (uid === undefined) return context.skip('this system has no users');
  fs.chmodSync(folder, 0o755);
  if (uid === 0) {
    const nobody = 65_534;
    const probe = await ended(start(['--version'], { uid: nobody })).catch((error: Error) => error);
    if (probe instanceof Error || probe.status !== 0) return context.skip('another user cannot run the program from this directory');
    fs.chmodSync(copy, 0o700);
    expectRefusal(await rearm([command, copy], { uid: nobody }), 2, 'PERMISSION_DENIED');
  } else {
    fs.chmodSync(copy, 0o000);
    expectRefusal(await rearm([command, copy]), 2, 'PERMISSION_DENIED');
    fs.chmodSync(copy, 0o700);
  }
});

test('a damaged copy: recovered with damage, and found by verify', async () => {
  const copy = copyOf();
  const slot = fs.readdirSync(join(copy, 'l2')).map((name) => join(copy, 'l2', name))[0]!;
  const bytes = fs.readFileSync(slot);
  const at = bytes.findLastIndex((byte) => byte !== 0);
  bytes[at] = bytes[at]! ^ 0x40;
  fs.writeFileSync(slot, bytes);
  const verified = await rearm(['verify', copy, '--json']);
  const files = documentOf<{ files: { path: string; status: string; findings: { offset?: number }[] }[] }>(verified).files;
  expect(verified.status).toBe(3);
  const bad = files.find(({ path }) => slot.endsWith(path))!;
  expect(bad.findings.length).toBeGreaterThan(0);
  const run = await rearm(['recover', copy, '--json']);
  expect(run.status).toBe(3);
  expect(documentOf(run)).toMatchObject({ lsn: LAST, lostAcknowledged: 0 });
});

test('acknowledged operations that are lost: refused, and a person must decide', async () => {
  const copy = copyOf();
  for (const part of ['wal', 'l2', 'l3', 'l4']) {
    fs.rmSync(join(copy, part), { recursive: true });
    fs.mkdirSync(join(copy, part));
  }
  const run = await rearm(['recover', copy, '--json']);
  expect(run.status).toBe(4);
  // The document whole, and one line that says what to do.
  expect(JSON.parse(run.stdout)).toMatchObject({ outcome: 'refused', lostAcknowledged: LAST });
  expect(run.stderr).toMatch(/^rearm: NOTHING_LEFT: [^\n]+--from-venues FILE[^\n]+\n$/);
  expectRefusal(await rearm(['state', copy]), 4, 'NOTHING_LEFT');
  expectRefusal(await rearm(['recover', copy, '--accept', '--by', 'somebody']), 4, 'NOTHING_LEFT');
  expectRefusal(await rearm(['recover', copy, '--accept', '--by', 'somebody', '--override', ' ']), 1, 'USAGE');
  // An override cannot make a state of nothing.
  fs.rmSync(join(copy, 'l2'), { recursive: true });
  const none = await rearm(['recover', copy, '--accept', '--by', 'somebody', '--override', 'the log is gone', '--json']);
  expectRefusal(none, 4, 'NOTHING_LEFT');
  const verified = await rearm(['verify', copy, '--json']);
  expect(verified.status).toBe(3);
  expect(verified.stdout).toContain('NOTHING_LEFT');
});

test('wal: a log that is gone is no empty log', async () => {
  const copy = copyOf();
  fs.rmSync(join(copy, 'wal'), { recursive: true });
  expectRefusal(await rearm(['wal', copy]), 2, 'FORMAT_INVALID');
});

test('verify: people or an audit log that are gone', async () => {
  const enrolled = copyOf();
  gateOf(enrolled).enrolFirstSet([
    { id: 'ada', name: 'Ada', role: 'trader', passphrase: 'a' },
    { id: 'rob', name: 'Rob', role: 'risk', passphrase: 'b' },
  ]);
  expect((await rearm(['verify', enrolled])).status).toBe(0);
  const copy = `${enrolled}-people`;
  fs.cpSync(enrolled, copy, { recursive: true });
  fs.rmSync(join(copy, 'gate/people.log'));
  expect((await rearm(['verify', copy, '--json'])).stdout).toContain('"PEOPLE_MISSING"');
  const other = `${enrolled}-audit`;
  fs.cpSync(enrolled, other, { recursive: true });
  fs.rmSync(join(other, 'audit'), { recursive: true });
  const run = await rearm(['verify', other, '--json']);
  expect([run.status, run.stdout.includes('"AUDIT_MISSING"')]).toEqual([3, true]);
});

test('damage that a person overrides: accepted, and not refused any more', async () => {
  const copy = copyOf();
  for (const part of ['wal', 'l1']) fs.rmSync(join(copy, part), { recursive: true });
  const refused = await rearm(['recover', copy, '--json']);
  expect(refused.status).toBe(4);
  expect(JSON.parse(refused.stdout)).toMatchObject({ outcome: 'refused', lostAcknowledged: null });
  const accepted = await rearm(['recover', copy, '--accept', '--by', 'somebody', '--override', 'the log is gone', '--json']);
  expect(accepted.status).toBe(3);
  expect(documentOf(accepted)).toMatchObject({ outcome: 'refused', writerAlive: false, accepted: { epoch: 2 } });
  expect((await rearm(['recover', copy, '--json'])).status).not.toBe(4);
});

test('a store that a process writes: read by all, accepted by nobody', async (context) => {
  const copy = copyOf();
  const lock = nativePlatform.storage.lock(join(copy, 'lock'));
  context.onTestFinished(() => lock.release());
  expectRefusal(await rearm(['recover', copy, '--accept', '--by', 'somebody']), 4, 'STORE_LOCKED');
  expect(documentOf(await rearm(['recover', copy, '--json']))).toMatchObject({ lsn: LAST });
});

test('an identity that is damaged is one line, however much there is to say', async () => {
  const copy = copyOf();
  const path = join(copy, 'store.json');
  fs.writeFileSync(path, '{"version":1,"checksum":5}\n');
  expectRefusal(await rearm(['recover', copy]), 2, 'IDENTITY_LOST');
  expect(() => readIdentity(nativePlatform.storage, copy)).toThrow(/\n/);
});

test('a store.json that was made to write on the terminal: a name is shown escaped, a refusal too', async () => {
  const copy = copyOf();
  const path = join(copy, 'store.json');
  const { checksum: _, ...identity } = JSON.parse(fs.readFileSync(path, 'utf8')) as Record<string, unknown>;
  const hostile = 'desk\u001b[2J\u202e';
  const write = (fields: Readonly<Record<string, unknown>>): void => {
    const ordered = Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
    fs.writeFileSync(path, JSON.stringify({ ...fields, checksum: xxh64(JSON.stringify(ordered)).toString(16).padStart(16, '0') }));
  };
  write({ ...identity, name: hostile });
  const recovered = await rearm(['recover', copy]);
  expect([recovered.status, recovered.stdout]).toEqual([0, expect.stringContaining('desk\\u001b[2J\\u202e')]);
  write({ ...identity, [hostile]: '' });
  const refused = await rearm(['recover', copy]);
  expectRefusal(refused, 2, 'IDENTITY_LOST');
  expect(refused.stderr).toContain('desk\\u001b[2J\\u202e');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  for (const text of [recovered.stdout, refused.stderr]) expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});
