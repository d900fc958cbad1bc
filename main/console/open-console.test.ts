/** The console's services on a small real store: who did what through which session, two acts at once, and what becomes true by itself. */

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { acceptRecovery } from '../engine/accept.ts';
import { type DossierDraft, Gate } from '../gate/gate.ts';
import { CHEAP } from '../gate/simulated.test-support.ts';
import { createStore, type Engine, nativePlatform, openStore, parseEngineConfig } from '../index.ts';
import type { Clock } from '../storage/storage.ts';
import { readIdentity } from '../store/identity.ts';
import { type Console, openConsole } from './open-console.ts';

const STORE = { store: 0 } as const;
const SCOPE = { mode: 'ACTIVE', venues: [], strategies: [] } as const;
const random = (bytes: number): Uint8Array => randomBytes(bytes);

/** A store whose engine died. */
async function crashedStore(context: TestContext): Promise<string> {
  const folder = fs.mkdtempSync(join(tmpdir(), 'rearm-console-'));
  context.onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const root = join(folder, 'store');
  const engine = await createStore({ platform: nativePlatform, root, name: 'console', config: parseEngineConfig() });
  await engine.commit({ type: 'asset.define', asset: 'USDT', scale: 8, rate: '1', time: nativePlatform.clock.wallNs() });
  await engine.abandon();
  return root;
}

const gateOn = (root: string, clock: Clock = nativePlatform.clock): Gate => {
  const { storage } = nativePlatform;
  return Gate.open(root, { storage, clock, storeId: readIdentity(storage, root).storeId, random, configuration: { scrypt: CHEAP } });
};

function consoleOn(context: TestContext, root: string): Console {
  const opened = openConsole({
    host: 'web',
    version: '0.0.0',
    environment: { name: 'test', colour: 'test' },
    stores: [{ path: root, venues: null }],
  });
  context.onTestFinished(() => opened.close());
  return opened;
}

/** Resolves with the first answer that holds; the test's own limit ends it. */
async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The end of the state that the console shows. */
async function seenBy(opened: Console): Promise<{ lsn: number; headHash: string | null }> {
  const { report } = await until(
    () => opened.handlers['recovery.get'](STORE),
    ({ report }) => report !== null,
  );
  return { lsn: report!.lsn, headHash: report!.headHash };
}

const entries = async (opened: Console) => (await opened.handlers['audit.get']({ ...STORE, last: 100 })).entries;
const PEOPLE = [
  { id: 'ada', name: 'Ada', role: 'trader', passphrase: 'a' },
  { id: 'rob', name: 'Rob', role: 'risk', passphrase: 'r' },
] as const;

test('the audit log names the session of every act, and no session where a process acted by itself', async (context) => {
  const opened = consoleOn(context, await crashedStore(context));
  const [first, second] = [opened.handlersFor({ host: 'web', session: 'S1' }), opened.handlersFor({ host: 'web', session: 'S2' })];
  await first['gate.enrol']({ ...STORE, ...PEOPLE[0] });
  await second['gate.enrol']({ ...STORE, ...PEOPLE[1] });
  await second['risk.setMode']({ ...STORE, mode: 'CANCEL_ONLY', by: 'rob', reason: 'orders are live' });
  await first['gate.stayHalted']({ ...STORE, by: 'ada', reason: 'not today' });
  // No venue is configured; that somebody wanted it is on the record before anything is asked.
  await expect(first['venues.cancel']({ ...STORE, scope: {}, by: 'ada' })).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  await second['recovery.accept']({ ...STORE, seen: await seenBy(opened), by: 'rob' });
  const told = (await entries(opened)).map(({ action, origin }) => `${action} ${origin ? `${origin.host} ${origin.session}` : '-'}`);
  expect(told).toEqual([
    'audit.created -',
    'person.enrolled web S1',
    'person.enrolled web S2',
    'mode.set web S2',
    'gate.stayHalted web S1',
    'console.cancel web S1',
    'console.accept web S2',
    'console.accepted web S2',
  ]);
  expect(await opened.handlers['audit.get']({ ...STORE, last: 1 })).toMatchObject({ verified: true });
});

const codes = (results: readonly PromiseSettledResult<unknown>[]): string[] =>
  results
    .map((result) => (result.status === 'fulfilled' ? 'done' : result.reason instanceof RearmError ? result.reason.code : 'other'))
    .sort();

