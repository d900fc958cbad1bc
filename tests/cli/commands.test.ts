/** Every command on the demo desk: its help, the fields of its JSON, its exit status, and what it does when it is interrupted. */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDesk } from '../../app/demo/desk.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { ROOT } from '../support/imports.ts';
import {
  accept,
  type DemoDesk,
  demoDesk,
  documentOf,
  ended,
  expectRefusal,
  gateOf,
  gone,
  lineWith,
  PROGRAM,
  propose,
  rearm,
  start,
} from './run.ts';

let desk: DemoDesk;
beforeAll(async () => {
  desk = await demoDesk(3, 2);
  // The market stands still: what is open at the venues stays open, however long the commands before the cancelling ones take.
  const { origin, token } = readDesk(join(desk.folder, 'desk'))!.control;
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const frozen = await fetch(`${origin}/freeze`, { method: 'POST', headers, body: JSON.stringify({ frozen: true }) });
  expect(frozen.status).toBe(200);
});
afterAll(() => desk?.stop());

const COMMANDS = ['recover', 'state', 'wal', 'verify', 'venues', 'reconcile', 'demo', 'serve', 'open', 'sim', 'fuzz', 'sign'];

test('help names every command, and every command has its own', async () => {
  const help = await rearm(['--help']);
  expect([help.status, help.stderr]).toEqual([0, '']);
  const listed = [...help.stdout.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]!);
  expect(listed.filter((name) => name !== 'help').sort()).toEqual([...COMMANDS].sort());
  for (const own of await Promise.all(COMMANDS.map((command) => rearm([command, '--help'])))) {
    expect([own.status, own.stderr]).toEqual([0, '']);
    expect(own.stdout).toMatch(/^Usage: rearm [a-z]+ /);
  }
});

test('through npm, standard output holds the command’s own output and nothing else', () => {
  const npm = spawnSync('npm', ['run', '-s', 'rearm', '--', 'recover', desk.store, '--json'], { cwd: ROOT, encoding: 'utf8' });
  expect([npm.status, npm.stderr]).toEqual([0, '']);
  expect(JSON.parse(npm.stdout)).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
  expect(npm.stdout.trimEnd()).not.toContain('\n');
});

test('demo: store, configuration and how far it came', () => {
  expect(documentOf(desk.run)).toMatchObject({ store: desk.store, venueConfig: desk.venueConfig });
  expect(desk.killedAtLsn).toBeGreaterThan(0);
  expect(fs.existsSync(join(desk.store, 'store.json')) && fs.existsSync(desk.venueConfig)).toBe(true);
});

const has = (value: unknown, names: readonly string[]): void => {
  expect(names.filter((name) => !(name in (value as object)))).toEqual([]);
};

test('recover: the report whole, and nothing of it on standard error', async () => {
  const run = await rearm(['recover', desk.store, '--json']);
  const report = documentOf<RecoveryReport>(run);
  expect(run.status).toBe(0);
  has(report, ['outcome', 'base', 'lsn', 'acknowledgedLsn', 'lostAcknowledged', 'replayed', 'tornBytes', 'stateDigest']);
  has(report, ['tiers', 'steps', 'findings', 'rtoMs']);
  expect(report.tiers.length).toBeGreaterThanOrEqual(4);
  for (const tier of report.tiers) has(tier, ['tier', 'status', 'lsn', 'ageMs', 'bytes', 'ms', 'wouldLose', 'reason']);
  expect(report.steps.length).toBeGreaterThan(0);
  expect(report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0 });
  expect(report.lsn).toBeGreaterThanOrEqual(desk.killedAtLsn);
  // Which copy gave what: the hot tables come from one, and the cold ones from one that holds them.
  const gave = (what: string) =>
    report.decisions.flatMap(({ decision }) => (decision.endsWith(`: ${what}`) ? decision.slice(0, 2).toUpperCase() : []));
  expect(gave('base')).toEqual([report.base]);
  expect(gave('base of the cold tables').length).toBe(report.base === 'L1' ? 1 : 0);
  const earlier = documentOf(await rearm(['recover', desk.store, '--at', '100', '--json']));
  expect(earlier).toMatchObject({ lsn: 100 });
});

