/** Every byte of the gate's records is covered, and what one says of another is held against it. */

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomOf } from '../../simulation/model/random.ts';
import { Desk } from '../../tests/support/desk.ts';
import { copyStore, flipBit } from '../../tests/support/store-files.ts';
import { acceptRecovery } from '../engine/accept.ts';
import { Gate } from '../gate/gate.ts';
import { CHEAP, DRAFT, resealed } from '../gate/simulated.test-support.ts';
import { openStore, parseEngineConfig } from '../index.ts';
import { readIdentity } from '../store/identity.ts';
import { type VerifyReport, verify } from './verify.ts';

const FLIPS_PER_FILE = 4;
const CALM = { unexplainedBreaks: 0, grossExposure: '0', netExposure: '0', worth: '0' };
let desk: Desk;

const gateOn = (root: string): Gate => {
  const { storage, clock } = desk.platform;
  const { storeId } = readIdentity(storage, root);
  return Gate.open(root, { storage, clock, storeId, random: (count) => randomBytes(count), configuration: { scrypt: CHEAP } });
};

// From the crash to trading, with a decision taken back on the way: one file of every kind.
beforeAll(async () => {
  desk = await Desk.create();
  await desk.engine.abandon();
  const { platform, root } = desk;
  const gate = gateOn(root);
  gate.enrolFirstSet([
    { id: 'ada', name: 'Ada', role: 'trader', passphrase: 'a' },
    { id: 'rob', name: 'Rob', role: 'risk', passphrase: 'r' },
  ]);
  const { epoch, lsn, headHash } = await acceptRecovery({ platform, root, by: 'ada' });
  const accepted = { epoch, lsn, headHash };
  const propose = () => gate.propose({ by: 'ada', accepted, draft: DRAFT }).hash;
  propose();
  gate.stayHalted({ by: 'rob', reason: 'not yet' });
  desk.pass(1_000);
  const dossierHash = propose();
  gate.sign({ personId: 'ada', dossierHash, passphrase: 'a' });
  gate.sign({ personId: 'rob', dossierHash, passphrase: 'r' });
  gate.release({ by: 'ada', dossierHash, accepted, now: CALM });
  const opened = await openStore({
    platform,
    root,
    config: parseEngineConfig({ archive: false }),
    random: (count) => new Uint8Array(count),
  });
  if (opened.state !== 'halted') throw new Error('it was not halted');
  gate.reportEngine('waiting', 'for a release');
  const release = await opened.store.tryRelease();
  await release!.engine.close();
});
afterAll(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));

const look = (root: string): VerifyReport => {
  const { storage, clock, bootId } = desk.platform;
  return verify({ storage, clock, bootId, root });
};
const reportOf = (report: VerifyReport, path: string) => report.files.find((file) => file.path === path);

/** Every file of the gate and of the audit log, from the root of the store. */
const records = (root: string): string[] =>
  ['gate', 'audit']
    .flatMap((folder) => fs.readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name !== 'lock')
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

/** The place in a log of lines that holds a byte. */
function lineOf(file: string, byte: number): { entry: number; offset: number } {
  const before = fs.readFileSync(file).subarray(0, byte);
  return { entry: before.filter((at) => at === 10).length + 1, offset: before.lastIndexOf(10) + 1 };
}

test.each(['gate/people.log', 'audit/audit.log'])('of %s the line is named, wherever in it the damage lies', (path) => {
  const root = copyStore(desk.root, 'lines');
  const file = join(root, path);
  const size = fs.statSync(file).size;
  for (const byte of [0, size >> 1, size - 2, size - 1]) {
    const { entry, offset } = lineOf(file, byte);
    flipBit(file, byte * 8 + 7);
    expect(reportOf(look(root), path)?.findings, `byte ${byte}`).toContainEqual(expect.objectContaining({ entry, offset }));
    flipBit(file, byte * 8 + 7);
  }
});

