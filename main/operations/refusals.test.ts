/** What is refused before anything of it is written: an image that said no is the image from before. */

import { expect, test } from 'vitest';
import type { Intent } from '../../shared/model/operations.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { Image } from '../image/image.ts';
import { apply } from './apply.ts';
import { decodeIntent, formatOf } from './codec.ts';
import { LiveState } from './live-state.ts';
import { PRUNE_COUNT_MAX } from './prune.ts';
import { Transaction } from './transaction.ts';

const TIME = 1_767_600_000_000_000_000n;
const INSTRUMENT = { venue: 'ALPHA', symbol: 'B1', base: '', settle: 'USD', kind: 'future', priceScale: 0, quantityScale: 0 };
const WHO = { account: 'MM1', venue: 'ALPHA', symbol: 'B1', strategy: '', trader: '' };
const TERMS = { orderType: 'limit', timeInForce: 'gtc', reduceOnly: false, price: '50', trigger: '', quantity: '1', time: TIME };
const ORDER = { type: 'order.submit', ...WHO, clientId: 'order-1', side: 'buy', ...TERMS };
const TRADE = { clientId: '', tradeId: 't-1', quantity: '1', price: '50', fee: '', feeAsset: '', liquidity: 'maker', time: TIME };

function desk() {
  const image = new Image({ orders: TABLES.orders.rowsPerPage, dictionary: 2_048, chunks: 512, books: 512, trades: 512 });
  const transaction = new Transaction(new LiveState(image));
  const take = (intent: object): void => {
    transaction.begin(image.lsn + 1, TIME);
    try {
      apply(transaction, intent as Intent);
    } catch (error) {
      transaction.rollback();
      throw error;
    }
    image.lsn += 1;
  };
  take({ type: 'epoch.open', epoch: 1, parent: 0, reason: 'created', time: TIME });
  take({ type: 'asset.define', asset: 'USD', scale: 2, rate: '1', time: TIME });
  take({ type: 'venue.define', venue: 'ALPHA', dialect: 'generic', cancelOnDisconnect: 'yes' });
  take({ type: 'instrument.define', ...INSTRUMENT, multiplier: '1', tick: '', lot: '', tolerance: '' });
  return { image, take };
}

test.each<[string, object, string]>([
  ['an operation that there is not', { type: 'order.guess' }, 'no operation is called "order.guess"'],
  [
    'a balance at no venue',
    { type: 'balance.set', venue: '', account: '', asset: 'USD', free: '1', locked: '0', time: TIME },
    'balances need',
  ],
  [
    'a session with no venue',
    { type: 'session.update', venue: '', state: 'up', cancelOnDisconnect: 'yes', sequenceSent: 0n, sequenceReceived: 0n, time: TIME },
    'a session needs',
  ],
  ['an order without a client id', { ...ORDER, clientId: '' }, 'an order needs a client id'],
  ['an order without a side', { ...ORDER, side: 'none' }, 'an order needs a side'],
  ['an execution without a side', { type: 'fill.external', ...WHO, side: 'none', ...TRADE }, 'trade t-1 needs a side'],
  ['an execution without a trade id', { type: 'fill.external', ...WHO, side: 'buy', ...TRADE, tradeId: '' }, 'a fill needs the trade id'],
  [
    'a balance of no asset',
    { type: 'balance.set', venue: 'ALPHA', account: '', asset: '', free: '1', locked: '0', time: TIME },
    'needs the name of the asset',
  ],
  ['an asset without a name', { type: 'asset.define', asset: '', scale: 2, rate: '1', time: TIME }, 'asset is missing'],
  [
    'an asset of more places than units have',
    { type: 'asset.define', asset: 'EUR', scale: 19, rate: '1', time: TIME },
    'scale is 19, outside 0 to 18',
  ],
  ['a rate below zero', { type: 'rate', asset: 'USD', rate: '-1', time: TIME }, 'a rate cannot be below zero: -1'],
  ['a mark of no time', { type: 'mark', venue: 'ALPHA', symbol: 'B1', price: '50', time: 0n }, 'a mark of B1 needs its time'],
  ['a root that is not the image’s', { type: 'root.mark', root: 1n }, "root.mark names a root that is not the image's"],
  ['a pruning of no table', { type: 'prune', table: 'none', before: TIME, count: 1 }, 'prune needs the name of a table'],
  [
    'a pruning of more rows than one record is for',
    { type: 'prune', table: 'fills', before: TIME, count: PRUNE_COUNT_MAX + 1 },
    `prune frees at most ${PRUNE_COUNT_MAX} rows`,
  ],
])('%s', (_, intent, words) => {
  const { image, take } = desk();
  const before = image.bytes.slice();
  expect(() => take(intent)).toThrow(expect.objectContaining({ code: 'OPERATION_INVALID', message: expect.stringContaining(words) }));
  expect(Buffer.compare(image.bytes, before)).toBe(0);
});

test.each<[string, object, string]>([
  [
    'an instrument in an asset',
    { type: 'instrument.define', ...INSTRUMENT, symbol: 'B2', settle: 'EUR', multiplier: '1', tick: '', lot: '', tolerance: '' },
    'no asset EUR is defined',
  ],
  [
    'a limit on an instrument',
    { type: 'limit.set', venue: 'ALPHA', symbol: 'B2', maxQuantity: '1', maxExposure: '', maxLoss: '', time: TIME },
    'no instrument B2 is defined at ALPHA',
  ],
])('%s that nobody defined is refused', (_, intent, message) => {
  const { image, take } = desk();
  const before = image.bytes.slice();
  expect(() => take(intent)).toThrow(expect.objectContaining({ code: 'NOT_FOUND', message }));
  expect(Buffer.compare(image.bytes, before)).toBe(0);
});

test('new orders are refused while an eighth of their table is left for what follows them, and nothing else is', () => {
  const { take } = desk();
  const { rowsPerPage } = TABLES.orders;
  let taken = 0;
  const refused = () => {
    for (; ; taken += 1) take({ ...ORDER, clientId: `order-${taken}` });
  };
  expect(refused).toThrow(expect.objectContaining({ code: 'STATE_BOUND', message: expect.stringContaining('new orders are refused') }));
  expect(taken).toBe(Math.ceil((rowsPerPage * 7) / 8));
  take({ type: 'order.accept', clientId: 'order-0', orderId: 'v-1', time: TIME });
  take({ type: 'fill.external', ...WHO, side: 'buy', ...TRADE });
});

test('bytes of no operation, and of a choice that its field does not have, are refused by name', () => {
  const bytes = new Uint8Array(64).fill(200);
  const decode = (id: number, start: number, end: number) => decodeIntent(id, bytes, new DataView(bytes.buffer), start, end);
  expect(() => formatOf('order.guess')).toThrow(expect.objectContaining({ code: 'OPERATION_INVALID' }));
  expect(() => decode(255, 0, 8)).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID', message: 'no operation has the id 255' }));
  // `session.update`: the name of a venue, and the state.
  bytes[0] = 0;
  expect(() => decode(44, 0, 64)).toThrow(
    expect.objectContaining({ code: 'FORMAT_INVALID', message: 'session.update: state has no value 200' }),
  );
});