test('sim: one seed again, as a document, and the same the next time', async () => {
  const args = ['sim', '--replay', '2', '--json'];
  const [run, again] = [await rearm(args), await rearm(args)];
  expect(run.status).toBe(0);
  const report = documentOf<Readonly<Record<string, unknown>>>(run);
  expect(report).toMatchObject({ seeds: 1, lost: 0, invented: 0, wrong: 0, refused: 0, failures: [], cancelled: false });
  has(report, ['states', 'byFault', 'statesPerSecond']);
  expect(documentOf(again).digests).toEqual(report.digests);
});

test('fuzz: one damage again, as a document', async () => {
  const run = await rearm(['fuzz', '--replay', 'young:0:5000', '--json']);
  expect(run.status).toBe(0);
  expect(documentOf(run)).toMatchObject({ damage: 'bit 0 of byte 625 of /store/l1/00000001.map flipped', verdict: 'right', missed: false });
  expectRefusal(await rearm(['fuzz', '--replay', 'young:0:999999999']), 1, 'NOT_FOUND');
  expectRefusal(await rearm(['fuzz', '--replay', 'nobody']), 1, 'USAGE');
});

test('progress is shown on a terminal, beside the output and never in it', (context) => {
  if (spawnSync('script', ['--version']).status !== 0) return context.skip('there is no program "script" to make a terminal with');
  const file = join(desk.folder, 'progress.json');
  const command = `"${process.execPath}" "${PROGRAM}" recover "${desk.store}" --json > "${file}"`;
  const terminal = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  expect(terminal.status).toBe(0);
  expect(terminal.stdout).toMatch(/\[[#.]{24}\] \S/);
  expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ outcome: 'recovered' });
});

test('verify: every file, with its findings', async () => {
  const run = await rearm(['verify', desk.store, '--json']);
  const report = documentOf<{ files: { path: string; status: string; findings: unknown[] }[] }>(run);
  expect(run.status).toBe(0);
  for (const file of report.files) has(file, ['path', 'status', 'findings']);
  const paths = report.files.map(({ path }) => path);
  const present = fs.readdirSync(join(desk.store, 'wal')).map((name) => `wal/${name}`);
  expect(paths).toEqual(expect.arrayContaining(['store.json', ...present]));
});

test('verify --file: one file alone, and none that is not of the store', async () => {
  const [name] = fs.readdirSync(join(desk.store, 'l2'));
  const run = await rearm(['verify', desk.store, '--file', `l2/${name}`, '--json']);
  expect(run.status).toBe(0);
  expect(documentOf<{ files: unknown[] }>(run).files).toEqual([{ path: `l2/${name}`, status: 'whole', findings: [] }]);
  for (const file of ['l2/none.slot', '../package.json', 'l2/../store.json', 'l2', 'gate/../../x'])
    expectRefusal(await rearm(['verify', desk.store, '--file', file]), 1, 'NOT_FOUND');
});

test('venues: what is live, without any store', async () => {
  const run = await rearm(['venues', '--venues', desk.venueConfig, '--json']);
  const report = documentOf<{ venues: { name: string; status: string; orders: number | null }[] }>(run);
  expect(run.status).toBe(0);
  has(report, ['venues', 'worstCase']);
  expect(report.venues.map(({ name }) => name).sort()).toEqual(['BINANCE', 'BYBIT']);
  for (const venue of report.venues) {
    has(venue, ['name', 'status', 'ms', 'orders', 'notional', 'positions', 'balances', 'marks']);
    expect(venue.status).toBe('answered');
  }
});

test('reconcile: the breaks, and status 3 because there are some', async () => {
  const run = await rearm(['reconcile', desk.store, '--venues', desk.venueConfig, '--json']);
  const report = documentOf<{ venues: unknown[]; breaks: unknown[] }>(run);
  expect(report.venues).toHaveLength(2);
  expect(report.breaks.length).toBeGreaterThan(0);
  expect(run.status).toBe(3);
});

test('venues --cancel by strategy: only its orders, by the records of the store', async () => {
  const cancel = ['venues', '--venues', desk.venueConfig, '--cancel', 'strategy=maker', '--yes', '--json'];
  expectRefusal(await rearm(cancel), 1, 'USAGE');
  const { tables } = documentOf<{ tables: { orders: { clientId: string; strategy: string }[] } }>(await rearm(['state', desk.store]));
  const strategyOf = new Map(tables.orders.map(({ clientId, strategy }) => [clientId, strategy]));
  const live = documentOf<{ venues: { openOrders: { items: { clientId: string }[] } }[] }>(
    await rearm(['venues', '--venues', desk.venueConfig, '--json']),
  );
  const open = live.venues.flatMap(({ openOrders }) => openOrders.items.map(({ clientId }) => clientId));
  const quotes = open.filter((clientId) => strategyOf.get(clientId) === 'maker');
  expect(quotes.length).toBeGreaterThan(0);
  const run = await rearm([...cancel, '--store', desk.store]);
  const { cancel: report } = documentOf<{ cancel: { orders: { clientId: string; fate: string }[] } }>(run);
  // What is not attributed is listed and left alone. Of the others, whatever became of them: a venue that is slow to confirm leaves it unknown.
  const asked = report.orders.filter(({ fate }) => fate !== 'listed');
  expect(asked.map(({ clientId }) => clientId).sort()).toEqual(quotes.sort());
});

test('venues: where none answers, nothing could be read', async () => {
  const text = fs.readFileSync(desk.venueConfig, 'utf8').replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:1');
  const config = join(desk.folder, 'nobody.json');
  fs.writeFileSync(config, text, { mode: 0o600 });
  const run = await rearm(['venues', '--venues', config, '--json']);
  expect([run.status, JSON.parse(run.stdout).venues[0].orders]).toEqual([2, null]);
  expect(run.stderr).toContain('VENUE_SILENT');
});

test('venues --cancel: every order’s fate, and nothing left', async () => {
  expectRefusal(await rearm(['venues', '--venues', desk.venueConfig, '--cancel', 'all']), 1, 'USAGE');
  const cancel = ['venues', '--venues', desk.venueConfig, '--cancel', 'venue=BYBIT,protective', '--yes', '--json'];
  const run = await rearm(cancel);
  const { cancel: report } = documentOf<{ cancel: { status: string; venues: { venue: string; left: number }[] } }>(run);
  expect(run.status).toBe(0);
  expect(report).toMatchObject({ status: 'done', venues: [{ venue: 'BYBIT', left: 0 }] });
});

test('a reader that closes the pipe ends the command quietly', async () => {
  const child = start(['wal', desk.store]);
  child.stdout!.once('data', () => child.stdout!.destroy());
  const { status, stderr } = await ended(child);
  expect([status, stderr]).toEqual([0, '']);
});

test('standard output that takes nothing is an error, not silence', async (context) => {
  if (!fs.existsSync('/dev/full')) return context.skip('there is no /dev/full');
  const full = fs.openSync('/dev/full', 'w');
  context.onTestFinished(() => fs.closeSync(full));
  expectRefusal(await rearm(['wal', desk.store], { stdout: full }), 2, 'IO_FAILED');
});

test('an interrupted demo ends what it started', async () => {
  const folder = join(desk.folder, 'interrupted');
  const child = start(['demo', folder, '--seconds', '600', '--acks', join(desk.folder, 'interrupted.acks')]);
  const over = ended(child);
  // It trades: acknowledgements arrive.
  while (!fs.existsSync(join(folder, 'store', 'gate', 'people.log'))) {
    expect(child.exitCode).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGINT');
  expectRefusal(await over, 4, 'CANCELLED');
  await gone(readDesk(folder)!.simulatorPid);
  // Nobody writes the store any more: it can be recovered as after any crash.
  while (nativePlatform.storage.isLocked(join(folder, 'store', 'lock'))) await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await rearm(['recover', join(folder, 'store'), '--json'])).status).toBe(0);
});

