/**
 * What the log adds to the state: which operations stand behind an order or a fill, fills that were logged twice, how far fills
 * were pruned, and the trades since a balance was reported. One pass over the newest operations.
 */

import type { Intent } from '../../shared/model/operations.ts';
import { type LogSource, readOperations } from '../history/operations.ts';
import { isAcceptance } from '../store/lineage.ts';
import { unitsOrZero } from '../venues/decimal.ts';
import type { Ours } from './ours.ts';

/** An operation, as the log gives it. */
export interface LoggedOperation {
  readonly lsn: number;
  readonly timeNs: bigint;
  readonly intent: Intent;
}

/** A trade or an adjustment in the order in which positions took it. */
export interface LoggedTrade {
  readonly lsn: number;
  readonly tradeId: string;
  /** Signed. */
  readonly quantity: bigint;
  /** Of an adjustment: the quantity that it set; `quantity` is not known then. */
  readonly setTo: bigint | null;
  readonly price: bigint;
  readonly fee: bigint;
  readonly feeAsset: string;
  readonly atMs: number;
}

export interface DuplicateFill {
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  readonly tradeId: string;
  readonly clientId: string;
  readonly lsns: readonly number[];
}

interface Place {
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
}

const LSNS_PER_KEY_MAX = 64;
const OPERATIONS_MAX = 200_000;

const ms = (timeNs: bigint): number => Number(timeNs / 1_000_000n);
export const placeKey = ({ venue, account, symbol }: Place): string => `${venue} ${account} ${symbol}`;
export const tradeKey = (place: Place, tradeId: string): string => `${placeKey(place)} ${tradeId}`;
export const balanceKey = (balance: { venue: string; account: string; asset: string }): string =>
  `${balance.venue} ${balance.account} ${balance.asset}`;

export class History {
  /** First LSN that was read; 1: nothing before it. */
  readonly from: number;
  readonly #orders = new Map<string, { readonly place: Place; readonly sign: bigint }>();
  readonly #lsns = new Map<string, number[]>();
  readonly #trades = new Map<string, LoggedTrade[]>();
  readonly #fills = new Map<string, { place: Place; tradeId: string; clientId: string; lsns: number[] }>();
  readonly #balances = new Map<string, { lsn: number; atMs: number }>();
  #prunedBeforeNs = 0n;
  #lastEngineNs = 0n;
  /** In the epoch of an acceptance: its operations are not the engine's. */
  #accepted = false;

  constructor(from: number, ours: Ours) {
    this.from = from;
    // Orders whose submission lies before the first operation that is read.
    for (const order of ours.orders) this.#order(order.clientId, order);
  }

