/**
 * What a decision does: the operations of the accepted epoch, each with its provenance, by the plan that the kind's row names. A plan
 * makes steps; their rank is the order in which steps of all decisions are carried out.
 */

import type { Decision } from '../../shared/contract/reconcile.ts';
import type { VenueFill, VenueOrder } from '../../shared/contract/venues.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { ORDER_TYPES } from '../../shared/model/tables.ts';
import { parseTime } from '../../shared/units.ts';
import { decimalText, roundTo, textOf, unitsOf, unitsOrZero } from '../venues/decimal.ts';
import type { WantedOrder } from '../venues/dialects/dialect.ts';
import { digest, type Found } from './break.ts';
import type { PlanName } from './kinds.ts';
import { isConditional, isLiveHere, type OurOrder, type Ours } from './ours.ts';

/** Fills before closes before positions before balances; the record of the decision last. */
export const RANK = { define: 0, terms: 1, fills: 2, ends: 3, positions: 4, balances: 5, records: 6 } as const;
export type Rank = keyof typeof RANK;

export interface Step {
  readonly rank: Rank;
  /** Within a rank: the time of what it records. */
  readonly atNs: bigint;
  readonly intent: Intent;
}

/** A cancel that the venue has to be asked for: the operations alone do not take an order off its book. */
export interface CancelTarget extends WantedOrder {
  readonly venue: string;
}

export interface Planning {
  readonly ours: Ours;
  /** Places of an instrument's prices. */
  readonly priceScale: (venue: string, symbol: string) => number;
  readonly found: Found;
  readonly decision: Decision;
  readonly by: string;
  /** Of the operations that record no event of the venue's. */
  readonly timeNs: bigint;
  /** How much of each order's quantity fills have taken, with those of this batch; plans keep it up to date. */
  readonly filled: Map<string, bigint>;
  /** Client ids that orders bear here, with those that are claimed in this batch; plans keep it up to date. */
  readonly clientIds: Set<string>;
  /** Quantity of each order that is amended in this batch. */
  readonly quantities: ReadonlyMap<string, bigint>;
}

export interface Plan {
  readonly steps: readonly Step[];
  readonly cancels: readonly CancelTarget[];
}

const NOTHING: Plan = { steps: [], cancels: [] };
const steps = (...made: readonly Step[]): Plan => ({ steps: made, cancels: [] });

/** Client ids and venue ids that the state can hold. */
const ID_BYTES_MAX = 39;
const fits = (id: string): boolean => id !== '' && Buffer.byteLength(id) <= ID_BYTES_MAX;

const timeOf = (iso: string | null, otherwise: bigint): bigint => {
  const ns = parseTime(iso);
  return ns === 0n ? otherwise : ns;
};

/** A price as the instrument writes prices. */
const priceAt = ({ priceScale }: Planning, venue: string, symbol: string, price: string | null): string => {
  const units = unitsOf(price);
  return units === null ? '' : textOf(roundTo(units, priceScale(venue, symbol)));
};

function feeOf({ ours }: Planning, fill: VenueFill): { fee: string; feeAsset: string } {
  const feeAsset = fill.feeAsset ?? '';
  if (fill.fee === null || feeAsset === '') return { fee: '', feeAsset: '' };
  return { fee: textOf(roundTo(unitsOrZero(fill.fee), ours.scales.get(feeAsset) ?? 18)), feeAsset };
}

/** As a fill of our order where it has room for it; else beside it, so that the position follows and the order is not overfilled. */
function fillStep(planning: Planning, fill: VenueFill, owner: OurOrder | null): Step {
  const { filled, quantities, timeNs } = planning;
  const atNs = timeOf(fill.at, timeNs);
  const common = {
    tradeId: fill.tradeId,
    quantity: decimalText(fill.quantity) ?? '0',
    price: decimalText(fill.price) ?? '0',
    ...feeOf(planning, fill),
    liquidity: fill.liquidity,
    provenance: 'venue',
    time: atNs,
  } as const;
  if (owner) {
    const sum = (filled.get(owner.clientId) ?? owner.filled) + unitsOrZero(fill.quantity);
    if (sum <= (quantities.get(owner.clientId) ?? owner.quantity)) {
      filled.set(owner.clientId, sum);
      return { rank: 'fills', atNs, intent: { type: 'fill', clientId: owner.clientId, ...common } };
    }
  }
  const clientId = owner?.clientId ?? (fits(fill.clientId ?? '') ? (fill.clientId ?? '') : '');
  return {
    rank: 'fills',
    atNs,
    intent: { type: 'fill.external', account: fill.account, venue: fill.venue, symbol: fill.symbol, side: fill.side, clientId, ...common },
  };
}

/** What the venue calls the end of an order; one that had no fills and never was there was rejected. */
function endedAs(order: OurOrder, there: VenueOrder | null, filled: bigint): 'cancelled' | 'expired' | 'rejected' {
  if (there?.status === 'expired') return 'expired';
  const refused = there === null ? order.status === 'pending' || order.status === 'unknown' : there.status === 'rejected';
  return refused && filled === 0n ? 'rejected' : 'cancelled';
}