test('a command that is interrupted in the middle of its work dies of the signal', async () => {
  const child = start(['wal', desk.store]);
  const over = ended(child);
  // More than a pipe holds is left to write while nobody reads.
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  child.stdout!.pause();
  child.kill('SIGINT');
  await new Promise((resolve) => child.once('exit', resolve));
  child.stdout!.resume();
  expect(await over).toMatchObject({ status: null, signal: 'SIGINT', stderr: '' });
});

test('serve: links on standard error, nothing on standard output, and SIGINT ends it in order', { timeout: 180_000 }, async () => {
  const child = start(['serve', desk.store]);
  const over = ended(child);
  const link = (await lineWith(child, 'first:')).split('first:')[1]!.trim();
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(303);
  child.kill('SIGINT');
  expect(await over).toMatchObject({ status: 0, stdout: '' });
  await expect(fetch(link)).rejects.toThrow();
});

test('recover --accept, then sign: head, signature and what is owed', { timeout: 120_000 }, async () => {
  const head = await accept(desk.store);
  expect(head.epoch).toBe(2);
  const wrong = await rearm(['sign', desk.store, '--person', 'trader-1', '--yes'], { env: { REARM_PASSPHRASE: 'demo' } });
  expectRefusal(wrong, 4, 'DOSSIER_MISSING');

  const hash = propose(desk.store, head);
  const sign = (person: string, passphrase: string | undefined, ...more: string[]) =>
    rearm(['sign', desk.store, '--person', person, ...more], { env: { REARM_PASSPHRASE: passphrase } });
  expectRefusal(await sign('trader-1', 'Demo', '--yes', '--json'), 4, 'SIGNATURE_INVALID');
  expectRefusal(await sign('nobody', 'demo', '--yes', '--json'), 1, 'NOT_FOUND');
  // Nothing is signed unseen: without a terminal to ask on, only with --yes.
  expect(await sign('trader-1', 'demo', '--json')).toMatchObject({ status: 1, stdout: '' });
  expect(documentOf(await sign('trader-1', 'demo', '--yes', '--json'))).toEqual({
    hash,
    signedBy: 'trader-1',
    status: 'open',
    owes: ['risk'],
  });
  expect(documentOf(await sign('risk-1', 'demo', '--yes', '--json'))).toMatchObject({ status: 'complete', owes: [] });

  // Who did it, at which terminal, is on the record.
  const audit = gateOf(desk.store).auditView(100);
  const byTerminal = audit.entries.filter(({ origin }) => origin?.host === 'cli').map(({ actor, action }) => `${actor} ${action}`);
  expect(audit.verified).toBe(true);
  expect(byTerminal).toEqual([
    'trader-1 terminal.accept',
    'trader-1 terminal.accepted',
    'trader-1 key.refused',
    'trader-1 dossier.signed',
    'risk-1 dossier.signed',
  ]);
});

