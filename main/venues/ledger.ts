/** The bookings of an account since a time: what a balance followed besides fills. Only explanations come of it, never a break. */

import type { Answer } from '../../shared/contract/venues.ts';
import type { Clock } from '../storage/storage.ts';
import { answerOf, type Outcome } from './answer.ts';
import { type Row, textAt, timeAt } from './ccxt.ts';
import type { VenueConnection } from './client.ts';
import { absolute, textOf, unitsOrZero } from './decimal.ts';
import type { LedgerKind } from './dialects/dialect.ts';
import { allPages } from './pages.ts';

export interface LedgerEntry {
  readonly venue: string;
  readonly account: string;
  readonly asset: string;
  /** Signed: what the wallet gained. */
  readonly amount: string;
  readonly kind: LedgerKind;
  readonly at: string;
}

function entryOf(row: Row, connection: VenueConnection): LedgerEntry {
  const amount = unitsOrZero(row.amount);
  return {
    venue: connection.name,
    account: connection.configuration.account,
    asset: textAt(row, 'currency') ?? '',
    amount: textOf(row.direction === 'out' ? -absolute(amount) : row.direction === 'in' ? absolute(amount) : amount),
    kind: connection.dialect.ledgerKind(row),
    at: timeAt(row, 'timestamp') ?? new Date(0).toISOString(),
  };
}

/** Never throws. @param sinceMs null: not asked */
export function askLedger(connection: VenueConnection, clock: Clock, sinceMs: number | null): Promise<Answer<LedgerEntry>> {
  const { dialect } = connection;
  return answerOf(
    clock,
    (error) => connection.failure(error),
    async (): Promise<Outcome<LedgerEntry>> => {
      if (sinceMs === null) return { items: [], short: { status: 'failed', reason: 'not asked: no balance of ours to explain' } };
      const client = await connection.ready('read');
      if (client.has.fetchLedger !== true)
        return { items: [], short: { status: 'failed', reason: 'the ledger cannot be asked for there' } };
      const { rows, cut } = await allPages({
        paging: dialect.ledgerPaging,
        limit: dialect.ledgerRows,
        since: sinceMs,
        nowMs: Number(clock.wallNs() / 1_000_000n) + (connection.clockOffsetMs ?? 0),
        windowMs: dialect.windowMs,
        ask: ({ since, limit, params }) => connection.ask('read', () => client.fetchLedger(undefined, since, limit, { ...params })),
      });
      return { items: rows.map((row) => entryOf(row, connection)), short: cut === null ? null : { status: 'truncated', reason: cut } };
    },
  );
}
