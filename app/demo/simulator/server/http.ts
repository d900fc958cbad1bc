/** HTTP on loopback with bounds on everything: header and body size, connections, connections that never get an answer. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Reply, VenueRequest } from '../dialects/dialect.ts';

export const BODY_BYTES_MAX = 64 * 1024;
const HEADER_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 512;
/** When more requests than this wait without an answer, the oldest is cut off. */
const HELD_MAX = 256;
const HOST = '127.0.0.1';

export type Action =
  | { readonly kind: 'reply'; readonly reply: Reply; readonly delayMs: number }
  /** Never answered: the connection stays open until the client, or the end of the server, closes it. */
  | { readonly kind: 'hold' }
  | { readonly kind: 'reset' };

export interface HttpServer {
  readonly port: number;
  readonly origin: string;
  readonly close: () => Promise<void>;
}

function readBody(message: IncomingMessage): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) resolve(null);
      else chunks.push(chunk);
    });
    message.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    message.on('error', reject);
  });
}

function requestOf(message: IncomingMessage, body: string): VenueRequest {
  const [path = '/', ...rest] = (message.url ?? '/').split('?');
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(message.headers)) headers[name] = Array.isArray(value) ? value[0] : value;
  return { method: message.method ?? 'GET', path, rawQuery: rest.join('?'), headers, body };
}

function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(reply.text, 'utf8');
  response.writeHead(reply.status, { 'Content-Type': reply.contentType, 'Content-Length': bytes.length, ...reply.headers });
  response.end(bytes);
}

const TOO_LARGE: Reply = { status: 413, contentType: 'text/plain', text: 'too large' };

/** @param port 0 for any that is free @param respond decides, synchronously, what happens to a request */
export async function serve(port: number, respond: (request: VenueRequest) => Action): Promise<HttpServer> {
  const timers = new Set<NodeJS.Timeout>();
  const held = new Set<ServerResponse>();

  const act = (action: Action, response: ServerResponse): void => {
    if (action.kind === 'reset') response.socket?.resetAndDestroy();
    else if (action.kind === 'hold') {
      held.add(response);
      response.on('close', () => held.delete(response));
      if (held.size > HELD_MAX) for (const oldest of [...held].slice(0, 1)) oldest.destroy();
    } else if (action.delayMs === 0) send(response, action.reply);
    else {
      const timer = setTimeout(() => {
        timers.delete(timer);
        send(response, action.reply);
      }, action.delayMs);
      timers.add(timer);
    }
  };

  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX, keepAliveTimeout: 60_000, requestTimeout: 30_000 });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('request', (message, response) => {
    response.on('error', () => response.destroy());
    readBody(message).then(
      (body) => {
        if (body === null) {
          send(response, TOO_LARGE);
          message.destroy();
        } else act(respond(requestOf(message, body)), response);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    origin: `http://${HOST}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
