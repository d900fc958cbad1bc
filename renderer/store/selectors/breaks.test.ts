import { describe, expect, it } from 'vitest';
import type { Break } from '../../../shared/contract/reconcile.ts';
import { blockingOf, compareByMoney, fieldsOf, filterBreaks, sinceOf, telling } from './breaks.ts';

const make = (change: Partial<Break>): Break => ({
  id: 'b1',
  kind: 'positionDiffers',
  severity: 'high',
  blocking: true,
  venue: 'ALPHA',
  account: 'main',
  symbol: 'BTC/USDT',
  clientId: null,
  orderId: null,
  tradeId: null,
  asset: null,
  ours: { quantity: '1' },
  theirs: { quantity: '2' },
  answered: true,
  delta: '1',
  moneyAtRisk: '100',
  cause: 'late fill',
  causedBy: [],
  proposals: ['acceptVenue'],
  sources: [],
  lsns: [],
  foundAt: '2026-01-31T09:31:04Z',
  ageMs: 0,
  staged: null,
  ...change,
});
const staged = (decision: 'acceptVenue' | 'note') => ({ decision, comment: '', by: 'alice', at: '2026-01-31T09:32:00Z' });

describe('breaks', () => {
  it('count as blocking until something is staged that settles them; a note does not', () => {
    const breaks = [
      make({ id: 'a' }),
      make({ id: 'b', staged: staged('acceptVenue') }),
      make({ id: 'c', staged: staged('note') }),
      make({ id: 'd', blocking: false }),
    ];
    expect(blockingOf(breaks)).toEqual({ found: 3, left: 2 });
  });

  it('sort by the size of the money at risk, unknown money first', () => {
    const breaks = [
      make({ id: 'small', moneyAtRisk: '9.99' }),
      make({ id: 'short', moneyAtRisk: '-1000' }),
      make({ id: 'unknown', moneyAtRisk: null }),
      make({ id: 'mid', moneyAtRisk: '100.5' }),
    ];
    expect([...breaks].sort(compareByMoney).map((entry) => entry.id)).toEqual(['unknown', 'short', 'mid', 'small']);
  });

  it('sort equal money by blocking, severity, id', () => {
    const breaks = [make({ id: 'z' }), make({ id: 'y', blocking: false }), make({ id: 'x', severity: 'critical' }), make({ id: 'a' })];
    expect([...breaks].sort(compareByMoney).map((entry) => entry.id)).toEqual(['x', 'a', 'z', 'y']);
  });

  it('show the first telling field on which the sides differ', () => {
    const entry = make({ ours: { quantity: '1', price: '10', status: 'open' }, theirs: { quantity: '1', price: '11', status: 'open' } });
    expect(telling(entry)).toMatchObject({ field: 'price', ours: { value: '10' }, theirs: { value: '11' } });
  });

  it('compare amounts as amounts, and other text as text', () => {
    const entry = make({ ours: { quantity: '16', status: 'open' }, theirs: { quantity: '16.0', status: 'closed' } });
    expect(telling(entry).field).toBe('status');
    expect(fieldsOf(entry).map((row) => [row.field, row.differs])).toEqual([
      ['status', true],
      ['quantity', false],
    ]);
    const close = make({ ours: { total: '1.000000000000000001' }, theirs: { total: '1.000000000000000002' } });
    expect(fieldsOf(close)[0]!.differs).toBe(true);
  });

  it('say at what a stop is triggered, where it has no price', () => {
    const entry = make({ ours: { price: null, trigger: '97000' }, theirs: { price: null } });
    expect(fieldsOf(entry).find(({ field }) => field === 'price')).toMatchObject({
      ours: { word: 'trigger 97,000' },
      theirs: { word: 'market' },
    });
  });

  it('grow old from when they were found', () => {
    expect(sinceOf(make({ foundAt: '2026-01-31T09:31:04.500Z', ageMs: 1_250 }))).toBe('2026-01-31T09:31:03.250Z');
    expect(sinceOf(make({ ageMs: null }))).toBeNull();
  });

  it('tell "not there" from a value', () => {
    expect(telling(make({ ours: { status: 'open', quantity: '0' }, theirs: null }))).toEqual({
      field: 'quantity',
      ours: { value: '0', word: 'none' },
      theirs: { value: null, word: 'not there' },
    });
    // Silence is no statement.
    expect(telling(make({ theirs: null, answered: false })).theirs.word).toBe('not answered');
    expect(telling(make({ ours: null, theirs: null })).field).toBeNull();
  });

  it('put differing fields first in the evidence', () => {
    const rows = fieldsOf(make({ ours: { side: 'buy', quantity: '1' }, theirs: { side: 'buy', quantity: '2', fee: '0.1' } }));
    expect(rows.map((row) => [row.field, row.differs])).toEqual([
      ['quantity', true],
      ['fee', true],
      ['side', false],
    ]);
  });

  it('filter by every word', () => {
    const breaks = [make({ id: 'a', symbol: 'ETH/USDT' }), make({ id: 'b' }), make({ id: 'c', staged: staged('acceptVenue') })];
    expect(filterBreaks(breaks, 'btc late', false).map((entry) => entry.id)).toEqual(['b', 'c']);
    expect(filterBreaks(breaks, '', true).map((entry) => entry.id)).toEqual(['a', 'b']);
  });
});
