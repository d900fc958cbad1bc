/**
 * The page's side of the web host: `window.rearm` over fetch and one WebSocket. Bundled on its own and put before the console's
 * script, so that the console sees a Bridge and nothing of HTTP.
 *
 * Requests wait for the first answer of the event stream: what a request returns is then never older than the stream's start,
 * and no change falls between the two. A stream that breaks comes back by itself and is told what changed meanwhile; until then
 * the alarm `host.connection` stands.
 */

import type { Bridge, EventName, Events, Reply, RequestName } from '../../shared/contract/contract.ts';
import type { ErrorCode, ErrorData } from '../../shared/errors.ts';
import { API_PREFIX, STREAM_PATH, type StreamMessage, TICK_MS } from './wire.ts';

const RETRY_MS_FIRST = 250;
const RETRY_MS_MAX = 5_000;
/** Ticks that may stay away before the stream counts as dead. */
const TICKS_MISSED_MAX = 3;

type Listener = (event: never) => void;

const failure = (code: ErrorCode, message: string, remedy: string): { readonly ok: false; readonly error: ErrorData } => ({
  ok: false,
  error: { code, message, remedy, context: {} },
});

export function webBridge(): Bridge {
  const listeners = new Map<EventName, Set<Listener>>();
  let lastSequence: number | null = null;
  let retryMs = RETRY_MS_FIRST;
  let lost = false;
  let firstAttemptOver: () => void = () => {};
  const firstAttempt = new Promise<void>((resolve) => {
    firstAttemptOver = resolve;
  });

  function emit(name: EventName, payload: unknown): void {
    for (const listener of [...(listeners.get(name) ?? [])]) listener(payload as never);
  }

  function tellConnection(severity: Events['alarm']['severity'], text: string): void {
    emit('alarm', { store: 0, id: 'host.connection', severity, text, at: new Date().toISOString() });
  }

  function connect(): void {
    const address = new URL(STREAM_PATH, location.href);
    address.protocol = 'ws:';
    const after = lastSequence ?? (lost ? 0 : null);
    if (after !== null) address.searchParams.set('after', String(after));
    const stream = new WebSocket(address);
    let alive = setTimeout(() => stream.close(), TICK_MS * TICKS_MISSED_MAX);
    stream.onmessage = (message) => {
      clearTimeout(alive);
      alive = setTimeout(() => stream.close(), TICK_MS * TICKS_MISSED_MAX);
      receive(JSON.parse(String(message.data)) as StreamMessage);
    };
    stream.onclose = () => {
      clearTimeout(alive);
      firstAttemptOver();
      if (!lost) tellConnection('critical', 'The console lost its host: what is shown is not up to date.');
      lost = true;
      setTimeout(connect, retryMs);
      retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
    };
  }

  function receive(message: StreamMessage): void {
    if (message.type === 'hello') {
      // What was missed follows as events of its own; only a first stream starts from here.
      lastSequence ??= message.sequence;
      retryMs = RETRY_MS_FIRST;
      if (lost) tellConnection('note', 'The console has its host again.');
      lost = false;
      firstAttemptOver();
    } else if (message.type === 'event') {
      lastSequence = message.sequence;
      emit(message.name, message.payload);
    }
  }

  async function post<R extends RequestName>(name: R, payload: unknown): Promise<Reply<R>> {
    let response: Response;
    try {
      response = await fetch(`${API_PREFIX}${name}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(payload),
        credentials: 'same-origin',
        redirect: 'error',
      });
    } catch {
      return failure('RUNTIME_MISSING', 'The host of the console does not answer.', 'Look at its terminal; start it again if it is gone.');
    }
    try {
      return (await response.json()) as Reply<R>;
    } catch {
      return failure('INTERNAL', `The host answered ${response.status} without JSON.`, 'Look at the terminal of the console.');
    }
  }

  connect();
  return {
    request: async (name, payload) => {
      await firstAttempt;
      return post(name, payload);
    },
    subscribe: (name, listener) => {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener as Listener);
      return () => set.delete(listener as Listener);
    },
  };
}
