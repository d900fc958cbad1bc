/** One line for an operation: what a trader would say of it. */

import type { IntentJson } from '../../shared/model/json.ts';

const field = (intent: IntentJson, name: string): string | null => {
  const value = intent[name];
  return value === undefined || value === null || value === '' || value === 'none' ? null : String(value);
};

const join = (...parts: readonly (string | null | false)[]): string =>
  parts.filter((part) => part !== null && part !== false && part !== '').join(' ');

const at = (price: string | null): string | null => (price === null ? null : `@ ${price}`);

type Line = (intent: IntentJson) => string;

const order: Line = (intent) =>
  join(
    field(intent, 'side'),
    field(intent, 'quantity'),
    field(intent, 'symbol'),
    at(field(intent, 'price')),
    field(intent, 'venue'),
    field(intent, 'strategy'),
    field(intent, 'clientId'),
    intent.reduceOnly === true && 'reduce-only',
  );

const LINES: Readonly<Record<string, Line>> = {
  'order.submit': order,
  'order.adopt': order,
  'order.accept': (intent) => join(field(intent, 'clientId'), 'as', field(intent, 'orderId')),
  'order.reject': (intent) => join(field(intent, 'clientId'), field(intent, 'reason')),
  'order.amend': (intent) => join(field(intent, 'clientId'), 'to', field(intent, 'quantity'), at(field(intent, 'price'))),
  'order.cancelRequest': (intent) => join(field(intent, 'clientId')),
  'order.close': (intent) => join(field(intent, 'clientId'), field(intent, 'status'), field(intent, 'reason')),
  fill: (intent) =>
    join(
      field(intent, 'quantity'),
      at(field(intent, 'price')),
      field(intent, 'liquidity'),
      field(intent, 'clientId'),
      'trade',
      field(intent, 'tradeId'),
    ),
  'fill.external': (intent) =>
    join(
      field(intent, 'side'),
      field(intent, 'quantity'),
      field(intent, 'symbol'),
      at(field(intent, 'price')),
      'trade',
      field(intent, 'tradeId'),
    ),
  'position.adjust': (intent) => join(field(intent, 'symbol'), 'to', field(intent, 'quantity'), field(intent, 'reason')),
  mark: (intent) => join(field(intent, 'symbol'), field(intent, 'price'), field(intent, 'venue')),
  'market.book': (intent) =>
    join(
      field(intent, 'symbol'),
      'bid',
      field(intent, 'bidQuantity1'),
      at(field(intent, 'bidPrice1')),
      'ask',
      field(intent, 'askQuantity1'),
      at(field(intent, 'askPrice1')),
      field(intent, 'venue'),
    ),
  rate: (intent) => join(field(intent, 'asset'), field(intent, 'rate')),
  'balance.set': (intent) =>
    join(field(intent, 'asset'), 'free', field(intent, 'free'), 'locked', field(intent, 'locked'), field(intent, 'venue')),
  'session.update': (intent) => join(field(intent, 'venue'), field(intent, 'state'), 'received', field(intent, 'sequenceReceived')),
  'risk.halt': (intent) => join(field(intent, 'reason')),
  'resolution.record': (intent) => join(field(intent, 'decision'), field(intent, 'breakId'), 'by', field(intent, 'person')),
};

/** The line of an intent; one of a type without a line of its own names its fields. */
export function intentLine(intent: IntentJson): string {
  const line = LINES[intent.type];
  if (line) return line(intent);
  return Object.entries(intent)
    .filter(([name, value]) => name !== 'type' && name !== 'time' && value !== '' && value !== null)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(' ');
}
