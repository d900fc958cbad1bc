/** The log of the fixture, made on demand: any LSN gives the same record every time. */

import type { CellChange, DeathReport, OperationRow, PageView, StateAt, Timeline } from '../../../shared/contract/postmortem.ts';
import type { IntentJson } from '../../../shared/model/json.ts';
import { ATLAS, BOREAL, FIRST_LSN, hex, INSTRUMENTS, iso, LAST_LSN, noise, pick, STRATEGIES, TRADERS, type World } from './world.ts';

const MS_PER_OPERATION = 8.2;
const atMs = (world: World, lsn: number): number => world.crashMs - (LAST_LSN - lsn) * MS_PER_OPERATION + noise(lsn) * 4;

function intentOf(world: World, lsn: number): IntentJson {
  const roll = noise(lsn * 7 + 1);
  const instrument = pick(INSTRUMENTS, lsn);
  const time = iso(atMs(world, lsn));
  const clientId = `rq-${(lsn - (lsn % 5)).toString(36)}`;
  const price = (instrument.price * (1 + (noise(lsn) - 0.5) * 0.002)).toFixed(instrument.priceScale);
  const quantity = ((0.1 + noise(lsn + 3)) * (9000 / instrument.price)).toFixed(instrument.quantityScale);
  if (lsn === LAST_LSN - 60)
    return {
      type: 'session.update',
      venue: BOREAL,
      state: 'disconnected',
      cancelOnDisconnect: 'yes',
      sequenceSent: '88120',
      sequenceReceived: '412093',
      time,
    };
  if (roll < 0.22)
    return {
      type: 'order.submit',
      clientId,
      account: 'main',
      venue: instrument.venue,
      symbol: instrument.symbol,
      strategy: pick(STRATEGIES, lsn),
      trader: pick(TRADERS, lsn),
      side: lsn % 2 ? 'buy' : 'sell',
      orderType: 'limit',
      timeInForce: 'postOnly',
      reduceOnly: false,
      price,
      trigger: '',
      quantity,
      time,
    } as unknown as IntentJson;
  if (roll < 0.4) return { type: 'order.accept', clientId, orderId: String(880_000_000 + (lsn % 900_000)), time };
  if (roll < 0.5)
    return {
      type: 'fill',
      clientId,
      tradeId: String(77_000_000 + (lsn % 900_000)),
      quantity,
      price,
      fee: (Number(quantity) * Number(price) * 0.0002).toFixed(4),
      feeAsset: 'USDT',
      liquidity: 'maker',
      provenance: 'engine',
      time,
    };
  if (roll < 0.62) return { type: 'order.cancelRequest', clientId, time };
  if (roll < 0.72) return { type: 'order.close', clientId, status: 'cancelled', reason: 'cancelled on request', time };
  if (roll < 0.96) return { type: 'mark', venue: instrument.venue, symbol: instrument.symbol, price, time };
  if (roll < 0.99)
    return { type: 'balance.set', venue: ATLAS, account: 'main', asset: 'USDT', free: '1181466.80', locked: '412330.10', time };
  return { type: 'root.mark', root: String(Math.floor(noise(lsn) * 1e15)) };
}

export function operation(world: World, lsn: number): OperationRow {
  const intent = intentOf(world, lsn);
  return {
    lsn,
    type: intent.type,
    class: intent.type === 'mark' || intent.type === 'root.mark' ? 'post' : 'commit',
    at: iso(atMs(world, lsn)),
    intent,
    epoch: 3,
    file: 'wal/0000000000000009.seg',
    offset: 4096 + ((lsn * 176) % 16_000_000),
    bytes: 96 + Math.floor(noise(lsn) * 180),
    acknowledged: lsn <= LAST_LSN - 3,
  };
}

