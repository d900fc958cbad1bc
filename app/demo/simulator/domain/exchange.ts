/**
 * A venue without its dialect: it accepts, amends and cancels orders and lets its markets tick. All of it is synchronous:
 * between two calls the books agree.
 */

import { toMs } from './clock.ts';
import { Countdowns } from './countdown.ts';
import { type Instrument, notional } from './instrument.ts';
import type { Market } from './market.ts';
import { Matching } from './matching.ts';
import { type EndCause, isLive, isResting, type Order, type OrderRequest } from './order.ts';
import { checkNotional, checkPrice, checkQuantity, checkRequest, triggered } from './order-checks.ts';
import { Refusal } from './refusal.ts';
import { type SavedRecords, VenueBooks, type VenueOptions } from './venue-books.ts';

export interface Amendment {
  readonly price?: bigint | undefined;
  readonly quantity?: bigint | undefined;
  readonly triggerPrice?: bigint | undefined;
}

export class Exchange {
  readonly books: VenueBooks;
  readonly countdowns = new Countdowns();
  readonly fundingIntervalMs: number;
  readonly #matching: Matching;
  nextFundingMs: number;

  constructor(options: VenueOptions) {
    this.books = new VenueBooks(options);
    this.#matching = new Matching(this.books);
    this.fundingIntervalMs = options.fundingIntervalMs;
    this.nextFundingMs = this.#fundingAfter(toMs(this.books.clock.nowNs()));
  }

