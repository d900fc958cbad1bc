/** The web host in a real browser: the way in, the stream, and what a hostile page beside it can do. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, type TestContext, test } from 'vitest';
import { startWebHost, type WebHost } from '../../app/web/host.ts';
import { type MemoryServices, memoryServices } from '../support/memory-services.ts';
import { openBrowser, openPage } from './support/chromium.ts';

const PAGE = fileURLToPath(new URL('./page', import.meta.url));

async function desk(context: TestContext): Promise<{ host: WebHost; services: MemoryServices }> {
  const services = memoryServices();
  const host = await startWebHost({ services, renderer: PAGE });
  context.onTestFinished(() => host.close());
  return { host, services };
}

test('a link opens the console; the address holds no token and scripts see no cookie', async (context) => {
  const browser = await openBrowser(context);
  const { host } = await desk(context);
  const { page, complaints } = await openPage(browser);
  await page.goto(host.mintLink());
  await page.getByText('ready for tester').waitFor();
  expect(page.url()).toBe(`${host.origin}/`);
  expect(await page.evaluate(() => document.cookie)).toBe('');
  expect(await page.evaluate(() => performance.getEntriesByType('navigation').map((entry) => entry.name))).toEqual([`${host.origin}/`]);
  await page.reload();
  await page.getByText('ready for tester').waitFor();
  expect(complaints).toEqual([]);
});

test('a second browser session is another caller, and both see the events', async (context) => {
  const browser = await openBrowser(context);
  const { host, services } = await desk(context);
  const [first, second] = [await openPage(browser), await openPage(browser)];
  for (const { page } of [first, second]) {
    await page.goto(host.mintLink());
    await page.getByText('ready for tester').waitFor();
  }
  await first.page.evaluate(() => window.rearm!.request('recovery.run', { store: 0 }));
  for (const { page } of [first, second]) await page.getByText('recovery.changed true').waitFor();
  expect(services.asked.map(({ name, session }) => `${session} ${name}`)).toEqual([
    'S1 console.describe',
    'S2 console.describe',
    'S1 recovery.run',
  ]);
});

test('a stream that breaks comes back by itself, and the page is told what it missed', async (context) => {
  const browser = await openBrowser(context);
  const { host, services } = await desk(context);
  const { page } = await openPage(browser);
  let breakStream: () => Promise<void> = async () => {};
  let reachable = true;
  await page.routeWebSocket(/\/events/, (socket) => {
    if (!reachable) return socket.close();
    const server = socket.connectToServer();
    breakStream = async () => {
      await server.close();
      await socket.close();
    };
  });
  await page.goto(host.mintLink());
  await page.getByText('ready for tester').waitFor();
  services.emit('audit.changed', { store: 0, head: 'before' });
  await page.getByText('audit.changed before').waitFor();
  reachable = false;
  await breakStream();
  await page.getByText('alarm host.connection').first().waitFor();
  services.emit('audit.changed', { store: 0, head: 'lost' });
  services.emit('audit.changed', { store: 0, head: 'latest' });
  reachable = true;
  await page.getByText('audit.changed latest').waitFor();
  expect(await page.locator('li').allTextContents()).toEqual([
    'audit.changed before',
    'alarm host.connection',
    'alarm host.connection',
    'audit.changed latest',
  ]);
});

test('the policy holds in the browser: no inline script, no eval, no other origin, no frame', async (context) => {
  const browser = await openBrowser(context);
  const { host } = await desk(context);
  const { page } = await openPage(browser);
  await page.goto(host.mintLink());
  await page.getByText('ready for tester').waitFor();
  const outcome = await page.evaluate(async () => {
    const inline = document.createElement('script');
    inline.textContent = 'window.inlineRan = true';
    document.head.append(inline);
    const frame = document.createElement('iframe');
    frame.srcdoc = '<p>frame</p>';
    const foreign = await fetch('http://127.0.0.1:1/').then(
      () => 'fetched',
      () => 'refused',
    );
    const violations: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
    const image = new Image();
    image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw=';
    const style = document.createElement('style');
    style.textContent = 'body { color: red }';
    document.head.append(style);
    document.body.append(frame);
    await new Promise<void>((resolve) => {
      const look = (): void =>
        violations.includes('img-src') && violations.includes('style-src-elem') ? resolve() : void setTimeout(look, 5);
      look();
    });
    return { inlineRan: 'inlineRan' in window, foreign, violations: [...new Set(violations)].sort() };
  });
  expect(outcome.inlineRan).toBe(false);
  expect(outcome.foreign).toBe('refused');
  expect(outcome.violations).toEqual(expect.arrayContaining(['img-src', 'style-src-elem']));
  // Through a script of the page's own: the debugger may evaluate where the page may not.
  const evaluated = await page.evaluate(
    () =>
      new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => event.blockedURI === 'eval' && resolve('refused'), { once: true });
        setTimeout('window.evaluated = true; ', 0);
        setTimeout(() => 'evaluated' in window && resolve('ran'), 50);
      }),
  );
  expect(evaluated).toBe('refused');
});

test('a page on another port of the same machine, with the cookie in its browser, reaches nothing', async (context) => {
  const browser = await openBrowser(context);
  const { host, services } = await desk(context);
  const evil = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>evil</title><p>evil</p>');
  });
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
  context.onTestFinished(() => {
    evil.closeAllConnections();
    evil.close();
  });
  const { page } = await openPage(browser);
  await page.goto(host.mintLink());
  await page.getByText('ready for tester').waitFor();
  const askedBefore = services.asked.length;
  await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
  const tried = await page.evaluate(async (origin) => {
    const outcome = (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        (value) => `reached ${String(value)}`,
        () => 'refused',
      );
    const post = (init: RequestInit) =>
      fetch(`${origin}/api/recovery.run`, { method: 'POST', credentials: 'include', body: '{"store":0}', ...init });
    return {
      json: await outcome(post({ headers: { 'Content-Type': 'application/json' } })),
      read: await outcome(fetch(`${origin}/`, { credentials: 'include' })),
      blind: await outcome(post({ mode: 'no-cors' }).then((response) => response.type)),
      script: await outcome(
        new Promise((resolve, reject) => {
          const script = document.createElement('script');
          script.src = `${origin}/bridge.js`;
          script.onload = () => resolve('script');
          script.onerror = reject;
          document.head.append(script);
        }),
      ),
      stream: await outcome(
        new Promise((resolve, reject) => {
          const socket = new WebSocket(`${origin.replace('http', 'ws')}/events`);
          socket.onopen = () => resolve('stream');
          socket.onerror = reject;
        }),
      ),
    };
  }, host.origin);
  expect(tried.json).toBe('refused');
  expect(tried.read).toBe('refused');
  expect(tried.script).toBe('refused');
  expect(tried.stream).toBe('refused');
  // What a page sends blindly arrives, and is refused there.
  expect(services.asked.length).toBe(askedBefore);
  await page.evaluate(async (origin) => {
    const frame = document.createElement('iframe');
    frame.src = origin;
    document.body.append(frame);
    await new Promise((resolve) => {
      frame.onload = resolve;
    });
  }, host.origin);
  const framed = page.frames().filter((frame) => frame !== page.mainFrame());
  expect(framed.map((frame) => frame.url())).toEqual(['chrome-error://chromewebdata/']);
});
