/**
 * The append-only log of everything that changed something, of all venues, in the order in which it happened. A test oracle
 * computes from it what a reconciliation has to find.
 */

import type { SavedList } from './saved-list.ts';

export interface LoggedEvent {
  readonly sequence: number;
  readonly timeNs: string;
  /** null for what concerns the whole simulator. */
  readonly venue: string | null;
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** Memory is bounded: at this many events the simulator takes no more changes. */
export const EVENTS_MAX = 600_000;

export class EventLog {
  readonly #events: LoggedEvent[] = [];

  list(): SavedList<LoggedEvent> {
    return { length: this.#events.length, plain: (index) => this.#events[index]!, mark: () => 0 };
  }

  restore(events: readonly LoggedEvent[]): void {
    for (const event of events) this.#events.push(event);
  }

  get full(): boolean {
    return this.#events.length >= EVENTS_MAX;
  }

  /**
   * Appends, and returns the entry. The one who appends a request fills in its outcome before the request is over; requests
   * are handled one after the other and never in parts, so nobody sees an entry without it.
   */
  append(timeNs: bigint, venue: string | null, kind: string, fields: Record<string, unknown>): Record<string, unknown> {
    const event = { sequence: this.#events.length + 1, timeNs: timeNs.toString(), venue, kind, ...fields };
    this.#events.push(event);
    return event;
  }

  /** Events with a sequence number above `after`. */
  from(after: number): readonly LoggedEvent[] {
    return this.#events.slice(after);
  }
}
