/** The desk that is measured: instruments, positions, orders; and the operations of its day, one after the other. */

import fs from 'node:fs';
import { parseEngineConfig } from '../main/engine/config.ts';
import { createStore } from '../main/engine/create.ts';
import type { Engine } from '../main/engine/engine.ts';
import { nativePlatform } from '../main/engine/native-platform.ts';
import type { Platform } from '../main/engine/start.ts';
import type { Image, RowBounds } from '../main/image/image.ts';
import type { Clock } from '../main/storage/storage.ts';
import type { Intent } from '../shared/model/operations.ts';
import { TABLES } from '../shared/model/tables.ts';

export interface DeskSize {
  readonly positions: number;
  readonly orders: number;
}

/** A desk of ordinary size, for what does not depend on it. */
export const ORDINARY: DeskSize = { positions: 1_000, orders: 5_000 };

/** Desks for what may depend on their size. */
export const SIZES: readonly DeskSize[] = [
  { positions: 1_000, orders: 5_000 },
  { positions: 10_000, orders: 5_000 },
  { positions: 100_000, orders: 50_000 },
];

export const LARGEST = SIZES.at(-1)!;

/** Of a part of its day, for {@link imageOfDesk}: fills are in the state too. */
export const OPERATIONS_BEFORE = 30_000;

const MORE_ORDERS = 200_000;
const INSTRUMENTS = 100;
const VENUE = 'VENUE';
const ASSET = 'USDT';
/** Made once, as those of a desk are: a new string is flattened and hashed where it is first looked up, and that would be measured as ours. */
const SYMBOLS = Array.from({ length: INSTRUMENTS }, (_, index) => `COIN${index}/${ASSET}:${ASSET}`);
const symbolOf = (index: number): string => SYMBOLS[index % INSTRUMENTS]!;
const accountOf = (index: number): string => `account-${Math.floor(index / INSTRUMENTS)}`;

/** A number below `bound` (2^32 at most) that belongs to `n` and looks like none of its neighbours': what is stored must not be more regular than a desk is. */
function scatter(n: number, salt: number, bound: number): number {
  let mixed = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b);
  for (const shift of [16, 13]) mixed = Math.imul(mixed ^ (mixed >>> shift), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % bound;
}

const decimal = (n: number, salt: number, from: number, to: number): string =>
  `${from + scatter(n, salt, to - from)}.${`${scatter(n, salt + 1, 10_000)}`.padStart(4, '0')}`;
const priceOf = (n: number): string => decimal(n, 1, 100, 150);
const quantityOf = (n: number): string => decimal(n, 3, 1, 40);
const clientIdOf = (kind: 'start' | 'day', n: number): string => `${kind}-${n}-${scatter(n, 5, 2 ** 32).toString(36)}`;
/** As venues number: rising, with gaps. */
const venueIdOf = (n: number): string => `${8_389_765_000_000 + 37 * n + scatter(n, 6, 37)}`;
/** Within a time before: rows do not share their moments. */
const timeOf = (n: number, before: bigint, spreadNs: number): bigint => before - BigInt(scatter(n, 7, spreadNs));
/** The rows that a desk begins with are of its last seconds. */
const START_SPREAD_NS = 4_000_000_000;
/** An operation of the day is a moment old. */
const DAY_SPREAD_NS = 1_000_000;

type ConfigInput = NonNullable<Parameters<typeof parseEngineConfig>[0]>;

export interface DeskOptions {
  readonly root: string;
  readonly size: DeskSize;
  readonly config: ConfigInput;
  /** Rows beyond the desk's own that the run adds. */
  readonly moreOrders?: number;
  /** The real one, where calls are not counted and time is not compressed. */
  readonly platform?: Platform;
}

/** Rows at most of a desk to which `moreOrders` are added. */
export const boundsOf = (size: DeskSize, moreOrders = MORE_ORDERS): RowBounds => ({
  orders: size.orders + moreOrders,
  fills: 2 * (size.orders + moreOrders),
  positions: 2 * size.positions + 1_000,
});

/** Makes the store and fills it; everything is durable on return. */
export async function openDesk({ root, size, config, moreOrders = MORE_ORDERS, platform = nativePlatform }: DeskOptions): Promise<Engine> {
  const engine = await createStore({
    platform,
    root,
    name: 'bench',
    config: parseEngineConfig(config),
    rowsMax: boundsOf(size, moreOrders),
  });
  const time = platform.clock.wallNs();
  let pending = 0;
  const add = async (intent: Intent): Promise<void> => {
    engine.post(intent);
    if (++pending % 1_000 === 0) await engine.flush();
  };
  await add({ type: 'asset.define', asset: ASSET, scale: 8, rate: '1', time });
  await add({ type: 'venue.define', venue: VENUE, dialect: 'generic', cancelOnDisconnect: 'yes' });
  for (let i = 0; i < INSTRUMENTS; i += 1) {
    const [venue, symbol] = [VENUE, symbolOf(i)];
    await add({
      ...{ type: 'instrument.define', venue, symbol, base: `COIN${i}`, settle: ASSET, kind: 'perpetual', priceScale: 4, quantityScale: 4 },
      ...{ multiplier: '1', tick: '0.0001', lot: '0.0001', tolerance: '0' },
    } as Intent<'instrument.define'>);
    await add({ type: 'mark', venue, symbol, price: '100.5', time });
  }
  for (let i = 0; i < size.positions; i += 1) {
    const [venue, symbol, account] = [VENUE, symbolOf(i), accountOf(i)];
    const row = { quantity: quantityOf(i), price: priceOf(i), reason: 'start', time: timeOf(i, time, START_SPREAD_NS) };
    await add({ type: 'position.adjust', account, venue, symbol, ...row });
  }
  for (let i = 0; i < size.orders; i += 1) await add(orderOf(i, clientIdOf('start', i), size, timeOf(i, time, START_SPREAD_NS)));
  await engine.flush();
  return engine;
}

