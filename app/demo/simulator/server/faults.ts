/**
 * What can go wrong between a client and a venue:
 * - slow: the request is handled at once, the answer leaves after `ms`;
 * - silent: the connection is accepted, nothing is handled, nothing is answered;
 * - failing: nothing is handled; HTTP 503 (`http`) or the venue's own error (`venue`);
 * - half-page: lists of orders and trades are cut, and no paging reaches what was cut off.
 *
 * A fault is aimed at operations, at paths, or at everything. To add one: name it in MODES, and give it its effect in
 * venue-endpoint.ts.
 */

import { type HalfPage, OPERATIONS, type Operation } from '../dialects/dialect.ts';

export const MODES = ['normal', 'slow', 'silent', 'failing', 'half-page'] as const;
export type FaultMode = (typeof MODES)[number];

export interface Fault {
  readonly mode: Exclude<FaultMode, 'normal'>;
  /** Delay of `slow`. */
  readonly ms: number;
  /** Rows that `half-page` shows; null: half of what there is. */
  readonly limit: number | null;
  /** How `failing` fails; null: as the venue is known for. */
  readonly error: 'http' | 'venue' | null;
}

const EVERYTHING = '*';

export class Faults {
  #faults = new Map<string, Fault>();

  state(): ReadonlyMap<string, Fault> {
    return new Map(this.#faults);
  }

  restore(state: ReadonlyMap<string, Fault>): void {
    this.#faults = new Map(state);
  }

  /** @param endpoints operations or paths (beginning with a slash); none: everything */
  set(mode: FaultMode, endpoints: readonly string[], details: Omit<Fault, 'mode'>): void {
    if (mode === 'normal' && endpoints.length === 0) this.#faults.clear();
    for (const endpoint of endpoints.length === 0 ? [EVERYTHING] : endpoints) {
      if (mode === 'normal') this.#faults.delete(endpoint);
      else this.#faults.set(endpoint, { mode, ...details });
    }
  }

  /** The fault that meets a request: the one for its path, else for its operation, else the general one. */
  of(operation: Operation, path: string): Fault | null {
    return this.#faults.get(path) ?? this.#faults.get(operation) ?? this.#faults.get(EVERYTHING) ?? null;
  }

  active(): (Fault & { readonly endpoint: string })[] {
    return [...this.#faults].map(([endpoint, fault]) => ({ endpoint, ...fault }));
  }
}

export const isEndpoint = (name: string): boolean => name.startsWith('/') || (OPERATIONS as readonly string[]).includes(name);

export const halfPageOf = (fault: Fault | null): HalfPage | null => (fault?.mode === 'half-page' ? { limit: fault.limit } : null);

/** How a request goes unanswered: the connection is held open, or reset. */
export type Unanswered = 'hold' | 'reset';

/** The next submissions that go wrong: accepted without an answer, or swallowed. */
export class Trap {
  #left = 0;
  #how: Unanswered = 'hold';

  set(count: number, how: Unanswered): void {
    this.#left = count;
    this.#how = how;
  }

  state() {
    return { left: this.#left, how: this.#how };
  }

  get left(): number {
    return this.#left;
  }

  /** null: not armed. */
  spring(): Unanswered | null {
    if (this.#left === 0) return null;
    this.#left -= 1;
    return this.#how;
  }
}
