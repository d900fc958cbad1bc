import { describe, expect, it } from 'vitest';
import type { StateAt } from '../../../shared/contract/postmortem.ts';
import { compareStates } from './states.ts';

const state = (change: Partial<StateAt>): StateAt => ({
  lsn: 1,
  stateDigest: '',
  risk: {},
  positions: [],
  liveOrders: [],
  balances: [],
  rows: {},
  ...change,
});

describe('two states', () => {
  it('that are equal differ in nothing', () => {
    expect(compareStates(state({ risk: { halted: false } }), state({ risk: { halted: false }, lsn: 2 }))).toEqual([]);
  });

  it('name the row and the column that changed', () => {
    const before = state({ positions: [{ account: 'main', instrument: 'ATLAS:BTC', quantity: '1' }] });
    const after = state({ positions: [{ account: 'main', instrument: 'ATLAS:BTC', quantity: '2' }] });
    expect(compareStates(before, after)).toEqual([
      { table: 'positions', key: 'main ATLAS:BTC', column: 'quantity', before: '1', after: '2' },
    ]);
  });

  it('tell a row that came or went from an empty value', () => {
    const found = compareStates(
      state({ liveOrders: [{ clientId: 'a', status: 'open' }] }),
      state({ liveOrders: [{ clientId: 'b', status: '' }] }),
    );
    expect(found).toEqual([
      { table: 'liveOrders', key: 'a', column: 'status', before: 'open', after: null },
      { table: 'liveOrders', key: 'b', column: 'status', before: null, after: '' },
    ]);
  });
});
