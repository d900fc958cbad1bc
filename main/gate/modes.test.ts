import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allows, checkTransition, decideMode, MODE_RULES, MODES, MOVERS, type SendRequest, TRADING_MODES, TRANSITIONS } from './modes.ts';
import { outcome } from './simulated.test-support.ts';

const BOTH = [false, true];

describe('who may set a mode', () => {
  it('is written down for every pair of modes and every mover, and ACTIVE is always the gate', () => {
    let allowed = 0;
    for (const from of TRADING_MODES)
      for (const to of TRADING_MODES)
        for (const mover of MOVERS) {
          const may = outcome(() => checkTransition(from, to, mover)) === 'done';
          expect(may).toBe(TRANSITIONS[from][to].includes(mover));
          if (mover === 'automatic') expect(may).toBe(to === 'HALTED');
          if (mover === 'gate') expect(may).toBe(to !== 'HALTED');
          if (mover === 'person') expect(may).toBe(to !== 'ACTIVE' && !(from === 'REDUCING' && to === 'REDUCING'));
          if (may) allowed += 1;
        }
    expect(allowed).toBe(4 + 12 + 11);
  });

  it('refuses with GATE_CLOSED', () => {
    expect(outcome(() => checkTransition('HALTED', 'ACTIVE', 'person'))).toBe('GATE_CLOSED');
  });
});

describe('what a mode permits', () => {
  it('grows with its rank, and a person can always cancel', () => {
    expect(TRADING_MODES.map((mode) => MODES[mode].rank)).toEqual([0, 1, 2, 3]);
    expect(TRADING_MODES.map((mode) => MODES[mode].orders)).toEqual(['none', 'none', 'reduceOnly', 'all']);
    expect(TRADING_MODES.map((mode) => MODES[mode].engineCancels)).toEqual([false, true, true, true]);
    for (const mode of TRADING_MODES) {
      const inForce = { mode, venues: [], strategies: [], cap: null };
      expect(allows(inForce, { kind: 'cancel', by: 'person' }).allowed).toBe(true);
      expect(allows(inForce, { kind: 'cancel', by: 'engine' }).allowed).toBe(mode !== 'HALTED');
    }
  });

  const order = (fields: Partial<Extract<SendRequest, { kind: 'order' }>> = {}): SendRequest => ({
    kind: 'order',
    venue: 'ALPHA',
    strategy: 'mm',
    quantity: '-1',
    confirmedPosition: '2',
    working: '0',
    notional: '10',
    sentNotional: '0',
    ...fields,
  });
  const reducing = { mode: 'REDUCING', venues: ['ALPHA'], strategies: ['mm'], cap: '25' } as const;

  it.each([
    ['a reducing order', order(), ''],
    ['all of the position', order({ quantity: '-2' }), ''],
    ['one unit beyond flat', order({ quantity: '-2.000000000000000001' }), 'beyondFlat'],
    ['beyond flat with what works already', order({ quantity: '-1.5', working: '-0.500000000000000001' }), 'beyondFlat'],
    ['an order that adds', order({ quantity: '1' }), 'notReducing'],
    ['an order without a position', order({ confirmedPosition: '0' }), 'notReducing'],
    ['no quantity', order({ quantity: '0' }), 'notReducing'],
    ['a position that no venue confirmed', order({ confirmedPosition: null }), 'notConfirmed'],
    ['a short position bought back', order({ quantity: '1', confirmedPosition: '-1' }), ''],
    ['exactly the cap', order({ notional: '10', sentNotional: '15' }), ''],
    ['more than the cap', order({ notional: '10', sentNotional: '15.000000000000000001' }), 'cap'],
    ['another venue', order({ venue: 'BETA' }), 'venue'],
    ['another strategy', order({ strategy: 'arb' }), 'strategy'],
  ])('while REDUCING: %s', (_name, request, reason) => {
    expect(allows(reducing, request)).toEqual({ allowed: reason === '', reason });
  });

  it('while REDUCING never lets a position grow or turn', () => {
    const units = fc.integer({ min: -50, max: 50 });
    fc.assert(
      fc.property(units, units, units, (position, quantity, workingSize) => {
        const working = quantity < 0 ? -Math.abs(workingSize) : Math.abs(workingSize);
        const request = order({ quantity: `${quantity}`, confirmedPosition: `${position}`, working: `${working}`, notional: '0' });
        const { allowed } = allows(reducing, request);
        const after = position + quantity + working;
        const shrinks = quantity !== 0 && position * quantity < 0 && after * position >= 0;
        expect(allowed).toBe(shrinks);
      }),
    );
  });

  it('sends no order while HALTED or CANCEL_ONLY, and any order in scope while ACTIVE', () => {
    for (const mode of ['HALTED', 'CANCEL_ONLY'] as const) expect(allows({ ...reducing, mode }, order()).reason).toBe('mode');
    expect(allows({ ...reducing, mode: 'ACTIVE' }, order({ quantity: '9', confirmedPosition: null })).allowed).toBe(true);
    expect(allows({ ...reducing, mode: 'ACTIVE' }, order({ venue: 'BETA' })).reason).toBe('venue');
  });
});

describe('the mode in force after a crash', () => {
  it('is HALTED in every combination of facts but the good ones', () => {
    const cases = new Map<string, number>();
    for (const record of ['absent', 'unread', 'unreadable', 'foreign', 'valid'] as const)
      for (const mode of TRADING_MODES)
        for (const release of ['notNeeded', 'burnt', 'missing'] as const)
          for (const olderEpoch of BOTH)
            for (const clockWrong of BOTH)
              for (const timePassed of BOTH)
                for (const neverClosed of BOTH) {
                  const rule = decideMode({ record, mode, release, olderEpoch, clockWrong, timePassed, neverClosed });
                  const good =
                    record === 'valid' && (mode === 'HALTED' || (release !== 'missing' && !olderEpoch && !clockWrong && !timePassed));
                  const open = record === 'absent' && neverClosed;
                  expect(rule.inForce).toBe(good ? 'asRecorded' : open ? 'everything' : 'HALTED');
                  cases.set(rule.case, (cases.get(rule.case) ?? 0) + 1);
                }
    expect([...cases.keys()].sort()).toEqual(MODE_RULES.map((rule) => rule.case).sort());
    expect([...cases.values()].reduce((a, b) => a + b)).toBe(5 * 4 * 3 * 16);
  });
});
