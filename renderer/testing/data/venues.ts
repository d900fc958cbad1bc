/** What the fixture's venues answer: ATLAS everything, BOREAL slowly and then nothing. */

import type { VenuesView } from '../../../shared/contract/contract.ts';
import type { Answer, CancelReport, CancelScope, VenueOrder, VenueReport } from '../../../shared/contract/venues.ts';
import { ATLAS, BOREAL, hex, INSTRUMENTS, iso, noise, type World } from './world.ts';

const answer = <T>(status: Answer<T>['status'], items: readonly T[], askedMs: number, ms: number, reason = ''): Answer<T> => ({
  status,
  items,
  reason,
  askedAt: iso(askedMs),
  ms,
  payloadHash: items.length > 0 ? hex(items.length, 12) : null,
});

export function ordersOf(world: World): readonly VenueOrder[] {
  return Array.from({ length: 37 }, (_, i) => {
    const instrument = INSTRUMENTS[i % 4]!;
    const side = i % 2 === 0 ? ('buy' as const) : ('sell' as const);
    const quantity = (0.2 + noise(i) * 2) * (20_000 / instrument.price);
    const filled = i % 9 === 0 ? quantity * 0.4 : 0;
    const price = instrument.price * (side === 'buy' ? 1 - 0.0004 * (1 + (i % 5)) : 1 + 0.0004 * (1 + (i % 5)));
    const protective = i === 11 || i === 30;
    return {
      venue: ATLAS,
      account: 'main',
      symbol: instrument.symbol,
      orderId: String(880_412_300 + i * 7),
      clientId: i === 5 ? null : `rq-${(4_812_000 + i).toString(36)}`,
      side,
      type: protective ? 'stop' : 'limit',
      price: protective ? null : price.toFixed(instrument.priceScale),
      trigger: protective ? (price * 0.97).toFixed(instrument.priceScale) : null,
      quantity: quantity.toFixed(instrument.quantityScale),
      filled: filled.toFixed(instrument.quantityScale),
      remaining: (quantity - filled).toFixed(instrument.quantityScale),
      reduceOnly: protective,
      status: filled > 0 ? ('partiallyFilled' as const) : ('open' as const),
      createdAt: iso(world.crashMs - 90_000 + i * 900),
      updatedAt: iso(world.crashMs - 900 + i * 20),
    };
  });
}

function atlas(world: World, now: number): VenueReport {
  const orders = ordersOf(world);
  const asked = now - 2_400;
  return {
    name: ATLAS,
    dialect: 'binance',
    account: 'main',
    status: 'answered',
    reason: '',
    askedAt: iso(asked),
    ms: 184,
    clockOffsetMs: -12,
    orders: orders.length,
    notional: '412330.104729',
    openOrders: answer('complete', orders, asked, 121),
    positions: answer(
      'complete',
      INSTRUMENTS.slice(0, 4).map((instrument, i) => ({
        venue: ATLAS,
        account: 'main',
        symbol: instrument.symbol,
        quantity: ['1.8420', '-14.250', '0.00', '-5210.0'][i]!,
        entryPrice: instrument.price.toFixed(instrument.priceScale),
        mark: instrument.price.toFixed(instrument.priceScale),
        unrealised: '-120.44',
        liquidationPrice: null,
      })),
      asked,
      166,
    ),
    balances: answer(
      'complete',
      [{ venue: ATLAS, account: 'main', asset: 'USDT', free: '1120441.23', locked: '412330.10', total: '1532771.33' }],
      asked,
      184,
    ),
    marks: answer(
      'complete',
      INSTRUMENTS.slice(0, 4).map((instrument) => ({
        venue: ATLAS,
        symbol: instrument.symbol,
        price: instrument.price.toFixed(instrument.priceScale),
        at: iso(asked),
        ageMs: 2400,
        fundingAt: iso(now + 22_640_000),
      })),
      asked,
      92,
    ),
    canCancel: true,
    cancelOnDisconnect: 'no',
    marginUsed: '412330.10',
    marginFree: '1120441.23',
    rateLimit: '84 of 1,200 weight/min',
    emergency: { phone: '+65 6808 4112', desk: 'Institutional desk, 24 h', account: '5518220' },
  };
}

