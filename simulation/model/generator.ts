/**
 * Random workloads: one intent per step, in the JSON form of a log, valid for the most part and sometimes not. What a step gives
 * follows from the seed, the step and the state of the model that it is given; nothing is kept between steps, so that a workload goes
 * on after a restart.
 *
 * The first steps define the desk (assets, venues, instruments, strategies, limits, documents); after them orders live through every
 * way that an order can take, with late and repeated fills, amendments, cancels, adoptions, trades by hand and what else a desk does.
 */

import { type Random, randomOf } from './random.ts';
import type { IntentJson, ReferenceModel, Row } from './reference.ts';

export interface GeneratorOptions {
  /** Share of the steps that are spoilt on purpose. */
  readonly invalid?: number;
  /** Amounts at the ends of their ranges. */
  readonly extremes?: boolean;
  readonly accounts?: number;
  /** Largest blob and document. */
  readonly blobBytes?: number;
  /** Market data: books, trades, statuses. */
  readonly market?: boolean;
  /** Halts, and with them refused orders. */
  readonly halts?: boolean;
  /** Prunes by the workload itself. */
  readonly prunes?: boolean;
}

interface Instrument {
  readonly venue: string;
  readonly symbol: string;
  readonly base: string;
  readonly settle: string;
  readonly kind: string;
  readonly priceScale: number;
  readonly quantityScale: number;
  readonly multiplier: string;
  /** In units of the price scale. */
  readonly mid: number;
}

const VENUES = ['ALPHA', 'BETA', 'ΓΆΜΜΑ-取引所'];
const ASSETS: readonly (readonly [string, number, string])[] = [
  ['USD', 2, ''],
  ['USDT', 6, '0.999812'],
  ['EUR', 2, '1.081234567'],
  ['JPY', 0, '0.006712345'],
  ['BTC', 8, '61234.987654321'],
  ['ETH', 18, '3401.5'],
  ['NUL', 4, '0'],
];
/** Named by fills and balances, defined by nobody. */
const UNDEFINED_ASSETS = ['BNB', 'FEE-TOKEN', 'ポイント'];

const INSTRUMENTS: readonly Instrument[] = [
  {
    venue: 'ALPHA',
    symbol: 'BTC/USD',
    base: 'BTC',
    settle: 'USD',
    kind: 'spot',
    priceScale: 2,
    quantityScale: 8,
    multiplier: '1',
    mid: 6_123_400,
  },
  {
    venue: 'ALPHA',
    symbol: 'ETH/USDT:USDT',
    base: 'ETH',
    settle: 'USDT',
    kind: 'perpetual',
    priceScale: 4,
    quantityScale: 3,
    multiplier: '0.01',
    mid: 34_015_000,
  },
  {
    venue: 'BETA',
    symbol: 'BTC/USDT:USDT',
    base: 'BTC',
    settle: 'USDT',
    kind: 'perpetual',
    priceScale: 1,
    quantityScale: 0,
    multiplier: '0.000001',
    mid: 612_340,
  },
  {
    venue: 'BETA',
    symbol: 'FDAX',
    base: '',
    settle: 'EUR',
    kind: 'future',
    priceScale: 1,
    quantityScale: 0,
    multiplier: '25',
    mid: 185_230,
  },
  {
    venue: 'BETA',
    symbol: 'USD/JPY',
    base: 'USD',
    settle: 'JPY',
    kind: 'spot',
    priceScale: 3,
    quantityScale: 2,
    multiplier: '1',
    mid: 149_234,
  },
  {
    venue: 'ΓΆΜΜΑ-取引所',
    symbol: '日経225-ミニ',
    base: '',
    settle: 'JPY',
    kind: 'option',
    priceScale: 0,
    quantityScale: 12,
    multiplier: '100.5',
    mid: 38_910,
  },
  {
    venue: 'ALPHA',
    symbol: 'ETH/BTC',
    base: 'ETH',
    settle: 'BTC',
    kind: 'spot',
    priceScale: 8,
    quantityScale: 4,
    multiplier: '1',
    mid: 5_560_000,
  },
  {
    venue: 'BETA',
    symbol: 'LOST',
    base: '',
    settle: 'NUL',
    kind: 'future',
    priceScale: 6,
    quantityScale: 6,
    multiplier: '123456.654321',
    mid: 1_000_003,
  },
];
/** Its amounts reach the ends of the ranges. It settles in an asset without a rate, so that the desk's sums stay inside theirs. */
const HUGE: Instrument = {
  venue: 'ALPHA',
  symbol: 'HUGE',
  base: '',
  settle: 'NUL',
  kind: 'future',
  priceScale: 0,
  quantityScale: 0,
  multiplier: '1',
  mid: 2_000_000_000,
};