export function timelineOf(world: World, from: number, to: number, buckets: number): Timeline {
  const points = Array.from({ length: buckets }, (_, i) => {
    const lsn = Math.round(from + ((to - from) * i) / (buckets - 1));
    const t = (lsn - FIRST_LSN) / 9000;
    const net = 120_000 + Math.sin(t * 0.9) * 210_000 + Math.sin(t * 7.3) * 42_000 + (noise(lsn) - 0.5) * 26_000;
    const gross = 1_050_000 + Math.sin(t * 0.5 + 1) * 260_000 + Math.abs(Math.sin(t * 5)) * 90_000 + (noise(lsn + 9) - 0.5) * 30_000;
    return {
      lsn,
      at: iso(atMs(world, lsn)),
      atMs: atMs(world, lsn),
      gross,
      net,
      realised: 2_400 * t ** 0.8 - 900 * Math.sin(t * 1.3),
      unrealised: net * 0.012 * Math.sin(t * 2.1),
      liveOrders: Math.round(38 + 8 * Math.sin(t * 4)),
    };
  });
  const mark = (lsn: number, label: string) => ({ lsn, atMs: atMs(world, lsn), label });
  const every = (step: number, offset: number, label: (lsn: number) => string) => {
    const marks = [];
    for (let lsn = from + ((offset - (from % step) + step) % step); lsn <= to && marks.length < 600; lsn += step)
      marks.push(mark(lsn, label(lsn)));
    return marks;
  };
  const span = to - from;
  const inside = (marks: readonly { lsn: number; atMs: number; label: string }[]) =>
    marks.filter((entry) => entry.lsn >= from && entry.lsn <= to);
  return {
    from,
    to,
    crashedAtMs: world.crashMs,
    points,
    lanes: [
      { lane: 'Fills', marks: every(Math.max(1, Math.floor(span / 420)), 3, (lsn) => `fill at LSN ${lsn}`) },
      {
        lane: 'Rejects',
        marks: inside([
          mark(47_961_204, 'rejected: post only would cross'),
          mark(48_007_331, 'rejected: margin'),
          mark(48_100_016, 'rejected: rate limit'),
          mark(48_119_870, 'rejected: rate limit'),
        ]),
      },
      {
        lane: 'Sessions',
        marks: inside([
          mark(47_999_120, 'BOREAL disconnected'),
          mark(47_999_560, 'BOREAL connected'),
          mark(LAST_LSN - 60, 'BOREAL disconnected, cancel-on-disconnect armed'),
        ]),
      },
      { lane: 'Checkpoints', marks: every(Math.max(1, Math.floor(span / 90)), 11, () => 'L2 checkpoint') },
      { lane: 'Halts', marks: inside([mark(48_031_400, 'risk.halt: drawdown'), mark(48_031_990, 'risk.resume')]) },
    ],
  };
}

export function stateAt(lsn: number): StateAt {
  const drift = (LAST_LSN - lsn) / 1000;
  return {
    lsn,
    stateDigest: hex(lsn % 9973, 64),
    risk: {
      halted: false,
      tradingDay: 20260131,
      haltTime: null,
      grossExposure: (1_204_882.1 - drift * 310).toFixed(2),
      netExposure: (182_417.55 + Math.sin(drift) * 9000).toFixed(2),
      dailyRealised: (18_204.11 - drift * 44).toFixed(6),
      unrealised: (-1_204.5 + drift).toFixed(6),
      maxDrawdown: '4120.75',
      haltReason: '',
    },
    positions: INSTRUMENTS.map((instrument, i) => ({
      account: 'main',
      instrument: `${instrument.venue}:${instrument.symbol}`,
      quantity: ((noise(i + 5) - 0.5) * (140_000 / instrument.price) + ((LAST_LSN - lsn) % 7) / 10 ** instrument.quantityScale).toFixed(
        instrument.quantityScale,
      ),
      averagePrice: instrument.price.toFixed(instrument.priceScale),
      realised: (noise(i) * 4000 - 900).toFixed(4),
    })),
    liveOrders: Array.from({ length: 46 }, (_, i) => ({
      clientId: `rq-${(4_812_000 + i).toString(36)}`,
      instrument: `${INSTRUMENTS[i % 6]!.venue}:${INSTRUMENTS[i % 6]!.symbol}`,
      strategy: STRATEGIES[i % 3],
      trader: TRADERS[i % 2],
      side: i % 2 ? 'sell' : 'buy',
      status: i < 3 ? 'pending' : 'open',
      price: INSTRUMENTS[i % 6]!.price.toFixed(INSTRUMENTS[i % 6]!.priceScale),
      quantity: '1.000',
      filled: '0.000',
    })),
    balances: [
      { venue: ATLAS, account: 'main', asset: 'USDT', free: '1181466.80', locked: '412330.10', total: '1593796.90' },
      { venue: BOREAL, account: 'K-2291', asset: 'USD', free: '402118.77', locked: '88120.00', total: '490238.77' },
    ],
    rows: { dictionary: 61, instruments: 6, positions: 6, orders: 4_120, fills: 12_884, balances: 2, strategies: 3, sessions: 2, risk: 1 },
  };
}

