/** Files of a gate that are whole, one by one, and are not what the store or the others say. */

import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type GateFile, inspectGate } from './inspect.ts';
import { gateLayout } from './layout.ts';
import { ACCEPTED, type Desk, proposeDraft, ROOT, releaseBy, resealed, STORE_ID, signBoth, staffed } from './simulated.test-support.ts';

const layout = gateLayout(ROOT);
let desk: Desk;

beforeAll(() => {
  desk = staffed();
  const hash = proposeDraft(desk);
  signBoth(desk, hash);
  desk.gate.reportEngine('waiting', 'for a release');
  desk.gate.verifyAndBurn(releaseBy(desk, hash), ACCEPTED);
});

const troubled = (): GateFile[] =>
  inspectGate({ storage: desk.storage, layout, storeId: STORE_ID, people: null, audited: null }).filter(({ trouble }) => trouble !== null);

/** What is found where the record at `path` has another field, and its right checksum. */
function changed(path: string, fields: Readonly<Record<string, unknown>>): GateFile[] {
  const good = desk.disk.text(path);
  desk.disk.put(path, resealed(JSON.stringify({ ...(JSON.parse(good) as object), ...fields })));
  const found = troubled();
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
