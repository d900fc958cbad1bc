/** A pipe, a link or a second name in the place of a file of a store: looked at and told by name, never waited for, never followed. */

import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gate } from '../../main/gate/gate.ts';
import { readIdentity } from '../../main/store/identity.ts';
import { ERROR_CODES } from '../../shared/errors.ts';
import { Desk } from '../support/desk.ts';
import { copyStore } from '../support/store-files.ts';
import type { Look } from './looker.ts';

const LOOKER = fileURLToPath(new URL('./looker.ts', import.meta.url));
/** For all of a test; a look takes some milliseconds. */
const HANGS_MS = 50_000;

/** One file of each kind, of those that there are several of the newest. */
const KINDS = {
  segment: /^wal\/.*\.wal$/,
  map: /^l1\/.*\.map$/,
  slot: /^l2\/.*\.slot$/,
  snapshot: /^l3\/.*\.snapshot$/,
  archive: /^l4\/archive\.db$/,
  'journal of the archive': /^l4\/archive\.db-journal$/,
  'sums of the archive': /^l4\/archive\.sums$/,
  identity: /^store\.json$/,
  lock: /^lock$/,
  'lineage record': /^lineage\/.*\.epoch$/,
  'side record': /^side\/.*\.side$/,
  people: /^gate\/people\.log$/,
  'audit log': /^audit\/audit\.log$/,
} as const;
const JOURNAL = 'l4/archive.db-journal';
/** Another file of the store tells the same, or none is needed. */
const SPARED: readonly (keyof typeof KINDS)[] = [
  'map',
  'slot',
  'snapshot',
  'archive',
  'journal of the archive',
  'sums of the archive',
  'side record',
  'people',
  'audit log',
];

const PLANTED = {
  pipe: (path: string) => {
    fs.rmSync(path);
    execFileSync('mkfifo', [path]);
  },
  link: (path: string) => {
    fs.renameSync(path, elsewhere(path));
    fs.symlinkSync(elsewhere(path), path);
  },
  'second name': (path: string) => fs.linkSync(path, elsewhere(path)),
} as const;
const elsewhere = (path: string): string => path.replaceAll('/', '-').replace(/^/, `${dirname(root)}/`);

let root: string;
let files: readonly string[];
let whole: Look;

function lookAt(...roots: readonly string[]): Look[] {
  const { stdout, stderr, signal } = spawnSync(process.execPath, ['--no-warnings', LOOKER, ...roots], {
    encoding: 'utf8',
    timeout: HANGS_MS,
    killSignal: 'SIGKILL',
  });
  const lines = stdout.trimEnd().split('\n');
  expect(signal, `it hung: ${lines.at(-1)}\n${stderr}`).toBeNull();
  return lines.map((line) => JSON.parse(line) as Look).filter(({ told }) => told !== undefined);
}

beforeAll(async () => {
  const desk = await Desk.create();
  for (let day = 1; day <= 60; day += 1) {
    await desk.engine.commit({ type: 'risk.day', day, time: 1n });
    desk.engine.side('log', { text: `day ${day}` });
    desk.pass(11);
  }
  await desk.engine.checkpoint();
  await desk.engine.commit({ type: 'risk.day', day: 61, time: 1n });
  const { storage } = desk.platform;
  const { storeId } = readIdentity(storage, desk.root);
  Gate.open(desk.root, {
    storage,
    clock: desk.clock,
    random: randomBytes,
    storeId,
    configuration: { scrypt: { N: 2, r: 8, p: 1 } },
  }).enrolFirstSet([
    { id: 'ada', name: 'Ada', role: 'trader', passphrase: 'ada' },
    { id: 'rob', name: 'Rob', role: 'risk', passphrase: 'rob' },
  ]);
  // As a death leaves it: beside this copy nobody holds the lock.
  root = copyStore(desk.root, 'left');
  await desk.engine.close();
  files = (fs.readdirSync(root, { recursive: true }) as string[]).sort();
  [whole] = lookAt(root) as [Look];
  expect(whole).toMatchObject({ told: 'recovered', findings: [] });
});
afterAll(() => fs.rmSync(dirname(root), { recursive: true, force: true }));

test.each(Object.keys(PLANTED) as (keyof typeof PLANTED)[])('a %s in the place of any kind of file', { timeout: 60_000 }, (what) => {
  const planted = Object.entries(KINDS).map(([kind, pattern]) => {
    // SQLite has its journal only while it writes.
    const file = files.findLast((name) => pattern.test(name)) ?? JOURNAL;
    if (!pattern.test(file)) throw new Error(`the store has no ${kind}`);
    const copy = copyStore(root, `${what} ${kind}`);
    if (file === JOURNAL) fs.writeFileSync(join(copy, file), '');
    PLANTED[what](join(copy, file));
    return { kind: kind as keyof typeof KINDS, file, copy };
  });
  const looks = lookAt(...planted.map(({ copy }) => copy));
  expect(looks).toHaveLength(2 * planted.length);
  for (const { kind, file, copy } of planted) {
    const [recovered, verified] = looks.filter((look) => look.root === copy) as [Look, Look];
    const where = `${what}, ${kind}: ${JSON.stringify([recovered, verified], null, 1)}`;
    expect([recovered.told, verified.told], where).not.toContain('INTERNAL');
    // Either it says which file, and what it is, or it stops with that.
    expect(['damaged', 'FORMAT_INVALID', 'IDENTITY_LOST'], where).toContain(verified.told);
    expect(verified.findings.join('\n'), where).toContain(`${join(copy, file)} is not a regular file with one name`);
    if (SPARED.includes(kind))
      expect([recovered.told, recovered.lsn, recovered.digest], where).toEqual([whole.told, whole.lsn, whole.digest]);
    else if (recovered.told in ERROR_CODES || recovered.told === 'refused') expect(recovered.findings.join('\n'), where).toContain(file);
    else expect([recovered.lsn, recovered.digest], where).toEqual([whole.lsn, whole.digest]);
  }
});
