/** The window in a real Electron: what the page can do, and what it cannot. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { beforeAll, expect, type TestContext, test } from 'vitest';
import { ROOT } from '../../scripts/bundle.ts';
import type { MemoryServices } from '../support/memory-services.ts';
import { bundleProgram, openElectron } from './support/electron.ts';

declare const services: MemoryServices;

let main = '';
beforeAll(async () => {
  main = await bundleProgram('electron-memory-program');
});

async function open(context: TestContext, sandboxed = false): Promise<{ program: ElectronApplication; page: Page }> {
  const program = await openElectron(context, main, ['--environment=memory', '--colour=test'], sandboxed);
  const page = await program.firstWindow();
  await page.getByText('ready for tester').waitFor();
  return { program, page };
}

test('the page has an origin of its own, the bridge, and nothing of Node or Electron', async (context) => {
  const { program, page } = await open(context);
  expect(page.url()).toBe('app://rearm/');
  const globals = await page.evaluate(() => ({
    bridge: Object.keys(window.rearm ?? {}).sort(),
    node: ['require', 'process', 'module', 'global', 'Buffer', '__dirname', 'electron', 'ipcRenderer'].filter((name) => name in window),
    secure: window.isSecureContext,
    origin: location.origin,
  }));
  expect(globals).toEqual({ bridge: ['request', 'subscribe'], node: [], secure: true, origin: 'app://rearm' });
  const inWorker = await page.evaluate(
    () =>
      new Promise((resolve) => {
        new Worker('/worker.js').onmessage = (message) => resolve(message.data);
      }),
  );
  expect(inWorker).toEqual([]);
  const preferences = await program.evaluate(({ BrowserWindow }) => {
    const window = BrowserWindow.getAllWindows()[0] as Electron.BrowserWindow & {
      webContents: { getLastWebPreferences(): Electron.WebPreferences };
    };
    const all = window.webContents.getLastWebPreferences();
    return {
      contextIsolation: all.contextIsolation,
      sandbox: all.sandbox,
      nodeIntegration: all.nodeIntegration,
      nodeIntegrationInSubFrames: all.nodeIntegrationInSubFrames,
      webSecurity: all.webSecurity,
      allowRunningInsecureContent: all.allowRunningInsecureContent,
      experimentalFeatures: all.experimentalFeatures,
      webviewTag: all.webviewTag,
    };
  });
  expect(preferences).toEqual({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
  });
});

test('the page cannot replace or change the bridge', async (context) => {
  const { page } = await open(context);
  const changed = await page.evaluate(() => {
    const before = window.rearm;
    for (const attempt of [
      () => Object.assign(window, { rearm: { request: 'mine' } }),
      () => Object.assign(window.rearm!, { request: 'mine' }),
      () => Object.defineProperty(window, 'rearm', { value: 'mine' }),
    ]) {
      try {
        attempt();
      } catch {}
    }
    return window.rearm !== before || typeof window.rearm?.request !== 'function';
  });
  expect(changed).toBe(false);
});

test('requests are checked, errors are data, a name outside the contract has no channel', async (context) => {
  const { program, page } = await open(context);
  const replies = await page.evaluate(async () => {
    const ask = window.rearm!.request as (name: string, payload: unknown) => Promise<unknown>;
    return {
      valid: await ask('recovery.run', { store: 0 }),
      extra: await ask('recovery.run', { store: 0, path: '/etc' }),
      typed: await ask('recovery.run', { store: '0' }),
      absent: await ask('recovery.run', undefined),
      unknown: await ask('toString', {}),
      foreign: await ask('../ELECTRON_BROWSER_REQUIRE', 'fs'),
      expected: await ask('gate.get', { store: 0 }),
      defect: await ask('facts.get', { store: 0 }),
    };
  });
  expect(replies).toMatchObject({
    valid: { ok: true, value: { running: true } },
    extra: { ok: false, error: { code: 'PAYLOAD_INVALID' } },
    typed: { ok: false, error: { code: 'PAYLOAD_INVALID' } },
    absent: { ok: false, error: { code: 'PAYLOAD_INVALID' } },
    unknown: { ok: false, error: { code: 'PAYLOAD_INVALID' } },
    foreign: { ok: false, error: { code: 'PAYLOAD_INVALID' } },
    expected: { ok: false, error: { code: 'NOT_FOUND' } },
    defect: { ok: false, error: { code: 'INTERNAL', context: {} } },
  });
  const asked = await program.evaluate(() => services.asked.map(({ name, session }) => `${session} ${name}`));
  expect(asked).toEqual(['window console.describe', 'window recovery.run', 'window gate.get', 'window facts.get']);
});

test('events reach the page', async (context) => {
  const { program, page } = await open(context);
  await program.evaluate(() => services.emit('audit.changed', { store: 0, head: 'abc' }));
  await page.getByText('audit.changed abc').waitFor();
});

test('navigation, new windows and webviews are denied', async (context) => {
  const { program } = await open(context);
  const outcome = await program.evaluate(async ({ BrowserWindow, webContents }) => {
    const contents = BrowserWindow.getAllWindows()[0]!.webContents;
    const prevented: string[] = [];
    contents.on('will-frame-navigate', (event) => prevented.push(`${event.url} ${event.defaultPrevented ? 'prevented' : 'allowed'}`));
    const run = (code: string): Promise<unknown> => contents.executeJavaScript(code, true);
    const addresses = ['https://example.com/', 'http://127.0.0.1:1/', 'app://other/', 'app://rearm/page.js'];
    const opened = await run('window.open("https://example.com/") === null && window.open("app://rearm/") === null');
    for (const address of addresses) {
      const told = new Promise((resolve) => contents.once('will-frame-navigate', resolve));
      await run(`location.assign(${JSON.stringify(address)})`);
      await told;
    }
    await run('document.body.append(document.createElement("webview"))');
    return {
      opened,
      prevented,
      windows: BrowserWindow.getAllWindows().length,
      pages: webContents.getAllWebContents().length,
      address: contents.getURL(),
      still: await run('document.querySelector("#state").textContent'),
    };
  });
  expect(outcome).toEqual({
    opened: true,
    prevented: [
      'https://example.com/ prevented',
      'http://127.0.0.1:1/ prevented',
      'app://other/ prevented',
      'app://rearm/page.js prevented',
    ],
    windows: 1,
    pages: 1,
    address: 'app://rearm/',
    still: 'ready for tester',
  });
});

test('permissions and devices are denied', async (context) => {
  const { page } = await open(context);
  const outcome = await page.evaluate(async () => {
    const state = async (name: string): Promise<string> => (await navigator.permissions.query({ name: name as PermissionName })).state;
    const refused = (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => 'granted',
        () => 'refused',
      );
    return {
      geolocation: await state('geolocation'),
      notifications: await Notification.requestPermission(),
      camera: await refused(navigator.mediaDevices.getUserMedia({ video: true })),
      screen: await refused(navigator.mediaDevices.getDisplayMedia()),
      clipboard: await refused(navigator.clipboard.readText()),
    };
  });
  expect(outcome).toEqual({ geolocation: 'denied', notifications: 'denied', camera: 'refused', screen: 'refused', clipboard: 'refused' });
});

test('the policy holds, and no other address is ever fetched', async (context) => {
  const { page } = await open(context);
  const outcome = await page.evaluate(async () => {
    const violations: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective));
    const inline = document.createElement('script');
    inline.textContent = 'window.inlineRan = true';
    document.head.append(inline);
    const fetched = async (address: string): Promise<string> =>
      fetch(address).then(
        (response) => String(response.status),
        () => 'refused',
      );
    return {
      own: await fetched('app://rearm/page.js'),
      outside: await fetched('app://rearm/..%2fsupport%2felectron-main.ts'),
      hidden: await fetched('app://rearm/%2e%2e/%2e%2e/%2e%2e/package.json'),
      network: await fetched('http://127.0.0.1:1/'),
      file: await fetched('file:///etc/passwd'),
      header: (await fetch('app://rearm/')).headers.get('content-security-policy'),
      inlineRan: 'inlineRan' in window,
      violations: [...new Set(violations)].sort(),
    };
  });
  expect(outcome).toEqual({
    own: '200',
    outside: '404',
    hidden: '404',
    network: 'refused',
    file: 'refused',
    header: expect.stringContaining("default-src 'none'; script-src 'self'"),
    inlineRan: false,
    violations: ['connect-src', 'script-src-elem'],
  });
});

test('a frame inside the page is not answered', async (context) => {
  const { program } = await open(context);
  const answered = await program.evaluate(async ({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]!.webContents;
    // The policy allows no frame to load; an empty one shares the origin, so it stands for whatever got in.
    return contents.executeJavaScript(`(async () => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      return 'rearm' in frame.contentWindow;
    })()`);
  });
  expect(answered).toBe(false);
});

test('closing the window closes the services', async (context) => {
  const { program, page } = await open(context);
  const exited = new Promise<number | null>((resolve) => program.process().once('exit', resolve));
  await page.close();
  expect(await exited).toBe(0);
});

test('for a person without rights the page runs in the sandbox of the system', async (context) => {
  if (process.platform !== 'linux') context.skip('the sandbox is looked at through /proc, on Linux');
  const { program } = await open(context, true);
  const page = await program.evaluate(({ app, BrowserWindow }) => ({
    id: BrowserWindow.getAllWindows()[0]!.webContents.getOSProcessId(),
    switches: app.commandLine.hasSwitch('no-sandbox'),
  }));
  expect(page.switches).toBe(false);
  const status = readFileSync(`/proc/${page.id}/status`, 'utf8');
  // 2: a filter on system calls; no capability; no new ones.
  expect(status).toMatch(/^Seccomp:\t2$/m);
  expect(status).toMatch(/^CapEff:\t0+$/m);
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);
});

test('the preload is one file that requires nothing but electron', () => {
  const text = readFileSync(join(ROOT, 'dist/electron/preload.cjs'), 'utf8');
  expect([...text.matchAll(/require\(([^)]*)\)/g)].map((match) => match[1])).toEqual(['"electron"']);
  expect(text).not.toMatch(/\bimport\b\s*[({'"]/);
});
