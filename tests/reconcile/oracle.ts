/**
 * The independent oracle of reconciliation: from the simulator's own book and the store's operations it says exactly which breaks
 * must exist. It imports nothing; its arithmetic, its model of the state and its rules are its own.
 *
 * Input: `GET /book` of the venue simulator, and the operations as `rearm wal` prints them, in LSN order.
 */

/** A venue of `GET /book`, as far as it is read here. Amounts are decimal strings, times nanoseconds as decimal strings. */
export interface BookVenue {
  readonly name: string;
  /** ccxt id. */
  readonly dialect: string;
  readonly account: string;
  readonly clockOffsetMs: number;
  readonly orders: readonly BookOrder[];
  readonly trades: readonly BookTrade[];
  readonly positions: readonly {
    readonly symbol: string;
    readonly quantity: string;
    readonly entryPrice: string | null;
    readonly mark: string;
  }[];
  readonly balances: readonly { readonly asset: string; readonly wallet: string; readonly initialMargin: string }[];
}

export interface BookOrder {
  readonly sequence: number;
  readonly symbol: string;
  readonly orderId: string | null;
  readonly algoId: string | null;
  readonly clientId: string;
  readonly price: string | null;
  readonly trigger: string | null;
  readonly quantity: string;
  readonly filled: string;
  readonly status: string;
  readonly cause: string | null;
  readonly live: boolean;
  readonly lost: boolean;
  readonly external: boolean;
  readonly createdNs: string;
}

export interface BookTrade {
  readonly sequence: number;
  readonly symbol: string;
  readonly tradeId: string;
  readonly orderId: string;
  readonly clientId: string;
  readonly side: string;
  readonly price: string;
  readonly quantity: string;
  readonly fee: string;
  readonly feeAsset: string;
  readonly realised: string;
  readonly liquidity: string;
  readonly timeNs: string;
}