test('of a record with one checksum the whole file is named, and no place that nobody can know', () => {
  const root = copyStore(desk.root, 'whole');
  for (const path of [...records(root).filter((name) => !name.endsWith('.log')), 'lineage/00000001.epoch', 'store.json']) {
    const file = join(root, path);
    const bit = (fs.statSync(file).size >> 1) * 8;
    flipBit(file, bit);
    const found = reportOf(look(root), path)?.findings.filter(({ severity }) => severity !== 'note') ?? [];
    expect(
      found.map(({ whole, offset }) => ({ whole, offset })),
      path,
    ).toEqual([{ whole: true, offset: undefined }]);
    flipBit(file, bit);
  }
});

test('a gate through which trading went is whole, and its every file is named', () => {
  const report = look(desk.root);
  expect(
    report.files.flatMap(({ path, findings }) => (path.startsWith('wal') ? [] : findings.map(({ code }) => `${path} ${code}`))),
  ).toEqual([]);
  const paths = records(desk.root);
  const kinds = new Set(paths.map((path) => path.replace(/[0-9a-f]{64}/, 'H')));
  expect([...kinds].sort()).toEqual([
    'audit/audit.head',
    'audit/audit.key',
    'audit/audit.log',
    'audit/audit.pub',
    'gate/burnt/H',
    'gate/current.json',
    'gate/dossiers/H.ada.sig',
    'gate/dossiers/H.json',
    'gate/dossiers/H.rob.sig',
    'gate/dossiers/H.void',
    'gate/engine.json',
    'gate/keys/ada.key',
    'gate/keys/rob.key',
    'gate/mode.json',
    'gate/people.log',
    'gate/tokens/H.json',
  ]);
  expect(paths.filter((path) => !reportOf(report, path))).toEqual([]);
});

test('no bit of it changes unseen', () => {
  const root = copyStore(desk.root, 'flipped');
  const random = randomOf(5);
  for (const path of records(root)) {
    const file = join(root, path);
    for (let flip = 0; flip < FLIPS_PER_FILE; flip += 1) {
      const bit = random.below(fs.statSync(file).size * 8);
      flipBit(file, bit);
      // The last byte is what says that a log, or a mark, was written to its end.
      const last = bit >> 3 === fs.statSync(file).size - 1;
      const status = reportOf(look(root), path)?.status;
      expect(last ? ['torn', 'damaged'] : ['damaged'], `${path} bit ${bit}`).toContain(status);
      flipBit(file, bit);
    }
  }
});

const only = (pattern: RegExp) => (root: string) => join(root, records(root).find((path) => pattern.test(path))!);

/** Records that are whole, and are not what the others say. */
test.each<[string, (root: string) => string, (text: string) => string]>([
  ['a token that lasts longer', only(/tokens/), (text) => text.replace(/"expiresAt":"20/, '"expiresAt":"21')],
  ['a signature of somebody else', only(/rob\.sig/), (text) => text.replace(/"signature":"...../, '"signature":"AAAAA')],
  ['a key that was exchanged', only(/ada\.key/), (text) => text.replace(/"publicKey":"...../, '"publicKey":"AAAAA')],
  ['a dossier of other numbers', only(/dossiers\/[0-9a-f]+\.json/), (text) => text.replace('"replayed":412', '"replayed":413')],
  ['a mark of another nonce', only(/burnt/), (text) => text.replace(/"nonce":"...../, '"nonce":"00000')],
  ['a pointer to nothing', only(/current/), (text) => text.replace(/"dossierHash":"...../, '"dossierHash":"00000')],
])('%s is damage', (_name, fileOf, change) => {
  const root = copyStore(desk.root, 'forged');
  const file = fileOf(root);
  const good = fs.readFileSync(file, 'utf8');
  const bad = resealed(change(good));
  expect(bad).not.toBe(good);
  fs.writeFileSync(file, bad);
  expect(reportOf(look(root), relative(root, file))?.status).toBe('damaged');
});

test('a dossier without its line in the audit log is damage', () => {
  const root = copyStore(desk.root, 'cut');
  fs.rmSync(join(root, 'audit'), { recursive: true });
  const codes = look(root).files.filter(({ path, status }) => path.includes('dossiers') && status === 'damaged');
  expect(codes.length).toBeGreaterThan(0);
});
