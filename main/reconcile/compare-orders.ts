/** Orders: each of ours against the venue's, by the table of order-cases.ts; then the venue's against ours. */

import type { BreakSide } from '../../shared/contract/reconcile.ts';
import type { VenueOrder } from '../../shared/contract/venues.ts';
import { textOf, unitsOrZero } from '../venues/decimal.ts';
import { type Draft, type Findings, orderKey, ourSource, venueSource } from './break.ts';
import { type FillsComparison, signedQuantity } from './compare-fills.ts';
import { disconnected } from './disconnect.ts';
import type { VenueMatch } from './match.ts';
import { hereOf, type OrderCase, orderCase, thereOf } from './order-cases.ts';
import type { OurOrder } from './ours.ts';

export const ourSide = (order: OurOrder): BreakSide => ({
  side: order.side,
  quantity: textOf(order.quantity),
  filled: textOf(order.filled),
  price: order.price === 0n ? null : textOf(order.price),
  ...(order.trigger !== 0n && { trigger: textOf(order.trigger) }),
  status: order.status,
});
export const theirSide = (order: VenueOrder): BreakSide => ({
  side: order.side,
  quantity: order.quantity,
  filled: order.filled,
  price: order.price,
  ...(order.trigger !== null && { trigger: order.trigger }),
  status: order.status,
});

/** One order of ours with what is known of it. */
export interface Judged {
  readonly order: OurOrder;
  readonly there: VenueOrder | null;
  readonly case: OrderCase;
  /** Executed there and not recorded here. */
  readonly missing: bigint;
  /** Recorded here: as fills of the order, or beside it as external trades of the same order there. */
  readonly known: bigint;
}

export interface OrdersComparison {
  readonly matched: number;
}

class OrderComparer {
  readonly #findings: Findings;
  readonly #match: VenueMatch;
  readonly #fills: FillsComparison;

  constructor(findings: Findings, match: VenueMatch, fills: FillsComparison) {
    this.#findings = findings;
    this.#match = match;
    this.#fills = fills;
  }

