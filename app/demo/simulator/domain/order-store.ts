/** All orders a venue ever accepted, with the look-ups that its queries need. Nothing is ever removed from it. */

import type { Instrument } from './instrument.ts';
import { isLive, type Order, type SavedOrder } from './order.ts';
import type { SavedList } from './saved-list.ts';

/** Memory is bounded: after this many orders the venue accepts no more. */
export const ORDERS_MAX = 150_000;

export class OrderStore {
  readonly all: Order[] = [];
  readonly #byOrderId = new Map<string, Order>();
  readonly #byAlgoId = new Map<string, Order>();
  readonly #byClientId = new Map<string, Order[]>();
  readonly #live = new Map<string, Set<Order>>();

  get full(): boolean {
    return this.all.length >= ORDERS_MAX;
  }

  list(): SavedList<SavedOrder> {
    const plain = (index: number): SavedOrder => ({ ...this.all[index]!, instrument: this.all[index]!.instrument.id });
    const mark = (index: number): number | null => {
      const order = this.all[index]!;
      if (order.lost) return 1;
      return isLive(order) ? null : 0;
    };
    return { length: this.all.length, plain, mark };
  }

  add(order: Order): void {
    this.all.push(order);
    if (order.algoId !== null) this.#byAlgoId.set(order.algoId, order);
    const named = this.#byClientId.get(order.clientId);
    if (named === undefined) this.#byClientId.set(order.clientId, [order]);
    else named.push(order);
    this.index(order);
  }

  /** Again after an order got its id or ended. */
  index(order: Order): void {
    if (order.orderId !== null) this.#byOrderId.set(order.orderId, order);
    let live = this.#live.get(order.instrument.id);
    if (live === undefined) {
      live = new Set();
      this.#live.set(order.instrument.id, live);
    }
    if (isLive(order)) live.add(order);
    else live.delete(order);
  }

  /** Orders that the venue lost are found by nobody. */
  byOrderId(orderId: string): Order | null {
    const order = this.#byOrderId.get(orderId);
    return order === undefined || order.lost ? null : order;
  }

  byAlgoId(algoId: string): Order | null {
    const order = this.#byAlgoId.get(algoId);
    return order === undefined || order.lost ? null : order;
  }

  /** All orders of that client id, oldest first. A client id may come again once its order has ended. */
  byClientId(clientId: string): readonly Order[] {
    return (this.#byClientId.get(clientId) ?? []).filter((order) => !order.lost);
  }

  /** The order that a client id means: the live one, else the newest. */
  meant(clientId: string, of: (order: Order) => boolean): Order | null {
    const named = this.byClientId(clientId).filter(of);
    return named.find(isLive) ?? named.at(-1) ?? null;
  }

  /** Live orders in the order of acceptance; of one instrument or of all. */
  live(instrument: Instrument | null): Order[] {
    const sets = instrument === null ? [...this.#live.values()] : [this.#live.get(instrument.id) ?? new Set<Order>()];
    return sets.flatMap((set) => [...set]).sort((a, b) => a.sequence - b.sequence);
  }

  liveCount(instrument: Instrument): number {
    return this.#live.get(instrument.id)?.size ?? 0;
  }
}
