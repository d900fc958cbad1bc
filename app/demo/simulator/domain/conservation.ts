/** What has to hold at a venue between any two calls, to the last unit. In one pass: it is asserted of every state that is loaded. */

import { isResting, remaining, type Trade } from './order.ts';
import { SETTLE_ASSET, type VenueBooks } from './venue-books.ts';

/** @throws RangeError that says what does not add up */
export function assertConservation(books: VenueBooks): void {
  const hold = (condition: boolean, what: string): void => {
    if (!condition) throw new RangeError(`${books.name}: ${what}`);
  };
  assertWallets(books, hold);
  assertPositions(books, hold);
  assertOrders(books, hold);
  const summary = books.summary();
  hold(summary.wallet + summary.unrealised === summary.equity, 'wallet and unrealised P&L are not the equity');
  hold(summary.available + summary.initial === summary.equity, 'available balance and initial margin are not the equity');
}

type Hold = (condition: boolean, what: string) => void;

class Sums<K> extends Map<K, bigint> {
  add(key: K, amount: bigint): void {
    this.set(key, this.of(key) + amount);
  }

  of(key: K): bigint {
    return this.get(key) ?? 0n;
  }
}

function assertWallets({ account, trades }: VenueBooks, hold: Hold): void {
  const wallets = new Sums<string>();
  const kinds = new Sums<string>();
  for (const { asset, kind, amount, wallet } of account.ledger) {
    wallets.add(asset, amount);
    if (asset === SETTLE_ASSET) kinds.add(kind, amount);
    hold(wallets.of(asset) === wallet, `the ledger of ${asset} does not add up`);
  }
  for (const [asset, wallet] of account.wallets) hold(wallets.of(asset) === wallet, `the wallet of ${asset} is not the sum of its ledger`);
  const total = (of: (trade: Trade) => bigint): bigint => trades.reduce((sum, trade) => sum + of(trade), 0n);
  hold(kinds.of('fee') === -total(({ fee }) => fee), 'the fees of the ledger are not those of the trades');
  hold(kinds.of('realised') === total(({ realised }) => realised), 'the realised P&L of the ledger is not that of the trades');
}

function assertPositions({ account, instruments, trades }: VenueBooks, hold: Hold): void {
  const bought = new Sums<unknown>();
  for (const { order, side, quantity } of trades) bought.add(order.instrument, side === 'buy' ? quantity : -quantity);
  for (const instrument of instruments) {
    hold(account.position(instrument).quantity === bought.of(instrument), `the position in ${instrument.id} is not the sum of its fills`);
  }
}

function assertOrders({ orders, trades, instruments, markets }: VenueBooks, hold: Hold): void {
  const filled = new Sums<unknown>();
  const cost = new Sums<unknown>();
  for (const { order, quantity, notional } of trades) {
    filled.add(order, quantity);
    cost.add(order, notional);
  }
  for (const order of orders.all) {
    const name = `order ${order.sequence}`;
    hold(order.filled === filled.of(order), `${name}: what it filled is not the sum of its fills`);
    hold(order.cost === cost.of(order), `${name}: its cost is not the sum of its fills`);
    hold(order.filled <= order.quantity, `${name}: filled more than its quantity`);
    if (order.status === 'filled') hold(remaining(order) === 0n, `${name}: filled, yet something remains`);
    if (order.status === 'open') hold(order.filled === 0n, `${name}: open, yet filled in part`);
    if (order.status === 'partiallyFilled') hold(order.filled > 0n && remaining(order) > 0n, `${name}: not filled in part`);
  }
  for (const instrument of instruments) {
    const { bids, asks } = markets.get(instrument.id)!.resting;
    const resting = new Set([...bids, ...asks]);
    const live = orders.live(instrument).filter(isResting);
    hold(resting.size === live.length && live.every((order) => resting.has(order)), `${instrument.id}: what rests is not what is live`);
  }
}
