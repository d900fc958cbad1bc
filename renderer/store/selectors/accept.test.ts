import { describe, expect, it } from 'vitest';
import type { EngineLife } from '../../../shared/contract/facts.ts';
import { factsOf } from '../../testing/data/facts.ts';
import { worldOf } from '../../testing/data/world.ts';
import { acceptBarrier } from './accept.ts';

const now = Date.parse('2026-03-02T09:43:12Z');
const facts = factsOf(worldOf('crashed', now), now);
const withEngine = (value: EngineLife | null) => ({ ...facts, engine: { ...facts.engine, value } });

describe('what stands against accepting', () => {
  it('is an engine that lives, or a second one, each with its own reason', () => {
    expect(acceptBarrier(withEngine('alive'), null)).toContain('alive');
    expect(acceptBarrier(withEngine('secondWriter'), null)).toContain('second engine');
  });

  it('is a store that nobody could identify', () => {
    expect(acceptBarrier(withEngine('unknown'), { storeId: '' })).toContain('No store');
  });

  it('is nothing where the engine is dead, or nobody knows: the host decides', () => {
    for (const value of ['dead', 'unknown', null] as const) expect(acceptBarrier(withEngine(value), { storeId: 's' })).toBeNull();
    expect(acceptBarrier(null, null)).toBeNull();
  });
});