  #fundingAfter(timeMs: number): number {
    return timeMs - (timeMs % this.fundingIntervalMs) + this.fundingIntervalMs;
  }

  /** Everything but what {@link VenueBooks.lists} gives. */
  state() {
    return {
      books: this.books.state(),
      countdowns: this.countdowns.state(),
      matching: this.#matching.state(),
      nextFundingMs: this.nextFundingMs,
    };
  }

  restore(state: ReturnType<Exchange['state']>, records: SavedRecords): void {
    this.books.restore(state.books, records);
    this.countdowns.restore(state.countdowns);
    this.#matching.restore(state.matching);
    this.nextFundingMs = state.nextFundingMs;
  }

  /**
   * The venue is back after it was down: countdowns have gone on, and funding that came due is settled late. Only the first
   * of several payments that were missed: its rate was announced, and without a market there was none for the others.
   */
  resume(): void {
    this.#elapseCountdowns();
    const nowMs = toMs(this.books.clock.nowNs());
    if (nowMs < this.nextFundingMs) return;
    this.payFunding();
    this.nextFundingMs = this.#fundingAfter(nowMs);
  }

  /** Ids that were given out after the last save are known to clients, and must not come again. */
  skipIds(count: number): void {
    this.books.identities.skip(count);
    this.books.account.skipSequences(count);
  }

  /** @throws Refusal for everything that the venue would not accept; nothing happened then. */
  submit(request: OrderRequest): Order {
    const { books } = this;
    const market = books.market(request.instrument);
    if (books.full) throw new Refusal('venueFull');
    if (books.orders.liveCount(request.instrument) >= books.rules.liveOrdersMax) throw new Refusal('tooManyOrders');
    this.#refuseDuplicate(request);
    checkRequest(market, request);
    if (request.trigger === null) this.#checkCovered(market, request);
    const unfillable = request.trigger === null ? this.#unfillable(market, request) : null;
    if (unfillable !== null && books.rules.refusesUnfillable) {
      throw new Refusal(unfillable === 'postOnly' ? 'wouldTake' : 'unfillable');
    }
    const order = this.#accept(request);
    if (unfillable !== null) this.#matching.end(order, books.rules.endedAs, unfillable);
    else if (order.trigger === null) this.#matching.activate(order);
    return order;
  }

  /** Orders placed by hand do not pass the check: that is how one client id comes to stand on two live orders. */
  #refuseDuplicate({ clientId, external }: OrderRequest): void {
    if (external || clientId === '') return;
    const named = this.books.orders.byClientId(clientId);
    const taken = this.books.rules.clientIdsForever ? named.length > 0 : named.some(isLive);
    if (taken) throw new Refusal('clientIdDuplicate', clientId);
  }

  #checkCovered(market: Market, { instrument, side, price, quantity, reduceOnly }: OrderRequest): void {
    if (!reduceOnly) this.books.checkMargin(instrument, side, notional(instrument, price ?? market.mark, quantity));
    else if (this.books.account.reducible(instrument, side) === 0n) throw new Refusal('reduceOnlyRejected');
  }

  #unfillable(market: Market, { side, quantity, price, timeInForce }: OrderRequest): EndCause | null {
    if (timeInForce === 'postOnly') return this.#wouldTake(market, side, price) ? 'postOnly' : null;
    if (timeInForce !== 'fok') return null;
    const slices = market.available(side, quantity, price);
    return slices.reduce((sum, slice) => sum + slice.quantity, 0n) < quantity ? 'unfillable' : null;
  }

  #wouldTake(market: Market, side: 'buy' | 'sell', price: bigint | null): boolean {
    return market.available(side, 1n, price).length > 0 || market.ownFacing(side, price).length > 0;
  }

  #accept(request: OrderRequest): Order {
    const { books } = this;
    const conditional = request.trigger !== null;
    const algoId = conditional ? books.identities.algoId() : null;
    const now = books.clock.stampNs();
    const external = request.external ?? false;
    const order: Order = {
      sequence: books.orders.all.length + 1,
      instrument: request.instrument,
      clientId: request.clientId === '' && !external ? books.identities.clientId() : request.clientId,
      side: request.side,
      type: request.type,
      timeInForce: request.timeInForce,
      reduceOnly: request.reduceOnly,
      external,
      trigger: request.trigger === null ? null : { ...request.trigger },
      createdNs: now,
      orderId: algoId === null ? books.identities.orderId(request.instrument.id) : null,
      algoId,
      price: request.price,
      quantity: request.quantity,
      filled: 0n,
      cost: 0n,
      fee: 0n,
      status: conditional ? 'untriggered' : 'open',
      cause: null,
      lost: false,
      amendments: 0,
      updatedNs: now,
      triggeredNs: 0n,
      priority: 0,
    };
    books.orders.add(order);
    return order;
  }

  /** @throws Refusal unknownOrder when it has ended already. */
  cancel(order: Order, cause: EndCause = 'request'): void {
    if (!isLive(order)) throw new Refusal('unknownOrder');
    this.#matching.end(order, 'cancelled', cause);
  }

  /** Live orders that `which` picks, in one instrument or in all (null). Returns what was cancelled. */
  cancelAll(instrument: Instrument | null, which: (order: Order) => boolean, cause: EndCause = 'request'): Order[] {
    const chosen = this.books.orders.live(instrument).filter(which);
    for (const order of chosen) this.cancel(order, cause);
    return chosen;
  }

  /** A smaller quantity keeps the order's place in the queue, all else loses it. @throws Refusal; nothing changed then. */
  amend(order: Order, change: Amendment): void {
    if (!isLive(order)) throw new Refusal('unknownOrder');
    const price = change.price ?? order.price;
    const quantity = change.quantity ?? order.quantity;
    this.#checkAmendment(order, change, price, quantity);
    const keepsPlace = price === order.price && quantity < order.quantity;
    order.price = price;
    order.quantity = quantity;
    if (order.trigger !== null && change.triggerPrice !== undefined) order.trigger.price = change.triggerPrice;
    order.amendments += 1;
    order.updatedNs = this.books.clock.stampNs();
    if (!isResting(order) || keepsPlace) return;
    this.books.market(order.instrument).resting.remove(order);
    this.#matching.activate(order);
  }

  #checkAmendment(order: Order, change: Amendment, price: bigint | null, quantity: bigint): void {
    const market = this.books.market(order.instrument);
    const waiting = order.status === 'untriggered';
    if (change.price !== undefined && order.type === 'market') throw new Refusal('notAmendable');
    if (change.triggerPrice !== undefined && !waiting) throw new Refusal('notAmendable');
    const triggerPrice = change.triggerPrice ?? order.trigger?.price;
    if (price === order.price && quantity === order.quantity && triggerPrice === order.trigger?.price) {
      throw new Refusal('nothingToAmend');
    }
    checkQuantity(order.instrument, quantity);
    if (quantity <= order.filled) throw new Refusal('quantityTooSmall');
    if (waiting) {
      if (price !== null && price <= 0n) throw new Refusal('priceInvalid');
      const trigger = { ...order.trigger!, price: triggerPrice! };
      if (trigger.price <= 0n) throw new Refusal('triggerInvalid');
      if (triggered(trigger, market.last)) throw new Refusal('wouldTrigger', trigger.direction);
      return;
    }
    checkPrice(market, order.side, price!);
    if (order.timeInForce === 'postOnly' && this.#wouldTake(market, order.side, price)) throw new Refusal('wouldTake');
    if (order.reduceOnly) return;
    checkNotional(market, price, quantity);
    const { instrument } = order;
    const more = notional(instrument, price!, quantity - order.filled) - notional(instrument, order.price!, order.quantity - order.filled);
    if (more > 0n) this.books.checkMargin(instrument, order.side, more);
  }

  lose(order: Order): void {
    this.#matching.lose(order);
  }

  /** A trade made by hand at a price of its own, for example by phone: an order that is filled at once, without the book. */
  tradeByHand(request: OrderRequest, price: bigint): Order {
    if (this.books.full) throw new Refusal('venueFull');
    checkQuantity(request.instrument, request.quantity);
    if (price <= 0n) throw new Refusal('priceInvalid');
    const order = this.#accept({ ...request, external: true, trigger: null, reduceOnly: false });
    this.#matching.fill(order, order.quantity, price, 'taker');
    return order;
  }

  transfer(asset: string, amount: bigint, kind: 'deposit' | 'transfer' = 'transfer'): void {
    this.books.account.book({ kind, asset, amount, timeNs: this.books.clock.stampNs() });
  }

  /** One tick, in the order in which a venue does it: prices, crossed orders, outside flow, triggers; then countdowns and funding. */
  tick(): void {
    for (const market of this.books.markets.values()) {
      const flow = market.move(this.books.walk.price(market.instrument.base));
      this.#matching.crossed(market);
      this.#matching.flow(market, flow.side, flow.quantity);
      this.#matching.trigger(market);
    }
    this.#elapseCountdowns();
    while (toMs(this.books.clock.nowNs()) >= this.nextFundingMs) {
      this.payFunding();
      this.nextFundingMs += this.fundingIntervalMs;
    }
  }

  #elapseCountdowns(): void {
    for (const marketId of this.countdowns.elapsed(this.books.clock.world.marketNs())) {
      const instrument = this.books.instrument(marketId);
      this.books.note('countdownElapsed', { symbol: instrument.symbol });
      this.cancelAll(instrument, () => true, 'countdown');
    }
  }

  /** Pays funding on all positions, now. */
  payFunding(): void {
    for (const market of this.books.markets.values()) {
      const { instrument } = market;
      const rate = market.fundingRate;
      const amount = this.books.account.payFunding(instrument, market.mark, rate, this.books.clock.stampNs());
      if (amount !== 0n) {
        this.books.note('funding', { symbol: instrument.symbol, rate: rate.toString(), amount: amount.toString() });
      }
      market.renewFundingRate();
    }
  }
}