const STRATEGIES = ['maker', 'taker', 'ヘッジ', 'undefined-strategy'];
const TRADERS = ['ada', 'rob', 'Tímea Ősz', ''];
const ORDER_TYPES = ['limit', 'limit', 'limit', 'market', 'stop', 'stopLimit', 'takeProfit', 'takeProfitLimit', 'none'];
const TIMES_IN_FORCE = ['gtc', 'gtc', 'ioc', 'fok', 'gtd', 'day', 'postOnly', 'none'];

/** `count` bytes of UTF-8, with characters of one to four bytes, that begin with `stem`. */
function exactly(stem: string, count: number): string {
  let text = stem;
  for (const part of ['é', '漢', '🜁', 'ß', '\u0301', '\u202e', '"', '\\']) {
    while (Buffer.byteLength(text + part) <= count && Buffer.byteLength(part) > 1 && Buffer.byteLength(text) % 7 !== 0) text += part;
    if (Buffer.byteLength(text + part) <= count) text += part;
  }
  while (Buffer.byteLength(text) < count) text += 'x';
  return text;
}

export function accountName(index: number): string {
  // A byte order mark, a zero and a change of direction are characters of a name like others.
  if (index % 7 === 3) return `\ufeffacc${index - 1}`;
  if (index % 7 === 5) return `acc\u0000\u202e${index}`;
  return index % 5 === 4 ? exactly(`acc${index}-`, 63) : `acc${index}`;
}
/** Client ids follow from the step that submitted the order. */
export const clientIdOf = (step: number): string => (step % 11 === 3 ? exactly(`c${step}.`, 39) : `c${step}`);

const EPOCH_MS = Date.UTC(2026, 0, 5, 8);
const isoOf = (ns: bigint): string | null =>
  ns <= 0n
    ? null
    : `${new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19)}.${(ns % 1_000_000_000n).toString().padStart(9, '0')}Z`;

