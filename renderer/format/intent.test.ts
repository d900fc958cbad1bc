import { describe, expect, it } from 'vitest';
import type { IntentJson } from '../../shared/model/json.ts';
import { intentLine } from './intent.ts';

const json = (fields: Record<string, unknown>): IntentJson => fields as unknown as IntentJson;

describe('operations in one line', () => {
  it('reads an order as a trader says it', () => {
    const line = intentLine(
      json({
        type: 'order.submit',
        clientId: 'c1',
        venue: 'ATLAS',
        symbol: 'BTC/USDT',
        strategy: 'basis',
        side: 'buy',
        price: '10',
        trigger: '',
        quantity: '2',
        reduceOnly: true,
      }),
    );
    expect(line).toBe('buy 2 BTC/USDT @ 10 ATLAS basis c1 reduce-only');
  });

  it('leaves out what is none', () => {
    expect(intentLine(json({ type: 'order.amend', clientId: 'c1', price: '', quantity: '3' }))).toBe('c1 to 3');
  });

  it('names the fields of a type without a line of its own', () => {
    expect(intentLine(json({ type: 'venue.define', venue: 'ATLAS', dialect: 'binance', time: 'x' }))).toBe('venue ATLAS dialect binance');
  });
});
