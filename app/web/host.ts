/**
 * The web host: the console on loopback, for a machine without a display, reached through an SSH tunnel.
 *
 * Every request passes, in this order: the guard's table (address, origin, site, method, type), the rate limit, the session.
 * Only then is it a request of the contract, the event stream or a file of the built console.
 */

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { RearmError } from '../../shared/errors.ts';
import { EventHub } from '../event-hub.ts';
import { builtPaths } from '../paths.ts';
import type { Services } from '../services.ts';
import { readStatic } from '../static.ts';
import { answerRequest } from './api.ts';
import { factsOf, refusalOf } from './guard.ts';
import { TokenBucket, WEB_LIMITS, type WebLimits } from './limits.ts';
import { refuse, refusedUpgrade, send, sendDoor } from './respond.ts';
import { Sessions } from './sessions.ts';
import { EventStreams } from './stream.ts';
import { API_PREFIX, STREAM_PATH } from './wire.ts';

const ADDRESS = '127.0.0.1';
const ENTER_PATH = '/enter';
const BRIDGE_PATH = '/bridge.js';
const JAVASCRIPT = 'text/javascript; charset=utf-8';

export interface WebHostOptions {
  readonly services: Services;
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** The built console and the built bridge; absent: where the build puts them. */
  readonly renderer?: string;
  readonly bridge?: string;
  readonly limits?: Partial<WebLimits>;
  /** Where defects are told; absent: standard error. */
  readonly log?: (line: string) => void;
}

export interface WebHost {
  readonly origin: string;
  /** A fresh one-time link. Each opens one browser session; two people need two. */
  mintLink(): string;
  /** The open sessions. */
  sessions(): readonly { readonly id: string; readonly openedAt: number; readonly lastUsedAt: number }[];
  /** Stops serving and drops every connection; the services stay the caller's. */
  close(): Promise<void>;
}

export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const limits = { ...WEB_LIMITS, ...options.limits };
  const log = options.log ?? ((line: string) => console.error(line));
  const files = { renderer: options.renderer ?? builtPaths().renderer, bridge: options.bridge ?? builtPaths().bridge };
  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 });
  server.maxConnections = limits.connectionsMax;
  const port = await listen(server, options.port ?? 0);
  const authority = `${ADDRESS}:${port}`;

  const now = (): number => performance.now();
  const hub = new EventHub(options.services);
  const streams = new EventStreams(hub, limits);
  const buckets = new Map<string, TokenBucket>();
  const strangers = new TokenBucket(limits.strangerBurst, limits.strangerPerSecond, now);
  const sessions = new Sessions(`rearm-${port}`, Date.now, (session) => {
    buckets.delete(session.id);
    streams.endSession(session);
  });

  const allowed = (sessionId: string | undefined): boolean => {
    if (sessionId === undefined) return strangers.take();
    const bucket = buckets.get(sessionId) ?? new TokenBucket(limits.sessionBurst, limits.sessionPerSecond, now);
    buckets.set(sessionId, bucket);
    return bucket.take();
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const facts = factsOf(request, false);
    const refusal = refusalOf(facts, authority);
    if (refusal) return refuse(response, refusal.status, refusal.message, refusal.remedy);
    const session = sessions.of(request.headers.cookie);
    if (!allowed(session?.id)) return refuse(response, 429, 'Too many requests.', 'Wait a second and ask again.');
    const { pathname, searchParams } = new URL(facts.target, `http://${authority}`);
    if (facts.method === 'GET' && pathname === ENTER_PATH) {
      const cookie = sessions.enter(searchParams.get('token') ?? '', request.headers.cookie);
      if (cookie === null) return sendDoor(response);
      return send(response, 303, 'text/plain', '', { Location: '/', 'Set-Cookie': cookie });
    }
    if (!session) {
      if (facts.method === 'GET') return sendDoor(response);
      return refuse(response, 401, 'This browser has no session.', 'Open a fresh link from the terminal of the console.');
    }
    if (facts.method === 'POST') {
      if (!pathname.startsWith(API_PREFIX))
        return refuse(response, 404, 'Nothing is here.', 'Requests are sent to /api/NAME.', 'NOT_FOUND');
      const caller = { host: 'web', session: session.id } as const;
      return answerRequest(options.services, caller, pathname.slice(API_PREFIX.length), request, response, limits.bodyBytesMax, log);
    }
    return sendFile(response, pathname, files);
  }

  server.on('request', (request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      log(`web host: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      if (request.socket.destroyed) return;
      refuse(response, 500, 'The host failed.', 'This is a defect: look at the terminal of the console.', 'INTERNAL');
    });
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const facts = factsOf(request, true);
    const refusal = refusalOf(facts, authority);
    const session = refusal ? null : sessions.of(request.headers.cookie);
    const status = refusal?.status ?? (!session ? 401 : allowed(session.id) ? null : 429);
    if (status !== null || !session) {
      socket.end(refusedUpgrade(status ?? 401));
      return;
    }
    const { pathname, searchParams } = new URL(facts.target, `http://${authority}`);
    const after = searchParams.get('after');
    if (pathname !== STREAM_PATH || (after !== null && !/^\d{1,15}$/.test(after))) socket.end(refusedUpgrade(404));
    else streams.accept(request, socket, head, session, after === null ? null : Number(after));
  });

  return {
    origin: `http://${authority}`,
    mintLink: () => `http://${authority}${ENTER_PATH}?token=${sessions.mint()}`,
    sessions: () => sessions.list().map((session) => ({ ...session })),
    close: async () => {
      hub.close();
      streams.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new RearmError(
          'USAGE',
          `the web host cannot listen on ${ADDRESS}:${port}: ${error.code === 'EADDRINUSE' ? 'another program does (EADDRINUSE); give another --port, or none for a free one' : (error.code ?? error.message)}`,
          { port },
          error,
        ),
      ),
    );
    server.listen(port, ADDRESS, () => resolve((server.address() as AddressInfo).port));
  });
}

/** A file of the console; the page itself is given the bridge before its own script. */
async function sendFile(
  response: ServerResponse,
  pathname: string,
  files: { readonly renderer: string; readonly bridge: string },
): Promise<void> {
  if (pathname === BRIDGE_PATH) return send(response, 200, JAVASCRIPT, await readFile(files.bridge));
  const file = await readStatic(files.renderer, pathname);
  if (!file) return refuse(response, 404, 'Nothing is here.', 'Open the address without a path.', 'NOT_FOUND');
  if (!file.type.startsWith('text/html')) return send(response, 200, file.type, file.bytes);
  const page = file.bytes.toString('utf8').replace(/<head[^>]*>/i, (head) => `${head}<script src="${BRIDGE_PATH}"></script>`);
  send(response, 200, file.type, page);
}
