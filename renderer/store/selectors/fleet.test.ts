import { describe, expect, it } from 'vitest';
import { createFixture } from '../../testing/fixture.ts';
import { createConsole } from '../console.ts';
import { subjectsOf } from '../state.ts';
import { alarmsOf } from './alarms.ts';
import { firstBrokenLink } from './audit.ts';
import { compareFleet, fleetRow } from './fleet.ts';
import { pathOf } from './path.ts';
import { universeOf } from './universe.ts';
import { wayOf } from './way.ts';

const load = async (variant: Parameters<typeof createFixture>[0]) => {
  const object = createConsole({ bridge: createFixture(variant, 0), storage: null, clock: Date.now });
  const end = object.start();
  await object.actions.loadStore(0);
  end();
  return object;
};

describe('derived from a crashed desk', () => {
  it('the fleet puts abnormal stores first and measures tiers against their cadence', async () => {
    const { store } = await load('crashed');
    const [first, second] = store.getState().console.view!.stores;
    const crashed = fleetRow(first!, subjectsOf(store.getState(), 0));
    expect(crashed.tone).toBe('critical');
    expect(crashed.liveOrders).toEqual({ known: 37, unknownVenues: 1 });
    expect(crashed.tiers.map((tier) => [tier.tier, Math.round(tier.lagMs ?? -1), tier.late])).toEqual([
      ['L1', 40, false],
      ['L2', 412, false],
      ['L3', 141_000, false],
      ['L4', 1_870_000, false],
    ]);
    const calm = { ...crashed, tone: 'normal' as const, store: second! };
    expect([calm, crashed].sort(compareFleet)[0]).toBe(crashed);
  });

  it('alarms are implied by the views, and acknowledged by name only', async () => {
    const object = await load('crashed');
    expect(alarmsOf(object.store.getState())[0]?.id).toBe('venue.silent.BOREAL');
    expect(object.actions.acknowledge(['0/venue.silent.BOREAL'])).toBe(false);
    object.actions.actAs('risk-1');
    expect(object.actions.acknowledge(['0/venue.silent.BOREAL'])).toBe(true);
    expect(alarmsOf(object.store.getState())[0]?.id).not.toBe('venue.silent.BOREAL');
    expect(alarmsOf(object.store.getState()).at(-1)?.acknowledged?.by).toBe('risk-1');
  });

  it('the path names the base and the tier that gave pages', async () => {
    const { store } = await load('crashed');
    const path = pathOf(subjectsOf(store.getState()).recovery.view!.report!);
    expect(path.tiers.map((entry) => [entry.tier.tier, entry.role, entry.pages])).toEqual([
      ['L1', 'lost', 0],
      ['L2', 'base', 0],
      ['L3', 'salvage', 3],
      ['L4', 'lost', 0],
      ['L5', 'lost', 0],
    ]);
  });

  it('the universe of names comes from every answer', async () => {
    const { store } = await load('crashed');
    const universe = universeOf(store.getState());
    expect(universe.venues).toEqual(['ATLAS', 'BOREAL']);
    expect(universe.symbols).toContain('BTC/USD');
    expect(universe.strategies).toEqual([]);
  });

  it('the way goes on step by step up to trading', async () => {
    const object = await load('crashed');
    const next = (): string | undefined => wayOf(subjectsOf(object.store.getState())).find((step) => step.state === 'next')?.id;
    object.actions.actAs('trader-1');
    expect(next()).toBe('breaks');
    const breaks = subjectsOf(object.store.getState()).reconcile.view!.report!.breaks;
    await object.actions.stage(
      breaks.map((entry) => entry.id),
      'acceptVenue',
      '',
    );
    expect(next()).toBe('accept');
    const { lsn, headHash } = subjectsOf(object.store.getState()).recovery.view!.report!;
    // What stands there now is not what was looked at.
    expect((await object.actions.acceptRecovery({ lsn: lsn - 1, headHash }))?.code).toBe('RECOVERY_CHANGED');
    expect(await object.actions.acceptRecovery({ lsn, headHash })).toBeNull();
    await object.actions.loadStore(0);
    expect(next()).toBe('propose');
    await object.actions.propose(
      { mode: 'CANCEL_ONLY', venues: ['ATLAS'], strategies: [] },
      { unexplainedBreaks: 0, grossExposure: '1', netExposure: '1', lossSinceProposal: '1' },
    );
    expect(next()).toBe('sign');
    const hash = subjectsOf(object.store.getState()).gate.view!.dossier!.hash;
    expect((await object.actions.signHere('trader-1', hash, 'wrong'))?.code).toBe('SIGNATURE_INVALID');
    await object.actions.signHere('trader-1', hash, 'right');
    await object.actions.signHere('risk-1', hash, 'right');
    expect(next()).toBe('release');
    expect(await object.actions.release(hash)).toBeNull();
    expect(next()).toBeUndefined();
    expect(firstBrokenLink(subjectsOf(object.store.getState()).audit.view!.entries)).toBeNull();
  });

  it('a refusal is an error as data, and nobody acting sends nothing', async () => {
    const object = await load('crashed');
    expect((await object.actions.acceptRecovery({ lsn: 0, headHash: null }))?.code).toBe('USAGE');
    object.actions.actAs('trader-1');
    const error = await object.actions.propose(
      { mode: 'ACTIVE', venues: [], strategies: [] },
      { unexplainedBreaks: 0, grossExposure: '1', netExposure: '1', lossSinceProposal: '1' },
    );
    expect(error?.code).toBe('NOT_RECOVERED');
  });

  it('an answer that fails leaves the subject with its error and its question', async () => {
    const { store } = await load('failing');
    const { facts } = subjectsOf(store.getState());
    expect(facts.error?.code).toBe('IO_FAILED');
    expect(facts.askedAt).not.toBeNull();
  });
});