export interface Book {
  readonly ticks: number;
  readonly timeNs: string;
  readonly venues: readonly BookVenue[];
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

/** One line of `rearm wal`. */
export interface Operation {
  readonly lsn: number;
  readonly type: string;
  readonly intent: Readonly<Record<string, unknown>>;
}

export interface OracleOptions {
  /** Milliseconds, by venue: fills before are not compared. */
  readonly fillsSinceMs: Readonly<Record<string, number>>;
  /** Questions that a venue did not answer at all; `*`: none was answered. */
  readonly unanswered?: Readonly<Record<string, readonly ('*' | 'openOrders' | 'positions' | 'balances' | 'fills' | 'orderLookUps')[]>>;
  readonly clockToleranceMs?: number;
  readonly averagePricePpm?: bigint;
  readonly marginPpm?: bigint;
  readonly fillTimeToleranceMs?: number;
}

export interface ImpliedBreak {
  readonly kind: string;
  readonly venue: string;
  readonly key: string;
}

/** The part of a break that the oracle can name, from a break of the report. */
export function keyOf(entry: {
  readonly kind: string;
  readonly symbol: string | null;
  readonly clientId: string | null;
  readonly orderId: string | null;
  readonly tradeId: string | null;
  readonly asset: string | null;
  readonly theirs: Readonly<Record<string, string | null>> | null;
}): string {
  if (entry.kind === 'notProvable') return entry.theirs?.question ?? '';
  if (entry.kind === 'clockOffset') return '';
  if (entry.asset !== null) return entry.asset;
  if (entry.tradeId !== null) return `${entry.symbol} ${entry.tradeId}`;
  if (entry.kind === 'unknownOrder') return entry.orderId ?? '';
  if (entry.kind === 'vanishedOrder' && entry.clientId === null) return 'cancel on disconnect';
  return entry.clientId ?? entry.symbol ?? '';
}

// ---- amounts: integers of 10^-18 ----

const UNIT = 10n ** 18n;
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

function amount(text: unknown): bigint {
  if (text === null || text === undefined || text === '') return 0n;
  const [whole = '', fraction = ''] = String(text).replace(/^[+-]/, '').split('.');
  const units = BigInt(whole + fraction.slice(0, 18).padEnd(18, '0'));
  return String(text).startsWith('-') ? -units : units;
}

function halfAway(dividend: bigint, divisor: bigint): bigint {
  const sign = dividend < 0n !== divisor < 0n ? -1n : 1n;
  return sign * ((magnitude(dividend) * 2n + magnitude(divisor)) / (magnitude(divisor) * 2n));
}

const value = (quantity: bigint, price: bigint, multiplier: bigint): bigint => (quantity * price * multiplier) / (UNIT * UNIT);
const milliseconds = (ns: string): number => Number(BigInt(ns) / 1_000_000n);

// ---- our side: a model of the state, fed with the intents ----

interface Mine {
  readonly clientId: string;
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  readonly side: string;
  readonly conditional: boolean;
  /** Taken over with what it had filled. */
  readonly adopted: boolean;
  orderId: string;
  status: string;
  price: bigint;
  trigger: bigint;
  quantity: bigint;
  filled: bigint;
  updated: string;
}

interface MyFill {
  readonly venue: string;
  readonly account: string;
  readonly symbol: string;
  readonly tradeId: string;
  readonly side: string;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly fee: bigint;
  readonly feeAsset: string;
  readonly liquidity: string;
  readonly provenance: string;
  readonly clientId: string;
  readonly time: string;
}

interface Held {
  quantity: bigint;
  cost: bigint;
}

function tradeOn(held: Held, signed: bigint, price: bigint, multiplier: bigint): void {
  const closing =
    held.quantity < 0n === signed < 0n || held.quantity === 0n
      ? 0n
      : magnitude(signed) < magnitude(held.quantity)
        ? magnitude(signed)
        : magnitude(held.quantity);
  const out =
    closing === 0n ? 0n : closing === magnitude(held.quantity) ? held.cost : halfAway(held.cost * closing, magnitude(held.quantity));
  const opening = magnitude(signed) - closing;
  held.cost += (signed < 0n ? -1n : 1n) * value(opening, price, multiplier) - out;
  held.quantity += signed;
}

class Desk {
  readonly orders = new Map<string, Mine>();
  readonly fills = new Map<string, MyFill>();
  readonly duplicates: { venue: string; key: string }[] = [];
  readonly held = new Map<string, Held>();
  readonly balances = new Map<string, bigint>();
  readonly margins = new Map<string, bigint>();
  readonly multipliers = new Map<string, bigint>();
  readonly scales = new Map<string, number>();
  readonly tolerances = new Map<string, bigint>();
  readonly #counted = new Map<string, number>();

