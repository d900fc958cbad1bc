/** How orders become fills at one venue, and how they end. The only place that changes an order's status. */

import { smaller } from './decimal.ts';
import { formatPrice, formatQuantity, type Instrument, notional } from './instrument.ts';
import type { Market } from './market.ts';
import { type EndCause, isLive, isResting, type Order, type OrderStatus, remaining, type Side, type Trade } from './order.ts';
import { triggered } from './order-checks.ts';
import { Refusal } from './refusal.ts';
import type { VenueBooks } from './venue-books.ts';

export class Matching {
  readonly #books: VenueBooks;
  #priority = 0;

  constructor(books: VenueBooks) {
    this.#books = books;
  }

  state() {
    return { priority: this.#priority };
  }

  restore(state: ReturnType<Matching['state']>): void {
    this.#priority = state.priority;
  }

  /** Takes what it can from the outside liquidity, then rests, or ends if it may not rest. */
  activate(order: Order): void {
    const { account } = this.#books;
    const market = this.#books.market(order.instrument);
    const wanted = order.reduceOnly ? smaller(remaining(order), account.reducible(order.instrument, order.side)) : remaining(order);
    const slices = market.available(order.side, wanted, order.price);
    this.#endOwnFacing(order, market, order.price ?? slices.at(-1)?.price ?? null);
    for (const slice of slices) {
      const quantity = this.fill(order, slice.quantity, slice.price, 'taker');
      market.take(order.side, { price: slice.price, quantity });
      market.last = slice.price;
    }
    if (!isLive(order)) return;
    if (order.reduceOnly && account.reducible(order.instrument, order.side) === 0n) this.#endByVenue(order, 'reduceOnly');
    else if (order.type === 'market' || order.timeInForce === 'ioc' || order.timeInForce === 'fok') {
      this.#endByVenue(order, 'unfillable');
    } else {
      this.#priority += 1;
      order.priority = this.#priority;
      market.resting.add(order);
    }
  }

  /** An account never trades with itself: own orders in the way end. */
  #endOwnFacing(order: Order, market: Market, reach: bigint | null): void {
    if (reach === null) return;
    for (const own of market.ownFacing(order.side, reach)) this.#endByVenue(own, 'selfTrade');
  }

  #endByVenue(order: Order, cause: EndCause): void {
    this.end(order, this.#books.rules.endedAs, cause);
  }

  /** Books a fill of at most `quantity`, and returns how much it was: reduce-only orders stop at the flat position. */
  fill(order: Order, quantity: bigint, price: bigint, liquidity: 'maker' | 'taker'): bigint {
    const { account } = this.#books;
    let done = smaller(quantity, remaining(order));
    if (order.reduceOnly) done = smaller(done, account.reducible(order.instrument, order.side));
    if (done > 0n) this.#book(order, done, price, liquidity);
    this.#endReduceOnly(order.instrument);
    return done;
  }

