/**
 * Orders: written to the log before they are sent, followed until they end. Nothing is ever sent twice: an order whose submission
 * was not answered is UNKNOWN, and its client id is never used again.
 */

import ccxt, { type Order } from 'ccxt';
import { RearmError } from '../../../shared/errors.ts';
import type { Ledger } from './journal.ts';
import { nowNs, TRADER } from './setup.ts';
import type { VenueClient } from './venue-client.ts';

export interface Ticket {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly kind: 'limit' | 'market' | 'stop';
  readonly price: string;
  readonly trigger: string;
  readonly quantity: string;
  readonly reduceOnly: boolean;
  readonly strategy: string;
}

export interface LiveOrder extends Ticket {
  readonly clientId: string;
  orderId: string;
  /** A request about it is under way. */
  busy: boolean;
}

/** An answer that leaves open whether the venue did it. */
const unanswered = (error: unknown): boolean => error instanceof ccxt.NetworkError && !(error instanceof ccxt.DDoSProtection);

export class OrderDesk {
  readonly client: VenueClient;
  readonly live = new Map<string, LiveOrder>();
  /** Client id by the venue's id, of every order ever known here. */
  readonly #clientIds = new Map<string, string>();
  readonly #ledger: Ledger;
  readonly #prefix: string;
  #counter = 0;

  constructor(client: VenueClient, ledger: Ledger) {
    this.client = client;
    this.#ledger = ledger;
    this.#prefix = `${client.name.slice(0, 2).toLowerCase()}${ledger.engine.epoch}-`;
  }

  clientIdOf(orderId: string): string | undefined {
    return this.#clientIds.get(orderId);
  }

  /** Takes over what the recovered state knows to be live. */
  adopt(order: LiveOrder): void {
    this.live.set(order.clientId, order);
    if (order.orderId !== '') this.#clientIds.set(order.orderId, order.clientId);
  }

  knows(orderId: string, clientId: string): void {
    this.#clientIds.set(orderId, clientId);
  }

  /** Logs, then sends. Resolves when the fate of the submission is logged. */
  async submit(ticket: Ticket): Promise<void> {
    this.#counter += 1;
    const clientId = `${this.#prefix}${this.#counter.toString().padStart(6, '0')}`;
    const { client } = this;
    try {
      await this.#ledger.commit({
        type: 'order.submit',
        clientId,
        account: client.target.account,
        venue: client.name,
        symbol: ticket.symbol,
        strategy: ticket.strategy,
        trader: TRADER,
        side: ticket.side,
        orderType: ticket.kind,
        timeInForce: ticket.kind === 'limit' ? 'gtc' : ticket.kind === 'market' ? 'ioc' : 'gtc',
        reduceOnly: ticket.reduceOnly,
        price: ticket.price,
        trigger: ticket.trigger,
        quantity: ticket.quantity,
        time: nowNs(),
      });
    } catch (error) {
      if (error instanceof RearmError && error.family === 'refused') return;
      throw error;
    }
    const order: LiveOrder = { ...ticket, clientId, orderId: '', busy: true };
    this.live.set(clientId, order);
    try {
      const sent = await this.#send(clientId, ticket);
      order.orderId = String(sent.id);
      this.#clientIds.set(order.orderId, clientId);
      await this.#ledger.commit({ type: 'order.accept', clientId, orderId: order.orderId, time: nowNs() });
    } catch (error) {
      if (error instanceof RearmError) throw error;
      this.live.delete(clientId);
      const reason = (error as Error).message.slice(0, 200);
      if (unanswered(error)) await this.#ledger.commit({ type: 'order.close', clientId, status: 'unknown', reason, time: nowNs() });
      else await this.#ledger.commit({ type: 'order.reject', clientId, reason, time: nowNs() });
    } finally {
      order.busy = false;
    }
  }

  #send(clientId: string, ticket: Ticket): Promise<Order> {
    const { exchange } = this.client;
    const parameters = {
      clientOrderId: clientId,
      ...(ticket.reduceOnly && { reduceOnly: true }),
      ...(ticket.kind === 'stop' && {
        stopPrice: ticket.trigger,
        triggerPrice: ticket.trigger,
        triggerDirection: ticket.side === 'sell' ? 'descending' : 'ascending',
      }),
    };
    const kind = ticket.kind === 'limit' ? 'limit' : 'market';
    // Amounts go as decimal strings all the way; ccxt's types say number, its code takes both.
    return exchange.createOrder(
      ticket.symbol,
      kind,
      ticket.side,
      ticket.quantity as never,
      (ticket.kind === 'limit' ? ticket.price : undefined) as never,
      parameters,
    );
  }

  /** Logs the request, cancels, logs the end. An order that the venue no longer has is left to the fills and the listing. */
  async cancel(order: LiveOrder): Promise<void> {
    if (order.busy || order.orderId === '') return;
    order.busy = true;
    try {
      await this.#ledger.commit({ type: 'order.cancelRequest', clientId: order.clientId, time: nowNs() });
      await this.client.exchange.cancelOrder(order.orderId, order.symbol, order.kind === 'stop' ? { stop: true, trigger: true } : {});
      await this.#ledger.commit({ type: 'order.close', clientId: order.clientId, status: 'cancelled', reason: '', time: nowNs() });
      this.live.delete(order.clientId);
    } catch (error) {
      if (error instanceof RearmError) throw error;
    } finally {
      order.busy = false;
    }
  }

  /** Ends orders that a complete listing of the venue no longer shows, after their fills were asked for. */
  async settle(symbol: string, listed: ReadonlySet<string>, before: ReadonlySet<string>): Promise<void> {
    for (const order of [...this.live.values()]) {
      if (order.symbol !== symbol || order.busy || order.orderId === '' || listed.has(order.orderId) || !before.has(order.clientId))
        continue;
      this.live.delete(order.clientId);
      const row = this.#ledger.engine.row('orders', order.clientId);
      if (row && row.status !== 'filled')
        await this.#ledger.commit({
          type: 'order.close',
          clientId: order.clientId,
          status: 'cancelled',
          reason: 'not listed any more',
          time: nowNs(),
        });
    }
  }
}
