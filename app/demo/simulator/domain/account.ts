/**
 * The account at a venue: wallets, positions and the ledger of every booking. A wallet is the sum of its ledger entries, to
 * the last unit, at any time.
 */

import { applyRate } from './decimal.ts';
import { type Instrument, notional } from './instrument.ts';
import type { Side, Trade } from './order.ts';
import { applyFill, newPosition, type Position } from './position.ts';
import type { SavedList } from './saved-list.ts';

export type LedgerKind = 'deposit' | 'transfer' | 'realised' | 'fee' | 'funding';

export interface LedgerEntry {
  readonly sequence: number;
  readonly kind: LedgerKind;
  readonly asset: string;
  /** Signed: what the wallet gained. */
  readonly amount: bigint;
  /** The wallet after it. */
  readonly wallet: bigint;
  readonly instrument: Instrument | null;
  readonly trade: Trade | null;
  /** Of a funding payment, else null. */
  readonly funding: { readonly rate: bigint; readonly mark: bigint; readonly quantity: bigint } | null;
  readonly timeNs: bigint;
}

/** As it is saved: the instrument by its id, the trade by its sequence number. */
export type SavedLedgerEntry = Omit<LedgerEntry, 'instrument' | 'trade'> & {
  readonly instrument: string | null;
  readonly trade: number | null;
};

export interface FillBooking {
  readonly realised: bigint;
  readonly fee: bigint;
}

export class Account {
  readonly name: string;
  readonly ledger: LedgerEntry[] = [];
  readonly wallets = new Map<string, bigint>();
  readonly positions = new Map<string, Position>();
  #sequence = 0;

  constructor(name: string, instruments: readonly Instrument[]) {
    this.name = name;
    for (const instrument of instruments) this.positions.set(instrument.id, newPosition(instrument));
  }

  state() {
    const positions = [...this.positions].map(([id, { instrument: _, ...position }]) => [id, position] as const);
    return { sequence: this.#sequence, wallets: new Map(this.wallets), positions: new Map(positions) };
  }

  list(): SavedList<SavedLedgerEntry> {
    const plain = (index: number): SavedLedgerEntry => {
      const entry = this.ledger[index]!;
      return { ...entry, instrument: entry.instrument?.id ?? null, trade: entry.trade?.sequence ?? null };
    };
    return { length: this.ledger.length, plain, mark: () => 0 };
  }

  restore(state: ReturnType<Account['state']>, ledger: readonly LedgerEntry[]): void {
    this.#sequence = state.sequence;
    for (const [asset, wallet] of state.wallets) this.wallets.set(asset, wallet);
    for (const [id, position] of state.positions) Object.assign(this.positions.get(id)!, position);
    for (const entry of ledger) this.ledger.push(entry);
  }

  /** Leaves numbers out, so that those that were given and then forgotten do not come again. */
  skipSequences(count: number): void {
    this.#sequence += count;
  }

  position(instrument: Instrument): Position {
    return this.positions.get(instrument.id)!;
  }

  /** How much of `side` would only reduce the position. */
  reducible(instrument: Instrument, side: Side): bigint {
    const { quantity } = this.position(instrument);
    if (side === 'sell') return quantity > 0n ? quantity : 0n;
    return quantity < 0n ? -quantity : 0n;
  }

  book(entry: Pick<LedgerEntry, 'kind' | 'asset' | 'amount' | 'timeNs'> & Partial<LedgerEntry>): void {
    const wallet = (this.wallets.get(entry.asset) ?? 0n) + entry.amount;
    this.wallets.set(entry.asset, wallet);
    this.#sequence += 1;
    this.ledger.push({
      instrument: null,
      trade: null,
      funding: null,
      ...entry,
      wallet,
      sequence: this.#sequence,
    });
  }

  /** Moves the position. The wallet follows with {@link bookTrade}, once the trade has its record. */
  fill(instrument: Instrument, side: Side, price: bigint, quantity: bigint, rate: bigint, timeNs: bigint): FillBooking {
    const realised = applyFill(this.position(instrument), side, price, quantity, timeNs);
    return { realised, fee: applyRate(notional(instrument, price, quantity), rate) };
  }

  bookTrade(trade: Trade): void {
    const { instrument } = trade.order;
    const common = { asset: instrument.quote, instrument, trade, timeNs: trade.timeNs };
    if (trade.realised !== 0n) this.book({ kind: 'realised', amount: trade.realised, ...common });
    if (trade.fee !== 0n) this.book({ kind: 'fee', amount: -trade.fee, ...common });
  }

  /** Longs pay a positive rate. Returns what the wallet gained. */
  payFunding(instrument: Instrument, mark: bigint, rate: bigint, timeNs: bigint): bigint {
    const { quantity } = this.position(instrument);
    const amount = -applyRate(notional(instrument, mark, quantity), rate);
    if (amount !== 0n) {
      const funding = { rate, mark, quantity };
      this.book({ kind: 'funding', asset: instrument.quote, amount, instrument, funding, timeNs });
    }
    return amount;
  }
}
