/**
 * The events of the services, numbered, with the latest of each subject kept: whoever comes back after an interruption is told
 * what changed meanwhile. Events carry whole views, so the latest is all there is to know.
 */

import { EVENTS, type EventName, type Events } from '../shared/contract/contract.ts';
import type { Services } from './services.ts';

export interface HubEvent<E extends EventName = EventName> {
  /** 1, 2, 3 ... per hub. */
  readonly sequence: number;
  readonly name: E;
  readonly payload: Events[E];
}

/** Subjects kept for those who come back; beyond it the oldest goes, and a returning page asks for its views anyway. */
const SUBJECTS_MAX = 4096;

const subjectOf = (name: EventName, payload: Events[EventName]): string => `${name}:${payload.store}:${'id' in payload ? payload.id : ''}`;

export class EventHub {
  #sequence = 0;
  readonly #latest = new Map<string, HubEvent>();
  readonly #listeners = new Set<(event: HubEvent) => void>();
  readonly #ends: (() => void)[];

  constructor(services: Pick<Services, 'on'>) {
    this.#ends = EVENTS.map((name) => services.on(name, (payload) => this.#publish(name, payload)));
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Calls `listener` first with what changed after `after` (null: nothing), then with everything that happens. */
  attach(after: number | null, listener: (event: HubEvent) => void): () => void {
    if (after !== null) for (const event of [...this.#latest.values()]) if (event.sequence > after) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#listeners.clear();
  }

  #publish(name: EventName, payload: Events[EventName]): void {
    this.#sequence += 1;
    const event: HubEvent = { sequence: this.#sequence, name, payload };
    const subject = subjectOf(name, payload);
    this.#latest.delete(subject);
    this.#latest.set(subject, event);
    if (this.#latest.size > SUBJECTS_MAX) this.#latest.delete(this.#latest.keys().next().value as string);
    for (const listener of this.#listeners) listener(event);
  }
}
