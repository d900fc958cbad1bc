/** Fourteen breaks of the fixture, and a hundred thousand made from them. */

import type { Break, ReconcileReport } from '../../../shared/contract/reconcile.ts';
import { ATLAS, BOREAL, iso, LAST_LSN, noise, pick, type World } from './world.ts';

type Seed = Partial<Break> & Pick<Break, 'id' | 'kind' | 'severity' | 'cause'>;

const order = (side: string, quantity: string, filled: string, price: string, status: string) => ({
  side,
  quantity,
  filled,
  price,
  status,
});

function seeds(): readonly Seed[] {
  return [
    {
      id: 'pos/ATLAS/main/BTC/USDT',
      kind: 'positionDiffers',
      severity: 'high',
      symbol: 'BTC/USDT',
      ours: { quantity: '1.1952', averagePrice: '93871.2' },
      theirs: { quantity: '1.8420', averagePrice: '94010.9' },
      delta: '0.6468',
      moneyAtRisk: '61004.12',
      cause: 'Explained by 2 missing fills of rq-2v4xm',
      causedBy: ['fill/ATLAS/77120441', 'fill/ATLAS/77120446'],
      blocking: false,
    },
    {
      id: 'fill/ATLAS/77120441',
      kind: 'missingFill',
      severity: 'high',
      symbol: 'BTC/USDT',
      clientId: 'rq-2v4xm',
      orderId: '880412335',
      tradeId: '77120441',
      ours: null,
      theirs: { side: 'buy', quantity: '0.4000', price: '94301.5', fee: '11.32', feeAsset: 'USDT', liquidity: 'maker' },
      delta: '0.4000',
      moneyAtRisk: '37724.96',
      cause: 'Filled at the venue 1.2 s after the crash',
    },
    {
      id: 'fill/ATLAS/77120446',
      kind: 'missingFill',
      severity: 'high',
      symbol: 'BTC/USDT',
      clientId: 'rq-2v4xm',
      orderId: '880412335',
      tradeId: '77120446',
      ours: null,
      theirs: { side: 'buy', quantity: '0.2468', price: '94299.0', fee: '6.98', feeAsset: 'USDT', liquidity: 'maker' },
      delta: '0.2468',
      moneyAtRisk: '23276.30',
      cause: 'Filled at the venue 1.9 s after the crash',
    },
    {
      id: 'order/BOREAL/rq-2v4z1',
      kind: 'notProvable',
      severity: 'critical',
      venue: BOREAL,
      account: 'K-2291',
      symbol: 'BTC/USD',
      clientId: 'rq-2v4z1',
      ours: order('sell', '0.5000', '0.0000', '94355.0', 'open'),
      theirs: null,
      delta: null,
      moneyAtRisk: null,
      cause: 'BOREAL did not answer: 8 orders of ours there are UNKNOWN',
    },
    {
      id: 'order/ATLAS/rq-2v4y8',
      kind: 'pendingUnknown',
      severity: 'critical',
      symbol: 'ETH/USDT',
      clientId: 'rq-2v4y8',
      ours: order('buy', '6.400', '0.000', '3281.90', 'pending'),
      theirs: null,
      delta: null,
      moneyAtRisk: '21004.16',
      cause: 'Submitted 3 ms before the crash; the venue lists no such client id yet',
    },
    {
      id: 'order/ATLAS/rq-2v4y9',
      kind: 'pendingUnknown',
      severity: 'critical',
      symbol: 'SOL/USDT',
      clientId: 'rq-2v4y9',
      ours: order('sell', '80.00', '0.00', '187.55', 'pending'),
      theirs: null,
      delta: null,
      moneyAtRisk: '15004.00',
      cause: 'Submitted 2 ms before the crash; the venue lists no such client id yet',
    },
    {
      id: 'pos/ATLAS/main/ETH/USDT',
      kind: 'positionDiffers',
      severity: 'high',
      symbol: 'ETH/USDT',
      ours: { quantity: '-11.850', averagePrice: '3290.11' },
      theirs: { quantity: '-14.250', averagePrice: '3288.40' },
      delta: '-2.400',
      moneyAtRisk: '7881.96',
      cause: 'Explained by 1 missing fill of rq-2v4xr',
      causedBy: ['fill/ATLAS/77120459'],
      blocking: false,
    },
    {
      id: 'fill/ATLAS/77120459',
      kind: 'missingFill',
      severity: 'high',
      symbol: 'ETH/USDT',
      clientId: 'rq-2v4xr',
      orderId: '880412370',
      tradeId: '77120459',
      ours: null,
      theirs: { side: 'sell', quantity: '2.400', price: '3284.15', fee: '3.15', feeAsset: 'USDT', liquidity: 'taker' },
      delta: '-2.400',
      moneyAtRisk: '7881.96',
      cause: 'Filled at the venue 4.0 s after the crash',
    },
    {
      id: 'order/ATLAS/880412335x',
      kind: 'unknownOrder',
      severity: 'critical',
      symbol: 'XRP/USDT',
      orderId: '880412519',
      ours: null,
      theirs: order('sell', '5210.0', '0.0', '2.4912', 'open'),
      delta: '-5210.0',
      moneyAtRisk: '12957.79',
      cause: 'Live at the venue under no client id of ours: placed by hand, or by another process',
    },
    {
      id: 'order/ATLAS/rq-2v4w2',
      kind: 'vanishedOrder',
      severity: 'high',
      symbol: 'SOL/USDT',
      clientId: 'rq-2v4w2',
      orderId: '880412321',
      ours: order('buy', '40.00', '12.00', '186.90', 'partiallyFilled'),
      theirs: null,
      delta: null,
      moneyAtRisk: '5233.20',
      cause: 'Open here, not listed there; its fills were asked for and agree: cancelled by the venue',
    },
    {
      id: 'order/ATLAS/rq-2v4w7',
      kind: 'amended',
      severity: 'low',
      symbol: 'ETH/USDT',
      clientId: 'rq-2v4w7',
      orderId: '880412356',
      ours: order('buy', '3.000', '0.000', '3270.00', 'open'),
      theirs: order('buy', '3.000', '0.000', '3268.50', 'open'),
      delta: '-1.50',
      moneyAtRisk: '4.50',
      cause: 'The amendment was sent before the crash, its answer was not logged',
      blocking: false,
    },
    {
      id: 'balance/ATLAS/main/USDT',
      kind: 'balanceDiffers',
      severity: 'low',
      symbol: null,
      asset: 'USDT',
      ours: { free: '1181466.80', locked: '412330.10', total: '1593796.90' },
      theirs: { free: '1120441.23', locked: '412330.10', total: '1532771.33' },
      delta: '-61025.57',
      moneyAtRisk: '61025.57',
      cause: 'Explained by 3 missing fills and their fees',
      causedBy: ['fill/ATLAS/77120441', 'fill/ATLAS/77120446', 'fill/ATLAS/77120459'],
      blocking: false,
    },
    {
      id: 'cancel/ATLAS/rq-2v4v9',
      kind: 'pendingCancelUnresolved',
      severity: 'high',
      symbol: 'BTC/USDT',
      clientId: 'rq-2v4v9',
      orderId: '880412314',
      ours: order('sell', '0.1500', '0.0000', '94390.0', 'pendingCancel'),
      theirs: order('sell', '0.1500', '0.0000', '94390.0', 'open'),
      delta: null,
      moneyAtRisk: '14158.50',
      cause: 'The cancel was handed over and never confirmed: the order is live',
    },
    {
      id: 'clock/BOREAL',
      kind: 'clockOffset',
      severity: 'note',
      venue: BOREAL,
      account: 'K-2291',
      symbol: null,
      ours: { offsetMs: '0' },
      theirs: { offsetMs: '340' },
      delta: '340',
      moneyAtRisk: '0',
      cause: 'Their clock is ahead; ages shift, the order of events does not',
      blocking: false,
    },
  ];
}

