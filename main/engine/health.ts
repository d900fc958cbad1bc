/** How the engine is: the last outcome of every tier, the size of the state against its bound, and what is wrong. */

import { type ErrorData, errorData } from '../../shared/errors.ts';
import { TABLE_LIST } from '../../shared/model/tables.ts';
import type { LiveState } from '../operations/live-state.ts';
import type { Clock } from '../storage/storage.ts';

export interface TierHealth {
  readonly lsn: number;
  readonly bytes: number;
  readonly ms: number;
  readonly atNs: bigint;
  readonly error: ErrorData | null;
}

export interface Alarm {
  readonly code: string;
  readonly text: string;
  readonly atNs: bigint;
}

/** Rows of a table, how fast they grow, and when the bound is reached at that rate. */
export interface TableHealth {
  readonly table: string;
  readonly used: number;
  readonly rowsMax: number;
  readonly rowsPerSecond: number;
  /** null where it does not grow. */
  readonly fullInMs: number | null;
}

export class Health {
  readonly #clock: Clock;
  readonly #alertFraction: number;
  readonly #listener: ((alarm: Alarm) => void) | undefined;
  readonly tiers = new Map<string, TierHealth>();
  readonly alarms = new Map<string, Alarm>();
  #tables: TableHealth[] = [];
  #last: { atNs: bigint; used: number[] } | undefined;

  constructor(clock: Clock, alertFraction: number, listener?: (alarm: Alarm) => void) {
    this.#clock = clock;
    this.#alertFraction = alertFraction;
    this.#listener = listener;
  }

  tier(event: { tier: string; lsn: number; bytes: number; ms: number; error: ErrorData | null }): void {
    const atNs = this.#clock.wallNs();
    const before = this.tiers.get(event.tier);
    this.tiers.set(event.tier, {
      lsn: event.error ? (before?.lsn ?? 0) : event.lsn,
      bytes: event.bytes,
      ms: event.ms,
      atNs,
      error: event.error,
    });
    if (event.error) this.#raise(`tier.${event.tier}`, `${event.tier}: ${event.error.message}`);
    else this.alarms.delete(`tier.${event.tier}`);
  }

  failed(error: unknown): void {
    const data = errorData(error);
    this.#raise(data.code, data.message);
  }

  #raise(code: string, text: string): void {
    if (this.alarms.get(code)?.text === text) return;
    const alarm = { code, text, atNs: this.#clock.wallNs() };
    this.alarms.set(code, alarm);
    this.#listener?.(alarm);
  }

  /** Measures the state's size and its growth since the last call. */
  measure(state: LiveState): void {
    const atNs = this.#clock.monotonicNs();
    const used = TABLE_LIST.map((table) => state.used(table));
    const seconds = this.#last ? Number(atNs - this.#last.atNs) / 1e9 : 0;
    this.#tables = TABLE_LIST.map((table, i) => {
      const rowsMax = state.rowsMax(table);
      const rowsPerSecond = seconds > 0 ? (used[i]! - this.#last!.used[i]!) / seconds : 0;
      const fullInMs = rowsPerSecond > 0 ? ((rowsMax - used[i]!) / rowsPerSecond) * 1000 : null;
      const code = `bound.${table.name}`;
      if (used[i]! >= rowsMax * this.#alertFraction && rowsMax > 1)
        this.#raise(code, `${table.name} is at ${Math.floor((100 * used[i]!) / rowsMax)} % of its bound of ${rowsMax} rows`);
      else this.alarms.delete(code);
      return { table: table.name, used: used[i]!, rowsMax, rowsPerSecond, fullInMs };
    });
    this.#last = { atNs, used };
  }

  get tables(): readonly TableHealth[] {
    return this.#tables;
  }
}
