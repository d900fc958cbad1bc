/** Small real services for the tests of the hosts: a few requests answered from memory, events on demand. */

import { REQUEST_NAMES } from '../../app/dispatch.ts';
import type { Caller, Services } from '../../app/services.ts';
import type { ConsoleView, EventName, Events, Handlers, RecoveryView } from '../../shared/contract/contract.ts';
import { RearmError } from '../../shared/errors.ts';

export interface MemoryServices extends Services {
  emit<E extends EventName>(name: E, event: Events[E]): void;
  /** Requests that reached a handler, with who sent them. */
  readonly asked: { readonly name: string; readonly payload: unknown; readonly session: string }[];
  readonly closed: () => boolean;
}

const idle: RecoveryView = { running: false, progress: null, report: null };

export function memoryServices(): MemoryServices {
  const listeners = new Map<EventName, Set<(event: never) => void>>();
  const asked: { name: string; payload: unknown; session: string }[] = [];
  let recovery = idle;
  let closed = false;
  const emit: MemoryServices['emit'] = (name, event) => {
    for (const listener of listeners.get(name) ?? []) listener(event as never);
  };
  const answers: Partial<Handlers> = {
    'console.describe': async (): Promise<ConsoleView> => ({
      version: '0.0.0',
      host: 'web',
      environment: { name: 'memory', colour: 'test' },
      user: 'tester',
      stores: [{ index: 0, path: '/memory', name: 'memory', venueConfigured: false }],
      now: '2026-01-01T00:00:00.000Z',
    }),
    'recovery.get': async () => recovery,
    'recovery.run': async ({ store }) => {
      recovery = { ...idle, running: true };
      emit('recovery.changed', { store, view: recovery });
      return recovery;
    },
    'recovery.cancel': async ({ store }) => {
      recovery = idle;
      emit('recovery.changed', { store, view: recovery });
      return recovery;
    },
    'facts.get': async () => {
      throw new Error('a defect in /home/somebody/secret.ts');
    },
  };
  const handlersFor = (caller: Caller): Handlers =>
    Object.fromEntries(
      REQUEST_NAMES.map((name) => [
        name,
        (payload: never) => {
          asked.push({ name, payload, session: caller.session });
          const answer = answers[name] as ((payload: never) => Promise<unknown>) | undefined;
          return answer ? answer(payload) : Promise.reject(new RearmError('NOT_FOUND', `${name} has no answer in memory.`, { name }));
        },
      ]),
    ) as unknown as Handlers;
  return {
    handlers: handlersFor({ host: 'cli', session: 'nobody' }),
    handlersFor,
    on: (name, listener) => {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener as never);
      return () => set.delete(listener as never);
    },
    close: async () => {
      closed = true;
    },
    emit,
    asked,
    closed: () => closed,
  };
}
