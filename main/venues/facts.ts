/**
 * The ten facts of the first five seconds, from whatever is there by now: the venues' answers so far, a recovery or none, a state
 * or none. Pure functions; what is not known is null, and every figure says where it came from.
 */

import type { EngineLife, TenFacts } from '../../shared/contract/facts.ts';
import type { GateView } from '../../shared/contract/gate.ts';
import type { ReconcileReport } from '../../shared/contract/reconcile.ts';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import type { Answer, VenueReport } from '../../shared/contract/venues.ts';
import { at, isLiveHere, type Ours } from '../reconcile/ours.ts';
import { isWhole } from './answer.ts';
import { absolute, textOf, times, unitsOf, unitsOrZero } from './decimal.ts';
import type { InstrumentTerms } from './instruments.ts';
import { nextAction } from './next-action.ts';
import { type Exposure, exposureOf, type HeardVenue } from './worst-case.ts';
import { type Worth, worthInState, worthOf } from './worth.ts';

export interface FactsInput {
  readonly venues: readonly VenueReport[];
  /** As in {@link exposureOf}. */
  readonly heard?: ReadonlyMap<string, HeardVenue> | undefined;
  readonly recovery: RecoveryReport | null;
  /** The recovered state; null: none yet, or none at all. */
  readonly ours: Ours | null;
  readonly reconciliation: ReconcileReport | null;
  readonly gate: GateView | null;
  /** The lock of the store as it is now; absent: as the recovery saw it. */
  readonly lock?: { readonly held: boolean; readonly at: string } | undefined;
  /** The last operation of the engine that died; null: none died, or nobody knows. Absent: what the recovery alone says. */
  readonly crashedAt?: string | null | undefined;
  /** What the positions had made when the engine died; absent: the recovered state is that of the crash. */
  readonly worthAtCrash?: Worth | undefined;
  /** Venues at which a disconnect was seen to cancel, since the crash. */
  readonly disconnects?: ReadonlySet<string> | undefined;
  /** What is known of the engine's process; by default what its lock says. */
  readonly engine?: { readonly life: EngineLife; readonly detail: string; readonly source: string; readonly at: string | null } | undefined;
  readonly terms?: ReadonlyMap<string, InstrumentTerms>;
  readonly nowMs: number;
}

const number = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
const answeredAt = (answer: Answer<unknown>): string => new Date(Date.parse(answer.askedAt) + Math.round(answer.ms)).toISOString();
const heardAt = (report: VenueReport): string | null => {
  const whole = [report.openOrders, report.positions, report.balances].filter(isWhole).map(answeredAt);
  return whole.length === 0 ? null : whole.reduce((a, b) => (a > b ? a : b));
};
const stateSource = ({ recovery, ours }: FactsInput): string =>
  `${recovery?.base ?? 'state'} at LSN ${number(ours?.lsn ?? recovery?.lsn ?? 0)}`;
const wholeVenues = (input: FactsInput, of: 'positions' | 'marks' | 'balances' | 'openOrders'): string[] =>
  input.venues.filter((report) => isWhole(report[of])).map(({ name }) => name);
const latest = (times: readonly (string | null)[]): string | null =>
  times.reduce((a, b) => (b !== null && (a === null || b > a) ? b : a), null);

const liveOrders = ({ venues }: FactsInput): TenFacts['liveOrders'] =>
  venues.map(({ name, openOrders, orders, notional }) => ({
    venue: name,
    status: openOrders.status,
    count: orders,
    notional,
    at: isWhole(openOrders) ? answeredAt(openOrders) : null,
  }));

function engine({ engine: told, recovery, lock }: FactsInput): TenFacts['engine'] {
  if (told) return { value: told.life, source: told.source, at: told.at, detail: told.detail };
  if (!recovery)
    return { value: null, source: 'the store was not looked at yet', at: null, detail: 'Whether the engine lives is not known yet.' };
  if (recovery.storeId === '')
    return {
      value: 'unknown',
      source: 'no store was identified',
      at: null,
      detail: 'Without a store nobody knows whether an engine lives.',
    };
  const alive = lock?.held ?? recovery.writerAlive;
  const detail = alive
    ? 'Its process holds the lock of the store.'
    : recovery.writerAlive
      ? 'Nobody holds the lock any more; the recovery saw it held.'
      : recovery.closedInOrder
        ? 'It was closed in order; nobody holds the lock.'
        : 'Nobody holds the lock; its epoch was not closed.';
  return { value: alive ? 'alive' : 'dead', source: 'lock of the store', at: lock?.at ?? recovery.startedAt, detail };
}

