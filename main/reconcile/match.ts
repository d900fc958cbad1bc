/** Which order there is which order here, and whose a fill is. Client ids can come twice and can be missing: the venue's id decides. */

import type { VenueFill, VenueOrder } from '../../shared/contract/venues.ts';
import { isWhole } from '../venues/answer.ts';
import type { OrderLookUp, VenueEvidence } from '../venues/evidence.ts';
import { isConditional, type OurOrder, type Ours } from './ours.ts';

export interface VenueMatch {
  readonly evidence: VenueEvidence;
  readonly venue: string;
  readonly account: string;
  /** Our orders of this venue and account. */
  readonly orders: readonly OurOrder[];
  /** Live there under no record of ours; those that share a client id with another live one are in `duplicates`. */
  readonly strangers: readonly VenueOrder[];
  /** Live orders that share one client id, by it. */
  readonly duplicates: ReadonlyMap<string, readonly VenueOrder[]>;
  /** The order there; null where it was not found. */
  there(order: OurOrder): VenueOrder | null;
  lookUp(order: OurOrder): OrderLookUp | null;
  /** Whose fill it is; null: of no order of ours. */
  ownerOf(fill: VenueFill): OurOrder | null;
  /** Not finding this order proves that it is not there. */
  proves(order: OurOrder): boolean;
}

const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
};

/** Client ids mean one order only while its venue id is not known; a conditional order gets a new one when it triggers. */
const meansByClientId = (order: OurOrder): boolean => order.orderId === '' || isConditional(order);

export function matchVenue(ours: Ours, evidence: VenueEvidence): VenueMatch {
  const { name: venue, account, openOrders } = evidence.report;
  const orders = ours.orders.filter((order) => order.venue === venue && order.account === account);
  const listed = [...openOrders.items].sort((a, b) =>
    (a.createdAt ?? '') < (b.createdAt ?? '') ? -1 : (a.createdAt ?? '') > (b.createdAt ?? '') ? 1 : a.orderId < b.orderId ? -1 : 1,
  );
  const listedById = new Map(listed.map((order) => [order.orderId, order]));
  const listedByClientId = new Map<string, VenueOrder[]>();
  for (const order of listed) if (order.clientId !== null) push(listedByClientId, order.clientId, order);
  const lookUps = new Map(evidence.lookUps.items.map((lookUp) => [lookUp.clientId, lookUp]));

  const there = new Map<OurOrder, VenueOrder>();
  const taken = new Set<VenueOrder>();
  const take = (order: OurOrder, found: VenueOrder | undefined): void => {
    if (!found || taken.has(found)) return;
    taken.add(found);
    there.set(order, found);
  };
  for (const order of orders) if (order.orderId !== '') take(order, listedById.get(order.orderId));
  for (const order of orders) {
    if (there.has(order) || !meansByClientId(order)) continue;
    take(
      order,
      listedByClientId.get(order.clientId)?.find((candidate) => !taken.has(candidate)),
    );
  }
  for (const order of orders) {
    const lookUp = lookUps.get(order.clientId);
    if (!there.has(order) && lookUp?.order) there.set(order, lookUp.order);
  }

  const owners = new Map<string, OurOrder>();
  for (const order of orders) if (order.orderId !== '') owners.set(order.orderId, order);
  for (const [order, found] of there) if (found.orderId !== '') owners.set(found.orderId, order);
  const byClientId = new Map(orders.filter(meansByClientId).map((order) => [order.clientId, order]));

  const duplicates = new Map([...listedByClientId].filter(([, group]) => group.length > 1));
  const doubled = new Set([...duplicates.values()].flat());
  const whole = isWhole(openOrders) && isWhole(evidence.fills);
  return {
    evidence,
    venue,
    account,
    orders,
    strangers: listed.filter((order) => !taken.has(order) && !doubled.has(order)),
    duplicates,
    there: (order) => there.get(order) ?? null,
    lookUp: (order) => lookUps.get(order.clientId) ?? null,
    ownerOf: (fill) => owners.get(fill.orderId) ?? (fill.clientId === null ? null : (byClientId.get(fill.clientId) ?? null)),
    proves: (order) => whole && lookUps.get(order.clientId)?.status === 'absent',
  };
}