  run(): OrdersComparison {
    const { orders } = this.#match;
    const before = this.#findings.found.length;
    const judged = orders.map((order) => this.#judge(order));
    const gone = disconnected(this.#findings, this.#match, judged);
    for (const entry of judged) {
      if (entry.case.kind !== null && !gone.has(entry.order)) this.#break(entry);
      if (entry.there) this.#compareFigures(entry, entry.there);
      this.#overfill(entry);
    }
    for (const order of this.#match.strangers) this.#stranger(order);
    for (const [clientId, group] of this.#match.duplicates) this.#duplicate(clientId, group);
    const broken = new Set(this.#findings.found.slice(before).map(({ subject }) => subject.order));
    return {
      matched: judged.filter(
        ({ order, there, case: { here } }) => there && !here.includes('closed') && !broken.has(order) && !gone.has(order),
      ).length,
    };
  }

  #judge(order: OurOrder): Judged {
    const there = this.#match.there(order);
    const missing = this.#fills.missing
      .filter(({ owner }) => owner === order)
      .reduce((sum, { fill }) => sum + unitsOrZero(fill.quantity), 0n);
    const recorded = this.#recordedOf(order);
    const facts = {
      here: hereOf(order),
      there: thereOf(there, this.#match.proves(order)),
      completed: missing > 0n && order.filled + missing >= order.quantity,
      beside: recorded.beside > 0n,
    };
    const own = order.filled + recorded.beside;
    return { order, there, missing, known: own > recorded.all ? own : recorded.all, case: orderCase(facts) };
  }

  /** A claimed order came with what it had filled: the trades of that stand beside it, and are counted in it. */
  #recordedOf(order: OurOrder): { readonly all: bigint; readonly beside: bigint } {
    const { all, beside } = this.#fills.recorded.get(order) ?? { all: 0n, beside: 0n };
    if (order.provenance !== 'claimed') return { all, beside };
    return { all, beside: all > order.filled ? all - order.filled : 0n };
  }

  #common({ order, there }: { order: OurOrder; there: VenueOrder | null }): Omit<Draft, 'kind' | 'cause'> {
    const { venue, account, evidence } = this.#match;
    const looked = this.#match.lookUp(order);
    return {
      venue,
      account,
      symbol: order.symbol,
      clientId: order.clientId,
      orderId: there?.orderId || order.orderId || null,
      ours: ourSide(order),
      theirs: there ? theirSide(there) : null,
      answered: there !== null || this.#match.proves(order),
      moneyAtRisk: this.#findings.moneyOfOrder(order),
      sources: [
        ourSource(this.#findings.ours),
        venueSource(venue, 'openOrders', evidence.report.openOrders),
        ...(looked ? [`${venueSource(venue, 'order look-up', evidence.lookUps)}: ${looked.status}`] : []),
      ],
      lsns: this.#findings.options.history?.lsnsOfOrder(order.clientId) ?? [],
      sinceMs: order.updatedMs || order.submittedMs,
    };
  }

  #break(judged: Judged): void {
    const { order, there, case: row } = judged;
    const { options, nowMs } = this.#findings;
    const ageMs = nowMs - order.submittedMs;
    const mayArrive = row.kind === 'pendingUnknown' && ageMs < options.tolerances.inFlightMs;
    const risen = row.name === 'risen again';
    // A filled order stays filled: nothing that we can record makes it live again.
    const proved = row.there.every((state) => state !== 'unproved') && !mayArrive && !(risen && order.status === 'filled');
    const wait = mayArrive ? `; it was submitted ${Math.max(0, ageMs)} ms before it was asked for, and could still arrive` : '';
    const partly = row.kind === 'vanishedOrder' && order.filled > 0n ? `; the ${textOf(order.filled)} that were filled stay` : '';
    const own = risen ? undefined : options.cancelled?.get(orderKey(order.venue, there?.orderId || order.orderId));
    const because = own
      ? `cancelled from here by ${own.by} at ${own.at.slice(11, 23)} UTC, and the venue confirmed it; its fills were asked for`
      : `${row.because}${there && row.there.includes('ended') ? ` (${there.status})` : ''}`;
    this.#findings.add({
      ...this.#common(judged),
      kind: row.kind!,
      cause: `${because.charAt(0).toUpperCase()}${because.slice(1)}${wait}${partly}`,
      ...(risen && { severity: 'critical' as const }),
      ...(row.kind === 'pendingUnknown' && proved && { severity: 'high' as const }),
      subject: { order, there, proved },
    });
  }

  /** Filled quantity and terms, wherever the order was found there. */
  #compareFigures(judged: Judged, there: VenueOrder): void {
    const { order, missing, known } = judged;
    const filledThere = unitsOrZero(there.filled);
    const ahead = filledThere - known - missing;
    const common = this.#common(judged);
    const subject = { order, there };
    if (filledThere < order.filled) {
      this.#findings.add({
        ...common,
        kind: 'filledBehind',
        delta: textOf(filledThere - order.filled),
        subject,
        cause: 'Recorded as filled further than the venue filled it: a fill was counted twice, or never was',
        moneyAtRisk: this.#findings.money(order.venue, order.symbol, order.filled - filledThere),
      });
    } else if (ahead > 0n) {
      this.#findings.add({
        ...common,
        kind: 'filledAhead',
        delta: textOf(ahead),
        subject: { ...subject, difference: ahead },
        cause:
          missing > 0n
            ? `Filled further there; the listed trades explain ${textOf(missing)} of it`
            : 'Filled further there; no listed trade explains it',
        moneyAtRisk: this.#findings.money(order.venue, order.symbol, ahead),
      });
    }
    const terms = this.#amended(judged, there);
    if (terms.length === 0) return;
    const priceDelta = there.price !== null && order.price !== 0n ? unitsOrZero(there.price) - order.price : 0n;
    const quantityDelta = unitsOrZero(there.quantity) - order.quantity;
    this.#findings.add({
      ...common,
      kind: 'amended',
      subject,
      delta: textOf(terms.includes('quantity') ? quantityDelta : priceDelta),
      cause: `Its ${terms.join(', ')} differ: an amendment whose answer was not recorded`,
      moneyAtRisk: this.#findings.money(
        order.venue,
        order.symbol,
        quantityDelta === 0n ? unitsOrZero(there.remaining) : quantityDelta,
        quantityDelta === 0n ? (priceDelta < 0n ? -priceDelta : priceDelta) : undefined,
      ),
    });
  }

  /** Of an order that is live there; of a filled one only the quantity, which decides whether it is filled here too. */
  #amended({ order, case: row }: Judged, there: VenueOrder): string[] {
    const live = there.status === 'open' || there.status === 'partiallyFilled';
    if (row.here.includes('closed') || !(live || there.status === 'filled')) return [];
    const terms: string[] = [];
    if (live && there.price !== null && order.price !== 0n && unitsOrZero(there.price) !== order.price) terms.push('price');
    if (unitsOrZero(there.quantity) !== order.quantity) terms.push('quantity');
    if (live && there.trigger !== null && order.trigger !== 0n && unitsOrZero(there.trigger) !== order.trigger) terms.push('trigger');
    return terms;
  }

  #overfill(judged: Judged): void {
    const { order, there, missing, known } = judged;
    const most = there && unitsOrZero(there.quantity) > order.quantity ? unitsOrZero(there.quantity) : order.quantity;
    const beyond = known + missing - most;
    if (missing === 0n || beyond <= 0n) return;
    const fills = this.#fills.missing.filter(({ owner }) => owner === order);
    this.#findings.add({
      ...this.#common(judged),
      kind: 'overfill',
      delta: textOf(beyond),
      cause: `Its fills there exceed its quantity by ${textOf(beyond)}: the same client id was used twice, or the venue erred`,
      causedBy: fills.map(({ found }) => found.entry.id),
      moneyAtRisk: this.#findings.money(order.venue, order.symbol, beyond),
      subject: { order, there, fills: fills.map(({ fill }) => fill) },
    });
  }

  #stranger(order: VenueOrder): void {
    const { venue, account, evidence, orders } = this.#match;
    const namesake = order.clientId === null ? undefined : orders.find(({ clientId }) => clientId === order.clientId);
    const row = orderCase({ here: 'none', there: 'live', completed: false, beside: false });
    this.#findings.add({
      kind: row.kind!,
      venue,
      account,
      symbol: order.symbol,
      clientId: order.clientId,
      orderId: order.orderId,
      // By the venue's id: client ids of strangers may be those of anybody.
      key: order.orderId,
      ours: null,
      theirs: theirSide(order),
      delta: textOf(signedQuantity({ side: order.side, quantity: order.remaining })),
      moneyAtRisk: this.#findings.money(venue, order.symbol, unitsOrZero(order.remaining)),
      cause: namesake
        ? `Live there under the client id of an order of ours that is ${namesake.status} as ${namesake.orderId || 'no venue id'}`
        : `${row.because.charAt(0).toUpperCase()}${row.because.slice(1)}`,
      sources: [ourSource(this.#findings.ours), venueSource(venue, 'openOrders', evidence.report.openOrders)],
      lsns: namesake ? (this.#findings.options.history?.lsnsOfOrder(namesake.clientId) ?? []) : [],
      sinceMs: order.createdAt === null ? 0 : Date.parse(order.createdAt),
      subject: { there: order },
    });
  }

  #duplicate(clientId: string, group: readonly VenueOrder[]): void {
    const { venue, account, evidence, orders } = this.#match;
    const [first] = group;
    const ours = orders.find((order) => order.clientId === clientId) ?? null;
    const mine = ours && this.#match.there(ours);
    const others = group.filter((order) => order !== mine);
    this.#findings.add({
      kind: 'duplicateClientId',
      venue,
      account,
      symbol: first?.symbol ?? null,
      clientId,
      ours: ours ? ourSide(ours) : null,
      theirs: { count: String(group.length), orders: group.map(({ orderId }) => orderId).join(' ') },
      delta: null,
      moneyAtRisk: this.#findings.money(
        venue,
        first?.symbol ?? '',
        others.reduce((sum, order) => sum + unitsOrZero(order.remaining), 0n),
      ),
      cause: `${group.length} live orders there bear the client id ${clientId}`,
      sources: [ourSource(this.#findings.ours), venueSource(venue, 'openOrders', evidence.report.openOrders)],
      lsns: this.#findings.options.history?.lsnsOfOrder(clientId) ?? [],
      subject: { ...(ours && { order: ours }), others },
    });
  }
}

export const compareOrders = (findings: Findings, match: VenueMatch, fills: FillsComparison): OrdersComparison =>
  new OrderComparer(findings, match, fills).run();