export function changesOf(world: World, lsn: number): readonly CellChange[] {
  const intent = intentOf(world, lsn);
  const key = 'clientId' in intent ? String(intent.clientId) : `${intent.venue ?? ''}:${intent.symbol ?? ''}`;
  if (intent.type === 'order.submit')
    return ['status', 'side', 'price', 'quantity', 'strategy', 'trader'].map((column) => ({
      table: 'orders',
      key,
      column,
      before: null,
      after: column === 'status' ? 'pending' : String(intent[column] ?? ''),
    }));
  if (intent.type === 'fill')
    return [
      { table: 'orders', key, column: 'filled', before: '0.0000', after: String(intent.quantity) },
      { table: 'orders', key, column: 'status', before: 'open', after: 'filled' },
      { table: 'fills', key: String(intent.tradeId), column: 'price', before: null, after: String(intent.price) },
      { table: 'positions', key: 'main:ATLAS:BTC/USDT', column: 'quantity', before: '1.0952', after: '1.1952' },
      { table: 'risk', key: '', column: 'netExposure', before: '181204.100000000000000000', after: '182417.550000000000000000' },
      { table: 'risk', key: '', column: 'dailyRealised', before: '18204.110000000000000000', after: '18203.118000000000000000' },
    ];
  if (intent.type === 'mark')
    return [
      { table: 'profits', key, column: 'mark', before: '94310.0', after: String(intent.price) },
      { table: 'risk', key: '', column: 'unrealised', before: '-1204.510000000000000000', after: '-1198.770000000000000000' },
    ];
  if (intent.type === 'root.mark') return [];
  return [{ table: intent.type.startsWith('order') ? 'orders' : 'balances', key, column: 'status', before: 'pending', after: 'open' }];
}

export function deathOf(world: World): DeathReport {
  const order = (clientId: string, venue: string, symbol: string, side: string, quantity: string, price: string, lsn: number) => ({
    clientId,
    venue,
    symbol,
    side,
    quantity,
    price,
    trigger: null,
    lsn,
    at: iso(atMs(world, lsn)),
  });
  return {
    lastLsn: LAST_LSN,
    acknowledgedLsn: LAST_LSN - 3,
    lastOperationAt: iso(world.crashMs),
    lastSignOfLifeAt: iso(world.crashMs + 38.4),
    gapMs: 38.4,
    unacknowledgedOrders: [
      order('rq-2v4y8', ATLAS, 'ETH/USDT', 'buy', '6.400', '3281.90', LAST_LSN - 2),
      order('rq-2v4y9', ATLAS, 'SOL/USDT', 'sell', '80.00', '187.55', LAST_LSN - 1),
      order('rq-2v4z1', BOREAL, 'BTC/USD', 'sell', '0.5000', '94355.0', LAST_LSN),
    ],
    sessions: [
      { venue: ATLAS, state: 'connected', sequenceReceived: '9120441', lastEventAt: iso(world.crashMs - 41), cancelOnDisconnect: 'no' },
      {
        venue: BOREAL,
        state: 'disconnected',
        sequenceReceived: '412093',
        lastEventAt: iso(world.crashMs - 492),
        cancelOnDisconnect: 'yes',
      },
    ],
  };
}

export function pageView(tier: string, page: number): PageView {
  const bytes = Uint8Array.from({ length: 4096 }, (_, i) =>
    i < 32 ? Math.floor(noise(page * 31 + i) * 256) : i < 1400 ? Math.floor(noise(page * 17 + (i >> 3)) * (i % 8 < 3 ? 256 : 4)) : 0,
  );
  const text = new TextEncoder().encode(`rq-2v4x${page.toString(36)}`);
  bytes.set(text, 160);
  bytes.set(text, 320);
  const bad = (page === 212 || page === 213 || page === 640) && tier === 'L2';
  const stored = hex(page + 5, 16);
  return {
    tier,
    page,
    table: page < 400 ? 'orders' : page < 700 ? 'positions' : 'fills',
    lsn: LAST_LSN - (page % 700),
    hashStored: stored,
    hashComputed: bad ? hex(page + 6, 16) : stored,
    status: bad ? 'bad' : 'valid',
    bytes: btoa(String.fromCharCode(...bytes)),
    rows: Array.from({ length: 6 }, (_, i) => ({
      row: page * 24 + i,
      values: {
        clientId: `rq-2v4x${(page + i).toString(36)}`,
        status: 'open',
        side: i % 2 ? 'sell' : 'buy',
        price: '94301.5',
        quantity: '0.4000',
        filled: '0.0000',
        submitted: iso(1769852000000 + i),
      },
    })),
  };
}