test('the same act twice at once is done once', async (context) => {
  const root = await crashedStore(context);
  const opened = consoleOn(context, root);
  const [first, second] = [opened.handlersFor({ host: 'web', session: 'S1' }), opened.handlersFor({ host: 'web', session: 'S2' })];
  const seen = await seenBy(opened);
  const accepting = [first, second].map((handlers) => handlers['recovery.accept']({ ...STORE, seen, by: 'ada' }));
  expect(codes(await Promise.allSettled(accepting))).toEqual(['GATE_BUSY', 'done']);
  expect((await entries(opened)).filter(({ action }) => action === 'console.accepted')).toHaveLength(1);
  const gate = gateOn(root);
  gate.enrolFirstSet(PEOPLE);
  const accepted = (await opened.handlers['gate.get'](STORE)).accepted!;
  const dossierHash = gate.propose({ by: 'ada', accepted, draft: DRAFT }).hash;
  // Guesses side by side would not wait for each other.
  const guesses = ['x', 'y', 'z'].map((passphrase) => first['gate.sign']({ ...STORE, personId: 'ada', dossierHash, passphrase }));
  expect(codes(await Promise.allSettled(guesses))).toEqual(['GATE_BUSY', 'GATE_BUSY', 'SIGNATURE_INVALID']);
  expect((await entries(opened)).filter(({ action }) => action === 'key.refused')).toHaveLength(1);
  const signed = await second['gate.sign']({ ...STORE, personId: 'rob', dossierHash, passphrase: 'r' });
  expect(signed.dossier?.owes).toEqual(['trader']);
});

test('what somebody accepts elsewhere is looked at by itself', async (context) => {
  const root = await crashedStore(context);
  const opened = consoleOn(context, root);
  const seen = await seenBy(opened);
  const { epoch, lsn } = await acceptRecovery({ platform: nativePlatform, root, by: 'ada' });
  const { report } = await until(
    () => opened.handlers['recovery.get'](STORE),
    ({ report }) => report?.lsn === lsn,
  );
  expect(report).toMatchObject({ epoch });
  await expect(opened.handlers['recovery.accept']({ ...STORE, seen, by: 'ada' })).rejects.toMatchObject({ code: 'RECOVERY_CHANGED' });
});

test('a cancel goes out though it cannot be put on the record, and that is told', async (context) => {
  const root = await crashedStore(context);
  gateOn(root).enrolFirstSet(PEOPLE);
  const opened = consoleOn(context, root);
  const alarms: string[] = [];
  opened.on('alarm', ({ id }) => alarms.push(id));
  fs.appendFileSync(join(root, 'audit', 'audit.log'), 'no entry\n');
  // As far as the venues, of which none is configured.
  await expect(opened.handlers['venues.cancel']({ ...STORE, scope: {}, by: 'ada' })).rejects.toMatchObject({
    code: 'CONFIGURATION_INVALID',
  });
  expect(alarms).toContain('audit');
});

const DRAFT: DossierDraft = {
  stateDigest: 'v1:00',
  recovery: { outcome: 'recovered', base: 'L2', lostAcknowledged: 0, replayed: 0, tornBytes: 0, sentence: 'Recovered from L2.' },
  breaks: [],
  exposure: { grossAtCrash: '0', netAtCrash: '0', grossNow: '0', netNow: '0', worthNow: '0' },
  limits: { gross: null, net: null, loss: null },
  venues: [],
  configurationHash: 'none',
  overrides: [],
  scope: SCOPE,
  bounds: { unexplainedBreaks: 0, grossExposure: '1', netExposure: '1', lossSinceProposal: '1' },
};
const CALM = { unexplainedBreaks: 0, grossExposure: '0', netExposure: '0', worth: '0' };

/** An engine that two people released. */
async function releasedEngine(root: string): Promise<Engine> {
  const gate = gateOn(root);
  gate.enrolFirstSet(PEOPLE);
  const { epoch, lsn, headHash } = await acceptRecovery({ platform: nativePlatform, root, by: 'ada' });
  const accepted = { epoch, lsn, headHash };
  const dossierHash = gate.propose({ by: 'ada', accepted, draft: DRAFT }).hash;
  for (const { id, passphrase } of PEOPLE) gate.sign({ personId: id, dossierHash, passphrase });
  gate.release({ by: 'ada', dossierHash, accepted, now: CALM });
  const opened = await openStore({ platform: nativePlatform, root, config: parseEngineConfig(), random });
  if (opened.state !== 'halted') throw new Error('it was not halted');
  const release = await opened.store.tryRelease();
  if (!release) throw new Error('it was not released');
  return release.engine;
}