function decimal(units: bigint, scale: number): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const at = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, at)}${scale > 0 ? `.${digits.slice(at)}` : ''}`;
}

const INT64_MAX = (1n << 63n) - 1n;

export class Generator {
  readonly #seed: number;
  readonly #options: Required<GeneratorOptions>;
  readonly #setup: readonly IntentJson[];

  constructor(seed: number, options: GeneratorOptions = {}) {
    this.#seed = seed;
    this.#options = {
      invalid: 0.05,
      extremes: true,
      accounts: 7,
      blobBytes: 24 * 1024,
      market: true,
      halts: true,
      prunes: true,
      ...options,
    };
    this.#setup = this.#definitions();
  }

  /** Steps that define the desk. */
  get setupSteps(): number {
    return this.#setup.length;
  }

  get instruments(): readonly Instrument[] {
    if (!this.#options.extremes) return INSTRUMENTS;
    // On some desks the sums reach the ends of their ranges too.
    return this.#seed % 4 === 0 ? [...INSTRUMENTS, HUGE, { ...HUGE, symbol: 'HUGE-DESK', settle: 'USD' }] : [...INSTRUMENTS, HUGE];
  }

  #definitions(): IntentJson[] {
    const time = isoOf(BigInt(EPOCH_MS) * 1_000_000n);
    const desk: IntentJson[] = ASSETS.map(([asset, scale, rate]) => ({ type: 'asset.define', asset, scale, rate, time }));
    for (const venue of VENUES)
      desk.push({ type: 'venue.define', venue, dialect: venue === 'BETA' ? '' : 'fix', cancelOnDisconnect: 'yes' });
    for (const { mid: _, ...terms } of this.instruments)
      desk.push({ type: 'instrument.define', ...terms, tick: '1', lot: '', tolerance: '0' });
    for (const strategy of STRATEGIES.slice(0, 3))
      desk.push({ type: 'strategy.define', strategy, name: `the ${strategy}`, parameters: '{"spread":"0.1"}', active: true, time });
    desk.push({ type: 'limit.set', venue: '', symbol: '', maxQuantity: '', maxExposure: '25000000', maxLoss: '100000', time });
    for (const { venue, symbol } of this.instruments.slice(0, 3))
      desk.push({ type: 'limit.set', venue, symbol, maxQuantity: '100', maxExposure: '1000000.5', maxLoss: '', time });
    desk.push({ type: 'configuration.set', scope: 'system', name: '', value: '{}', time }, { type: 'risk.day', day: 20260105, time });
    return desk;
  }

  /**
   * The intent of a step. `nowNs` is the wall time that its times are near to.
   *
   * @param model the state that the intent should fit
   */
  intent(step: number, model: ReferenceModel, nowNs = BigInt(EPOCH_MS) * 1_000_000n + BigInt(step) * 7_300_011n): IntentJson {
    const setup = this.#setup[step];
    if (setup) return setup;
    const random = randomOf(this.#seed, step);
    const intent = new Step(this.instruments, this.#options, random, step, model, nowNs).intent();
    return random.chance(this.#options.invalid) ? spoilt(intent, random) : intent;
  }
}

const WEIGHTS: readonly (readonly [keyof typeof KINDS, number])[] = [
  ['submit', 200],
  ['accept', 130],
  ['reject', 12],
  ['amend', 40],
  ['cancelRequest', 50],
  ['close', 60],
  ['adopt', 12],
  ['fill', 240],
  ['fillAgain', 18],
  ['fillExternal', 20],
  ['adjust', 12],
  ['balance', 36],
  ['margin', 18],
  ['mark', 70],
  ['rate', 14],
  ['session', 10],
  ['day', 2],
  ['halt', 2],
  ['resume', 8],
  ['resolution', 6],
  ['book', 26],
  ['trade', 26],
  ['status', 4],
  ['prune', 8],
  ['strategyState', 10],
  ['strategy', 3],
  ['configuration', 4],
  ['limit', 5],
  ['asset', 3],
  ['venue', 2],
  ['instrument', 3],
];
const SUMMED_WEIGHTS = WEIGHTS.map(([kind], i) => [kind, WEIGHTS.slice(0, i + 1).reduce((sum, [, weight]) => sum + weight, 0)] as const);
const WEIGHT_SUM = SUMMED_WEIGHTS.at(-1)![1];

/** One step: its random numbers, and what it sees. */
class Step {
  readonly instruments: readonly Instrument[];
  readonly options: Required<GeneratorOptions>;
  readonly random: Random;
  readonly step: number;
  readonly model: ReferenceModel;
  readonly nowNs: bigint;

  constructor(
    instruments: readonly Instrument[],
    options: Required<GeneratorOptions>,
    random: Random,
    step: number,
    model: ReferenceModel,
    nowNs: bigint,
  ) {
    this.instruments = instruments;
    this.options = options;
    this.random = random;
    this.step = step;
    this.model = model;
    this.nowNs = nowNs;
  }

  intent(): IntentJson {
    const { market, halts, prunes } = this.options;
    for (;;) {
      const at = this.random.next() * WEIGHT_SUM;
      const kind = SUMMED_WEIGHTS.find(([, sum]) => at < sum)![0];
      if (!market && (kind === 'book' || kind === 'trade' || kind === 'status')) continue;
      if (!halts && kind === 'halt') continue;
      if (!prunes && kind === 'prune') continue;
      const intent = KINDS[kind](this);
      if (intent) return intent;
    }
  }

  /** Around now, some milliseconds late, seldom early, very seldom none. */
  time(): string | null {
    const { random, nowNs } = this;
    if (random.chance(0.002)) return null;
    const offset = BigInt(Math.floor((random.next() - 0.9) * 40_000_000));
    return isoOf(nowNs + (random.chance(0.01) ? offset * 1_000n : offset));
  }

  account(): string {
    return this.random.chance(0.02) ? '' : accountName(this.random.below(this.options.accounts));
  }

  instrument(): Instrument {
    return this.random.pick(this.instruments);
  }

  /** Undefined for an instrument that came into the state by an intent that was not meant to be valid. */
  termsOf(row: Row): Instrument | undefined {
    const defined = this.model.tables.instruments.get(row.instrument as string)!;
    return this.instruments.find((entry) => entry.venue === defined.venue && entry.symbol === defined.symbol);
  }

  price(of: Instrument): string {
    const { random } = this;
    if (of.symbol.startsWith('HUGE') && random.chance(0.3)) return decimal(random.pick([INT64_MAX, INT64_MAX - 1n, 1n << 62n, 1n]), 0);
    const drift = 1 + 0.1 * Math.sin(this.step / 4_000 + of.mid) + (random.next() - 0.5) * 0.01;
    return decimal(BigInt(Math.max(1, Math.round(of.mid * drift))), of.priceScale);
  }

  quantity(of: Instrument): string {
    const { random } = this;
    if (of.symbol.startsWith('HUGE') && random.chance(0.3)) return decimal(random.pick([INT64_MAX, INT64_MAX / 2n, 3_000_000_000n, 1n]), 0);
    return decimal(BigInt(1 + random.below(10 ** Math.min(9, of.quantityScale + 2))), of.quantityScale);
  }

  /** An order that was submitted not long ago and is still there. */
  order(wanted: (row: Row) => boolean = () => true): Row | null {
    const { random, model, step } = this;
    for (let tries = 0; tries < 24; tries += 1) {
      const back = 1 + Math.floor(-Math.log(1 - random.next()) * (tries < 12 ? 60 : 2_000));
      const row = model.tables.orders.get(clientIdOf(step - back));
      if (row && wanted(row)) return row;
    }
    return null;
  }

  fee(): { fee: string; feeAsset: string } {
    const { random } = this;
    if (random.chance(0.25)) return { fee: '', feeAsset: '' };
    const [feeAsset, scale] = random.chance(0.1) ? [random.pick(UNDEFINED_ASSETS), 8] : random.pick(ASSETS);
    if (random.chance(0.03)) return { fee: '', feeAsset };
    const units = BigInt(random.below(100_000)) * (random.chance(0.1) ? -1n : 1n);
    return { fee: decimal(units, scale), feeAsset };
  }

  execution(of: Instrument, quantity: string, tradeId: string): Record<string, string | null> {
    const { random } = this;
    return {
      tradeId,
      quantity,
      price: this.price(of),
      ...this.fee(),
      liquidity: random.pick(['maker', 'taker', 'unknown']),
      provenance: random.pick(['engine', 'engine', 'engine', 'venue', 'inferred', 'claimed']),
      time: this.time(),
    };
  }

  blob(): Buffer {
    const { random, options } = this;
    const bytes = Buffer.alloc(random.chance(0.1) ? 0 : random.chance(0.2) ? random.below(options.blobBytes) : random.below(600));
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = random.below(256);
    return bytes;
  }

  document(): string {
    const { random, options } = this;
    const size = random.chance(0.1) ? 0 : random.chance(0.1) ? random.below(options.blobBytes) : random.below(400);
    return size === 0 ? '' : JSON.stringify({ step: this.step, note: '配置-é🜁'.repeat(Math.ceil(size / 16)) });
  }
}

const remaining = (row: Row): bigint => (row.quantity as bigint) - (row.filled as bigint);
/** The trade id follows from the order and what was filled before, so that a repeated fill can be made from the order alone. */
const tradeIdOf = (clientId: string, filledBefore: bigint): string => {
  const stem = `t${/^c(\d+)/.exec(clientId)?.[1] ?? '0'}`;
  return Number(stem.slice(1)) % 13 === 5 ? exactly(`${stem}-${filledBefore}-`.slice(0, 30), 39) : `${stem}-${filledBefore}`;
};

const orderOf = (at: Step, of: Instrument): Record<string, string | boolean | null> => {
  const { random } = at;
  return {
    clientId: clientIdOf(at.step),
    account: at.account(),
    venue: of.venue,
    symbol: of.symbol,
    strategy: random.chance(0.2) ? '' : random.pick(STRATEGIES),
    trader: random.pick(TRADERS),
    side: random.pick(['buy', 'sell']),
    orderType: random.pick(ORDER_TYPES),
    timeInForce: random.pick(TIMES_IN_FORCE),
    reduceOnly: random.chance(0.1),
    price: random.chance(0.1) ? '' : at.price(of),
    trigger: random.chance(0.8) ? '' : at.price(of),
    quantity: at.quantity(of),
    time: at.time(),
  };
};

const KINDS = {
  submit: (at: Step): IntentJson => ({ type: 'order.submit', ...orderOf(at, at.instrument()) }),
  adopt(at: Step): IntentJson {
    const of = at.instrument();
    const order = orderOf(at, of);
    const filled = at.random.pick(['', '0', order.quantity as string, at.quantity(of)]);
    return { type: 'order.adopt', ...order, orderId: `v${at.step}`, filled };
  },
  accept(at: Step): IntentJson | null {
    const row = at.order((order) => order.status === 'pending' || at.random.chance(0.1));
    return (
      row && {
        type: 'order.accept',
        clientId: row.clientId,
        orderId: at.random.chance(0.05) ? exactly(`V${at.step}`, 39) : `v${at.step}`,
        time: at.time(),
      }
    );
  },
  reject(at: Step): IntentJson | null {
    const row = at.order((order) => order.filled === 0n || at.random.chance(0.1));
    return row && { type: 'order.reject', clientId: row.clientId, reason: 'price too far', time: at.time() };
  },
  amend(at: Step): IntentJson | null {
    const { random } = at;
    const row = at.order(
      (order) => random.chance(0.05) || !['filled', 'cancelled', 'rejected', 'expired'].includes(order.status as string),
    );
    if (!row) return null;
    const of = at.termsOf(row);
    if (!of) return null;
    const quantity = random.chance(0.5) ? '' : random.chance(0.2) ? decimal(row.filled as bigint, of.quantityScale) : at.quantity(of);
    return {
      type: 'order.amend',
      clientId: row.clientId,
      price: random.chance(0.3) ? '' : at.price(of),
      trigger: random.chance(0.9) ? '' : at.price(of),
      quantity,
      time: at.time(),
    };
  },
  cancelRequest(at: Step): IntentJson | null {
    const row = at.order();
    return row && { type: 'order.cancelRequest', clientId: row.clientId, time: at.time() };
  },
  close(at: Step): IntentJson | null {
    const row = at.order((order) => order.status === 'pendingCancel' || at.random.chance(0.3));
    const status = at.random.pick(['cancelled', 'cancelled', 'cancelled', 'expired', 'rejected', 'unknown', 'filled']);
    return row && { type: 'order.close', clientId: row.clientId, status, reason: 'asked for', time: at.time() };
  },
  fill(at: Step): IntentJson | null {
    const { random } = at;
    const row = at.order((order) => (remaining(order) > 0n && order.status !== 'rejected') || random.chance(0.02));
    if (!row) return null;
    const of = at.termsOf(row);
    if (!of) return null;
    const rest = remaining(row);
    const part = random.chance(0.35) ? rest : random.chance(0.02) ? rest + 1n : 1n + (rest * BigInt(1 + random.below(900))) / 1_000n;
    const quantity = part > rest && !random.chance(0.02) ? rest : part;
    if (quantity <= 0n && !random.chance(0.1)) return null;
    return {
      type: 'fill',
      clientId: row.clientId,
      ...at.execution(of, decimal(quantity, of.quantityScale), tradeIdOf(row.clientId as string, row.filled as bigint)),
    };
  },
  fillAgain(at: Step): IntentJson | null {
    const row = at.order((order) => (order.filled as bigint) > 0n);
    if (!row) return null;
    const of = at.termsOf(row);
    if (!of) return null;
    return { type: 'fill', clientId: row.clientId, ...at.execution(of, at.quantity(of), tradeIdOf(row.clientId as string, 0n)) };
  },
  fillExternal(at: Step): IntentJson {
    const { random } = at;
    const of = at.instrument();
    const tradeId = random.chance(0.2) ? `x${at.step - 1 - random.below(400)}` : `x${at.step}`;
    return {
      type: 'fill.external',
      account: at.account(),
      venue: of.venue,
      symbol: of.symbol,
      side: random.pick(['buy', 'sell']),
      clientId: random.chance(0.5) ? '' : clientIdOf(random.below(at.step)),
      ...at.execution(of, at.quantity(of), tradeId),
    };
  },
  adjust(at: Step): IntentJson {
    const { random } = at;
    const of = at.instrument();
    const sign = random.pick(['', '-', '']);
    const quantity = random.chance(0.2) ? '0' : `${sign}${at.quantity(of)}`;
    return {
      type: 'position.adjust',
      account: at.account(),
      venue: of.venue,
      symbol: of.symbol,
      quantity,
      price: at.price(of),
      reason: 'as the venue says',
      time: at.time(),
    };
  },
  balance(at: Step): IntentJson {
    const { random } = at;
    const [asset, scale] = random.chance(0.08) ? [random.pick(UNDEFINED_ASSETS), 8] : random.pick(ASSETS);
    const amount = () =>
      random.chance(0.1) ? '' : decimal(random.chance(0.01) ? INT64_MAX : BigInt(random.below(2 ** 31)) * 1_000n, scale);
    return {
      type: 'balance.set',
      venue: random.pick(VENUES),
      account: at.account(),
      asset,
      free: amount(),
      locked: amount(),
      time: at.time(),
    };
  },
  margin(at: Step): IntentJson {
    const { random } = at;
    const [asset, scale] = random.pick(ASSETS);
    const amount = () => decimal(BigInt(random.below(2 ** 31)) - 1_000n, scale);
    return {
      type: 'margin.set',
      venue: random.pick(VENUES),
      account: at.account(),
      asset,
      initial: amount(),
      maintenance: amount(),
      equity: amount(),
      time: at.time(),
    };
  },
  mark(at: Step): IntentJson {
    const of = at.instrument();
    const { venue, symbol } = of;
    return { type: 'mark', venue, symbol, price: at.price(of), time: at.time() ?? isoOf(at.nowNs) };
  },
  rate(at: Step): IntentJson {
    const { random } = at;
    const [asset, , present] = random.pick(ASSETS);
    const rate = random.chance(0.1) ? '0' : random.chance(0.2) ? present || '1' : (random.next() * Number(present || '1') * 2).toFixed(9);
    return { type: 'rate', asset: random.chance(0.05) ? random.pick(UNDEFINED_ASSETS) : asset, rate, time: at.time() };
  },
  session(at: Step): IntentJson {
    const { random } = at;
    return {
      type: 'session.update',
      venue: random.pick(VENUES),
      state: random.pick(['connected', 'disconnected', 'unknown']),
      cancelOnDisconnect: random.pick(['yes', 'no', 'unknown']),
      sequenceSent: random.chance(0.05) ? '18446744073709551615' : `${at.step}`,
      sequenceReceived: `${at.step * 3}`,
      time: at.time(),
    };
  },
  day: (at: Step): IntentJson => ({ type: 'risk.day', day: 20260105 + at.random.below(20), time: at.time() }),
  halt: (at: Step): IntentJson => ({
    type: 'risk.halt',
    reason: at.random.chance(0.3) ? exactly('loss limit ', 127) : 'loss limit reached',
    time: at.time(),
  }),
  resume: (at: Step): IntentJson | null =>
    at.model.risk.halted || at.random.chance(0.02)
      ? { type: 'risk.resume', dossier: 'd'.repeat(64), nonce: `n${at.step}`, time: at.time() }
      : null,
  resolution(at: Step): IntentJson {
    const { random } = at;
    return {
      type: 'resolution.record',
      breakId: random.chance(0.2) ? exactly(`b${random.below(10)}-`, 63) : `b${random.below(at.step)}`,
      decision: random.pick(['acceptVenue', 'keepOurs', 'cancelOrder', 'claim', 'tolerate', 'note', 'none']),
      person: random.pick(TRADERS),
      comment: random.chance(0.2) ? exactly('seen ', 127) : 'seen at the venue',
      time: at.time(),
    };
  },
  book(at: Step): IntentJson {
    const of = at.instrument();
    const { venue, symbol } = of;
    const intent: Record<string, unknown> = {
      type: 'market.book',
      venue,
      symbol,
      time: isoOf(at.nowNs - BigInt(at.random.below(3)) * 1_000_000n),
    };
    for (const level of [1, 2, 3, 4, 5]) {
      for (const side of ['bid', 'ask']) {
        intent[`${side}Price${level}`] = at.random.chance(0.1) ? '' : at.price(of);
        intent[`${side}Quantity${level}`] = at.random.chance(0.1) ? '' : at.quantity(of);
      }
    }
    return intent as IntentJson;
  },
  trade(at: Step): IntentJson {
    const of = at.instrument();
    const { venue, symbol } = of;
    const { random } = at;
    const time = isoOf(at.nowNs - (at.nowNs % 50_000_000n));
    return {
      type: 'market.trade',
      venue,
      symbol,
      tradeId: `m${random.below(40)}`,
      side: random.pick(['buy', 'sell', 'none']),
      price: at.price(of),
      quantity: at.quantity(of),
      time,
    };
  },
  status(at: Step): IntentJson {
    const { venue, symbol } = at.instrument();
    return {
      type: 'market.status',
      venue,
      symbol,
      status: at.random.pick(['open', 'halted', 'auction', 'closed', 'unknown']),
      time: at.time(),
    };
  },
  prune(at: Step): IntentJson {
    const { random } = at;
    const before = isoOf(at.nowNs - BigInt(random.below(3_000)) * 1_000_000n);
    return {
      type: 'prune',
      table: random.pick(['fills', 'orders', 'books', 'trades']),
      before: random.chance(0.02) ? null : before,
      count: random.pick([0, 1, 5, 60, 4_096]),
    };
  },
  strategyState: (at: Step): IntentJson => ({
    type: 'strategy.update',
    strategy: at.random.pick(STRATEGIES),
    active: at.random.chance(0.7),
    state: at.blob().toString('base64'),
    signalTime: at.time(),
    time: at.time(),
  }),
  strategy: (at: Step): IntentJson => ({
    type: 'strategy.define',
    strategy: at.random.pick(STRATEGIES.slice(0, 3)),
    name: at.random.chance(0.5) ? exactly('name ', 63) : '',
    parameters: at.document(),
    active: at.random.chance(0.5),
    time: at.time(),
  }),
  configuration: (at: Step): IntentJson => ({
    type: 'configuration.set',
    scope: at.random.pick(['system', 'venue', 'instrument', 'risk', 'strategy']),
    name: at.random.pick(['', 'ALPHA', '設定', 'limits']),
    value: at.document(),
    time: at.time(),
  }),
  limit(at: Step): IntentJson {
    const { random } = at;
    const { venue, symbol } = random.chance(0.3) ? { venue: '', symbol: '' } : at.instrument();
    const money = () =>
      random.pick([
        '',
        '0',
        '1000000.123456789012345678',
        '-5',
        '170141183460469231731.687303715884105727',
        '170141183460469231731.687303715884105728',
      ]);
    return {
      type: 'limit.set',
      venue,
      symbol,
      maxQuantity: random.pick(['', '100', '9223372']),
      maxExposure: money(),
      maxLoss: money(),
      time: at.time(),
    };
  },
  asset(at: Step): IntentJson {
    const [asset, scale, rate] = at.random.pick(ASSETS);
    return { type: 'asset.define', asset, scale: at.random.chance(0.2) ? at.random.below(20) : scale, rate, time: at.time() };
  },
  venue: (at: Step): IntentJson => ({
    type: 'venue.define',
    venue: at.random.pick(VENUES),
    dialect: at.random.pick(['fix', 'rest', '']),
    cancelOnDisconnect: at.random.pick(['yes', 'no', 'unknown']),
  }),
  instrument(at: Step): IntentJson {
    const { random } = at;
    const { mid: _, ...terms } = at.instrument();
    const multiplier = random.chance(0.1) ? '2' : terms.multiplier;
    return {
      type: 'instrument.define',
      ...terms,
      multiplier,
      tick: random.pick(['', '1', '5']),
      lot: random.pick(['', '1']),
      tolerance: random.pick(['', '0', '3']),
    };
  },
} as const;

// ---------------------------------------------------------------------------------------------------------- what is not valid

const BAD_STRINGS: readonly string[] = [
  '',
  'abc',
  '1e5',
  '-1',
  '0',
  '-0',
  '+1',
  '.5',
  '5.',
  '0x10',
  ' 1',
  '1 ',
  'NaN',
  'Infinity',
  '9223372036854775808',
  '-9223372036854775809',
  '0.0000000000000000001',
  '1.2.3',
  '1,5',
  '170141183460469231731687303715884105728',
  '9'.repeat(40),
  '0.'.padEnd(42, '0'),
  'no-such-name',
  'x'.repeat(40),
  'x'.repeat(64),
  'x'.repeat(128),
  'é'.repeat(128),
  'x'.repeat(256),
  '2026-01-05',
  '2026-13-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '2263-01-01T00:00:00Z',
  '00000000000000000000000000000001.50000',
];
const BAD_VALUES: readonly unknown[] = [null, undefined, 1.5, -1, 4_294_967_296, 0, true, 'none', {}, []];

/** The intent with one of its fields replaced by something that is seldom right. */
export function spoilt(intent: IntentJson, random: Random): IntentJson {
  if (random.chance(0.02)) return { ...intent, type: random.pick(['fills', '', 'constructor', '__proto__', 'order.undo']) };
  const name = random.pick(Object.keys(intent).filter((key) => key !== 'type'));
  // What a reader of JSON makes of odd base64 and odd whole numbers is not the engine's business.
  if (name === 'state' && intent.type === 'strategy.update') return { ...intent, state: {} };
  if (name.startsWith('sequence')) return { ...intent, [name]: random.pick(['18446744073709551616', '-1', {}]) };
  return { ...intent, [name]: random.chance(0.75) ? random.pick(BAD_STRINGS) : random.pick(BAD_VALUES) };
}