  take({ intent }: Operation): void {
    const text = (name: string): string => String(intent[name] ?? '');
    const order = this.orders.get(text('clientId'));
    const time = text('time');
    switch (intent.type) {
      case 'asset.define':
        this.scales.set(text('asset'), Number(intent.scale));
        return;
      case 'instrument.define':
        this.multipliers.set(`${text('venue')} ${text('symbol')}`, amount(intent.multiplier));
        this.tolerances.set(`${text('venue')} ${text('symbol')}`, amount(intent.tolerance));
        return;
      case 'order.submit':
      case 'order.adopt': {
        const adopted = intent.type === 'order.adopt';
        const [quantity, filled] = [amount(intent.quantity), adopted ? amount(intent.filled) : 0n];
        this.orders.set(text('clientId'), {
          clientId: text('clientId'),
          venue: text('venue'),
          account: text('account'),
          symbol: text('symbol'),
          side: text('side'),
          conditional: !['limit', 'market', 'none'].includes(text('orderType')),
          adopted,
          orderId: text('orderId'),
          quantity,
          filled,
          price: amount(intent.price),
          trigger: amount(intent.trigger),
          updated: time,
          status: adopted ? (filled === 0n ? 'open' : filled === quantity ? 'filled' : 'partiallyFilled') : 'pending',
        });
        return;
      }
      case 'order.accept':
        if (!order) return;
        order.orderId = text('orderId');
        order.updated = time;
        if (order.status === 'pending' || order.status === 'unknown')
          order.status = order.filled === 0n ? 'open' : order.filled === order.quantity ? 'filled' : 'partiallyFilled';
        return;
      case 'order.reject':
        if (order) Object.assign(order, { status: 'rejected', updated: time });
        return;
      case 'order.amend':
        if (!order) return;
        if (intent.price !== '') order.price = amount(intent.price);
        if (intent.trigger !== '') order.trigger = amount(intent.trigger);
        if (intent.quantity !== '') order.quantity = amount(intent.quantity);
        if (order.quantity === order.filled) order.status = 'filled';
        order.updated = time;
        return;
      case 'order.cancelRequest':
        if (!order) return;
        if (['pending', 'open', 'partiallyFilled', 'unknown'].includes(order.status)) order.status = 'pendingCancel';
        order.updated = time;
        return;
      case 'order.close':
        if (!order) return;
        if (order.status !== 'filled') order.status = text('status');
        order.updated = time;
        return;
      case 'fill':
        if (order) this.#fill(order, intent, order);
        return;
      case 'fill.external':
        this.#fill({ venue: text('venue'), account: text('account'), symbol: text('symbol'), side: text('side') }, intent, null);
        return;
      case 'position.adjust': {
        const held = this.heldOf(text('venue'), text('account'), text('symbol'));
        tradeOn(held, amount(intent.quantity) - held.quantity, amount(intent.price), this.multiplier(text('venue'), text('symbol')));
        return;
      }
      case 'balance.set':
        this.balances.set(`${text('venue')} ${text('account')} ${text('asset')}`, amount(intent.free) + amount(intent.locked));
        return;
      case 'margin.set':
        this.margins.set(`${text('venue')} ${text('account')} ${text('asset')}`, amount(intent.initial));
        return;
      case 'prune':
        this.#prune(text('table'), text('before'), Number(intent.count));
        return;
      default:
    }
  }

  multiplier(venue: string, symbol: string): bigint {
    return this.multipliers.get(`${venue} ${symbol}`) ?? UNIT;
  }

  heldOf(venue: string, account: string, symbol: string): Held {
    const key = `${venue} ${account} ${symbol}`;
    const known = this.held.get(key) ?? { quantity: 0n, cost: 0n };
    this.held.set(key, known);
    return known;
  }

  #fill(
    place: { venue: string; account: string; symbol: string; side: string },
    intent: Readonly<Record<string, unknown>>,
    order: Mine | null,
  ): void {
    const { venue, account, symbol, side } = place;
    const tradeId = String(intent.tradeId);
    const key = `${venue} ${account} ${symbol} ${tradeId}`;
    const times = (this.#counted.get(key) ?? 0) + 1;
    this.#counted.set(key, times);
    if (times === 2) this.duplicates.push({ venue, key: `${symbol} ${tradeId}` });
    if (this.fills.has(key)) return;
    const [quantity, price] = [amount(intent.quantity), amount(intent.price)];
    this.fills.set(key, {
      venue,
      account,
      symbol,
      tradeId,
      side,
      quantity,
      price,
      fee: amount(intent.fee),
      feeAsset: String(intent.feeAsset ?? ''),
      liquidity: String(intent.liquidity),
      provenance: String(intent.provenance),
      clientId: order?.clientId ?? String(intent.clientId ?? ''),
      time: String(intent.time),
    });
    if (order) {
      order.filled += quantity;
      order.updated = String(intent.time);
      if (order.filled === order.quantity) order.status = 'filled';
      else if (!['pendingCancel', 'cancelled', 'expired'].includes(order.status)) order.status = 'partiallyFilled';
    }
    tradeOn(this.heldOf(venue, account, symbol), side === 'buy' ? quantity : -quantity, price, this.multiplier(venue, symbol));
  }

  /** Oldest first; ties by the canonical key, whose first part is the instrument. */
  #prune(table: string, before: string, count: number): void {
    const due = (rows: readonly (readonly [string, string, string])[]): string[] =>
      rows
        .filter(([, time]) => time < before)
        .sort((a, b) => (a[1] !== b[1] ? (a[1] < b[1] ? -1 : 1) : a[2] < b[2] ? -1 : 1))
        .slice(0, count)
        .map(([id]) => id);
    if (table === 'fills') {
      for (const id of due(
        [...this.fills].map(([id, fill]) => [id, fill.time, `${fill.venue}:${fill.symbol} ${fill.account} ${fill.tradeId}`]),
      ))
        this.fills.delete(id);
    }
    if (table === 'orders') {
      const closed = [...this.orders.values()].filter(({ status }) => ['filled', 'cancelled', 'rejected', 'expired'].includes(status));
      for (const id of due(closed.map((order) => [order.clientId, order.updated, order.clientId]))) this.orders.delete(id);
    }
  }
}