  #book(order: Order, quantity: bigint, price: bigint, liquidity: 'maker' | 'taker'): void {
    const { account, trades, identities, clock } = this.#books;
    const { instrument } = order;
    const timeNs = clock.stampNs();
    const rate = liquidity === 'maker' ? instrument.makerRate : instrument.takerRate;
    const { realised, fee } = account.fill(instrument, order.side, price, quantity, rate, timeNs);
    const trade: Trade = {
      sequence: trades.length + 1,
      tradeId: identities.tradeId(instrument.id),
      order,
      side: order.side,
      price,
      quantity,
      notional: notional(instrument, price, quantity),
      fee,
      realised,
      liquidity,
      timeNs,
    };
    trades.push(trade);
    account.bookTrade(trade);
    order.filled += quantity;
    order.cost += trade.notional;
    order.fee += fee;
    this.#setStatus(order, remaining(order) === 0n ? 'filled' : 'partiallyFilled', timeNs);
    const fields = {
      orderId: order.orderId,
      clientId: order.clientId,
      tradeId: trade.tradeId,
      symbol: instrument.symbol,
      side: order.side,
      price: formatPrice(instrument, price),
      quantity: formatQuantity(instrument, quantity),
      liquidity,
    };
    this.#books.note('fill', fields, timeNs);
  }

  /** Resting orders that may only reduce end when nothing is left to reduce. */
  #endReduceOnly(instrument: Instrument): void {
    const { bids, asks } = this.#books.market(instrument).resting;
    for (const order of [...bids, ...asks]) {
      const idle = order.reduceOnly && this.#books.account.reducible(instrument, order.side) === 0n;
      if (idle) this.#endByVenue(order, 'reduceOnly');
    }
  }

  #setStatus(order: Order, status: OrderStatus, timeNs: bigint): void {
    order.status = status;
    order.updatedNs = timeNs;
    if (!isResting(order)) this.#books.market(order.instrument).resting.remove(order);
    this.#books.orders.index(order);
  }

  end(order: Order, status: OrderStatus, cause: EndCause): void {
    const timeNs = this.#books.clock.stampNs();
    order.cause = cause;
    this.#setStatus(order, status, timeNs);
    const { orderId, algoId, clientId } = order;
    this.#books.note('end', { orderId, algoId, clientId, symbol: order.instrument.symbol, status, cause }, timeNs);
  }

  /** The venue silently forgets an order. Its status stays what it was; no query shows it any more. */
  lose(order: Order): void {
    order.lost = true;
    this.#setStatus(order, order.status, order.updatedNs);
    const { orderId, algoId, clientId } = order;
    this.#books.note('drop', { orderId, algoId, clientId, symbol: order.instrument.symbol });
  }

  /** Fills the resting orders that the moved market has crossed, at their own prices, as far as the crossing levels reach. */
  crossed(market: Market): void {
    for (let match = market.crossed(); match !== null; match = market.crossed()) {
      const price = match.order.price!;
      match.level.quantity -= this.fill(match.order, match.level.quantity, price, 'maker');
      market.last = price;
    }
  }

  /** An outside order of `side` trades through the book until it is filled. */
  flow(market: Market, side: Side, quantity: bigint): void {
    let left = quantity;
    while (left > 0n) {
      const target = market.facing(side);
      if (target === null) return;
      if ('level' in target) {
        const taken = smaller(left, target.level.quantity);
        target.level.quantity -= taken;
        market.volume += taken;
        market.last = target.level.price;
        left -= taken;
      } else {
        market.last = target.order.price!;
        left -= this.fill(target.order, left, target.order.price!, 'maker');
      }
    }
  }

  /** Sends conditional orders whose trigger price the last price has reached. */
  trigger(market: Market): void {
    for (const order of this.#books.orders.live(market.instrument)) {
      if (order.status !== 'untriggered' || !triggered(order.trigger!, market.last)) continue;
      const timeNs = this.#books.clock.stampNs();
      order.triggeredNs = timeNs;
      const refused = this.#refusedAtTrigger(order);
      if (refused !== null) {
        this.end(order, 'rejected', refused);
        continue;
      }
      order.orderId ??= this.#books.identities.orderId(order.instrument.id);
      this.#setStatus(order, 'open', timeNs);
      const { orderId, algoId, clientId } = order;
      this.#books.note('trigger', { orderId, algoId, clientId, symbol: order.instrument.symbol }, timeNs);
      this.activate(order);
    }
  }

  #refusedAtTrigger(order: Order): EndCause | null {
    const { instrument, side, quantity } = order;
    if (order.reduceOnly) return this.#books.account.reducible(instrument, side) === 0n ? 'reduceOnly' : null;
    try {
      const price = order.price ?? this.#books.market(instrument).mark;
      this.#books.checkMargin(instrument, side, notional(instrument, price, quantity));
      return null;
    } catch (error) {
      if (error instanceof Refusal) return 'noMargin';
      throw error;
    }
  }
}
