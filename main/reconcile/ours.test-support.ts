/** For tests: our side of a reconciliation from a few operations, through a real engine in a directory that is gone afterwards. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Intent } from '../../shared/model/operations.ts';
import { parseEngineConfig } from '../engine/config.ts';
import { createStore } from '../engine/create.ts';
import { nativePlatform } from '../engine/native-platform.ts';
import { type Ours, readOurs } from './ours.ts';

export const AT = 1_700_000_000_000_000_000n;

export const instrument = (venue: string, symbol: string, changes: Partial<Intent<'instrument.define'>> = {}): Intent => ({
  type: 'instrument.define',
  venue,
  symbol,
  base: symbol.split('/')[0]!,
  settle: 'USDT',
  kind: 'perpetual',
  priceScale: 2,
  quantityScale: 3,
  multiplier: '1',
  tick: '0.01',
  lot: '0.001',
  tolerance: '',
  ...changes,
});

export const submit = (clientId: string, changes: Partial<Intent<'order.submit'>> = {}): Intent => ({
  type: 'order.submit',
  clientId,
  account: 'A',
  venue: 'V',
  symbol: 'ETH/USDT:USDT',
  strategy: 'maker',
  trader: 'ada',
  side: 'buy',
  orderType: 'limit',
  timeInForce: 'gtc',
  reduceOnly: false,
  price: '100',
  trigger: '',
  quantity: '2',
  time: AT,
  ...changes,
});

export const DEFINED: readonly Intent[] = [
  { type: 'asset.define', asset: 'USDT', scale: 8, rate: '1', time: AT },
  { type: 'venue.define', venue: 'V', dialect: 'bybit', cancelOnDisconnect: 'no' },
  { type: 'venue.define', venue: 'W', dialect: 'binanceusdm', cancelOnDisconnect: 'yes' },
  instrument('V', 'ETH/USDT:USDT'),
  instrument('V', 'BTC/USDT:USDT'),
  instrument('W', 'ETH/USDT:USDT'),
];

/** The state after these operations. */
export async function oursOf(intents: readonly Intent[]): Promise<Ours> {
  const root = mkdtempSync(join(tmpdir(), 'rearm-ours-'));
  try {
    const engine = await createStore({
      platform: nativePlatform,
      root: join(root, 'store'),
      name: 'ours',
      stepped: true,
      config: parseEngineConfig({ commit: 'inline', tiers: 'off', l1: false, archive: false, segmentBytes: 1 << 20 }),
    });
    for (const intent of intents) await engine.commit(intent);
    const ours = readOurs(engine.state.image, 'ours');
    await engine.abandon();
    return ours;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
