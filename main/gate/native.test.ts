/** The gate on a real file system, and real processes that race for one token. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NativeStorage, systemClock } from '../storage/native.ts';
import { Gate } from './gate.ts';
import { ACCEPTED, CALM, CHEAP, DRAFT, STORE_ID } from './simulated.test-support.ts';

const linux = process.platform === 'linux';
let root = '';
const random = (bytes: number) => Uint8Array.from(randomBytes(bytes));
const openGate = () =>
  Gate.open(root, {
    storage: new NativeStorage(),
    clock: systemClock,
    random,
    storeId: STORE_ID,
    engineAlive: () => true,
    configuration: { scrypt: CHEAP },
  });

function release(): string {
  const gate = openGate();
  const { hash } = gate.propose({ by: 'ada', accepted: ACCEPTED, draft: DRAFT });
  gate.sign({ personId: 'ada', dossierHash: hash, passphrase: 'a' });
  gate.sign({ personId: 'rob', dossierHash: hash, passphrase: 'r' });
  return gate.release({ by: 'rob', dossierHash: hash, accepted: ACCEPTED, now: CALM }).nonce;
}

/** A trading process that says READY, waits for a line, and tries to burn the token in force. */
const RACER = `
import { randomBytes } from 'node:crypto';
import { NativeStorage, systemClock } from '${new URL('../storage/native.ts', import.meta.url).href}';
import { Gate } from '${new URL('./gate.ts', import.meta.url).href}';
const [root, storeId, accepted] = [process.argv[1], process.argv[2], JSON.parse(process.argv[3])];
const gate = Gate.open(root, { storage: new NativeStorage(), clock: systemClock, random: (n) => Uint8Array.from(randomBytes(n)), storeId });
const token = gate.findToken(accepted);
process.stdout.write('READY\\n');
process.stdin.once('data', () => {
  try {
    process.stdout.write(gate.verifyAndBurn(token, accepted).mode + '\\n');
  } catch (error) {
    process.stdout.write(error.code + ' ' + error.context.reason + '\\n');
  }
  process.exit(0);
});
`;

interface Racer {
  readonly ready: Promise<void>;
  readonly result: Promise<string>;
  go(): void;
}

function racer(): Racer {
  const child = spawn(process.execPath, ['--input-type=module', '-e', RACER, root, STORE_ID, JSON.stringify(ACCEPTED)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  let onReady = () => {};
  const ready = new Promise<void>((resolve) => {
    onReady = resolve;
  });
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
    if (said.startsWith('READY\n')) onReady();
  });
  const result = new Promise<string>((resolve) => {
    child.on('close', () => {
      onReady();
      resolve(said.replace('READY\n', '').trim());
    });
  });
  return { ready, result, go: () => void child.stdin.write('go\n') };
}

describe.runIf(linux)('on a real file system', () => {
  beforeAll(() => {
    root = fs.mkdtempSync(join(os.tmpdir(), 'rearm-gate-'));
    openGate().enrolFirstSet([
      { id: 'ada', name: 'Ada', role: 'trader', passphrase: 'a' },
      { id: 'rob', name: 'Rob', role: 'risk', passphrase: 'r' },
    ]);
  });

  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

  it('keeps every file to its owner', () => {
    const nonce = release();
    expect(openGate().verifyAndBurn(openGate().findToken(ACCEPTED), ACCEPTED)).toMatchObject({ mode: 'ACTIVE', nonce });
    const entries = fs.readdirSync(root, { recursive: true, withFileTypes: true });
    const open = entries.filter((entry) => (fs.statSync(join(entry.parentPath, entry.name)).mode & 0o077) !== 0);
    expect(open.map((entry) => entry.name)).toEqual([]);
    expect(entries.filter((entry) => entry.isFile()).length).toBeGreaterThan(12);
  });

  it('lets exactly one of six processes use a token', async () => {
    release();
    const racers = Array.from({ length: 6 }, racer);
    await Promise.all(racers.map((one) => one.ready));
    for (const one of racers) one.go();
    const results = await Promise.all(racers.map((one) => one.result));
    expect(results.sort()).toEqual(['ACTIVE', ...Array.from({ length: 5 }, () => 'TOKEN_INVALID used')]);
    expect(openGate().auditView(1).verified).toBe(true);
  });
});
