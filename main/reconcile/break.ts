/** How a break is made: its stable id, its facts, what it is worth at the mark; and what a plan needs to carry a decision out. */

import { createHash } from 'node:crypto';
import type { Break, BreakKind, BreakSide, Decision, Severity } from '../../shared/contract/reconcile.ts';
import type { VenueBalance, VenueFill, VenueOrder, VenuePosition } from '../../shared/contract/venues.ts';
import { absolute, textOf, times, unitsOf } from '../venues/decimal.ts';
import type { VenueEvidence } from '../venues/evidence.ts';
import type { History } from './history.ts';
import { kindRow } from './kinds.ts';
import { at, type OurOrder, type Ours } from './ours.ts';
import type { Tolerances } from './tolerances.ts';

export interface ReconcileOptions {
  /** When the answers came together, ISO; ages count from here. Nothing reads a clock. */
  readonly askedAt: string;
  /** Name of the store, for the report. */
  readonly store: string;
  readonly tolerances: Tolerances;
  /** When the engine died, milliseconds, where neither log nor state tell better. */
  readonly crashedAtMs?: number | undefined;
  readonly history: History | null;
  /** Orders that ended by a cancel from here, by {@link orderKey}; absent: none is known. */
  readonly cancelled?: ReadonlyMap<string, OwnCancel> | undefined;
}

/** A cancel that a person sent from here, and that the venue confirmed. */
export interface OwnCancel {
  readonly by: string;
  /** When it was sent, ISO. */
  readonly at: string;
}

export const orderKey = (venue: string, orderId: string): string => `${venue} ${orderId}`;

/** What a break is about, in the form that its plan needs. */
export interface Subject {
  readonly order?: OurOrder;
  readonly there?: VenueOrder | null;
  /** Orders that end together. */
  readonly ending?: readonly { readonly order: OurOrder; readonly there: VenueOrder | null }[];
  readonly others?: readonly VenueOrder[];
  readonly fill?: VenueFill;
  /** Place of the fill among the missing ones: in the order of their time. */
  readonly sequence?: number;
  readonly fills?: readonly VenueFill[];
  readonly position?: VenuePosition | null;
  /** Signed difference in quantity, units of 10^-18. */
  readonly difference?: bigint;
  readonly price?: string | null;
  readonly balance?: VenueBalance;
  readonly margin?: { readonly asset: string; readonly initial: string; readonly maintenance: string; readonly equity: string };
  /** Other breaks, decided upon, make this one go away. */
  readonly explained?: boolean;
  /** The venue's side is proved: decisions that need a proof are open. */
  readonly proved?: boolean;
}

export interface Found {
  readonly entry: Omit<Break, 'staged'>;
  /** Hash of what both sides say, but for what every mark changes: a decision by words holds only for these facts. */
  readonly facts: string;
  readonly subject: Subject;
}

export interface Draft {
  readonly kind: BreakKind;
  readonly venue: string;
  readonly account: string;
  readonly symbol?: string | null;
  readonly clientId?: string | null;
  readonly orderId?: string | null;
  readonly tradeId?: string | null;
  readonly asset?: string | null;
  /** What tells two breaks of one kind apart, where the keys above do not. */
  readonly key?: string;
  readonly ours: BreakSide | null;
  readonly theirs: BreakSide | null;
  /** Absent: yes, but for what is not provable. */
  readonly answered?: boolean;
  readonly delta?: string | null;
  readonly moneyAtRisk?: string | null;
  readonly cause: string;
  readonly causedBy?: readonly string[];
  readonly sources: readonly string[];
  readonly lsns?: readonly number[];
  /** Milliseconds; 0 or absent: not known, age 0. */
  readonly sinceMs?: number;
  readonly severity?: Severity;
  readonly blocking?: boolean;
  /** What the facts come down to, where the sides say it too finely. */
  readonly facts?: string;
  readonly subject?: Subject;
}

export const digest = (parts: readonly (string | null)[], length: number): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, length);

/** `kind-hash`: of the kind and the keys alone, so that it is the same at every reconciliation. At most 47 characters. */
export const breakId = (
  draft: Pick<Draft, 'kind' | 'venue' | 'account' | 'symbol' | 'clientId' | 'orderId' | 'tradeId' | 'asset' | 'key'>,
): string => {
  const { kind, venue, account, symbol = null, clientId = null, orderId = null, tradeId = null, asset = null, key = '' } = draft;
  // An order is one order, whether its venue id is known by now or not; a trade is one trade, whosever it turns out to be.
  const order = tradeId !== null ? null : clientId === null || clientId === '' ? orderId : clientId;
  return `${kind}-${digest([kind, venue, account, symbol, order, tradeId, asset, key], 20)}`;
};

/** Fields that change with every mark, or with every answer. */
const PASSING = new Set(['mark', 'free', 'locked', 'at']);

const sideText = (side: BreakSide | null): string => {
  if (side === null) return 'none';
  const kept = Object.entries(side).filter(([name]) => !PASSING.has(name));
  return JSON.stringify(kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, canonicalAmount(value)]));
};
const canonicalAmount = (value: string | null): string | null => {
  const units = value !== null && /^-?[\d.]+$/.test(value) ? unitsOf(value) : null;
  return units === null ? value : textOf(units);
};