// ---- both sides ----

/** Trades are asked for from this long before the first that is compared. */
const ASKED_BEFORE_MS = 60_000;
const LIVE_HERE = ['pending', 'unknown', 'open', 'partiallyFilled', 'pendingCancel'];
const idOf = (order: BookOrder): string => order.orderId ?? order.algoId ?? '';

class Comparison {
  readonly breaks: ImpliedBreak[] = [];
  readonly #desk: Desk;
  readonly #venue: BookVenue;
  readonly #options: OracleOptions;
  readonly #silent: ReadonlySet<string>;
  readonly #everything: boolean;
  /** Book order of each of ours that the venue would show, and whether it is in the list of live ones. */
  readonly #pairs = new Map<Mine, BookOrder>();
  readonly #mine: readonly Mine[];
  /** Fills that we have of an order, by the venue's word; and those of them that we recorded as trades of nobody. */
  readonly #recorded = new Map<Mine, { all: bigint; beside: bigint }>();

  constructor(desk: Desk, venue: BookVenue, options: OracleOptions) {
    this.#desk = desk;
    this.#venue = venue;
    this.#options = options;
    const open = options.unanswered?.[venue.name] ?? [];
    this.#everything = open.includes('*');
    this.#silent = new Set(this.#everything ? ['openOrders', 'positions', 'balances', 'fills', 'orderLookUps'] : open);
    this.#mine = [...desk.orders.values()].filter((order) => order.venue === venue.name && order.account === venue.account);
  }

