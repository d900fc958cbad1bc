/** The console's events to whoever shows them. */

import type { EventName, Events } from '../../shared/contract/contract.ts';

type Listener = (event: never) => void;

export class EventHub {
  readonly #listeners = new Map<EventName, Set<Listener>>();

  on<E extends EventName>(name: E, listener: (event: Events[E]) => void): () => void {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    set.add(listener as Listener);
    return () => set.delete(listener as Listener);
  }

  emit<E extends EventName>(name: E, event: Events[E]): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(event as never);
  }
}