/** The desk as an image alone, with a part of its day behind it, filled through an engine whose store is gone. */
export async function imageOfDesk(root: string, size: DeskSize, operations = 0): Promise<Image> {
  const engine = await openDesk({ root, size, config: { tiers: 'off', l1: false } });
  const day = new Day(size);
  for (let done = 0; done < operations; done += 1_000) {
    day.prepare(1_000);
    for (let i = 0; i < 1_000; i += 1) engine.post(day.take());
    await engine.flush();
  }
  await engine.abandon();
  fs.rmSync(root, { recursive: true });
  const { image } = engine.state;
  image.takeChanged();
  return image;
}

/** Pages between one amended order and the next; a prime. */
const STRIDE = 7_919;

/** Rows of orders that lie on as many pages, none of which are among those of the rows before: in a few pages less than there are. */
export function spreadOrders(first: number, count: number, { orders }: DeskSize): number[] {
  const { rowsPerPage } = TABLES.orders;
  const pages = Math.floor(orders / rowsPerPage);
  return Array.from(
    { length: count },
    (_, i) => (((first + i) * STRIDE) % pages) * rowsPerPage + (Math.floor(first / count) % rowsPerPage),
  );
}

/** Amends the n-th order that the desk began with: changes its row and no other. */
export const amendment = (order: number, round: number, time: bigint): Intent<'order.amend'> => ({
  ...{ type: 'order.amend', clientId: clientIdOf('start', order), price: `${100 + (round % 400)}.5`, trigger: '', quantity: '', time },
});

const orderOf = (index: number, clientId: string, { positions }: DeskSize, time: bigint): Intent<'order.submit'> => ({
  type: 'order.submit',
  clientId,
  account: accountOf(index % Math.max(1, positions)),
  venue: VENUE,
  symbol: symbolOf(index),
  strategy: '',
  trader: '',
  side: index % 2 === 0 ? 'buy' : 'sell',
  orderType: 'limit',
  timeInForce: 'gtc',
  reduceOnly: false,
  price: priceOf(index),
  trigger: '',
  quantity: quantityOf(index),
  time,
});

/** Operations per order of the day: submitted, accepted, filled, and the marks that came meanwhile. */
export const DAY = ['order.submit', 'order.accept', 'mark', 'mark', 'fill', 'mark'] as const;

/** The n-th operation of the day. */
export function operation(n: number, size: DeskSize, before: bigint): Intent {
  const index = Math.floor(n / DAY.length);
  const clientId = clientIdOf('day', index);
  const time = timeOf(n, before, DAY_SPREAD_NS);
  switch (n % DAY.length) {
    case 0:
      return orderOf(index, clientId, size, time);
    case 1:
      return { type: 'order.accept', clientId, orderId: venueIdOf(index), time };
    case 4:
      return {
        type: 'fill',
        clientId,
        tradeId: venueIdOf(index),
        quantity: quantityOf(index),
        price: priceOf(index),
        fee: `0.${scatter(index, 8, 100_000_000)}`,
        feeAsset: ASSET,
        liquidity: 'maker',
        provenance: 'engine',
        time,
      };
    default:
      return { type: 'mark', venue: VENUE, symbol: symbolOf(n), price: priceOf(n), time };
  }
}

/** Operations ahead of their use: what is measured is the engine, not the making of objects. */
export class Day {
  readonly #size: DeskSize;
  readonly #clock: Clock;
  #next = 0;
  #made: Intent[] = [];
  #taken = 0;

  constructor(size: DeskSize, clock: Clock = nativePlatform.clock) {
    this.#size = size;
    this.#clock = clock;
  }

  /** Makes the next `count` operations, with times as if they came at `perSecond` from now on; call it where nothing is timed. */
  prepare(count: number, perSecond = 1_000_000): void {
    const time = this.#clock.wallNs();
    const apartNs = BigInt(Math.round(1e9 / perSecond));
    this.#made = Array.from({ length: count }, (_, i) => operation(this.#next + i, this.#size, time + BigInt(i) * apartNs));
    this.#next += count;
    this.#taken = 0;
  }

  take(): Intent {
    const intent = this.#made[this.#taken++];
    if (!intent) throw new Error('more operations were taken than were prepared');
    return intent;
  }
}