  #add(kind: string, key: string): void {
    this.breaks.push({ kind, venue: this.#venue.name, key });
  }

  run(): readonly ImpliedBreak[] {
    const listed = this.#silent.has('openOrders') ? [] : this.#venue.orders.filter(({ live }) => live);
    const doubled = this.#pair(listed);
    const missing = this.#silent.has('fills') ? [] : this.#fills();
    const countdown = this.#orders(missing);
    if (countdown) this.#add('vanishedOrder', 'cancel on disconnect');
    const paired = new Set(this.#pairs.values());
    for (const order of listed) if (!paired.has(order) && !doubled.has(order)) this.#add('unknownOrder', idOf(order));
    if (!this.#silent.has('positions')) this.#positions(missing);
    if (!this.#silent.has('balances')) this.#balances();
    if (!this.#everything && Math.abs(this.#venue.clockOffsetMs) > (this.#options.clockToleranceMs ?? 250)) this.#add('clockOffset', '');
    for (const { venue, key } of this.#desk.duplicates) if (venue === this.#venue.name) this.#add('duplicateTradeId', key);
    if (this.#everything) this.#add('notProvable', '');
    else for (const question of this.#silent) this.#add('notProvable', question);
    return this.breaks;
  }

  /** @returns live orders whose client id another live one bears */
  #pair(listed: readonly BookOrder[]): ReadonlySet<BookOrder> {
    const taken = new Set<BookOrder>();
    const give = (mine: Mine, order: BookOrder | undefined): void => {
      if (!order || taken.has(order)) return;
      taken.add(order);
      this.#pairs.set(mine, order);
    };
    for (const mine of this.#mine)
      if (mine.orderId !== '')
        give(
          mine,
          listed.find((order) => order.orderId === mine.orderId || order.algoId === mine.orderId),
        );
    for (const mine of this.#mine) {
      if (!this.#pairs.has(mine) && (mine.orderId === '' || mine.conditional))
        give(
          mine,
          listed.find((order) => order.clientId === mine.clientId && !taken.has(order)),
        );
    }
    if (!this.#silent.has('orderLookUps')) {
      for (const mine of this.#mine) {
        if (this.#pairs.has(mine) || !LIVE_HERE.includes(mine.status)) continue;
        const found = this.#askFor(mine);
        if (found) this.#pairs.set(mine, found);
      }
    }
    const named = new Map<string, BookOrder[]>();
    for (const order of listed) if (order.clientId !== '') named.set(order.clientId, [...(named.get(order.clientId) ?? []), order]);
    const doubled = new Set<BookOrder>();
    for (const [clientId, group] of named) {
      if (group.length < 2) continue;
      this.#add('duplicateClientId', clientId);
      for (const order of group) doubled.add(order);
    }
    return doubled;
  }

  /** What a look-up finds: by the venue's id where it is known, else the live one of that client id, else its newest. */
  #askFor(mine: Mine): BookOrder | undefined {
    const known = this.#venue.orders.filter(({ lost }) => !lost);
    if (mine.orderId !== '') return known.find((order) => order.orderId === mine.orderId || order.algoId === mine.orderId);
    const named = known.filter((order) => order.clientId === mine.clientId && order.symbol === mine.symbol);
    return named.find(({ live }) => live) ?? named.at(-1);
  }

  /** Fills that only the venue has, oldest first; and the ones that differ. */
  #fills(): readonly { readonly trade: BookTrade; readonly mine: Mine | null }[] {
    const { name, account, trades } = this.#venue;
    const since = this.#options.fillsSinceMs[name] ?? 0;
    const missing: { trade: BookTrade; mine: Mine | null }[] = [];
    const there = new Set<string>();
    const ordered = [...trades].sort((a, b) =>
      BigInt(a.timeNs) < BigInt(b.timeNs) ? -1 : BigInt(a.timeNs) > BigInt(b.timeNs) ? 1 : a.sequence - b.sequence,
    );
    for (const trade of ordered) {
      if (milliseconds(trade.timeNs) < since - ASKED_BEFORE_MS) continue;
      there.add(`${trade.symbol} ${trade.tradeId}`);
      const here = this.#desk.fills.get(`${name} ${account} ${trade.symbol} ${trade.tradeId}`);
      if (here) {
        const owner = this.#owner(trade);
        const sums = (owner && this.#recorded.get(owner)) ?? { all: 0n, beside: 0n };
        const beside = here.clientId === owner?.clientId ? 0n : here.quantity;
        if (owner) this.#recorded.set(owner, { all: sums.all + here.quantity, beside: sums.beside + beside });
        if (this.#differs(here, trade)) this.#add('fillDiffers', `${trade.symbol} ${trade.tradeId}`);
      } else if (milliseconds(trade.timeNs) >= since) {
        missing.push({ trade, mine: this.#owner(trade) });
        this.#add('missingFill', `${trade.symbol} ${trade.tradeId}`);
      }
    }
    for (const fill of this.#desk.fills.values()) {
      if (fill.venue !== name || fill.account !== account || fill.provenance === 'inferred' || Date.parse(fill.time) < since) continue;
      if (!there.has(`${fill.symbol} ${fill.tradeId}`)) this.#add('fillDiffers', `${fill.symbol} ${fill.tradeId}`);
    }
    return missing;
  }

  #owner(trade: BookTrade): Mine | null {
    const byId = this.#mine.find((mine) => mine.orderId !== '' && mine.orderId === trade.orderId);
    if (byId) return byId;
    for (const [mine, order] of this.#pairs) if (order.orderId === trade.orderId) return mine;
    // Bybit names the client id in its trades; Binance's only lead to it through the order.
    const named = trade.clientId === '' || this.#venue.dialect.startsWith('binance') ? undefined : this.#desk.orders.get(trade.clientId);
    return named && this.#mine.includes(named) && (named.orderId === '' || named.conditional) ? named : null;
  }

  #differs(here: MyFill, trade: BookTrade): boolean {
    const places = 10n ** BigInt(18 - (this.#desk.scales.get(here.feeAsset) ?? 18));
    const fee = halfAway(amount(trade.fee), places) * places;
    return (
      here.side !== trade.side ||
      here.quantity !== amount(trade.quantity) ||
      here.price !== amount(trade.price) ||
      here.fee !== fee ||
      (here.fee !== 0n && here.feeAsset !== trade.feeAsset) ||
      (here.liquidity !== 'unknown' && here.liquidity !== trade.liquidity) ||
      Math.abs(Date.parse(here.time) - milliseconds(trade.timeNs)) > (this.#options.fillTimeToleranceMs ?? 1_000)
    );
  }

  /** @returns whether a countdown ended orders of ours */
  #orders(missing: readonly { readonly trade: BookTrade; readonly mine: Mine | null }[]): boolean {
    let countdown = false;
    const proves = !this.#silent.has('openOrders') && !this.#silent.has('fills') && !this.#silent.has('orderLookUps');
    for (const mine of this.#mine) {
      const there = this.#pairs.get(mine) ?? null;
      const late = missing.filter(({ mine: owner }) => owner === mine).reduce((sum, { trade }) => sum + amount(trade.quantity), 0n);
      const done = late > 0n && mine.filled + late >= mine.quantity;
      const { all, beside: apart } = this.#recorded.get(mine) ?? { all: 0n, beside: 0n };
      const beside = !mine.adopted ? apart : all > mine.filled ? all - mine.filled : 0n;
      const known = mine.filled + beside > all ? mine.filled + beside : all;
      if (this.#oneOrder(mine, there, done, proves, beside > 0n)) countdown = true;
      if (there) {
        if (amount(there.filled) < mine.filled) this.#add('filledBehind', mine.clientId);
        else if (amount(there.filled) - known > late) this.#add('filledAhead', mine.clientId);
        if (LIVE_HERE.includes(mine.status) && this.#termsDiffer(mine, there)) this.#add('amended', mine.clientId);
      }
      const room = there && amount(there.quantity) > mine.quantity ? amount(there.quantity) : mine.quantity;
      if (late > 0n && known + late > room) this.#add('overfill', mine.clientId);
    }
    return countdown;
  }

  #termsDiffer(mine: Mine, there: BookOrder): boolean {
    if (!there.live && there.status !== 'filled') return false;
    if (amount(there.quantity) !== mine.quantity) return true;
    if (!there.live) return false;
    const price = there.price !== null && mine.price !== 0n && amount(there.price) !== mine.price;
    // A conditional order at a venue that gives it a new id when it triggers shows no trigger from then on.
    const shown = there.trigger !== null && !(there.algoId !== null && there.orderId !== null);
    return price || (shown && mine.trigger !== 0n && amount(there.trigger) !== mine.trigger);
  }

  /** @returns whether a countdown ended this one */
  #oneOrder(mine: Mine, there: BookOrder | null, done: boolean, proves: boolean, beside: boolean): boolean {
    const submitted = mine.status === 'pending' || mine.status === 'unknown';
    const cancelling = mine.status === 'pendingCancel';
    const here = LIVE_HERE.includes(mine.status);
    if (there?.live) {
      if (!here || submitted) this.#add('statusDiffers', mine.clientId);
      else if (cancelling) this.#add('pendingCancelUnresolved', mine.clientId);
      return false;
    }
    // Fills that stand beside the order never end it.
    if (here && there?.status === 'filled' && beside) this.#add('statusDiffers', mine.clientId);
    if (!here || there?.status === 'filled' || done) return false;
    if (there) {
      if (there.cause === 'countdown' && !cancelling) return true;
      this.#add(submitted || cancelling ? 'statusDiffers' : 'vanishedOrder', mine.clientId);
      return false;
    }
    if (submitted) this.#add('pendingUnknown', mine.clientId);
    else if (cancelling) this.#add('pendingCancelUnresolved', mine.clientId);
    else if (proves) this.#add('vanishedOrder', mine.clientId);
    return false;
  }

  #positions(missing: readonly { readonly trade: BookTrade; readonly mine: Mine | null }[]): void {
    const { name, account, positions } = this.#venue;
    const symbols = new Set(positions.map(({ symbol }) => symbol));
    for (const key of this.#desk.held.keys()) {
      const [venue, owner, ...symbol] = key.split(' ');
      if (venue === name && owner === account) symbols.add(symbol.join(' '));
    }
    for (const symbol of symbols) {
      const there = positions.find((position) => position.symbol === symbol);
      const quantity = amount(there?.quantity ?? '0');
      const now = this.#desk.held.get(`${name} ${account} ${symbol}`) ?? { quantity: 0n, cost: 0n };
      const multiplier = this.#desk.multiplier(name, symbol);
      const tolerance = this.#desk.tolerances.get(`${name} ${symbol}`) ?? 0n;
      const then: Held = { ...now };
      for (const { trade } of missing) {
        if (trade.symbol === symbol)
          tradeOn(then, (trade.side === 'buy' ? 1n : -1n) * amount(trade.quantity), amount(trade.price), multiplier);
      }
      const same = magnitude(quantity - now.quantity) <= tolerance;
      if (!same)
        this.#add(
          quantity === 0n
            ? 'openHereFlatThere'
            : now.quantity === 0n
              ? 'openThereNoneHere'
              : now.quantity < 0n !== quantity < 0n
                ? 'sideFlipped'
                : 'positionDiffers',
          symbol,
        );
      const explained = magnitude(quantity - then.quantity) <= tolerance;
      if (!explained || quantity === 0n || !there?.entryPrice) continue;
      if (!this.#near(same ? now : then, amount(there.entryPrice), multiplier)) this.#add('averagePriceDiffers', symbol);
    }
  }

  #near(held: Held, entry: bigint, multiplier: bigint): boolean {
    if (held.quantity === 0n) return false;
    const average = halfAway(halfAway(held.cost * UNIT, held.quantity) * UNIT, multiplier);
    return magnitude(entry - average) * 1_000_000n <= magnitude(entry) * (this.#options.averagePricePpm ?? 10n);
  }

  #balances(): void {
    const { name, account, balances } = this.#venue;
    const assets = new Set(balances.map(({ asset }) => asset));
    for (const key of this.#desk.balances.keys()) {
      const [venue, owner, asset] = key.split(' ');
      if (venue === name && owner === account && asset) assets.add(asset);
    }
    for (const asset of assets) {
      const there = balances.find((balance) => balance.asset === asset);
      const here = this.#desk.balances.get(`${name} ${account} ${asset}`) ?? 0n;
      const places = 10n ** BigInt(18 - (this.#desk.scales.get(asset) ?? 18));
      if (here !== halfAway(amount(there?.wallet ?? '0'), places) * places) this.#add('balanceDiffers', asset);
      const initial = this.#desk.margins.get(`${name} ${account} ${asset}`);
      if (initial === undefined || !there) continue;
      const told = amount(there.initialMargin);
      const larger = told > initial ? told : initial;
      if (magnitude(told - initial) * 1_000_000n > larger * (this.#options.marginPpm ?? 100_000n)) this.#add('marginDiffers', asset);
    }
  }
}

/** Exactly the breaks that a reconciliation of this log with this book must find, sorted. */
export function impliedBreaks(book: Book, operations: readonly Operation[], options: OracleOptions): ImpliedBreak[] {
  const desk = new Desk();
  for (const operation of operations) desk.take(operation);
  const breaks = book.venues.flatMap((venue) => new Comparison(desk, venue, options).run());
  return sorted(breaks);
}

const line = ({ kind, venue, key }: ImpliedBreak): string => `${venue} ${kind} ${key}`;

/** Breaks of a report in the oracle's terms, sorted: to be compared with {@link impliedBreaks}. */
export const sorted = (breaks: readonly ImpliedBreak[]): ImpliedBreak[] =>
  [...breaks].sort((a, b) => (line(a) < line(b) ? -1 : line(a) > line(b) ? 1 : 0));

type ReportedBreak = Parameters<typeof keyOf>[0] & { readonly venue: string };
export const named = (breaks: readonly ReportedBreak[]): ImpliedBreak[] =>
  sorted(breaks.map((entry) => ({ kind: entry.kind, venue: entry.venue, key: keyOf(entry) })));