  #order(clientId: string, { venue, account, symbol, side }: Place & { readonly side: string }): void {
    this.#orders.set(clientId, { place: { venue, account, symbol }, sign: side === 'sell' ? -1n : 1n });
  }

  /** Takes the next operation, in LSN order. */
  add({ lsn, timeNs, intent }: LoggedOperation): void {
    if (intent.type === 'epoch.open') {
      this.#accepted = isAcceptance(intent.reason);
      // What was filled before is in the positions that the venues had.
      if (intent.reason === 'reconstructed') this.#prunedBeforeNs = intent.time;
    }
    if (!this.#accepted) this.#lastEngineNs = timeNs;
    switch (intent.type) {
      case 'order.submit':
      case 'order.adopt':
        this.#order(intent.clientId, intent);
        this.#behind(`order ${intent.clientId}`, lsn);
        break;
      case 'order.accept':
      case 'order.reject':
      case 'order.amend':
      case 'order.cancelRequest':
      case 'order.close':
        this.#behind(`order ${intent.clientId}`, lsn);
        break;
      case 'fill': {
        this.#behind(`order ${intent.clientId}`, lsn);
        const order = this.#orders.get(intent.clientId);
        if (order) this.#fill(lsn, order.place, order.sign, intent);
        break;
      }
      case 'fill.external':
        this.#fill(lsn, { venue: intent.venue, account: intent.account, symbol: intent.symbol }, intent.side === 'sell' ? -1n : 1n, intent);
        break;
      case 'position.adjust': {
        const place = { venue: intent.venue, account: intent.account, symbol: intent.symbol };
        const trade = {
          lsn,
          tradeId: '',
          quantity: 0n,
          setTo: unitsOrZero(intent.quantity),
          price: unitsOrZero(intent.price),
          fee: 0n,
          feeAsset: '',
          atMs: ms(intent.time),
        };
        this.#tradesOf(placeKey(place)).push(trade);
        this.#behind(`position ${placeKey(place)}`, lsn);
        break;
      }
      case 'balance.set':
        this.#balances.set(balanceKey(intent), { lsn, atMs: ms(intent.time) });
        this.#behind(`balance ${balanceKey(intent)}`, lsn);
        break;
      case 'prune':
        if (intent.table === 'fills' && intent.before > this.#prunedBeforeNs) this.#prunedBeforeNs = intent.before;
        break;
      default:
    }
  }

  #tradesOf(key: string): LoggedTrade[] {
    const known = this.#trades.get(key) ?? [];
    this.#trades.set(key, known);
    return known;
  }

  #behind(key: string, lsn: number): void {
    const known = this.#lsns.get(key);
    if (!known) this.#lsns.set(key, [lsn]);
    else if (known.length < LSNS_PER_KEY_MAX) known.push(lsn);
    else known[LSNS_PER_KEY_MAX - 1] = lsn;
  }

  #fill(
    lsn: number,
    place: Place,
    sign: bigint,
    intent: { clientId: string; tradeId: string; quantity: string; price: string; fee: string; feeAsset: string; time: bigint },
  ): void {
    const key = tradeKey(place, intent.tradeId);
    this.#behind(`trade ${key}`, lsn);
    this.#behind(`position ${placeKey(place)}`, lsn);
    const known = this.#fills.get(key);
    if (known) {
      // A duplicate changes nothing: it is no trade of the position.
      known.lsns.push(lsn);
      return;
    }
    this.#fills.set(key, { place, tradeId: intent.tradeId, clientId: intent.clientId, lsns: [lsn] });
    this.#tradesOf(placeKey(place)).push({
      lsn,
      tradeId: intent.tradeId,
      quantity: sign * unitsOrZero(intent.quantity),
      setTo: null,
      price: unitsOrZero(intent.price),
      fee: unitsOrZero(intent.fee),
      feeAsset: intent.feeAsset,
      atMs: ms(intent.time),
    });
  }

  lsnsOfOrder(clientId: string): readonly number[] {
    return this.#lsns.get(`order ${clientId}`) ?? [];
  }

  lsnsOfTrade(place: Place, tradeId: string): readonly number[] {
    return this.#lsns.get(`trade ${tradeKey(place, tradeId)}`) ?? [];
  }

  lsnsOfPosition(place: Place): readonly number[] {
    return this.#lsns.get(`position ${placeKey(place)}`) ?? [];
  }

  lsnsOfBalance(balance: { venue: string; account: string; asset: string }): readonly number[] {
    return this.#lsns.get(`balance ${balanceKey(balance)}`) ?? [];
  }

  /** Trades of a position, in LSN order. */
  tradesOf(place: Place): readonly LoggedTrade[] {
    return this.#trades.get(placeKey(place)) ?? [];
  }

  /** Where a balance was reported last. */
  balanceReport(balance: { venue: string; account: string; asset: string }): { readonly lsn: number; readonly atMs: number } | null {
    return this.#balances.get(balanceKey(balance)) ?? null;
  }

  get duplicates(): DuplicateFill[] {
    return [...this.#fills.values()]
      .filter(({ lsns }) => lsns.length > 1)
      .map(({ place, tradeId, clientId, lsns }) => ({ ...place, tradeId, clientId, lsns }))
      .sort((a, b) => (tradeKey(a, a.tradeId) < tradeKey(b, b.tradeId) ? -1 : 1));
  }

  /** The engine's own last operation, milliseconds; 0: none was read. */
  get lastEngineMs(): number {
    return ms(this.#lastEngineNs);
  }

  /** Fills before this time are no longer in the state, milliseconds; 0: none was pruned. */
  get prunedBeforeMs(): number {
    return ms(this.#prunedBeforeNs);
  }
}

/** From operations in LSN order, the first of which is `from`. */
export function historyOf(operations: Iterable<LoggedOperation>, ours: Ours, from = 1): History {
  const history = new History(from, ours);
  for (const operation of operations) history.add(operation);
  return history;
}

/**
 * Reads the newest operations of a store's log, up to the state's LSN.
 *
 * @throws RearmError as {@link readOperations}
 */
export function readHistory(source: LogSource, ours: Ours, operationsMax = OPERATIONS_MAX): History {
  const first = source.segments[0]?.firstLsn ?? 1;
  const from = Math.max(first, ours.lsn - operationsMax + 1, 1);
  const history = new History(from, ours);
  if (source.segments.length > 0) {
    readOperations(source, from, ours.lsn, (operation) => {
      history.add(operation);
      return undefined;
    });
  }
  return history;
}
