/**
 * Nothing of the state is left: it is made anew of what the venues answer, by a person, on the record. It equals the venues' own books,
 * can be released for reducing only, and is an ordinary store from then on.
 */

import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reconstruct } from '../../app/cli/reconstruction.ts';
import { tellSimulator } from '../../app/demo/desk.ts';
import { recover } from '../../main/cascade/recover.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { canonicalState } from '../../main/image/canonical.ts';
import type { Bounds } from '../../shared/contract/gate.ts';
import type { Book } from '../reconcile/oracle.ts';
import { blocking, consoleOn, reconciled, refusal, STORE, seenBy } from './console.ts';
import { crashedDesk, submissions, until } from './desk.ts';

const BOUNDS: Bounds = { unexplainedBreaks: 0, grossExposure: '200000', netExposure: '100000', lossSinceProposal: '5000' };
const OVERRIDE = { what: 'reconstruction', reason: 'the disk was lost' } as const;
const { storage, clock, bootId } = nativePlatform;

const recovered = (root: string) => recover({ storage, clock, root, bootId });
/** Trailing zeros are a matter of taste. */
const plain = (text: unknown): string =>
  String(text)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');

test('nothing left: the venues are the state, for reducing', { timeout: 120_000 }, async (context) => {
  const desk = await crashedDesk(context, 5, 2);
  const { store } = desk.paths;
  const { acknowledgedLsn } = recovered(store).report;
  for (const tier of ['wal', 'l1', 'l2', 'l3'])
    for (const name of readdirSync(join(store, tier))) renameSync(join(store, tier, name), join(desk.root, `lost-${tier}-${name}`));
  await tellSimulator(desk.simulator.control, '/freeze', { frozen: true });

  const { handlers } = consoleOn(context, desk);
  const done = () =>
    until(
      () => handlers['recovery.get'](STORE),
      ({ running, report }) => !running && report !== null,
    );
  // A log that is gone is not a store that is new.
  expect((await done()).report).toMatchObject({ outcome: 'refused', base: null, lsn: 0, lostAcknowledged: null });
  expect(
    await refusal(handlers['recovery.accept']({ ...STORE, seen: await seenBy(handlers), by: 'trader-1', override: OVERRIDE })),
  ).toMatchObject({
    code: 'NOTHING_LEFT',
  });

  await handlers['recovery.run']({ ...STORE, reconstruct: true });
  const { report } = await done();
  expect(report).toMatchObject({ outcome: 'refused', base: 'L5' });
  expect(report!.tiers.find(({ tier }) => tier === 'L5')).toMatchObject({ chosen: true });
  const found = await reconciled({ handlers } as never);
  expect(found.report!.venues.every(({ provable }) => provable)).toBe(true);
  for (const { id, proposals } of found.report!.breaks)
    await handlers['reconcile.stage']({
      ...STORE,
      breakIds: [id],
      decision: proposals.includes('claim') ? 'claim' : 'acceptVenue',
      comment: 'as the venue has it',
      by: 'trader-1',
    });
  expect(await refusal(handlers['recovery.accept']({ ...STORE, seen: await seenBy(handlers), by: 'trader-1' }))).toMatchObject({
    code: 'RECOVERY_REFUSED',
  });
  const accepted = await handlers['recovery.accept']({ ...STORE, seen: await seenBy(handlers), by: 'trader-1', override: OVERRIDE });
  expect(accepted).toMatchObject({ mode: 'HALTED', accepted: { epoch: 2 } });

  // The state is the simulator's own book, to the last unit.
  const again = recovered(store);
  expect(again.report).toMatchObject({ outcome: 'recovered', lostAcknowledged: 0, epoch: 2 });
  expect(again.reconstructed).toBe(true);
  const { tables } = canonicalState(again.image!);
  const book = (await desk.book()) as unknown as Book;
  const held = book.venues.flatMap(({ name, positions }) =>
    positions.filter(({ quantity }) => Number(quantity) !== 0).map(({ symbol, quantity }) => [`${name}:${symbol}`, plain(quantity)]),
  );
  expect(held.length).toBeGreaterThan(0);
  expect(tables.positions!.map((row) => [row.instrument, plain(row.quantity)]).sort()).toEqual(held.sort());
  const live = book.venues.flatMap(({ name, orders }) =>
    orders
      .filter((order) => order.live && !order.lost)
      .map(({ symbol, orderId, algoId, quantity, filled }) => [`${name}:${symbol}`, orderId ?? algoId, plain(quantity), plain(filled)]),
  );
  expect(live.length).toBeGreaterThan(0);
  expect(tables.orders!.map((row) => [row.instrument, row.orderId, plain(row.quantity), plain(row.filled)]).sort()).toEqual(live.sort());
  expect(tables.balances!.map((row) => [row.venue, row.asset, plain(row.total)]).sort()).toEqual(
    book.venues.flatMap(({ name, balances }) => balances.map(({ asset, wallet }) => [name, asset, plain(wallet)])).sort(),
  );
  expect(acknowledgedLsn).toBeGreaterThan(0);

  // Whose positions they are nobody knows: reducing is the most that two people can approve.
  const second = await reconciled({ handlers } as never);
  const left = second.report!.breaks.map(({ kind }) => kind);
  expect(left.filter((kind) => kind !== 'averagePriceDiffers')).toEqual([]);
  for (const { id } of blocking(second))
    await handlers['reconcile.stage']({ ...STORE, breakIds: [id], decision: 'tolerate', comment: 'less than a tick', by: 'trader-1' });
  if (left.length > 0) {
    await handlers['recovery.accept']({ ...STORE, seen: await seenBy(handlers), by: 'trader-1' });
    expect(blocking(await reconciled({ handlers } as never))).toEqual([]);
  }
  const scope = { venues: [], strategies: [] };
  expect(
    await refusal(handlers['gate.propose']({ ...STORE, by: 'trader-1', scope: { mode: 'ACTIVE', ...scope }, bounds: BOUNDS })),
  ).toMatchObject({ code: 'APPROVAL_INVALID', context: { reason: 'reconstructed' } });
  const { dossier } = await handlers['gate.propose']({ ...STORE, by: 'trader-1', scope: { mode: 'REDUCING', ...scope }, bounds: BOUNDS });
  expect(dossier!.dossier).toMatchObject({ recovery: { base: 'L5' }, overrides: [OVERRIDE] });
  const trader = desk.startTrader();
  await trader.says('halted');
  for (const personId of ['trader-1', 'risk-1'])
    await handlers['gate.sign']({ ...STORE, personId, dossierHash: dossier!.hash, passphrase: 'demo' });
  const before = submissions(await desk.book()).length;
  await handlers['gate.release']({ ...STORE, by: 'trader-1', dossierHash: dossier!.hash });
  await tellSimulator(desk.simulator.control, '/freeze', { frozen: false });
  await trader.says('trading');
  const after = await until(desk.book, (now) => submissions(now).length > before + 2);
  const sent = submissions(after)
    .slice(before)
    .flatMap(({ clientIds }) => clientIds ?? []);
  const orders = (after as unknown as Book).venues.flatMap((venue) => venue.orders.filter(({ clientId }) => sent.includes(clientId)));
  expect(orders.filter((order) => !(order as unknown as { reduceOnly: boolean }).reduceOnly)).toEqual([]);
});