function exposure(input: FactsInput, known: Exposure): TenFacts['exposure'] {
  const names = wholeVenues(input, 'positions');
  const sources = [
    names.length > 0 ? `positions of ${names.join(', ')}` : null,
    input.ours && names.length < input.venues.length ? stateSource(input) : null,
  ];
  return {
    value: input.venues.length === 0 && !input.ours ? null : known.range,
    source: sources.filter((part) => part !== null).join(', ') || 'no position is known',
    at: latest(input.venues.filter(({ positions }) => isWhole(positions)).map(({ positions }) => answeredAt(positions))),
    grossLimit: input.ours?.limits.gross ? textOf(input.ours.limits.gross) : null,
    netLimit: null,
  };
}

type PriceOf = (venue: string, symbol: string) => bigint | null;

/** The mark of now, as the venues told it. */
const markOf =
  ({ venues }: FactsInput): PriceOf =>
  (venue, symbol) => {
    const report = venues.find(({ name }) => name === venue);
    return unitsOf(
      report?.marks.items.find((mark) => mark.symbol === symbol)?.price ??
        report?.positions.items.find((entry) => entry.symbol === symbol)?.mark,
    );
  };

interface WorthNow {
  readonly units: bigint;
  /** Fills in it that the state does not have. */
  readonly fills: number;
}

/** What the positions made, at the marks of now, and with them the fills that the state does not have yet. */
export function worthNow(input: FactsInput): WorthNow | { readonly missing: string } {
  const { ours, reconciliation } = input;
  const priceOf = markOf(input);
  if (!ours) return { missing: 'a recovered position' };
  const worth = worthOf(ours, priceOf);
  if ('missing' in worth) return worth;
  let { units } = worth;
  let fills = 0;
  // A comparison with another state may list what this one has.
  for (const { kind, venue, symbol, delta, theirs } of reconciliation?.lsn === ours.lsn ? reconciliation.breaks : []) {
    if (kind !== 'missingFill' || symbol === null) continue;
    const instrument = ours.instruments.get(at(venue, symbol));
    const rate = instrument && ours.rates.get(instrument.settle);
    const [price, paid] = [priceOf(venue, symbol), unitsOf(theirs?.price)];
    if (price === null || paid === null || !instrument || !rate) return { missing: `a fill of ${symbol} at ${venue}` };
    units += times(times(times(unitsOrZero(delta), price - paid), instrument.multiplier), rate);
    fills += 1;
  }
  return { units, fills };
}

/** What was made or lost since the crash, on what was held then and on what was filled since; null while something held has no mark of now. */
function profit(input: FactsInput, known: Exposure): TenFacts['profit'] {
  const { ours, venues } = input;
  const rest = { lossPerPercent: venues.length === 0 && !ours ? null : known.lossPerPercent, markAgeMs: known.markAgeMs };
  const unknown = (source: string): TenFacts['profit'] => ({ value: null, source, at: null, ...rest });
  if (!ours) return unknown('no recovered position');
  const now = worthNow(input);
  if ('missing' in now) return unknown(`no mark of ${now.missing}`);
  const then = input.worthAtCrash ?? worthInState(ours);
  if ('missing' in then) return unknown(`no mark of ${then.missing} at the crash`);
  const held = [...new Set(ours.positions.filter(({ quantity }) => quantity !== 0n).map(({ venue }) => venue))].sort();
  const source = held.length === 0 ? 'nothing is held' : `positions at marks of ${held.join(', ')}`;
  return {
    value: textOf(now.units - then.units),
    source:
      now.fills === 0 ? source : `${source}, with ${number(now.fills)} ${now.fills === 1 ? 'fill' : 'fills'} that the state does not have`,
    at: latest(venues.filter(({ marks }) => isWhole(marks)).map(({ marks }) => answeredAt(marks))),
    ...rest,
  };
}