test('verify: an audit log whose end was rolled back shows against what was noted elsewhere', async () => {
  const root = join(desk.folder, 'rolled-back');
  fs.cpSync(desk.store, root, { recursive: true });
  const older = join(desk.folder, 'older-audit');
  fs.cpSync(join(root, 'audit'), older, { recursive: true });
  await accept(root);
  const verified = async (...more: string[]) => {
    const run = await rearm(['verify', root, '--json', ...more]);
    const { audit, files } = documentOf<{
      audit: { sequence: number; head: string };
      files: { path: string; findings: { code: string }[] }[];
    }>(run);
    const found = files.find(({ path }) => path === 'audit/audit.log')!.findings.map(({ code }) => code);
    return { status: run.status, audit, found };
  };
  const { audit } = await verified();
  const anchor = `${audit.sequence}:${audit.head}`;
  expect(await verified('--anchor', anchor)).toMatchObject({ status: 0, found: [] });
  fs.rmSync(join(root, 'audit'), { recursive: true });
  fs.renameSync(older, join(root, 'audit'));
  expect(await verified()).toMatchObject({ status: 0, found: [] });
  expect(await verified('--anchor', anchor)).toMatchObject({ status: 3, found: ['AUDIT_CUT'] });
  expectRefusal(await rearm(['verify', root, '--anchor', 'nonsense']), 1, 'USAGE');
});
