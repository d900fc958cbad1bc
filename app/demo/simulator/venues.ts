/** The venues of the demo desk: which dialect, which rules, which instruments, whom to phone. To add one: a row here. */

import { binance } from './dialects/binance.ts';
import { bybit } from './dialects/bybit.ts';
import type { Dialect } from './dialects/dialect.ts';
import { type Identities, NumericIdentities, UuidIdentities } from './domain/identities.ts';
import { BINANCE_INSTRUMENTS, BYBIT_INSTRUMENTS, type Instrument } from './domain/instrument.ts';
import type { VenueRules } from './domain/venue-books.ts';

export interface VenueDefinition {
  readonly name: string;
  readonly account: string;
  readonly dialect: Dialect;
  readonly instruments: readonly Instrument[];
  readonly rules: VenueRules;
  readonly identities: (seed: number) => Identities;
  readonly keyCharacters: number;
  /** How it fails when it fails: the gateway, or the venue in its own words. */
  readonly failsAs: 'http' | 'venue';
  readonly cancelOnDisconnect: 'yes' | 'no';
  readonly emergency: { readonly phone: string; readonly desk: string; readonly account: string };
}

export const VENUES: readonly VenueDefinition[] = [
  {
    name: 'BINANCE',
    account: 'MM1',
    dialect: binance,
    instruments: BINANCE_INSTRUMENTS,
    rules: { refusesUnfillable: true, clientIdsForever: false, liveOrdersMax: 200, endedAs: 'expired' },
    identities: (seed) => new NumericIdentities(seed),
    keyCharacters: 64,
    failsAs: 'http',
    cancelOnDisconnect: 'yes',
    emergency: { phone: '+44 20 7946 0118', desk: 'Binance institutional desk (simulated)', account: 'MM1' },
  },
  {
    name: 'BYBIT',
    account: 'MM1',
    dialect: bybit,
    instruments: BYBIT_INSTRUMENTS,
    rules: { refusesUnfillable: false, clientIdsForever: true, liveOrdersMax: 500, endedAs: 'cancelled' },
    identities: (seed) => new UuidIdentities(seed),
    keyCharacters: 36,
    failsAs: 'venue',
    cancelOnDisconnect: 'no',
    emergency: { phone: '+44 20 7946 0264', desk: 'Bybit institutional desk (simulated)', account: 'MM1' },
  },
];
