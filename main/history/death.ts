/** "At the moment of death": what the engine knew, what it had not heard, and the gap to its last sign of life. */

import type { DeathReport } from '../../shared/contract/postmortem.ts';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { parseTime } from '../../shared/units.ts';
import { CanonicalReader, type CanonicalRow, compareKeys } from '../image/canonical.ts';
import type { Image } from '../image/image.ts';

/** Orders whose fate at the venue nobody knows. */
const UNACKNOWLEDGED = new Set(['pending', 'unknown']);

/** In the state a price of zero is none. */
const priceOf = (cell: unknown): string | null => (/[1-9]/.test(String(cell ?? '')) ? String(cell) : null);

/**
 * @param report of the recovery of that state
 * @param image the state at the end of the engine
 * @param at when that was, ISO; null: as the report says
 */
export function death(report: RecoveryReport, image: Image, at: string | null): DeathReport {
  const reader = new CanonicalReader(image);
  const split = (instrument: unknown) => {
    const text = String(instrument ?? '');
    const colon = text.indexOf(':');
    return { venue: text.slice(0, colon), symbol: text.slice(colon + 1) };
  };
  const sessions = reader.rows(TABLES.sessions);
  const heard =
    sessions
      .map((row) => String(row.lastEvent ?? ''))
      .sort()
      .at(-1) ?? null;
  const lastOperation = at ?? report.lastOperationAt;
  const gapMs = lastOperation && heard ? Number((parseTime(lastOperation) - parseTime(heard)) / 1_000_000n) : null;
  return {
    lastLsn: report.lsn,
    acknowledgedLsn: report.acknowledgedLsn,
    lastOperationAt: lastOperation,
    lastSignOfLifeAt: heard,
    gapMs,
    unacknowledgedOrders: unacknowledged(image, reader).map(({ order, lsn }) => ({
      clientId: String(order.clientId),
      ...split(order.instrument),
      side: String(order.side),
      quantity: String(order.quantity),
      price: priceOf(order.price),
      trigger: priceOf(order.trigger),
      lsn,
      at: String(order.submitted ?? ''),
    })),
    sessions: sessions.map((row) => ({
      venue: String(row.venue),
      state: String(row.state),
      sequenceReceived: String(row.sequenceReceived),
      lastEventAt: row.lastEvent === null ? null : String(row.lastEvent),
      cancelOnDisconnect: String(row.cancelOnDisconnect),
    })),
  };
}

/** By client id, each with the LSN of the page that holds it. */
function unacknowledged(image: Image, reader: CanonicalReader): { readonly order: CanonicalRow; readonly lsn: number }[] {
  const table = TABLES.orders;
  const status = table.byName.get('status')!;
  const found: { order: CanonicalRow; lsn: number }[] = [];
  for (const row of image.rows(table)) {
    const base = image.rowOffset(table, row);
    if (!UNACKNOWLEDGED.has(String(reader.cell(table, base, status)))) continue;
    found.push({ order: reader.row(table, row), lsn: image.pageLsn(Math.floor(base / PAGE_BYTES)) });
  }
  const keyOf = ({ order }: { readonly order: CanonicalRow }) => table.key.map((name) => order[name] ?? null);
  return found.sort((a, b) => compareKeys(keyOf(a), keyOf(b)));
}
