/** What the trading process hears from a venue: fills, order listings, balances, positions' margin, marks, its session. */

import type { Trade } from 'ccxt';
import type { Ledger } from './journal.ts';
import type { OrderDesk } from './orders.ts';
import { nowNs } from './setup.ts';
import type { VenueClient } from './venue-client.ts';

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));
const msToNs = (ms: number | undefined): bigint => BigInt(Math.trunc(ms ?? Date.now())) * 1_000_000n;

export class Polling {
  readonly #client: VenueClient;
  readonly #desk: OrderDesk;
  readonly #ledger: Ledger;
  readonly #seen = new Set<string>();
  /** Fills are asked for from here on; a little is asked for twice. */
  readonly #since = new Map<string, number>();
  #sent = 0n;
  #received = 0n;

  constructor(client: VenueClient, desk: OrderDesk, ledger: Ledger, sinceMs: number) {
    this.#client = client;
    this.#desk = desk;
    this.#ledger = ledger;
    for (const symbol of client.markets.keys()) this.#since.set(symbol, sinceMs);
  }

  /** A fill that the state has already: the venue tells it again, it is not recorded again. */
  knows(symbol: string, tradeId: string): void {
    this.#seen.add(`${symbol}/${tradeId}`);
  }

  #heard(): void {
    this.#received += 1n;
  }

  /** Fills of one symbol, oldest first. */
  async fills(symbol: string): Promise<void> {
    this.#sent += 1n;
    const since = this.#since.get(symbol)!;
    const trades = await this.#client.exchange.fetchMyTrades(symbol, since, 200);
    this.#heard();
    for (const trade of trades.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0))) {
      if (this.#seen.has(`${symbol}/${trade.id}`)) continue;
      if (!(await this.#take(symbol, trade))) break;
      this.#seen.add(`${symbol}/${trade.id}`);
      this.#since.set(symbol, Math.max(since, (trade.timestamp ?? 0) - 2_000));
    }
  }

  /** False where the order of the fill is on its way to the venue: it is taken the next time. */
  async #take(symbol: string, trade: Trade): Promise<boolean> {
    const orderId = text(trade.order);
    const clientId = this.#desk.clientIdOf(orderId);
    const execution = {
      tradeId: text(trade.id),
      quantity: text(trade.amount),
      price: text(trade.price),
      fee: text(trade.fee?.cost),
      feeAsset: trade.fee?.cost === undefined ? '' : text(trade.fee?.currency),
      liquidity:
        trade.takerOrMaker === 'maker' ? ('maker' as const) : trade.takerOrMaker === 'taker' ? ('taker' as const) : ('unknown' as const),
      provenance: 'engine' as const,
      time: msToNs(trade.timestamp),
    };
    if (clientId) {
      await this.#ledger.commit({ type: 'fill', clientId, ...execution });
      return true;
    }
    if ([...this.#desk.live.values()].some((order) => order.orderId === '' && order.symbol === symbol)) return false;
    await this.#ledger.commit({
      type: 'fill.external',
      account: this.#client.target.account,
      venue: this.#client.name,
      symbol,
      side: trade.side === 'sell' ? 'sell' : 'buy',
      clientId: '',
      ...execution,
    });
    return true;
  }

  /** Ends what the venue no longer lists. Asked symbol by symbol: a page holds all orders of one, a list of everything may be cut. */
  async listing(symbol: string): Promise<void> {
    this.#sent += 1n;
    const before = new Set(this.#desk.live.keys());
    const exchange = this.#client.exchange;
    const parts = await Promise.all([
      exchange.fetchOpenOrders(symbol),
      exchange.fetchOpenOrders(symbol, undefined, undefined, { stop: true, trigger: true }),
    ]);
    this.#heard();
    await this.fills(symbol);
    await this.#desk.settle(symbol, new Set(parts.flat().map((order) => text(order.id))), before);
  }

  /** Balances and margin as the venue reports them. */
  async account(): Promise<void> {
    this.#sent += 1n;
    const balances = await this.#client.exchange.fetchBalance();
    this.#heard();
    const time = nowNs();
    const { name: venue, account } = this.#client.target;
    for (const asset of Object.keys(balances.total ?? {})) {
      const part = balances[asset] as { free?: unknown; used?: unknown } | undefined;
      if (part?.free === undefined || part.used === undefined) continue;
      this.#ledger.post({ type: 'balance.set', venue, account, asset, free: text(part.free), locked: text(part.used), time });
    }
  }

  /** A mark of one symbol, and its book. */
  async mark(symbol: string): Promise<string> {
    this.#sent += 1n;
    const [ticker, book] = await Promise.all([this.#client.exchange.fetchTicker(symbol), this.#client.exchange.fetchOrderBook(symbol, 5)]);
    this.#heard();
    const price = text(ticker.last ?? ticker.close);
    const time = nowNs();
    const venue = this.#client.name;
    if (price !== '') this.#ledger.post({ type: 'mark', venue, symbol, price: this.#client.price(symbol, price), time });
    const level = (side: readonly (readonly unknown[])[], index: number, part: 0 | 1) => text(side[index]?.[part]);
    const levels: Record<string, string> = {};
    for (let i = 0; i < 5; i += 1) {
      levels[`bidPrice${i + 1}`] = level(book.bids as never, i, 0);
      levels[`bidQuantity${i + 1}`] = level(book.bids as never, i, 1);
      levels[`askPrice${i + 1}`] = level(book.asks as never, i, 0);
      levels[`askQuantity${i + 1}`] = level(book.asks as never, i, 1);
    }
    this.#ledger.post({ type: 'market.book', venue, symbol, time, ...levels } as never);
    return price;
  }

  session(): void {
    this.#ledger.post({
      type: 'session.update',
      venue: this.#client.name,
      state: 'connected',
      cancelOnDisconnect: this.#client.target.cancelOnDisconnect,
      sequenceSent: this.#sent,
      sequenceReceived: this.#received,
      time: nowNs(),
    });
  }
}
