import { describe, expect, it } from 'vitest';
import type { CancelReport, VenueOrder } from '../../../shared/contract/venues.ts';
import { fatesOf, inScope, isProtective, scopeText } from './cancels.ts';

const order = (change: Partial<VenueOrder>): VenueOrder => ({
  venue: 'ATLAS',
  account: 'main',
  symbol: 'BTC/USDT',
  orderId: '1',
  clientId: 'c1',
  side: 'buy',
  type: 'limit',
  price: '1',
  trigger: null,
  quantity: '1',
  filled: '0',
  remaining: '1',
  reduceOnly: false,
  status: 'open',
  createdAt: null,
  updatedAt: null,
  ...change,
});

describe('cancels', () => {
  it('leave protective orders alone unless they are asked for', () => {
    const orders = [order({}), order({ orderId: '2', reduceOnly: true }), order({ orderId: '3', type: 'stop', trigger: '0.9' })];
    expect(inScope(orders, {}).map((entry) => entry.orderId)).toEqual(['1']);
    expect(inScope(orders, { includeProtective: true })).toHaveLength(3);
    expect(isProtective(order({ type: 'takeProfit' }))).toBe(true);
  });

  it('narrow by every field', () => {
    const orders = [order({}), order({ orderId: '2', symbol: 'ETH/USDT', clientId: null }), order({ orderId: '3', venue: 'BOREAL' })];
    expect(inScope(orders, { venue: 'ATLAS', symbol: 'ETH/USDT' }).map((entry) => entry.orderId)).toEqual(['2']);
    expect(inScope(orders, { clientIds: ['c1'] }).map((entry) => entry.orderId)).toEqual(['1', '3']);
  });

  it('count only proved fates as gone, and a venue without a list as unknown', () => {
    const report: CancelReport = {
      id: 'c',
      scope: {},
      by: 'trader-1',
      startedAt: '',
      status: 'incomplete',
      orders: (['confirmed', 'filled', 'alreadyGone', 'sent', 'rejected', 'unknown'] as const).map((fate, i) => ({
        venue: 'A',
        symbol: 's',
        orderId: String(i),
        clientId: null,
        side: 'buy',
        remaining: '1',
        price: null,
        trigger: null,
        fate,
        reason: '',
      })),
      venues: [
        { venue: 'A', listed: 'complete', left: 2, reason: '' },
        { venue: 'B', listed: 'silent', left: null, reason: '' },
      ],
    };
    expect(fatesOf(report)).toEqual({ gone: 3, open: 3, venuesUnknown: ['B'] });
  });

  it('say their scope in words', () => {
    expect(scopeText({})).toBe('every venue');
    expect(scopeText({ venue: 'ATLAS', strategy: 'basis' })).toBe('ATLAS, strategy basis');
  });
});
