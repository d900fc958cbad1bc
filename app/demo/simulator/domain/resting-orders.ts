/** The client's own orders in one instrument that wait to be filled, in price-time priority. */

import type { Order, Side } from './order.ts';

export class RestingOrders {
  readonly bids: Order[] = [];
  readonly asks: Order[] = [];

  side(side: Side): Order[] {
    return side === 'buy' ? this.bids : this.asks;
  }

  best(side: Side): Order | null {
    return this.side(side)[0] ?? null;
  }

  add(order: Order): void {
    const orders = this.side(order.side);
    const before = (other: Order): boolean => {
      if (other.price === order.price) return other.priority < order.priority;
      return order.side === 'buy' ? other.price! > order.price! : other.price! < order.price!;
    };
    let index = orders.length;
    while (index > 0 && !before(orders[index - 1]!)) index -= 1;
    orders.splice(index, 0, order);
  }

  remove(order: Order): void {
    const orders = this.side(order.side);
    const index = orders.indexOf(order);
    if (index >= 0) orders.splice(index, 1);
  }
}

/** Whether an order of `side` with this limit (null: none) would trade at `price`. */
export const crosses = (side: Side, limit: bigint | null, price: bigint): boolean =>
  limit === null || (side === 'buy' ? limit >= price : limit <= price);
