/** The trading process's own client of a venue: the unmodified ccxt client with the trade key. */

import ccxt, { type Exchange, type MarketInterface } from 'ccxt';

export interface VenueTarget {
  readonly name: string;
  readonly dialect: string;
  readonly origin: string;
  readonly account: string;
  readonly symbols: readonly string[];
  readonly cancelOnDisconnect: 'yes' | 'no' | 'unknown';
  readonly keys: { readonly trade: { readonly apiKey: string; readonly secret: string } };
}

/** A request of the trading loop is given up after this; its fate is then UNKNOWN, not failed. */
const TIMEOUT_MS = 5_000;

/** Every address of the exchange, with another origin. */
function moved(urls: unknown, origin: string): unknown {
  if (typeof urls === 'string') return urls.replace(/^https?:\/\/[^/]+/, origin);
  if (Array.isArray(urls)) return urls.map((entry) => moved(entry, origin));
  if (urls && typeof urls === 'object') return Object.fromEntries(Object.entries(urls).map(([key, entry]) => [key, moved(entry, origin)]));
  return urls;
}

export class VenueClient {
  readonly target: VenueTarget;
  readonly exchange: Exchange;
  markets: ReadonlyMap<string, MarketInterface> = new Map();

  constructor(target: VenueTarget) {
    this.target = target;
    const Constructor = (ccxt as unknown as Record<string, new (options: object) => Exchange>)[target.dialect]!;
    this.exchange = new Constructor({
      apiKey: target.keys.trade.apiKey,
      secret: target.keys.trade.secret,
      timeout: TIMEOUT_MS,
      enableRateLimit: false,
      options: { defaultType: 'swap', fetchCurrencies: false, fetchMargins: false, warnOnFetchOpenOrdersWithoutSymbol: false },
    });
    this.exchange.number = String as never;
    this.exchange.urls.api = moved(this.exchange.urls.api, target.origin) as never;
  }

  get name(): string {
    return this.target.name;
  }

  async open(): Promise<void> {
    const markets = await this.exchange.loadMarkets();
    this.markets = new Map(this.target.symbols.map((symbol) => [symbol, markets[symbol] as MarketInterface]));
  }

  market(symbol: string): MarketInterface {
    return this.markets.get(symbol)!;
  }

  /** A price on the venue's grid, as text. */
  price(symbol: string, price: number | string): string {
    return String(this.exchange.priceToPrecision(symbol, price as never));
  }

  /** A quantity on the venue's grid, as text. */
  quantity(symbol: string, quantity: number): string {
    return String(this.exchange.amountToPrecision(symbol, quantity as never));
  }

  /** Decimal places of a market's precision, which ccxt gives as a step ("0.01"). */
  places(symbol: string, what: 'price' | 'amount'): number {
    const step = String(this.market(symbol)?.precision?.[what] ?? '1');
    const exponent = /e-(\d+)$/i.exec(step);
    if (exponent) return Number(exponent[1]);
    const dot = step.indexOf('.');
    return dot < 0 ? 0 : step.slice(dot + 1).replace(/0+$/, '').length;
  }

  /** Arms, or renews, the venue's dead-man switch; does nothing where the venue has none. */
  async heartbeat(countdownMs: number): Promise<void> {
    if (this.target.cancelOnDisconnect !== 'yes' || this.target.dialect !== 'binanceusdm') return;
    const post = (
      this.exchange as unknown as { fapiPrivatePostCountdownCancelAll(parameters: object): Promise<unknown> }
    ).fapiPrivatePostCountdownCancelAll.bind(this.exchange);
    await Promise.all(this.target.symbols.map((symbol) => post({ symbol: this.market(symbol).id, countdownTime: countdownMs })));
  }
}
