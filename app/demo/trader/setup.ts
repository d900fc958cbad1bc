/** What a new desk defines before it trades: assets, venues, instruments, limits, strategies, configuration, the day. */

import { nativePlatform } from '../../../main/index.ts';
import type { Ledger } from './journal.ts';
import type { VenueClient } from './venue-client.ts';

export const STRATEGIES = [
  { strategy: 'maker', name: 'Two-sided quotes around the mark' },
  { strategy: 'hedge', name: 'Takes inventory off at the other venue' },
] as const;
export const TRADER = 'desk-1';

export const nowNs = (): bigint => nativePlatform.clock.wallNs();

export const tradingDay = (timeNs: bigint): number =>
  Number(new Date(Number(timeNs / 1_000_000n)).toISOString().slice(0, 10).replaceAll('-', ''));

export async function defineDesk(ledger: Ledger, clients: readonly VenueClient[]): Promise<void> {
  const time = nowNs();
  ledger.post({ type: 'asset.define', asset: 'USDT', scale: 8, rate: '1', time });
  ledger.post({ type: 'configuration.set', scope: 'system', name: 'desk', value: '{"desk":"demo","reportingCurrency":"USDT"}', time });
  ledger.post({
    type: 'configuration.set',
    scope: 'risk',
    name: 'desk',
    value: '{"grossExposureMax":"250000","netExposureMax":"100000","dailyLossMax":"5000"}',
    time,
  });
  ledger.post({ type: 'limit.set', venue: '', symbol: '', maxQuantity: '', maxExposure: '250000', maxLoss: '5000', time });
  for (const { strategy, name } of STRATEGIES) {
    const parameters = strategy === 'maker' ? '{"levels":2,"spreadTicks":4}' : '{"inventoryMax":3}';
    ledger.post({ type: 'strategy.define', strategy, name, parameters, active: true, time });
    ledger.post({ type: 'configuration.set', scope: 'strategy', name: strategy, value: parameters, time });
  }
  for (const client of clients) {
    const { name: venue, dialect, cancelOnDisconnect } = client.target;
    ledger.post({ type: 'venue.define', venue, dialect, cancelOnDisconnect });
    ledger.post({
      type: 'configuration.set',
      scope: 'venue',
      name: venue,
      value: JSON.stringify({ account: client.target.account, dialect }),
      time,
    });
    for (const [symbol, market] of client.markets) {
      const step = String(market.precision?.amount ?? '1');
      ledger.post({
        type: 'instrument.define',
        venue,
        symbol,
        base: market.base,
        settle: market.settle ?? market.quote,
        kind: 'perpetual',
        priceScale: client.places(symbol, 'price'),
        quantityScale: client.places(symbol, 'amount'),
        multiplier: String(market.contractSize ?? '1'),
        tick: String(market.precision?.price ?? ''),
        lot: step,
        tolerance: '0',
      });
      ledger.post({ type: 'limit.set', venue, symbol, maxQuantity: '', maxExposure: '60000', maxLoss: '', time });
    }
  }
  await ledger.commit({ type: 'risk.day', day: tradingDay(time), time });
}
