/** The strategies of the demo desk: two-sided quotes around the mark, inventory taken off, a protective stop. */

import type { Permission } from '../../../main/engine/permission.ts';
import { MODES } from '../../../main/gate/modes.ts';
import type { Random } from '../random.ts';
import type { Ledger } from './journal.ts';
import type { LiveOrder, OrderDesk } from './orders.ts';
import { nowNs } from './setup.ts';

/** One quote is worth about this much. */
const QUOTE_NOTIONAL = 1_500;
/** Inventory in quotes above which the hedge takes off. */
const INVENTORY_MAX = 3;

export class Quoter {
  readonly #desk: OrderDesk;
  readonly #ledger: Ledger;
  readonly #random: Random;
  #signals = 0;

  constructor(desk: OrderDesk, ledger: Ledger, random: Random) {
    this.#desk = desk;
    this.#ledger = ledger;
    this.#random = random;
  }

  get #permission(): Permission {
    return this.#ledger.engine.permission!;
  }

  /** The engine refuses what is not allowed; not asking for it keeps the log of a halted desk quiet. */
  #allows(strategy: string, reduceOnly: boolean): boolean {
    const { mode, venues, strategies } = this.#permission.mode;
    const { orders } = MODES[mode];
    if (orders === 'none' || (orders !== 'all' && !reduceOnly)) return false;
    if (venues.length > 0 && !venues.includes(this.#desk.client.name)) return false;
    return strategies.length === 0 || strategies.includes(strategy);
  }

  /** Brings the quotes of a symbol to where they belong now. */
  async requote(symbol: string, markText: string): Promise<void> {
    const mark = Number(markText);
    // Halted, it sends nothing at all: no cancel either.
    if (!(mark > 0) || !this.#permission.allows({ kind: 'cancel', by: 'engine' }).allowed) return;
    const { client } = this.#desk;
    const tick = Number(client.market(symbol).precision?.price ?? 0.01);
    const quantity = this.#quantity(symbol, mark);
    const quotes = [...this.#desk.live.values()].filter((order) => order.symbol === symbol && order.kind === 'limit');
    for (const order of quotes) {
      const distance = Math.abs(Number(order.price) - mark);
      if (distance > 14 * tick || this.#random.next() < 0.03) await this.#desk.cancel(order);
    }
    for (const side of ['buy', 'sell'] as const) {
      const have = [...this.#desk.live.values()].filter(
        (order) => order.symbol === symbol && order.kind === 'limit' && order.side === side,
      ).length;
      for (let level = have; level < 2; level += 1) {
        const away = (2 + level * 3 + this.#random.below(3)) * tick;
        const price = client.price(symbol, side === 'buy' ? mark - away : mark + away);
        if (this.#allows('maker', false))
          await this.#desk.submit({ symbol, side, kind: 'limit', price, trigger: '', quantity, reduceOnly: false, strategy: 'maker' });
      }
    }
    await this.#hedge(symbol, mark, quantity);
    this.#signal();
  }

  #quantity(symbol: string, mark: number): string {
    const { client } = this.#desk;
    const step = Number(client.market(symbol).precision?.amount ?? 1);
    const lots = Math.max(1, Math.round(QUOTE_NOTIONAL / mark / step));
    return client.quantity(symbol, lots * step);
  }

  async #hedge(symbol: string, mark: number, quantity: string): Promise<void> {
    const { client } = this.#desk;
    const row = this.#ledger.engine.row('positions', client.target.account, `${client.name}:${symbol}`);
    const held = Number(row?.quantity ?? 0);
    if (Math.abs(held) > INVENTORY_MAX * Number(quantity) && this.#allows('hedge', true)) {
      await this.#desk.submit({
        symbol,
        side: held > 0 ? 'sell' : 'buy',
        kind: 'market',
        price: '',
        trigger: '',
        quantity,
        reduceOnly: true,
        strategy: 'hedge',
      });
    }
    const stops = [...this.#desk.live.values()].filter((order: LiveOrder) => order.symbol === symbol && order.kind === 'stop');
    if (held !== 0 && stops.length === 0 && this.#random.next() < 0.2 && this.#allows('hedge', true)) {
      const side = held > 0 ? 'sell' : 'buy';
      const trigger = client.price(symbol, held > 0 ? mark * 0.9 : mark * 1.1);
      await this.#desk.submit({
        symbol,
        side,
        kind: 'stop',
        price: '',
        trigger,
        quantity: client.quantity(symbol, Math.abs(held)),
        reduceOnly: true,
        strategy: 'hedge',
      });
    }
  }

  #signal(): void {
    this.#signals += 1;
    if (this.#signals % 10 !== 0) return;
    const time = nowNs();
    const state = new TextEncoder().encode(JSON.stringify({ venue: this.#desk.client.name, signals: this.#signals }));
    this.#ledger.post({ type: 'strategy.update', strategy: 'maker', active: true, state, signalTime: time, time });
  }
}