test('an engine that dies after its release is halted, on the record', async (context) => {
  const root = await crashedStore(context);
  const engine = await releasedEngine(root);
  const opened = consoleOn(context, root);
  expect((await opened.handlers['gate.get'](STORE)).mode).toBe('ACTIVE');
  await until(
    () => opened.handlers['recovery.get'](STORE),
    ({ report }) => report?.writerAlive === true,
  );
  await engine.abandon();
  const halted = await until(
    () => opened.handlers['gate.get'](STORE),
    ({ mode }) => mode === 'HALTED',
  );
  expect(halted.reason).toBe('the engine died');
  expect((await entries(opened)).at(-1)).toMatchObject({ actor: 'console', action: 'mode.rehalted', details: { from: 'ACTIVE' } });
  expect((await opened.handlers['recovery.get'](STORE)).report).toMatchObject({ writerAlive: false, closedInOrder: false });
});

/** What the screens say of the crash, each by its own request. */
async function crashOn(opened: Console) {
  const timeline = await opened.handlers['postmortem.timeline']({ ...STORE, buckets: 10 });
  const death = await opened.handlers['postmortem.death'](STORE);
  const { next } = await opened.handlers['facts.get'](STORE);
  return { ends: [timeline.to, death.lastLsn], times: [timeline.crashedAtMs, death.lastOperationAt, next.crashedAt] };
}

test('the post-mortem ends where the engine died, whatever was accepted since, until another one dies', async (context) => {
  const root = await crashedStore(context);
  const before = consoleOn(context, root);
  const { lsn } = await seenBy(before);
  const first = await crashOn(before);
  const [atMs, at] = first.times;
  expect(first).toEqual({ ends: [lsn, lsn], times: [expect.any(Number), expect.any(String), at] });
  expect(Math.abs(Date.parse(at as string) - (atMs as number))).toBeLessThan(1);

  // Twice, the second time for what was decided late: neither is the engine's.
  await acceptRecovery({ platform: nativePlatform, root, by: 'ada' });
  const engine = await releasedEngine(root);
  await engine.abandon();
  const later = consoleOn(context, root);
  await seenBy(later);
  const second = await crashOn(later);
  expect(second.times[2]).toBe(second.times[1]);
  expect(second.ends[0]).toBe(second.ends[1]);
  expect(second.ends[0]).toBeGreaterThan(lsn);
  expect(Date.parse(second.times[1] as string)).toBeGreaterThan(Date.parse(at as string));
});

test('a crash stays where it was when its recovery is accepted', async (context) => {
  const root = await crashedStore(context);
  const opened = consoleOn(context, root);
  const seen = await seenBy(opened);
  const crash = await crashOn(opened);
  await opened.handlers['recovery.accept']({ ...STORE, seen, by: 'ada' });
  expect(await crashOn(opened)).toEqual(crash);
  // Once more: what was accepted first is no engine either.
  await opened.handlers['recovery.accept']({ ...STORE, seen: await seenBy(opened), by: 'ada' });
  expect(await crashOn(opened)).toEqual(crash);
  // A console that came later sees the same.
  const later = consoleOn(context, root);
  await seenBy(later);
  expect(await crashOn(later)).toEqual(crash);
  // What was accepted can be looked at, if it is asked for.
  const { lsn } = await seenBy(opened);
  expect(await opened.handlers['postmortem.timeline']({ ...STORE, to: lsn, buckets: 10 })).toMatchObject({
    to: lsn,
    crashedAtMs: crash.times[0],
  });
});

test('an engine that was closed in order is not called dead', async (context) => {
  const root = await crashedStore(context);
  const engine = await releasedEngine(root);
  const opened = consoleOn(context, root);
  await until(
    () => opened.handlers['recovery.get'](STORE),
    ({ report }) => report?.writerAlive === true,
  );
  await engine.close();
  await until(
    () => opened.handlers['recovery.get'](STORE),
    ({ report }) => report?.closedInOrder === true,
  );
  // It is looked into once: an act of the gate after that comes behind whatever followed from it.
  expect((await opened.handlers['gate.get'](STORE)).mode).toBe('ACTIVE');
  expect((await entries(opened)).filter(({ action }) => action === 'mode.rehalted')).toEqual([]);
});

test('a mode whose minutes have passed becomes a halt on the record', async (context) => {
  const root = await crashedStore(context);
  const { clock } = nativePlatform;
  const earlier: Clock = { wallNs: () => clock.wallNs() - 1_000_000_000_000n, monotonicNs: () => clock.monotonicNs() };
  const gate = gateOn(root, earlier);
  gate.enrolFirstSet(PEOPLE);
  gate.setMode({ mode: 'REDUCING', by: 'ada', reason: 'too much', minutes: 5 });
  const opened = consoleOn(context, root);
  const entry = (
    await until(
      () => entries(opened),
      (found) => found.at(-1)?.action === 'mode.rehalted',
    )
  ).at(-1);
  expect(entry).toMatchObject({ actor: 'console', details: { from: 'REDUCING', to: 'HALTED' } });
  expect(JSON.stringify(entry?.details)).toContain('the time for which the mode was set has passed');
});
