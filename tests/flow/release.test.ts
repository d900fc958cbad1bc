/**
 * The whole way without a screen: the desk crashes, the console shows the risk and takes it off, the state is reconciled, accepted, approved
 * by two people and released; the trading process goes on in its scope, once. Real venues on loopback, real processes.
 */

import { randomBytes } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import type { Console } from '../../main/console/open-console.ts';
import { acceptRecovery } from '../../main/engine/accept.ts';
import { type DossierDraft, Gate, type WorldNow } from '../../main/gate/gate.ts';
import { CHEAP, resealed } from '../../main/gate/simulated.test-support.ts';
import { createStore, nativePlatform, parseEngineConfig } from '../../main/index.ts';
import { readIdentity } from '../../main/store/identity.ts';
import type { TenFacts } from '../../shared/contract/facts.ts';
import type { Bounds, Scope } from '../../shared/contract/gate.ts';
import { blocking, consoleOn, reconciled, refusal, STORE, seenBy, stageAll } from './console.ts';
import { crashedDesk, expectNothingSentTwice, submissions, temporaryDirectory, until } from './desk.ts';

const SCOPE = { mode: 'ACTIVE', venues: ['BINANCE'], strategies: ['maker'] } satisfies Scope;
const BOUNDS: Bounds = { unexplainedBreaks: 0, grossExposure: '200000', netExposure: '100000', lossSinceProposal: '5000' };
/** The trading process looks for a token four times a second; a release takes it well below this. */
const LONG_ENOUGH_MS = 2_000;
/** A figure of the long profile, on a machine that does nothing else: the default run shares its cores with other tests. */
const LONG = process.env.REARM_PROFILE === 'long';
const FACTS_MS_MAX = 5_000;

const isKnown = (facts: TenFacts): boolean =>
  facts.liveOrders.length === 2 &&
  facts.liveOrders.every(({ count, notional }) => count !== null && notional !== null) &&
  facts.engine.value !== null &&
  facts.exposure.value?.net != null &&
  facts.exposure.value.grossWorst !== null &&
  facts.profit.value !== null &&
  facts.profit.lossPerPercent !== null &&
  facts.unacknowledged.value !== null &&
  facts.venues.every(({ status }) => status === 'answered') &&
  facts.mismatches.value !== null &&
  facts.margin.value !== null &&
  facts.recovered.value !== null &&
  facts.next.sinceMs !== null &&
  facts.next.action !== '';