const PROPOSALS: Readonly<Record<string, Break['proposals']>> = {
  missingFill: ['acceptVenue', 'note'],
  positionDiffers: ['acceptVenue', 'keepOurs', 'note'],
  unknownOrder: ['claim', 'cancelOrder', 'tolerate', 'note'],
  vanishedOrder: ['acceptVenue', 'keepOurs', 'note'],
  pendingUnknown: ['acceptVenue', 'cancelOrder', 'note'],
  pendingCancelUnresolved: ['cancelOrder', 'acceptVenue', 'note'],
  amended: ['acceptVenue', 'tolerate', 'note'],
  balanceDiffers: ['acceptVenue', 'tolerate', 'note'],
  clockOffset: ['tolerate', 'note'],
  notProvable: ['keepOurs', 'note'],
};

function complete(world: World, seed: Seed, index: number): Break {
  return {
    blocking: true,
    venue: ATLAS,
    account: 'main',
    symbol: null,
    clientId: null,
    orderId: null,
    tradeId: null,
    asset: null,
    ours: null,
    theirs: null,
    answered: seed.kind !== 'notProvable',
    delta: null,
    moneyAtRisk: null,
    causedBy: [],
    proposals: PROPOSALS[seed.kind] ?? ['note'],
    sources: [
      `log at LSN ${(LAST_LSN - 40 + index).toLocaleString('en')}`,
      seed.venue === BOREAL
        ? 'BOREAL: no answer'
        : `ATLAS ${seed.kind === 'missingFill' ? 'myTrades' : 'openOrders'} ${new Date(world.startedMs - 2400).toISOString().slice(11, 23)}, payload ${(0xa91c40 + index * 977).toString(16)}`,
    ],
    lsns: seed.ours === null ? [] : [LAST_LSN - 40 + index, LAST_LSN - 12 + (index % 9)],
    foundAt: iso(world.startedMs - 1_900),
    ageMs: 728_000 + index * 410,
    staged: null,
    ...seed,
  };
}

export const fourteenBreaks = (world: World): readonly Break[] => seeds().map((seed, index) => complete(world, seed, index));

export function manyBreaks(world: World, count: number): readonly Break[] {
  const base = fourteenBreaks(world);
  return Array.from({ length: count }, (_, i) => {
    const source = pick(base, i);
    return {
      ...source,
      id: `${source.id}#${i}`,
      moneyAtRisk: source.moneyAtRisk === null ? null : (noise(i + 7) * 90_000).toFixed(2),
      ageMs: 600_000 + Math.floor(noise(i) * 900_000),
    };
  });
}

export function reconcileReport(world: World, breaks: readonly Break[]): ReconcileReport {
  return {
    store: 'demo-desk',
    lsn: LAST_LSN,
    askedAt: iso(world.startedMs - 2_400),
    ms: 30_412,
    venues: [
      { name: ATLAS, status: 'answered', ms: 1_184, questions: 14, reason: '', provable: true },
      { name: BOREAL, status: 'silent', ms: 30_000, questions: 6, reason: 'no answer within 10 s, asked 3 times', provable: false },
    ],
    breaks,
    matched: { orders: 29, fills: 1_204, positions: 2, balances: 3 },
    blocking: breaks.filter((entry) => entry.blocking).length,
  };
}
