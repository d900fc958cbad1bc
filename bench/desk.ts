/** The desk that is measured: instruments, positions, orders; and the operations of its day, one after the other. */

import { parseEngineConfig } from '../main/engine/config.ts';
import { createStore } from '../main/engine/create.ts';
import type { Engine } from '../main/engine/engine.ts';
import { nativePlatform } from '../main/engine/native-platform.ts';
import type { Platform } from '../main/engine/start.ts';
import type { Clock } from '../main/storage/storage.ts';
import type { Intent } from '../shared/model/operations.ts';

export interface DeskSize {
  readonly positions: number;
  readonly orders: number;
}

/** A desk of ordinary size, for what does not depend on it. */
export const ORDINARY: DeskSize = { positions: 1_000, orders: 5_000 };

const INSTRUMENTS = 100;
const VENUE = 'VENUE';
const ASSET = 'USDT';
/** Made once, as those of a desk are: a new string is flattened and hashed where it is first looked up, and that would be measured as ours. */
const SYMBOLS = Array.from({ length: INSTRUMENTS }, (_, index) => `COIN${index}/${ASSET}:${ASSET}`);
const symbolOf = (index: number): string => SYMBOLS[index % INSTRUMENTS]!;
const accountOf = (index: number): string => `account-${Math.floor(index / INSTRUMENTS)}`;

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

/** Makes the store and fills it; everything is durable on return. */
export async function openDesk({ root, size, config, moreOrders = 200_000, platform = nativePlatform }: DeskOptions): Promise<Engine> {
  const engine = await createStore({
    platform,
    root,
    name: 'bench',
    config: parseEngineConfig(config),
    rowsMax: { orders: size.orders + moreOrders, fills: 2 * (size.orders + moreOrders), positions: 2 * size.positions + 1_000 },
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
    await add({ type: 'position.adjust', account, venue, symbol, quantity: `${1 + (i % 9)}`, price: '100', reason: 'start', time });
  }
  for (let i = 0; i < size.orders; i += 1) await add(orderOf(i, `start-${i}`, size, time));
  await engine.flush();
  return engine;
}

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
  price: `${100 + (index % 50)}.25`,
  trigger: '',
  quantity: '1.5',
  time,
});

/** Operations per order of the day: submitted, accepted, filled, and the marks that came meanwhile. */
export const DAY = ['order.submit', 'order.accept', 'mark', 'mark', 'fill', 'mark'] as const;

/** The n-th operation of the day. */
export function operation(n: number, size: DeskSize, time: bigint): Intent {
  const index = Math.floor(n / DAY.length);
  const clientId = `day-${index}`;
  switch (n % DAY.length) {
    case 0:
      return orderOf(index, clientId, size, time);
    case 1:
      return { type: 'order.accept', clientId, orderId: `venue-${index}`, time };
    case 4:
      return {
        type: 'fill',
        clientId,
        tradeId: `trade-${index}`,
        quantity: '1.5',
        price: `${100 + (index % 50)}.25`,
        fee: '0.015',
        feeAsset: ASSET,
        liquidity: 'maker',
        provenance: 'engine',
        time,
      };
    default:
      return { type: 'mark', venue: VENUE, symbol: symbolOf(n), price: `${100 + (n % 50)}.${10 + (n % 80)}`, time };
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
