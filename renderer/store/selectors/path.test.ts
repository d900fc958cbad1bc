import { describe, expect, it } from 'vitest';
import { salvagedReport } from '../../testing/data/recovery.ts';
import { worldOf } from '../../testing/data/world.ts';
import { behindBase, pathOf } from './path.ts';

describe('why a tier is not the base', () => {
  const report = salvagedReport(worldOf('crashed', Date.parse('2026-03-02T09:43:12Z')));
  const tier = { ...report.tiers.find((entry) => entry.tier === 'L3')!, status: 'valid' as const, lsn: 900 };
  const from = (base: 'L1' | 'L3', baseLsn: number | null) => ({ base, baseLsn });

  it('says how far a whole tier is behind', () => {
    expect(behindBase(tier, from('L1', 1_912))).toBe('usable, 1,012 operations behind L1');
    expect(behindBase(tier, from('L1', 901))).toBe('usable, 1 operation behind L1');
    expect(behindBase(tier, from('L1', 900))).toBe('usable, as new as L1');
  });

  it('leaves it to the reason of the tier where it is the base, was not whole, or nothing was recovered', () => {
    expect(behindBase(tier, from('L3', 900))).toBeNull();
    expect(behindBase({ ...tier, status: 'damaged' }, from('L1', 1_912))).toBeNull();
    expect(behindBase(tier, from('L1', null))).toBeNull();
  });
});

describe('what each tier gave', () => {
  const base = salvagedReport(worldOf('crashed', Date.parse('2026-03-02T09:43:12Z')));
  const tiers = base.tiers.map((tier) => ({ ...tier, chosen: tier.tier === 'L1' }));
  const roles = (states: string, sourceOf: string) =>
    Object.fromEntries(
      pathOf({ ...base, base: 'L1', tiers, pageMap: { states, sourceOf, sources: ['L1', 'L2', 'L3'] } }).tiers.map((entry) => [
        entry.tier.tier,
        [entry.role, entry.pages],
      ]),
    );

  it('tells the tables that the base does not hold from pages that were bad in it', () => {
    expect(roles('vrvvs.', '00112.')).toMatchObject({ L1: ['base', 0], L2: ['cold', 2], L3: ['salvage', 1], L4: ['lost', 0] });
  });
});