function boreal(world: World, now: number, heard: 'asking' | 'silent'): VenueReport {
  const asked = now - 14_200;
  const none = <T>(): Answer<T> =>
    answer<T>(
      heard === 'asking' ? 'asking' : 'silent',
      [],
      asked,
      10_000,
      heard === 'asking' ? '' : 'no answer within 10 s, asked 3 times',
    );
  return {
    name: BOREAL,
    dialect: 'kraken',
    account: 'K-2291',
    status: heard,
    reason: heard === 'asking' ? '' : 'no answer within 10 s, asked 3 times',
    askedAt: iso(asked),
    ms: heard === 'asking' ? 4_200 : 30_000,
    clockOffsetMs: null,
    orders: null,
    notional: null,
    openOrders: none(),
    positions: none(),
    balances: none(),
    marks: none(),
    canCancel: true,
    cancelOnDisconnect: 'yes',
    marginUsed: null,
    marginFree: null,
    rateLimit: null,
    emergency: { phone: '+44 20 7946 0182', desk: 'Trading support', account: 'K-2291', session: `boreal-${hex(world.crashMs % 97, 4)}` },
  };
}

export function venuesView(world: World, now: number, cancels: readonly CancelReport[], heard: 'asking' | 'silent' = 'silent'): VenuesView {
  if (world.variant === 'unanswered') {
    const silent = boreal(world, now, 'silent');
    return {
      running: false,
      cancels,
      venues: [
        {
          ...silent,
          name: ATLAS,
          dialect: 'binance',
          account: 'main',
          cancelOnDisconnect: 'unknown',
          reason: 'connection refused (127.0.0.1:8101), asked 3 times',
          status: 'failed',
          ms: 12,
        },
        silent,
      ],
    };
  }
  return { running: heard === 'asking', venues: [atlas(world, now), boreal(world, now, heard)], cancels };
}

/** A cancel that is `elapsedMs` old. */
export function cancelReport(id: string, world: World, scope: CancelScope, by: string, startedMs: number, elapsedMs: number): CancelReport {
  const orders = ordersOf(world).filter(
    (order) =>
      (scope.includeProtective || !order.reduceOnly) &&
      (!scope.symbol || order.symbol === scope.symbol) &&
      (!scope.venue || order.venue === scope.venue),
  );
  const phase = elapsedMs < 400 ? 'listing' : elapsedMs < 1200 ? 'sending' : elapsedMs < 2200 ? 'confirming' : 'incomplete';
  return {
    id,
    scope,
    by,
    startedAt: iso(startedMs),
    status: phase,
    orders: orders.map((order, i) => ({
      venue: order.venue,
      symbol: order.symbol,
      orderId: order.orderId,
      clientId: order.clientId,
      side: order.side,
      remaining: order.remaining,
      price: order.price,
      trigger: order.trigger,
      fate:
        phase === 'listing'
          ? 'listed'
          : phase === 'sending'
            ? i < orders.length / 2
              ? 'sent'
              : 'listed'
            : phase === 'confirming'
              ? i % 3
                ? 'confirmed'
                : 'sent'
              : i === 7
                ? 'filled'
                : i === 19
                  ? 'rejected'
                  : i === 4
                    ? 'alreadyGone'
                    : 'confirmed',
      reason: phase !== 'incomplete' ? '' : i === 19 ? '-2011 Unknown order sent.' : i === 7 ? 'filled before the cancel arrived' : '',
    })),
    venues: [
      {
        venue: ATLAS,
        listed: 'complete',
        left: phase === 'incomplete' ? 1 : null,
        reason: phase === 'incomplete' ? '1 order was rejected' : '',
      },
      { venue: BOREAL, listed: 'silent', left: null, reason: 'no answer within 10 s: its orders are UNKNOWN' },
    ],
  };
}
