/**
 * Cancel-on-disconnect: a venue that cancels everything when its client falls silent explains all vanished orders at once. They are
 * one break with one cause, decided once.
 */

import { textOf, unitsOrZero } from '../venues/decimal.ts';
import { type Findings, orderKey, ourSource, venueSource } from './break.ts';
import type { Judged } from './compare-orders.ts';
import type { VenueMatch } from './match.ts';
import type { OurOrder } from './ours.ts';

/**
 * Finds the orders that a disconnect explains, and records them as one break. An order belongs to it where the venue is known to
 * cancel on disconnect, cancelled it (not expired, not rejected) after our last sign of life, and left none of ours live in its symbol.
 * What somebody here cancelled since needs no such explanation.
 */
export function disconnected(findings: Findings, match: VenueMatch, judged: readonly Judged[]): ReadonlySet<OurOrder> {
  const { venue, account, evidence } = match;
  const armed = findings.ours.cancelOnDisconnect.get(venue) ?? evidence.report.cancelOnDisconnect;
  if (armed !== 'yes') return new Set();
  const { lastSeenMs } = findings;
  const surviving = new Set(
    judged.filter(({ case: row }) => row.there.includes('live') && !row.here.includes('closed')).map(({ order }) => order.symbol),
  );
  const explained = judged.filter(({ order, there, case: row }) => {
    if (there && findings.options.cancelled?.has(orderKey(venue, there.orderId))) return false;
    if (there?.status !== 'cancelled' || surviving.has(order.symbol)) return false;
    if (row.name !== 'ended there' && row.name !== 'came and went') return false;
    return there.updatedAt !== null && Date.parse(there.updatedAt) >= lastSeenMs;
  });
  if (explained.length === 0) return new Set();
  const orders = explained.map(({ order }) => order);
  const money = orders.map((order) => findings.moneyOfOrder(order));
  const first = explained.map(({ there }) => there?.updatedAt ?? '').reduce((a, b) => (a < b ? a : b));
  findings.add({
    kind: 'vanishedOrder',
    venue,
    account,
    key: 'cancel on disconnect',
    ours: { count: String(orders.length), orders: orders.map(({ clientId }) => clientId).join(' ') },
    theirs: { count: '0', status: 'cancelled' },
    delta: String(-orders.length),
    moneyAtRisk: money.includes(null) ? null : textOf(money.reduce((sum, text) => sum + unitsOrZero(text), 0n)),
    cause: `Cancel-on-disconnect: the venue cancelled ${orders.length === 1 ? 'the order' : `all ${orders.length} orders`} that we left there, from ${first.slice(11, 23)} on`,
    sources: [
      ourSource(findings.ours),
      venueSource(venue, 'openOrders', evidence.report.openOrders),
      venueSource(venue, 'order look-up', evidence.lookUps),
    ],
    lsns: orders.flatMap(({ clientId }) => findings.options.history?.lsnsOfOrder(clientId)[0] ?? []).slice(0, 64),
    sinceMs: Date.parse(first),
    subject: { ending: explained.map(({ order, there }) => ({ order, there })), proved: true },
  });
  return new Set(orders);
}