const LETTER: Readonly<Record<Decision, string>> = {
  acceptVenue: 'a',
  keepOurs: 'k',
  cancelOrder: 'x',
  claim: 'c',
  tolerate: 't',
  note: 'n',
};

/** What a resolution records: the break, the facts that were decided upon, the decision. At most 63 characters. */
export const recordedId = ({ entry, facts }: Found, decision: Decision, comment = ''): string =>
  `${entry.id}.${facts}.${LETTER[decision]}${decision === 'note' ? digest([comment], 4) : ''}`;

/** The breaks of one reconciliation as they are found, in what they have in common. */
export class Findings {
  readonly found: Found[] = [];
  readonly ours: Ours;
  readonly options: ReconcileOptions;
  readonly nowMs: number;
  readonly #prices = new Map<string, bigint>();

  constructor(ours: Ours, options: ReconcileOptions, venues: readonly VenueEvidence[]) {
    this.ours = ours;
    this.options = options;
    this.nowMs = Date.parse(options.askedAt);
    for (const [key, mark] of ours.marks) if (mark.price !== 0n) this.#prices.set(key, mark.price);
    for (const { report } of venues) {
      for (const { venue, symbol, mark } of report.positions.items) this.#price(venue, symbol, mark);
      for (const { venue, symbol, price } of report.marks.items) this.#price(venue, symbol, price);
    }
  }

  #price(venue: string, symbol: string, text: string | null): void {
    const price = unitsOf(text);
    if (price !== null && price !== 0n) this.#prices.set(at(venue, symbol), price);
  }

  /** When the engine was last known to live: by its log, else as the caller knows it, else by the state's rows. */
  get lastSeenMs(): number {
    const { history, crashedAtMs } = this.options;
    return history && history.lastEngineMs > 0 ? history.lastEngineMs : (crashedAtMs ?? this.ours.lastActivityMs);
  }

  /** Current mark: the venue's, else the last one in the state. */
  mark(venue: string, symbol: string): bigint | null {
    return this.#prices.get(at(venue, symbol)) ?? null;
  }

  /** Rate of an asset to the reporting currency; null where it is not known. Without any state the settlement asset is reported in. */
  rate(asset: string): bigint | null {
    const rate = this.ours.rates.get(asset);
    return rate === undefined || rate === 0n ? null : rate;
  }

  /** |quantity| at the mark (or the given price) in the reporting currency; null where the mark, the instrument or the rate is not known. */
  money(venue: string, symbol: string, quantity: bigint, price: bigint | null = this.mark(venue, symbol)): string | null {
    const instrument = this.ours.instruments.get(at(venue, symbol));
    const rate = instrument ? this.rate(instrument.settle) : null;
    if (!instrument || price === null || rate === null) return null;
    return textOf(times(times(times(absolute(quantity), price), instrument.multiplier), rate));
  }

  /** What is left of an order, at the mark; at its own price where no mark is known. */
  moneyOfOrder({
    venue,
    symbol,
    quantity,
    filled,
    price,
  }: Pick<OurOrder, 'venue' | 'symbol' | 'quantity' | 'filled' | 'price'>): string | null {
    return this.money(venue, symbol, quantity - filled, this.mark(venue, symbol) ?? (price === 0n ? null : price));
  }

  moneyOf(asset: string, amount: bigint): string | null {
    const rate = this.rate(asset);
    return rate === null ? null : textOf(times(absolute(amount), rate));
  }

  add(draft: Draft): Found {
    const row = kindRow(draft.kind);
    const subject = draft.subject ?? {};
    const { key: _key, subject: _subject, facts, sinceMs = 0, ...fields } = draft;
    const proposals = (Object.keys(row.decisions) as Decision[]).filter(
      (decision) => subject.proved !== false || !row.needsProof?.includes(decision),
    );
    const entry: Found['entry'] = {
      symbol: null,
      clientId: null,
      orderId: null,
      tradeId: null,
      asset: null,
      answered: draft.kind !== 'notProvable',
      delta: null,
      moneyAtRisk: null,
      causedBy: [],
      lsns: [],
      ...fields,
      id: breakId(draft),
      severity: draft.severity ?? row.severity,
      blocking: draft.blocking ?? row.blocking,
      proposals,
      foundAt: this.options.askedAt,
      ageMs: sinceMs > 0 ? Math.max(0, this.nowMs - sinceMs) : null,
    };
    const found = { entry, facts: digest(facts === undefined ? [sideText(draft.ours), sideText(draft.theirs)] : [facts], 8), subject };
    this.found.push(found);
    return found;
  }
}

const time = (iso: string): string => iso.slice(11, 23);
/** Where a side came from, for example `BINANCE openOrders 09:31:05.221, payload a91c40...`. */
export const venueSource = (
  venue: string,
  question: string,
  answer: { readonly askedAt: string; readonly payloadHash: string | null },
): string => `${venue} ${question} ${time(answer.askedAt)}${answer.payloadHash === null ? '' : `, payload ${answer.payloadHash}`}`;
export const ourSource = (ours: Ours): string => `state at LSN ${ours.lsn}`;
