/** An exchange without ports, for tests of the domain: its time comes from its ticks. */

import { Clock, VenueClock } from '../domain/clock.ts';
import { EventLog } from '../domain/event-log.ts';
import { Exchange } from '../domain/exchange.ts';
import { START_PRICES } from '../domain/instrument.ts';
import type { OrderRequest } from '../domain/order.ts';
import { PriceWalk } from '../domain/price-walk.ts';
import { VENUES } from '../venues.ts';

export interface Bench {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly walk: PriceWalk;
  readonly log: EventLog;
  readonly tick: (count?: number) => void;
}

/** @param venue 0: Binance, 1: Bybit @param fundingMinutes of simulated time */
export function bench(seed: number, venue: 0 | 1 = 0, fundingMinutes = 480): Bench {
  const clock = new Clock({ stepped: true, tickMs: 1_000, epochMs: 1_700_000_000_000 });
  const walk = new PriceWalk(seed, START_PRICES, 60);
  const log = new EventLog();
  const definition = VENUES[venue]!;
  const exchange = new Exchange({
    name: definition.name,
    account: definition.account,
    instruments: definition.instruments,
    rules: definition.rules,
    identities: definition.identities(seed),
    walk,
    clock: new VenueClock(clock),
    log,
    seed,
    fundingIntervalMs: fundingMinutes * 60_000,
  });
  exchange.transfer('USDT', 50_000_00000000n, 'deposit');
  const tick = (count = 1): void => {
    for (let i = 0; i < count; i += 1) {
      clock.advance();
      walk.step();
      exchange.tick();
    }
  };
  return { exchange, clock, walk, log, tick };
}

let number = 0;

/** A limit buy of one step at the mark, unless told otherwise. */
export function orderRequest(exchange: Exchange, symbol: string, change: Partial<OrderRequest> = {}): OrderRequest {
  const instrument = exchange.books.instrument(symbol);
  number += 1;
  return {
    instrument,
    side: 'buy',
    type: 'limit',
    timeInForce: 'gtc',
    price: change.type === 'market' ? null : exchange.books.market(instrument).mark,
    quantity: 100n,
    reduceOnly: false,
    clientId: `t-${number}`,
    trigger: null,
    ...change,
  };
}