/** The first facts that are all known, and how long they took. */
async function allFacts(console: Console): Promise<{ readonly facts: TenFacts; readonly ms: number }> {
  const start = performance.now();
  const facts = await new Promise<TenFacts>((resolve) => {
    const look = (facts: TenFacts): boolean => {
      if (!isKnown(facts)) return false;
      resolve(facts);
      return true;
    };
    const end = console.on('facts.changed', ({ facts }) => void (look(facts) && end()));
  });
  return { facts, ms: performance.now() - start };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('from the crash to trading again, by two people, once', { timeout: 120_000 }, async (context) => {
  const desk = await crashedDesk(context, 2, 3);
  const console = consoleOn(context, desk);
  const { handlers } = console;

  // What is live and how bad it is, before anything else.
  const { facts, ms } = await allFacts(console);
  globalThis.console.log(`release: all ten facts after ${ms.toFixed(0)} ms`);
  if (LONG) expect(ms).toBeLessThan(FACTS_MS_MAX);
  expect(facts.engine.value).toBe('dead');
  expect(facts.recovered.value).toMatchObject({ trust: 'full', lostAcknowledged: 0 });
  const live = (await desk.book()).venues.flatMap(({ orders }) => orders.filter((order) => order.live));
  expect(live.length).toBeGreaterThan(0);
  expect(facts.liveOrders.find(({ venue }) => venue === 'BYBIT')?.count).toBeGreaterThan(0);
  const trader = desk.startTrader();
  await trader.says('halted');
  const { report } = await handlers['recovery.get'](STORE);
  expect(report).toMatchObject({ outcome: 'recovered', writerAlive: false, closedInOrder: false });
  expect(report!.lsn).toBeGreaterThanOrEqual(desk.killedAtLsn);

  // One person takes the risk off.
  const cancel = await handlers['venues.cancel']({ ...STORE, scope: { includeProtective: true }, by: 'trader-1' });
  expect(cancel.status).toBe('done');
  expect(cancel.venues.map(({ venue, left }) => [venue, left])).toEqual([
    ['BINANCE', 0],
    ['BYBIT', 0],
  ]);
  expect(cancel.orders.length).toBeGreaterThan(0);
  // What filled before its cancel arrived is gone too, and is not called cancelled.
  expect(cancel.orders.filter(({ fate }) => !['confirmed', 'filled'].includes(fate))).toEqual([]);
  const quiet = await desk.book();
  expect(quiet.venues.flatMap(({ orders }) => orders.filter((order) => order.live))).toEqual([]);

  // The state against the venues, until no break blocks.
  const first = await reconciled(console);
  expect(blocking(first).length).toBeGreaterThan(0);
  // What was cancelled here is not laid at the venue's door.
  const own = new Set(cancel.orders.filter(({ fate }) => fate === 'confirmed').map(({ orderId }) => orderId));
  const vanished = first.report!.breaks.filter(({ kind, orderId }) => kind === 'vanishedOrder' && own.has(orderId ?? ''));
  expect(vanished.length).toBeGreaterThan(0);
  for (const { cause } of vanished) expect(cause).toMatch(/^Cancelled from here by trader-1 at [\d:.]+ UTC/);
  await expect(handlers['gate.propose']({ ...STORE, by: 'trader-1', scope: SCOPE, bounds: BOUNDS })).rejects.toMatchObject({
    code: 'NOT_RECOVERED',
  });
  // Accepted with nothing decided: what is staged afterwards is not carried out, and neither is a note; nothing can be proposed on it.
  const seen = await seenBy(handlers);
  const stale = { ...STORE, seen: { ...seen, lsn: seen.lsn - 1 }, by: 'trader-1' };
  expect(await refusal(handlers['recovery.accept'](stale))).toMatchObject({ code: 'RECOVERY_CHANGED', context: { lsn: seen.lsn } });
  await handlers['recovery.accept']({ ...STORE, seen: await seenBy(handlers), by: 'trader-1' });
  const undecided = await reconciled(console);
  expect(blocking(undecided).length).toBeGreaterThan(0);
  const propose = () => handlers['gate.propose']({ ...STORE, by: 'trader-1', scope: SCOPE, bounds: BOUNDS });
  expect(await refusal(propose())).toMatchObject({ code: 'BREAKS_UNRESOLVED' });
  const breakIds = undecided.report!.breaks.map(({ id }) => id);
  await handlers['reconcile.stage']({ ...STORE, breakIds, decision: 'note', comment: 'later', by: 'trader-1' });
  expect(await refusal(propose())).toMatchObject({ code: 'BREAKS_UNRESOLVED' });
  expect(blocking(await stageAll(console, undecided))).toEqual([]);
  expect(await refusal(propose())).toMatchObject({ code: 'BREAKS_UNRESOLVED', context: { pending: breakIds.length } });
  const gate = await handlers['recovery.accept']({ ...STORE, seen: await seenBy(handlers), by: 'trader-1' });
  expect(gate).toMatchObject({ mode: 'HALTED', accepted: { epoch: 3 } });
  const second = await reconciled(console);
  expect(blocking(second)).toEqual([]);
  expect(second.report!.breaks).toEqual([]);

  // Two people approve exactly this.
  const proposed = await handlers['gate.propose']({ ...STORE, by: 'trader-1', scope: SCOPE, bounds: BOUNDS });
  expect(proposed.dossier).toMatchObject({ status: 'open', owes: ['trader', 'risk'] });
  // It says what was decided, and by whom; the loss is measured from here.
  const decided = proposed.dossier!.dossier.breaks;
  expect(decided.map(({ id }) => id.split('.')[0]).sort()).toEqual(breakIds.map((id) => id.split('.')[0]).sort());
  for (const { decision, comment } of decided) {
    expect(decision).not.toBeNull();
    expect(comment).toBe('as proposed; decided by trader-1');
  }
  expect(proposed.dossier!.dossier.exposure.worthNow).toMatch(/^-?\d/);
  const { hash } = proposed.dossier!;
  const sign = (personId: string, passphrase: string) => handlers['gate.sign']({ ...STORE, personId, dossierHash: hash, passphrase });
  expect(await refusal(sign('trader-1', 'wrong'))).toMatchObject({ code: 'SIGNATURE_INVALID' });
  expect((await sign('trader-1', 'demo')).dossier).toMatchObject({ status: 'open', owes: ['risk'] });
  await sign('trader-1', 'demo').catch(() => {});
  expect((await handlers['gate.get'](STORE)).dossier).toMatchObject({ status: 'open', owes: ['risk'] });
  expect(await refusal(handlers['gate.release']({ ...STORE, by: 'trader-1', dossierHash: hash }))).toMatchObject({
    code: 'APPROVAL_INVALID',
  });
  expect(await refusal(sign('risk-1', 'Demo'))).toMatchObject({ code: 'SIGNATURE_INVALID' });
  expect((await sign('risk-1', 'demo')).dossier).toMatchObject({ status: 'complete', owes: [] });
  expect(trader.said).toEqual(['halted']);
  expect(submissions(await desk.book()).length).toBe(submissions(quiet).length);

  // Released: the trading process burns the token and goes on.
  const released = await handlers['gate.release']({ ...STORE, by: 'trader-1', dossierHash: hash });
  expect(released.token).not.toBeNull();
  const { epoch } = await trader.says('trading');
  expect(epoch).toBe(4);
  const view = await until(
    () => handlers['gate.get'](STORE),
    (gate) => gate.engine.state === 'trading',
  );
  expect(view).toMatchObject({ mode: 'ACTIVE', dossier: { status: 'released' }, token: { nonce: released.token!.nonce } });
  expect(view.token!.burntAt).not.toBeNull();

  // In its scope, under client ids of the new epoch, each sent once.
  const before = submissions(quiet).length;
  const book = await until(desk.book, (found) => submissions(found).length > before + 20);
  const since = submissions(book).slice(before);
  expect([...new Set(since.map(({ venue }) => venue))]).toEqual(['BINANCE']);
  const ids = since.flatMap(({ clientIds }) => clientIds ?? []);
  expect(ids.filter((id) => !id.startsWith('bi4-'))).toEqual([]);
  expect(book.venues.flatMap(({ orders }) => orders.filter(({ clientId, type }) => ids.includes(clientId) && type !== 'limit'))).toEqual(
    [],
  );
  expectNothingSentTwice(book);

  // Ended in order and started again it trades on, in the same scope.
  await trader.kill('SIGTERM');
  const again = desk.startTrader();
  expect((await again.says('trading')).epoch).toBe(5);
  const restarted = submissions(await desk.book()).length;
  const later = await until(desk.book, (found) => submissions(found).length > restarted + 5);
  expect([
    ...new Set(
      submissions(later)
        .slice(restarted)
        .map(({ venue }) => venue),
    ),
  ]).toEqual(['BINANCE']);

  // The token is used up: after another crash nothing trades.
  await again.kill('SIGKILL');
  const stopped = submissions(await desk.book()).length;
  const next = desk.startTrader();
  await next.says('halted');
  await wait(LONG_ENOUGH_MS);
  expect(next.said).toEqual(['halted']);
  // Nor when the record of its use is lost: it is for another head.
  const burnt = join(desk.paths.store, 'gate/burnt');
  for (const name of readdirSync(burnt)) rmSync(join(burnt, name));
  await wait(LONG_ENOUGH_MS);
  expect(next.said).toEqual(['halted']);
  // The console shows this crash, not the first one, and what the venues say to it.
  const { report: crashed } = await until(
    () => handlers['recovery.get'](STORE),
    ({ report }) => report!.epoch === 5 && !report!.writerAlive,
  );
  expect(crashed!.lsn).toBeGreaterThan(proposed.dossier!.dossier.lsn);
  expect((await handlers['facts.get'](STORE)).next.crashedAt).toBe(crashed!.lastOperationAt);
  const compared = await until(
    () => handlers['reconcile.get'](STORE),
    ({ report }) => report!.lsn === crashed!.lsn,
  );
  // What the state had before its release was not recorded again after it.
  expect(compared.report!.breaks.filter(({ kind }) => kind === 'duplicateTradeId')).toEqual([]);
  const last = await desk.book();
  expect(submissions(last).length).toBe(stopped);
  expectNothingSentTwice(last);
  const audit = await handlers['audit.get']({ ...STORE, last: 1_000 });
  expect(audit).toMatchObject({ verified: true, firstBad: null });
  // What was ordered is on the record, and what became of it.
  const [ordered, became] = ['console.cancel', 'console.cancelled'].map(
    (action) => audit.entries.find((entry) => entry.action === action)!,
  );
  expect(became!.sequence).toBeGreaterThan(ordered!.sequence);
  const fates = Object.values(became!.details.fates as Record<string, number>);
  expect(became!.details).toMatchObject({ status: 'done' });
  expect(fates.reduce((sum, count) => sum + count, 0)).toBe(cancel.orders.length);
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
  scope: { mode: 'ACTIVE', venues: [], strategies: [] },
  bounds: BOUNDS,
};
const CALM: WorldNow = { unexplainedBreaks: 0, grossExposure: '0', netExposure: '0', worth: '0' };

function gateOf(root: string): Gate {
  const { storage, clock } = nativePlatform;
  const { storeId } = readIdentity(storage, root);
  return Gate.open(root, { storage, clock, storeId, random: (bytes) => randomBytes(bytes), configuration: { scrypt: CHEAP } });
}

/** A good token that nobody used, of a store of its own. */
async function foreignToken(context: TestContext): Promise<{ readonly root: string; readonly nonce: string }> {
  const root = join(temporaryDirectory(context), 'store');
  const engine = await createStore({ platform: nativePlatform, root, name: 'another desk', config: parseEngineConfig() });
  await engine.commit({ type: 'asset.define', asset: 'USDT', scale: 8, rate: '1', time: nativePlatform.clock.wallNs() });
  await engine.abandon();
  const gate = gateOf(root);
  gate.enrolFirstSet([
    { id: 'ada', name: 'Ada', role: 'trader', passphrase: 'a' },
    { id: 'rob', name: 'Rob', role: 'risk', passphrase: 'r' },
  ]);
  const { epoch, lsn, headHash } = await acceptRecovery({ platform: nativePlatform, root, by: 'ada' });
  const accepted = { epoch, lsn, headHash };
  const { hash } = gate.propose({ by: 'ada', accepted, draft: DRAFT });
  gate.sign({ personId: 'ada', dossierHash: hash, passphrase: 'a' });
  gate.sign({ personId: 'rob', dossierHash: hash, passphrase: 'r' });
  return { root, nonce: gate.release({ by: 'ada', dossierHash: hash, accepted, now: CALM }).nonce };
}

test('a trading process stays halted without a token, and with one of another store', { timeout: 90_000 }, async (context) => {
  const [desk, foreign] = await Promise.all([crashedDesk(context, 5, 1), foreignToken(context)]);
  const before = submissions(await desk.book()).length;
  const trader = desk.startTrader();
  await trader.says('halted');
  await wait(LONG_ENOUGH_MS);
  expect(trader.said).toEqual(['halted']);

  // An accepted recovery is no release.
  const accepted = await acceptRecovery({ platform: nativePlatform, root: desk.paths.store, by: 'trader-1' });
  await wait(LONG_ENOUGH_MS);
  expect(trader.said).toEqual(['halted']);
  expect(gateOf(desk.paths.store).view({ accepted, now: null })).toMatchObject({ mode: 'HALTED', engine: { state: 'waiting' } });

  // Everything that the token of the other store rests on, put in place.
  const [from, to] = [join(foreign.root, 'gate'), join(desk.paths.store, 'gate')];
  cpSync(join(from, 'tokens'), join(to, 'tokens'), { recursive: true });
  cpSync(join(from, 'dossiers'), join(to, 'dossiers'), { recursive: true });
  cpSync(join(from, 'current.json'), join(to, 'current.json'));
  await wait(LONG_ENOUGH_MS);
  expect(trader.said).toEqual(['halted']);

  // And made to look as if it were this store's own.
  const { storeId } = readIdentity(nativePlatform.storage, desk.paths.store);
  const foreignId = readIdentity(nativePlatform.storage, foreign.root).storeId;
  for (const path of [join(to, 'current.json'), join(to, 'tokens', `${foreign.nonce}.json`)]) {
    writeFileSync(path, resealed(readFileSync(path, 'utf8').replaceAll(foreignId, storeId)));
  }
  await wait(LONG_ENOUGH_MS);
  expect(trader.said).toEqual(['halted']);
  expect(submissions(await desk.book()).length).toBe(before);
});