test('from the terminal: not where something can be recovered, not from a venue that is silent', { timeout: 90_000 }, async (context) => {
  const desk = await crashedDesk(context, 6, 1);
  const { store, venueConfig } = desk.paths;
  const attempt = () => reconstruct(store, venueConfig, 'trader-1', 'the disk was lost', () => {});
  expect(await refusal(attempt())).toMatchObject({ code: 'RECONSTRUCTION_REFUSED' });
  for (const tier of ['wal', 'l1', 'l2', 'l3'])
    for (const name of readdirSync(join(store, tier))) renameSync(join(store, tier, name), join(desk.root, `lost-${tier}-${name}`));
  const { control } = desk.simulator;
  await tellSimulator(control, '/fault', { venue: 'BYBIT', mode: 'half-page', endpoints: ['positions', 'openOrders'] });
  expect(await refusal(attempt())).toMatchObject({ code: 'VENUES_INCOMPLETE', context: { venues: ['BYBIT'] } });
  expect(readdirSync(join(store, 'lineage'))).toEqual(['00000001.epoch']);
  await tellSimulator(control, '/fault', { venue: 'BYBIT', mode: 'normal' });
  const { epoch, report } = await attempt();
  expect([epoch, report.base]).toEqual([2, 'L5']);
  // Once there is a state again, it is not given up for the venues a second time.
  expect(await refusal(attempt())).toMatchObject({ code: 'RECONSTRUCTION_REFUSED' });
});
