/** The event streams: one WebSocket per page, host to page only. A page that falls behind is let go; it comes back and asks. */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { EventHub, HubEvent } from '../event-hub.ts';
import type { WebLimits } from './limits.ts';
import { refusedUpgrade } from './respond.ts';
import type { Session } from './sessions.ts';
import { type StreamMessage, TICK_MS } from './wire.ts';

/** WebSocket close codes: try again later; policy violation. */
const TRY_AGAIN = 1013;
const POLICY = 1008;

export class EventStreams {
  readonly #hub: EventHub;
  readonly #limits: WebLimits;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false, clientTracking: false });
  readonly #open = new Map<WebSocket, { readonly session: Session; answered: boolean }>();
  readonly #ticking: NodeJS.Timeout;
  /** The text of the event that was sent last: the same for every stream. */
  #encoded: { readonly event: HubEvent; readonly text: string } | null = null;

  constructor(hub: EventHub, limits: WebLimits) {
    this.#hub = hub;
    this.#limits = limits;
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
    this.#ticking.unref();
  }

  /** Takes over a connection whose request was checked. `after`: the last event that the page saw, null for none. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, session: Session, after: number | null): void {
    const ofSession = [...this.#open.values()].filter((stream) => stream.session === session).length;
    if (this.#open.size >= this.#limits.streamsMax || ofSession >= this.#limits.sessionStreamsMax) {
      socket.end(refusedUpgrade(429));
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (stream) => this.#begin(stream, session, after));
  }

  endSession(session: Session): void {
    for (const [stream, entry] of this.#open) if (entry.session === session) stream.close(POLICY, 'the session is over');
  }

  close(): void {
    clearInterval(this.#ticking);
    for (const stream of this.#open.keys()) stream.terminate();
    this.#server.close();
  }

  #begin(stream: WebSocket, session: Session, after: number | null): void {
    const entry = { session, answered: true };
    this.#open.set(stream, entry);
    stream.on('error', () => stream.terminate());
    stream.on('pong', () => {
      entry.answered = true;
    });
    stream.on('message', () => stream.close(POLICY, 'requests are sent with POST'));
    this.#send(stream, { type: 'hello', sequence: this.#hub.sequence, session: session.id });
    const detach = this.#hub.attach(after, (event) => this.#sendText(stream, this.#encode(event)));
    stream.on('close', () => {
      detach();
      this.#open.delete(stream);
    });
  }

  #encode(event: HubEvent): string {
    if (this.#encoded?.event !== event) {
      const message: StreamMessage = { type: 'event', sequence: event.sequence, name: event.name, payload: event.payload };
      this.#encoded = { event, text: JSON.stringify(message) };
    }
    return this.#encoded.text;
  }

  #send(stream: WebSocket, message: StreamMessage): void {
    this.#sendText(stream, JSON.stringify(message));
  }

  #sendText(stream: WebSocket, text: string): void {
    if (stream.bufferedAmount > this.#limits.streamBufferBytesMax) stream.close(TRY_AGAIN, 'the page is too slow');
    else stream.send(text, () => {});
  }

  #tick(): void {
    for (const [stream, entry] of this.#open) {
      if (!entry.answered) {
        stream.terminate();
        continue;
      }
      entry.answered = false;
      stream.ping();
      this.#send(stream, { type: 'tick' });
    }
  }
}
