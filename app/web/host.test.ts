/** The web host against a real HTTP client that lies about every header. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import WebSocket from 'ws';
import { REQUESTS } from '../../shared/contract/contract.ts';
import { type MemoryServices, memoryServices } from '../../tests/support/memory-services.ts';
import { startWebHost, type WebHost, type WebHostOptions } from './host.ts';

let files = '';
beforeAll(() => {
  files = mkdtempSync(join(tmpdir(), 'rearm-web-'));
  writeFileSync(join(files, 'index.html'), '<!doctype html><html><head><title>x</title></head><body></body></html>');
  writeFileSync(join(files, 'bridge.js'), '"the bridge";');
});
afterAll(() => rmSync(files, { recursive: true }));

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function desk(options: Partial<WebHostOptions> = {}): Promise<{ host: WebHost; services: MemoryServices; authority: string }> {
  const services = memoryServices();
  const host = await startWebHost({ services, renderer: files, bridge: join(files, 'bridge.js'), log: () => {}, ...options });
  onTestFinished(() => host.close());
  return { host, services, authority: host.origin.slice('http://'.length) };
}

function ask(host: WebHost, path: string, headers: Record<string, string> = {}, method = 'GET', body?: string | Buffer): Promise<Answer> {
  const { port } = new URL(host.origin);
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function enter(host: WebHost): Promise<string> {
  const link = new URL(host.mintLink());
  const answer = await ask(host, link.pathname + link.search);
  return String(answer.headers['set-cookie']?.[0]).split(';')[0]!;
}

const post = (host: WebHost, cookie: string, name: string, payload: unknown, more: Record<string, string> = {}): Promise<Answer> =>
  ask(host, `/api/${name}`, { cookie, origin: host.origin, 'content-type': 'application/json', ...more }, 'POST', JSON.stringify(payload));

test('a link is exchanged once for a cookie, and the address that follows holds no token', async () => {
  const { host } = await desk();
  const link = new URL(host.mintLink());
  expect(link.origin).toBe(host.origin);
  const first = await ask(host, link.pathname + link.search);
  expect(first).toMatchObject({ status: 303, headers: { location: '/', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' } });
  expect(first.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
  const again = await ask(host, link.pathname + link.search);
  expect(again.status).toBe(401);
  expect(again.headers['set-cookie']).toBeUndefined();
  expect((await ask(host, '/enter?token=')).status).toBe(401);
  expect((await ask(host, '/enter')).status).toBe(401);
});

test('without a session there is a door and nothing else', async () => {
  const { host, services } = await desk();
  for (const path of ['/', '/index.html', '/bridge.js', '/nothing']) {
    const answer = await ask(host, path);
    expect(answer.status).toBe(401);
    expect(answer.body).toContain('one-time links');
  }
  expect((await post(host, 'rearm=1', 'console.describe', {})).status).toBe(401);
  expect(services.asked).toEqual([]);
});

test('with a session: the page is given the bridge before its own script; a path never leaves the files', async () => {
  const { host } = await desk();
  const cookie = await enter(host);
  const page = await ask(host, '/', { cookie });
  expect(page.body).toContain('<head><script src="/bridge.js"></script><title>');
  expect((await ask(host, '/bridge.js', { cookie })).body).toBe('"the bridge";');
  for (const path of ['/../package.json', '/%2e%2e/%2e%2e/etc/passwd', '/..%2fpackage.json', '/.git/config', '/nothing.js']) {
    expect((await ask(host, path, { cookie })).status).toBe(404);
  }
});

test('every answer carries the policy and no permission for other origins', async () => {
  const { host } = await desk();
  const cookie = await enter(host);
  const answers = [
    await ask(host, '/', { cookie }),
    await ask(host, '/'),
    await post(host, cookie, 'console.describe', {}),
    await ask(host, '/', { cookie, host: 'evil.example' }),
    await ask(
      host,
      '/api/console.describe',
      { cookie, origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      'OPTIONS',
    ),
  ];
  for (const { headers } of answers) {
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  }
  expect(answers.map((answer) => answer.status)).toEqual([200, 401, 200, 421, 405]);
});

test('a foreign host, origin, site or type is refused although the cookie is right, and no handler hears of it', async () => {
  const { host, services } = await desk();
  const cookie = await enter(host);
  const payload = {};
  expect((await post(host, cookie, 'console.describe', payload, { host: 'localhost:1' })).status).toBe(421);
  expect((await post(host, cookie, 'console.describe', payload, { origin: 'http://127.0.0.1:1' })).status).toBe(403);
  expect((await post(host, cookie, 'console.describe', payload, { origin: 'null' })).status).toBe(403);
  expect((await post(host, cookie, 'console.describe', payload, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await post(host, cookie, 'console.describe', payload, { 'sec-fetch-site': 'same-site' })).status).toBe(403);
  expect((await post(host, cookie, 'console.describe', payload, { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await ask(host, '/api/console.describe', { cookie, 'content-type': 'application/json' }, 'POST', '{}')).status).toBe(403);
  expect((await ask(host, '/api/console.describe', { cookie })).status).toBe(404);
  expect(services.asked).toEqual([]);
});

test('two Host headers and an absolute target are refused', async () => {
  const { host, authority } = await desk();
  const cookie = await enter(host);
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(host.origin).port), '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (part) => {
        answer += part.toString();
      });
      socket.on('close', () => resolve(answer.split('\r\n')[0]!));
      socket.on('error', reject);
    });
  const end = `Cookie: ${cookie}\r\nConnection: close\r\n\r\n`;
  expect(await raw(`GET / HTTP/1.1\r\nHost: ${authority}\r\n${end}`)).toBe('HTTP/1.1 200 OK');
  expect(await raw(`GET / HTTP/1.1\r\nHost: ${authority}\r\nHost: evil.example\r\n${end}`)).toContain('421');
  expect(await raw(`GET http://evil.example/ HTTP/1.1\r\nHost: ${authority}\r\n${end}`)).toContain('400');
  expect(await raw(`GET / HTTP/1.0\r\n${end}`)).toContain('421');
});

test('requests of the contract are answered, errors as data, and the services know which session asked', async () => {
  const { host, services } = await desk();
  const [first, second] = [await enter(host), await enter(host)];
  expect(JSON.parse((await post(host, first, 'console.describe', {})).body)).toMatchObject({ ok: true, value: { user: 'tester' } });
  const absent = await post(host, second, 'gate.get', { store: 0 });
  expect(absent.status).toBe(200);
  expect(JSON.parse(absent.body)).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
  const defect = await post(host, second, 'facts.get', { store: 0 });
  expect(defect.body).not.toContain('memory-services');
  expect(services.asked.map(({ name, session }) => [name, session])).toEqual([
    ['console.describe', 'S1'],
    ['gate.get', 'S2'],
    ['facts.get', 'S2'],
  ]);
  expect(host.sessions().map((session) => session.id)).toEqual(['S1', 'S2']);
});

test('what is not in the contract, not JSON, not the schema or too large reaches no handler', async () => {
  const { host, services } = await desk({ limits: { bodyBytesMax: 100 } });
  const cookie = await enter(host);
  const headers = { cookie, origin: host.origin, 'content-type': 'application/json' };
  for (const name of ['nothing', 'toString', '__proto__', 'console.describe/', '..%2fconsole.describe']) {
    expect((await post(host, cookie, name, {})).status).toBe(404);
  }
  for (const body of ['', '{', 'undefined', Buffer.from([0x22, 0xff, 0x22])]) {
    expect((await ask(host, '/api/console.describe', headers, 'POST', body)).status).toBe(400);
  }
  expect((await post(host, cookie, 'recovery.get', { store: 0, path: '/etc' })).status).toBe(400);
  expect((await post(host, cookie, 'recovery.get', { store: 'x'.repeat(100) })).status).toBe(413);
  const chunked = await ask(host, '/api/recovery.get', { ...headers, 'transfer-encoding': 'chunked' }, 'POST', 'x'.repeat(200));
  expect(chunked.status).toBe(413);
  expect(services.asked).toEqual([]);
});

test('every request of the contract is served', async () => {
  const { host, services } = await desk();
  const cookie = await enter(host);
  for (const name of Object.keys(REQUESTS)) expect((await post(host, cookie, name, { wrong: 1 })).status).toBe(400);
  expect(services.asked).toEqual([]);
});

test('one session that asks too often is slowed down, another is not; strangers are slowed down together', async () => {
  const { host } = await desk({ limits: { sessionBurst: 3, sessionPerSecond: 0, strangerBurst: 4, strangerPerSecond: 0 } });
  const [first, second] = [await enter(host), await enter(host)];
  const statuses: number[] = [];
  for (let count = 0; count < 5; count += 1) statuses.push((await post(host, first, 'console.describe', {})).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect((await post(host, second, 'console.describe', {})).status).toBe(200);
  const strangers: number[] = [];
  for (let count = 0; count < 4; count += 1) strangers.push((await ask(host, '/enter?token=guess')).status);
  expect(strangers).toEqual([401, 401, 429, 429]);
});

test('only loopback is bound', async () => {
  const { host } = await desk();
  const port = Number(new URL(host.origin).port);
  const outside = Object.values(networkInterfaces())
    .flat()
    .filter((entry) => entry && !entry.internal && entry.family === 'IPv4');
  for (const address of ['127.0.0.2', ...outside.map((entry) => entry!.address)]) {
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address, () => resolve(true));
      socket.on('error', () => resolve(false));
    });
    expect(reached).toBe(false);
  }
});

interface Stream {
  readonly socket: WebSocket;
  /** The next message. */
  next(): Promise<{ readonly type: string; readonly sequence?: number; readonly name?: string; readonly session?: string }>;
}

