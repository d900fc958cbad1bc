/** Files of a gate that are whole, one by one, and are not what the store or the others say. */

import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { AuditEntry } from '../../shared/contract/gate.ts';
import { SETS_MODE } from './audit.ts';
import { type GateFile, type InspectOptions, inspectGate } from './inspect.ts';
import { gateLayout } from './layout.ts';
import { type People, readPeople } from './people.ts';
import { ACCEPTED, type Desk, proposeDraft, ROOT, releaseBy, resealed, STORE_ID, signBoth, staffed } from './simulated.test-support.ts';

const layout = gateLayout(ROOT);
let desk: Desk;
let hash: string;
let nonce: string;
let people: People;
let audited: readonly AuditEntry[];

beforeAll(() => {
  desk = staffed();
  hash = proposeDraft(desk);
  signBoth(desk, hash);
  desk.gate.reportEngine('waiting', 'for a release');
  const token = releaseBy(desk, hash);
  desk.gate.verifyAndBurn(token, ACCEPTED);
  ({ nonce } = token);
  people = readPeople(desk.storage, layout.people, STORE_ID);
  audited = desk.gate.auditView(Number.MAX_SAFE_INTEGER).entries;
});

type Others = Pick<InspectOptions, 'people' | 'audited'>;
const ALONE: Others = { people: null, audited: null };

const troubled = (others = ALONE): GateFile[] =>
  inspectGate({ storage: desk.storage, layout, storeId: STORE_ID, ...others }).filter(({ trouble }) => trouble !== null);

const recordAt = (path: string) => JSON.parse(desk.disk.text(path)) as Readonly<Record<string, unknown>>;

/** What is found where the record at `path` has another field, and its right checksum. */
function changed(path: string, fields: Readonly<Record<string, unknown>>, others = ALONE): GateFile[] {
  const good = desk.disk.text(path);
  desk.disk.put(path, resealed(JSON.stringify({ ...recordAt(path), ...fields })));
  const found = troubled(others);
  desk.disk.put(path, good);
  return found;
}

test.each(['gate/mode.json', 'gate/engine.json', 'gate/current.json', 'audit/audit.key', 'audit/audit.pub', 'audit/audit.head'])(
  '%s of another store is told',
  (path) => {
    expect(troubled()).toEqual([]);
    expect(changed(join(ROOT, path), { storeId: 'b2'.repeat(16) })).toMatchObject([{ path, trouble: { code: 'STORE_FOREIGN' } }]);
  },
);

test.each([
  ['dossierHash', 'the dossier that it names is gone'],
  ['nonce', 'the token that it names is gone'],
])('a decision in force whose %s names nothing is told: what it stands on was published first', (field, message) => {
  expect(changed(layout.current, { [field]: '00'.repeat(32) })).toMatchObject([{ path: 'gate/current.json', trouble: { message } }]);
});

test('a gate that was gone through is as its people and its audit log say', () => {
  expect(troubled({ people, audited })).toEqual([]);
});

test.each([
  ['dossier.proposed', () => [`gate/dossiers/${hash}.json`]],
  ['dossier.signed', () => [`gate/dossiers/${hash}.ada.sig`, `gate/dossiers/${hash}.rob.sig`]],
  ['token.issued', () => [`gate/tokens/${nonce}.json`]],
])('what the audit log has no %s of is told: whatever is published has its entry first', (action, paths) => {
  expect(troubled({ people, audited: audited.filter((entry) => entry.action !== action) })).toMatchObject(
    paths().map((path) => ({ path, trouble: { message: `the audit log has no ${action} of it` } })),
  );
});

test('a mode above the last one in the audit log is told, and one that its token is not for', () => {
  const path = 'gate/mode.json';
  const told = (words: string) => [{ path, trouble: { code: 'FORMAT_INVALID', message: words } }];
  const unset = audited.filter(({ action }) => !SETS_MODE.has(action));
  expect(troubled({ people, audited: unset })).toMatchObject(told('it says ACTIVE, and the last mode in the audit log is none'));
  expect(changed(layout.mode, { venues: ['BETA'] })).toMatchObject(told('it is not what the token that it names is for'));
});

test('a key that is not the one its person was enrolled with is told', () => {
  const [ada, rob] = ['ada', 'rob'].map((id) => join(layout.keys, `${id}.key`));
  expect(changed(ada!, { publicKey: recordAt(rob!).publicKey }, { people, audited })).toMatchObject([
    { path: 'gate/keys/ada.key', trouble: { message: 'it is not the key that ada was enrolled with' } },
  ]);
});

test('a signature that is another person’s is told', () => {
  const [ada, rob] = ['ada', 'rob'].map((id) => join(layout.dossiers, `${hash}.${id}.sig`));
  expect(changed(ada!, { signature: recordAt(rob!).signature }, { people, audited: null })).toMatchObject([
    { path: `gate/dossiers/${hash}.ada.sig`, trouble: { message: 'it is no signature of ada on this dossier' } },
  ]);
});

test('the mark of another nonce is told', () => {
  expect(changed(join(layout.burnt, nonce), { nonce: '00'.repeat(32) })).toMatchObject([
    { path: `gate/burnt/${nonce}`, trouble: { message: 'it is the mark of another nonce' } },
  ]);
});