function closeSteps(planning: Planning, order: OurOrder, there: VenueOrder | null): Step[] {
  const atNs = timeOf(there?.updatedAt ?? null, planning.timeNs);
  const filled = planning.filled.get(order.clientId) ?? order.filled;
  const reason = `reconciled: ${there ? `${there.status} at the venue` : 'not at the venue'}`;
  const status = endedAs(order, there, filled);
  const known: Step[] =
    there && order.orderId === '' && fits(there.orderId)
      ? [{ rank: 'ends', atNs, intent: { type: 'order.accept', clientId: order.clientId, orderId: there.orderId, time: atNs } }]
      : [];
  return [...known, { rank: 'ends', atNs, intent: { type: 'order.close', clientId: order.clientId, status, reason, time: atNs } }];
}

/** The order is live there: whatever we took it for, it is open again, with its venue id. */
function liveSteps({ timeNs }: Planning, order: OurOrder, there: VenueOrder): Step[] {
  const accept: Step = {
    rank: 'ends',
    atNs: timeNs,
    intent: { type: 'order.accept', clientId: order.clientId, orderId: there.orderId.slice(0, ID_BYTES_MAX), time: timeNs },
  };
  if (order.status === 'pending' || order.status === 'unknown') return [accept];
  const reason = `reconciled: ${there.status} at the venue`;
  return [
    { rank: 'ends', atNs: timeNs, intent: { type: 'order.close', clientId: order.clientId, status: 'unknown', reason, time: timeNs } },
    accept,
  ];
}

const isLiveThere = (there: VenueOrder | null | undefined): there is VenueOrder =>
  there?.status === 'open' || there?.status === 'partiallyFilled';

function adopt(planning: Planning): Plan {
  const { found, clientIds, by, timeNs } = planning;
  const there = found.subject.there;
  if (!there) return NOTHING;
  const clientId =
    fits(there.clientId ?? '') && !clientIds.has(there.clientId ?? '')
      ? (there.clientId ?? '')
      : `claimed-${digest([there.venue, there.account, there.orderId], 24)}`;
  clientIds.add(clientId);
  const orderType = (ORDER_TYPES as readonly string[]).includes(there.type) ? (there.type as (typeof ORDER_TYPES)[number]) : 'limit';
  return steps({
    rank: 'terms',
    atNs: timeNs,
    intent: {
      type: 'order.adopt',
      clientId,
      account: there.account,
      venue: there.venue,
      symbol: there.symbol,
      strategy: '',
      trader: by,
      side: there.side,
      orderType,
      timeInForce: 'gtc',
      reduceOnly: there.reduceOnly,
      price: priceAt(planning, there.venue, there.symbol, there.price),
      trigger: priceAt(planning, there.venue, there.symbol, there.trigger),
      quantity: there.quantity,
      filled: there.filled,
      orderId: there.orderId.slice(0, ID_BYTES_MAX),
      time: timeOf(there.createdAt, timeNs),
    },
  });
}

function amend(planning: Planning): Plan {
  const { order, there } = planning.found.subject;
  if (!order || !there) return NOTHING;
  return steps({
    rank: 'terms',
    atNs: planning.timeNs,
    intent: {
      type: 'order.amend',
      clientId: order.clientId,
      price: priceAt(planning, order.venue, order.symbol, there.price),
      trigger: priceAt(planning, order.venue, order.symbol, there.trigger),
      quantity: there.quantity,
      time: planning.timeNs,
    },
  });
}

function inferFill(planning: Planning): Plan {
  const { order, there, difference } = planning.found.subject;
  if (!order || !there || !difference) return NOTHING;
  const atNs = timeOf(there.updatedAt, planning.timeNs);
  const price = priceAt(planning, order.venue, order.symbol, there.price ?? planning.found.subject.price ?? null);
  const tradeId = `inferred-${digest([order.venue, order.clientId, there.filled], 24)}`;
  planning.filled.set(order.clientId, (planning.filled.get(order.clientId) ?? order.filled) + difference);
  return steps({
    rank: 'fills',
    atNs,
    intent: {
      type: 'fill',
      clientId: order.clientId,
      tradeId,
      quantity: textOf(difference),
      price,
      fee: '',
      feeAsset: '',
      liquidity: 'unknown',
      provenance: 'inferred',
      time: atNs,
    },
  });
}

