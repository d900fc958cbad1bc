/** The invented desk of the fixture: names, instruments, times. Everything else is derived from these, so that screens agree. */

export const VARIANTS = ['crashed', 'running', 'refused', 'empty', 'unanswered', 'many', 'approved', 'unenrolled', 'failing'] as const;
export type Variant = (typeof VARIANTS)[number];

export interface Instrument {
  readonly venue: string;
  readonly symbol: string;
  readonly price: number;
  readonly priceScale: number;
  readonly quantityScale: number;
}

export const ATLAS = 'ATLAS';
export const BOREAL = 'BOREAL';

export const INSTRUMENTS: readonly Instrument[] = [
  { venue: ATLAS, symbol: 'BTC/USDT', price: 94_312.4, priceScale: 1, quantityScale: 4 },
  { venue: ATLAS, symbol: 'ETH/USDT', price: 3_284.15, priceScale: 2, quantityScale: 3 },
  { venue: ATLAS, symbol: 'SOL/USDT', price: 187.32, priceScale: 2, quantityScale: 2 },
  { venue: ATLAS, symbol: 'XRP/USDT', price: 2.4871, priceScale: 4, quantityScale: 1 },
  { venue: BOREAL, symbol: 'BTC/USD', price: 94_287.5, priceScale: 1, quantityScale: 4 },
  { venue: BOREAL, symbol: 'ETH/USD', price: 3_281.9, priceScale: 2, quantityScale: 3 },
];

export const STRATEGIES = ['quoter-btc', 'quoter-alts', 'basis'] as const;
export const TRADERS = ['trader-1', 'risk-1'] as const;
export const LAST_LSN = 48_120_331;
export const FIRST_LSN = 47_905_002;
export const STORE_ID = '7f3c1d9e5ab04c62';

/** Deterministic noise in [0, 1). */
export function noise(seed: number): number {
  let x = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 0x1_0000_0000;
}

export const pick = <T>(items: readonly T[], seed: number): T => items[Math.floor(noise(seed) * items.length)]!;

export const hex = (seed: number, digits: number): string =>
  Array.from({ length: digits }, (_, i) => Math.floor(noise(seed * 131 + i) * 16).toString(16)).join('');

/** ISO 8601 with nanoseconds. */
export const iso = (ms: number): string => {
  const whole = Math.floor(ms);
  return new Date(whole).toISOString().replace('Z', `${String(Math.round((ms - whole) * 1e6)).padStart(6, '0')}Z`);
};

/** How long ago the desk crashed. */
export const SINCE_CRASH_MS = 728_000;

export interface World {
  readonly variant: Variant;
  readonly startedMs: number;
  readonly crashMs: number;
}

export const worldOf = (variant: Variant, nowMs: number): World => ({ variant, startedMs: nowMs, crashMs: nowMs - SINCE_CRASH_MS + 0.112 });