function unacknowledged(input: FactsInput): TenFacts['unacknowledged'] {
  const { ours, recovery } = input;
  if (!ours) return { value: null, source: recovery ? 'no recovered state' : 'not recovered yet', at: null };
  const orders = ours.orders.filter(({ status }) => status === 'pending' || status === 'unknown');
  let notional = 0n;
  for (const { venue, symbol, quantity, filled, price } of orders) {
    const instrument = ours.instruments.get(at(venue, symbol));
    const value = price === 0n ? (ours.marks.get(at(venue, symbol))?.price ?? 0n) : price;
    const rate = instrument ? (ours.rates.get(instrument.settle) ?? 0n) : 0n;
    notional += times(times(times(quantity - filled, value), instrument?.multiplier ?? 0n), rate);
  }
  return { value: { count: orders.length, notional: textOf(notional) }, source: stateSource(input), at: recovery?.lastOperationAt ?? null };
}

/** A disconnect was seen to cancel: all our orders of an armed venue are gone; it was not: some are still live. */
function disconnectSeen({ reconciliation, ours, disconnects }: FactsInput, report: VenueReport): boolean | null {
  if (disconnects?.has(report.name)) return true;
  if ((ours?.cancelOnDisconnect.get(report.name) ?? report.cancelOnDisconnect) !== 'yes') return null;
  if (
    reconciliation?.breaks.some(
      ({ kind, venue, cause }) => kind === 'vanishedOrder' && venue === report.name && cause.startsWith('Cancel-on-disconnect'),
    )
  )
    return true;
  if (!ours || !isWhole(report.openOrders)) return null;
  const live = new Set(report.openOrders.items.flatMap(({ orderId, clientId }) => [orderId, clientId ?? '']));
  const working = ours.orders.filter(
    (order) => order.venue === report.name && order.account === report.account && isLiveHere(order) && order.orderId !== '',
  );
  if (working.length === 0) return null;
  return working.some(({ orderId, clientId }) => live.has(orderId) || live.has(clientId)) ? false : null;
}

const venueFacts = (input: FactsInput): TenFacts['venues'] =>
  input.venues.map((report) => {
    const heard = heardAt(report);
    const { name, status, canCancel, cancelOnDisconnect, ms, reason } = report;
    return {
      venue: name,
      status,
      canCancel,
      cancelOnDisconnect,
      ms,
      reason,
      ageMs: heard === null ? null : Math.max(0, input.nowMs - Date.parse(heard)),
      cancelOnDisconnectObserved: disconnectSeen(input, report),
    };
  });

/** Positions that differ, where the venue answered them whole. */
function mismatches(input: FactsInput): TenFacts['mismatches'] {
  const { ours, venues } = input;
  const whole = venues.filter(({ positions }) => isWhole(positions));
  if (!ours) return { value: null, source: 'no recovered state to compare', at: null };
  if (input.lock?.held) return { value: null, source: 'the engine is running', at: null };
  if (whole.length === 0) return { value: null, source: 'no venue answered its positions', at: null };
  const differing: { name: string; money: bigint }[] = [];
  for (const report of whole) {
    const here = new Map(
      ours.positions
        .filter(({ venue, account }) => venue === report.name && account === report.account)
        .map(({ symbol, quantity }) => [symbol, quantity]),
    );
    const there = new Map(report.positions.items.map(({ symbol, quantity }) => [symbol, unitsOrZero(quantity)]));
    for (const symbol of new Set([...here.keys(), ...there.keys()])) {
      const instrument = ours.instruments.get(at(report.name, symbol));
      if (instrument?.kind === 'spot') continue;
      const delta = absolute((there.get(symbol) ?? 0n) - (here.get(symbol) ?? 0n));
      if (delta <= (instrument?.tolerance ?? 0n)) continue;
      const mark =
        unitsOf(report.marks.items.find((entry) => entry.symbol === symbol)?.price) ?? ours.marks.get(at(report.name, symbol))?.price ?? 0n;
      const rate = (instrument && ours.rates.get(instrument.settle)) ?? 0n;
      differing.push({
        name: `${symbol} ${report.name} ${report.account}`,
        money: times(times(times(delta, mark), instrument?.multiplier ?? 0n), rate),
      });
    }
  }
  const largest = differing.reduce<{ name: string; money: bigint } | null>(
    (most, entry) => (most === null || entry.money > most.money ? entry : most),
    null,
  );
  return {
    value: {
      count: differing.length,
      money: textOf(differing.reduce((sum, { money }) => sum + money, 0n)),
      largest: largest?.name ?? null,
      largestMoney: largest && textOf(largest.money),
    },
    source: `${input.recovery?.base ?? 'state'} against ${whole.map(({ name }) => name).join(', ')}${whole.length < venues.length ? '; the others did not answer' : ''}`,
    at: latest(whole.map(({ positions }) => answeredAt(positions))),
  };
}