/** An open stream, or the status of the refusal. */
function openStream(host: WebHost, path: string, headers: Record<string, string>): Promise<Stream | number> {
  const socket = new WebSocket(`${host.origin.replace('http', 'ws')}${path}`, { headers });
  const messages: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.on('message', (data) => {
    const next = waiting.shift();
    if (next) next(String(data));
    else messages.push(String(data));
  });
  const next = async () => JSON.parse(messages.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve))));
  return new Promise((resolve) => {
    socket.on('open', () => resolve({ socket, next }));
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => resolve(0));
  });
}

test('the stream wants the cookie, the exact origin and the exact host', async () => {
  const { host } = await desk();
  const cookie = await enter(host);
  const origin = host.origin;
  expect(await openStream(host, '/events', { origin })).toBe(401);
  expect(await openStream(host, '/events', { cookie })).toBe(403);
  expect(await openStream(host, '/events', { cookie, origin: 'http://evil.example' })).toBe(403);
  expect(await openStream(host, '/events', { cookie, origin, host: 'evil.example' })).toBe(421);
  expect(await openStream(host, '/events', { cookie, origin, 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await openStream(host, '/api/console.describe', { cookie, origin })).toBe(404);
  expect(await openStream(host, '/events?after=-1', { cookie, origin })).toBe(404);
  const stream = (await openStream(host, '/events', { cookie, origin })) as Stream;
  expect(await stream.next()).toEqual({ type: 'hello', sequence: 0, session: 'S1' });
});

test('a stream that comes back is told what changed; one that talks is closed; streams are counted', async () => {
  const { host, services } = await desk({ limits: { sessionStreamsMax: 1 } });
  const cookie = await enter(host);
  const headers = { cookie, origin: host.origin };
  const first = (await openStream(host, '/events', headers)) as Stream;
  await first.next();
  expect(await openStream(host, '/events', headers)).toBe(429);
  services.emit('audit.changed', { store: 0, head: 'a' });
  expect(await first.next()).toMatchObject({ type: 'event', sequence: 1, name: 'audit.changed', payload: { head: 'a' } });
  const closed = new Promise<number>((resolve) => first.socket.on('close', resolve));
  first.socket.send('hello');
  expect(await closed).toBe(1008);
  services.emit('audit.changed', { store: 0, head: 'b' });
  const second = (await openStream(host, '/events?after=1', headers)) as Stream;
  expect(await second.next()).toMatchObject({ type: 'hello', sequence: 2 });
  expect(await second.next()).toMatchObject({ type: 'event', sequence: 2, payload: { head: 'b' } });
  const over = new Promise<number>((resolve) => second.socket.on('close', resolve));
  const link = new URL(host.mintLink());
  await ask(host, link.pathname + link.search, { cookie });
  expect(await over).toBe(1008);
});

test('a port that is taken is one clear error', async () => {
  const { host } = await desk();
  const port = Number(new URL(host.origin).port);
  await expect(startWebHost({ services: memoryServices(), port, renderer: files })).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('EADDRINUSE'),
  });
});