function adjust(planning: Planning, inTwo: boolean): Plan {
  const { entry, subject } = planning.found;
  // The fills that explain it are decided upon by themselves; there is nothing left to adjust.
  if (subject.explained) return NOTHING;
  const { venue, account, symbol } = entry;
  const price = priceAt(planning, venue, symbol ?? '', subject.price ?? subject.position?.entryPrice ?? null);
  const mark = priceAt(planning, venue, symbol ?? '', subject.position?.mark ?? null);
  const to = (quantity: string, reason: string): Step => ({
    rank: 'positions',
    atNs: planning.timeNs,
    intent: {
      type: 'position.adjust',
      account,
      venue,
      symbol: symbol ?? '',
      quantity,
      price,
      reason: `reconciled: ${reason}; ${planning.by}`.slice(0, 255),
      time: planning.timeNs,
    },
  });
  // What was opened at its average price is worth what the mark says.
  const valued: Step[] =
    mark === '' || mark === price
      ? []
      : [
          {
            rank: 'positions',
            atNs: planning.timeNs,
            intent: { type: 'mark', venue, symbol: symbol ?? '', price: mark, time: planning.timeNs },
          },
        ];
  const theirs = subject.position?.quantity ?? '0';
  return inTwo
    ? steps(to('0', 'closed, first of two steps'), to(theirs, 'opened as the venue has it'))
    : steps(to(theirs, 'as the venue has it'), ...valued);
}

const PLANNERS: Readonly<Record<PlanName, (planning: Planning) => Plan>> = {
  record: () => NOTHING,
  applyFill: (planning) =>
    planning.found.subject.fill ? steps(fillStep(planning, planning.found.subject.fill, planning.found.subject.order ?? null)) : NOTHING,
  inferFill,
  endOverfilled: (planning) => {
    const { order, there } = planning.found.subject;
    const filled = order ? (planning.filled.get(order.clientId) ?? order.filled) : 0n;
    const endedAt = there?.updatedAt ?? null;
    if (!order || isLiveThere(there) || !isLiveHere(order) || filled >= (planning.quantities.get(order.clientId) ?? order.quantity))
      return NOTHING;
    const atNs = timeOf(endedAt, planning.timeNs);
    return steps({
      rank: 'ends',
      atNs,
      intent: {
        type: 'order.close',
        clientId: order.clientId,
        status: 'cancelled',
        reason: 'reconciled: overfilled at the venue',
        time: atNs,
      },
    });
  },
  adopt,
  close: (planning) => {
    const { order, there = null, ending = [] } = planning.found.subject;
    const all = order ? [{ order, there }] : ending;
    return steps(...all.flatMap((one) => closeSteps(planning, one.order, one.there)));
  },
  accept: (planning) => {
    const { order, there = null } = planning.found.subject;
    if (!order) return NOTHING;
    return steps(...(isLiveThere(there) ? liveSteps(planning, order, there) : closeSteps(planning, order, there)));
  },
  amend,
  cancelAtVenue: (planning) => {
    const { order, there, others } = planning.found.subject;
    const { venue } = planning.found.entry;
    const at = (target: VenueOrder): CancelTarget => ({
      venue,
      symbol: target.symbol,
      clientId: target.clientId ?? '',
      orderId: target.orderId,
      conditional: target.trigger !== null,
    });
    const targets =
      others?.map(at) ??
      (there
        ? [at(there)]
        : order
          ? [{ venue, symbol: order.symbol, clientId: order.clientId, orderId: order.orderId, conditional: isConditional(order) }]
          : []);
    const request: Step[] =
      order && !others && isLiveHere(order)
        ? [
            {
              rank: 'ends',
              atNs: planning.timeNs,
              intent: { type: 'order.cancelRequest', clientId: order.clientId, time: planning.timeNs },
            },
          ]
        : [];
    return { steps: request, cancels: targets };
  },
  adjustPosition: (planning) => adjust(planning, false),
  adjustInTwoSteps: (planning) => adjust(planning, true),
  setBalance: (planning) => {
    const { balance } = planning.found.subject;
    if (!balance) return NOTHING;
    const places = planning.ours.scales.get(balance.asset) ?? 18;
    // The total is what was compared: what is not locked of it is free.
    const total = roundTo(unitsOrZero(balance.total), places);
    const locked = roundTo(unitsOrZero(balance.locked), places);
    const { venue, account, asset } = balance;
    return steps({
      rank: 'balances',
      atNs: planning.timeNs,
      intent: { type: 'balance.set', venue, account, asset, free: textOf(total - locked), locked: textOf(locked), time: planning.timeNs },
    });
  },
  setMargin: (planning) => {
    const { margin } = planning.found.subject;
    if (!margin) return NOTHING;
    const { venue, account } = planning.found.entry;
    const places = planning.ours.scales.get(margin.asset) ?? 18;
    const rounded = (text: string): string => textOf(roundTo(unitsOrZero(text), places));
    return steps({
      rank: 'balances',
      atNs: planning.timeNs,
      intent: {
        type: 'margin.set',
        venue,
        account,
        asset: margin.asset,
        initial: rounded(margin.initial),
        maintenance: rounded(margin.maintenance),
        equity: rounded(margin.equity),
        time: planning.timeNs,
      },
    });
  },
};

export const plan = (name: PlanName, planning: Planning): Plan => PLANNERS[name](planning);
