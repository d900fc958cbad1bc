/** Everything a venue knows: account, orders, trades, markets and what follows from them. It changes nothing by itself. */

import { Account, type SavedLedgerEntry } from './account.ts';
import type { VenueClock } from './clock.ts';
import type { EventLog } from './event-log.ts';
import type { Identities } from './identities.ts';
import { type Instrument, notional } from './instrument.ts';
import { type InstrumentMargin, instrumentMargin, type MarginSummary, type OpenNotional, summarise } from './margin.ts';
import { Market } from './market.ts';
import { isResting, type Order, type OrderStatus, remaining, type SavedOrder, type SavedTrade, type Side, type Trade } from './order.ts';
import { OrderStore } from './order-store.ts';
import type { PriceWalk } from './price-walk.ts';
import { Refusal } from './refusal.ts';
import type { SavedList } from './saved-list.ts';

export interface VenueRules {
  /** Post-only and fill-or-kill orders that cannot be: refused at once, or accepted and then ended. */
  readonly refusesUnfillable: boolean;
  /** Whether a client id stays taken after its order ended. */
  readonly clientIdsForever: boolean;
  /** Live orders of one instrument. */
  readonly liveOrdersMax: number;
  /** What the venue calls an order that it ended itself. */
  readonly endedAs: Extract<OrderStatus, 'cancelled' | 'expired'>;
}

export interface VenueOptions {
  readonly name: string;
  readonly account: string;
  readonly instruments: readonly Instrument[];
  readonly rules: VenueRules;
  readonly identities: Identities;
  readonly walk: PriceWalk;
  readonly clock: VenueClock;
  readonly log: EventLog;
  readonly seed: number;
  readonly fundingIntervalMs: number;
}

/** What a venue has written down; it only grows. */
export interface SavedRecords {
  readonly orders: readonly SavedOrder[];
  readonly trades: readonly SavedTrade[];
  readonly ledger: readonly SavedLedgerEntry[];
}

/** The asset that margin is held in. */
export const SETTLE_ASSET = 'USDT';

export class VenueBooks {
  readonly name: string;
  readonly instruments: readonly Instrument[];
  readonly rules: VenueRules;
  readonly account: Account;
  readonly orders = new OrderStore();
  readonly trades: Trade[] = [];
  readonly markets = new Map<string, Market>();
  readonly clock: VenueClock;
  readonly identities: Identities;
  readonly walk: PriceWalk;
  readonly #log: EventLog;

  constructor(options: VenueOptions) {
    this.name = options.name;
    this.instruments = options.instruments;
    this.rules = options.rules;
    this.account = new Account(options.account, options.instruments);
    this.clock = options.clock;
    this.identities = options.identities;
    this.walk = options.walk;
    this.#log = options.log;
    for (const instrument of options.instruments) {
      const fair = options.walk.price(instrument.base);
      this.markets.set(instrument.id, new Market(instrument, options.seed, options.name, fair));
    }
  }

  state() {
    return {
      account: this.account.state(),
      identities: this.identities.state(),
      clockOffsetMs: this.clock.offsetMs,
      markets: new Map([...this.markets].map(([id, market]) => [id, market.state()])),
    };
  }

  lists(): { readonly [K in keyof SavedRecords]: SavedList<SavedRecords[K][number]> } {
    const { trades } = this;
    const plain = (index: number): SavedTrade => ({ ...trades[index]!, order: trades[index]!.order.sequence });
    return { orders: this.orders.list(), trades: { length: trades.length, plain, mark: () => 0 }, ledger: this.account.list() };
  }

  restore(state: ReturnType<VenueBooks['state']>, { orders, trades, ledger }: SavedRecords): void {
    this.identities.restore(state.identities);
    this.clock.setOffsetMs(state.clockOffsetMs);
    for (const [id, market] of state.markets) this.markets.get(id)!.restore(market);
    for (const saved of orders) {
      const order = { ...saved, instrument: this.instrument(saved.instrument) };
      this.orders.add(order);
      if (isResting(order)) this.market(order.instrument).resting.add(order);
    }
    for (const trade of trades) this.trades.push({ ...trade, order: this.orders.all[trade.order - 1]! });
    const entries = ledger.map((entry) => ({
      ...entry,
      instrument: entry.instrument === null ? null : this.instrument(entry.instrument),
      trade: entry.trade === null ? null : this.trades[entry.trade - 1]!,
    }));
    this.account.restore(state.account, entries);
  }

  market(instrument: Instrument): Market {
    return this.markets.get(instrument.id)!;
  }

  /** By the venue's name or the unified one. @throws Refusal unknownSymbol */
  instrument(name: string): Instrument {
    const found = this.instruments.find((instrument) => instrument.id === name || instrument.symbol === name);
    if (found === undefined) throw new Refusal('unknownSymbol', name);
    return found;
  }

  note(kind: string, fields: Record<string, unknown>, timeNs: bigint = this.clock.stampNs()): Record<string, unknown> {
    return this.#log.append(timeNs, this.name, kind, fields);
  }

  /** Bounded memory: a full venue accepts no more orders. */
  get full(): boolean {
    return this.orders.full || this.#log.full;
  }

  /** Money that resting bids and asks would cost; reduce-only orders count nothing. */
  openNotional(instrument: Instrument): OpenNotional {
    const { bids, asks } = this.market(instrument).resting;
    const sum = (orders: readonly Order[]): bigint =>
      orders
        .filter((order) => !order.reduceOnly)
        .reduce((total, order) => total + notional(instrument, order.price!, remaining(order)), 0n);
    return { bids: sum(bids), asks: sum(asks) };
  }

  margin(instrument: Instrument, open: OpenNotional = this.openNotional(instrument)): InstrumentMargin {
    return instrumentMargin(this.account.position(instrument), this.market(instrument).mark, open);
  }

  summary(): MarginSummary {
    const wallet = this.account.wallets.get(SETTLE_ASSET) ?? 0n;
    return summarise(
      wallet,
      this.instruments.map((instrument) => this.margin(instrument)),
    );
  }

  /** @throws Refusal marginInsufficient when an order of this notional would need more margin than is available. */
  checkMargin(instrument: Instrument, side: Side, added: bigint): void {
    const open = this.openNotional(instrument);
    const after = side === 'buy' ? { ...open, bids: open.bids + added } : { ...open, asks: open.asks + added };
    const initialOf = (margin: InstrumentMargin): bigint => margin.positionInitial + margin.orderInitial;
    const needed = initialOf(this.margin(instrument, after)) - initialOf(this.margin(instrument, open));
    if (needed > 0n && needed > this.summary().available) throw new Refusal('marginInsufficient');
  }
}
