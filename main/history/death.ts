/** "At the moment of death": what the engine knew, what it had not heard, and the gap to its last sign of life. */

import type { DeathReport } from '../../shared/contract/postmortem.ts';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { parseTime } from '../../shared/units.ts';
import { CanonicalReader } from '../image/canonical.ts';
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
  const orders = reader.rows(TABLES.orders).filter((row) => UNACKNOWLEDGED.has(String(row.status)));
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
    unacknowledgedOrders: orders.map((row) => {
      const base = image.rowOffset(TABLES.orders, rowOf(image, String(row.clientId)));
      return {
        clientId: String(row.clientId),
        ...split(row.instrument),
        side: String(row.side),
        quantity: String(row.quantity),
        price: priceOf(row.price),
        trigger: priceOf(row.trigger),
        lsn: image.pageLsn(Math.floor(base / 4096)),
        at: String(row.submitted ?? ''),
      };
    }),
    sessions: sessions.map((row) => ({
      venue: String(row.venue),
      state: String(row.state),
      sequenceReceived: String(row.sequenceReceived),
      lastEventAt: row.lastEvent === null ? null : String(row.lastEvent),
      cancelOnDisconnect: String(row.cancelOnDisconnect),
    })),
  };
}

function rowOf(image: Image, clientId: string): number {
  const reader = new CanonicalReader(image);
  const column = TABLES.orders.byName.get('clientId')!;
  for (const row of image.rows(TABLES.orders))
    if (reader.cell(TABLES.orders, image.rowOffset(TABLES.orders, row), column) === clientId) return row;
  return 0;
}