function margin({ venues, terms }: FactsInput): TenFacts['margin'] {
  const told = venues.filter(({ marginUsed, marginFree }) => marginUsed !== null && marginFree !== null);
  if (told.length === 0) return { value: null, source: 'no venue told its margin', at: null };
  const sum = (of: 'marginUsed' | 'marginFree'): string => textOf(told.reduce((total, report) => total + unitsOrZero(report[of]), 0n));
  const held = new Set(venues.flatMap(({ positions }) => positions.items.map(({ venue, symbol }) => at(venue, symbol))));
  const fundings = venues.flatMap(({ marks }) =>
    marks.items.filter(({ venue, symbol }) => held.has(at(venue, symbol))).map(({ fundingAt }) => fundingAt),
  );
  const expiries = [...held].map((key) => terms?.get(key)?.expiresAt ?? null);
  const first = (times: readonly (string | null)[]): string | null =>
    times.reduce((a, b) => (b !== null && (a === null || b < a) ? b : a), null);
  return {
    value: { headroom: sum('marginFree'), used: sum('marginUsed'), nextFundingAt: first(fundings), nextExpiryAt: first(expiries) },
    source: `balances of ${told.map(({ name }) => name).join(', ')}${told.length < venues.length ? '; the others did not answer' : ''}`,
    at: latest(told.map(({ balances }) => answeredAt(balances))),
  };
}

const TRUST = { recovered: 'full', salvaged: 'salvaged', refused: 'none', empty: 'none' } as const;

function recovered({ recovery, ours, nowMs }: FactsInput): TenFacts['recovered'] {
  if (!recovery) return { value: null, source: 'the cascade is not done', at: null };
  const trust = recovery.outcome === 'refused' && ours !== null ? 'partial' : TRUST[recovery.outcome];
  const last = recovery.lastOperationAt === null ? null : Date.parse(recovery.lastOperationAt);
  return {
    value: {
      sentence: recovery.sentence,
      trust,
      lostAcknowledged: recovery.lostAcknowledged,
      ageMs: last === null || Number.isNaN(last) ? null : Math.max(0, nowMs - last),
    },
    source: 'cascade',
    at: recovery.startedAt,
  };
}

/** The last operation of an engine that died; null where none did, and where the end of its log cannot be read. */
export const crashedAtOf = ({ closedInOrder, writerAlive, outcome, lostAcknowledged, lastOperationAt }: RecoveryReport): string | null =>
  closedInOrder || writerAlive || outcome === 'empty' || lostAcknowledged !== 0 ? null : lastOperationAt;

function next(input: FactsInput): TenFacts['next'] {
  const { recovery, nowMs } = input;
  const crashed = input.crashedAt === undefined ? recovery && crashedAtOf(recovery) : input.crashedAt;
  const ms = crashed === null ? Number.NaN : Date.parse(crashed);
  const ended = recovery !== null && !recovery.writerAlive && !recovery.closedInOrder;
  const notBefore = crashed === null && ended ? recovery.lastOperationAt : null;
  return { crashedAt: crashed, notBefore, sinceMs: Number.isNaN(ms) ? null : Math.max(0, nowMs - ms), ...nextAction(input) };
}

/** The facts, in the order in which a supervisor needs them. */
export function tenFacts(input: FactsInput): TenFacts {
  const known = exposureOf({ venues: input.venues, heard: input.heard, ours: input.ours, ...(input.terms && { terms: input.terms }) });
  return {
    liveOrders: liveOrders(input),
    engine: engine(input),
    exposure: exposure(input, known),
    profit: profit(input, known),
    unacknowledged: unacknowledged(input),
    venues: venueFacts(input),
    mismatches: mismatches(input),
    margin: margin(input),
    recovered: recovered(input),
    next: next(input),
  };
}
