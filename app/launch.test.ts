import { EventEmitter } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { memoryServices } from '../tests/support/memory-services.ts';
import { ensureBuilt } from './built.ts';
import { choose, launch, type Surroundings } from './launch.ts';
import { offerLinks } from './web/terminal.ts';

const runtime = { executable: '/e/electron', version: '45.4.1', directory: '/e' };
const nothing: Surroundings = {
  display: true,
  runtime: () => null,
  package: '/p',
  unreachable: async () => 'github.com: ENOTFOUND',
  download: async () => false,
};

test.each<[string, Surroundings, unknown]>([
  ['no display', { ...nothing, display: false, runtime: () => runtime }, { host: 'web', reason: 'there is no display' }],
  ['a runtime', { ...nothing, runtime: () => runtime }, { host: 'electron', runtime }],
  ['no package', { ...nothing, package: null }, { host: 'web', reason: 'the electron package is not installed' }],
  ['no server', nothing, { host: 'web', reason: 'no Electron runtime is here, and it cannot be downloaded (github.com: ENOTFOUND)' }],
  [
    'a download that fails',
    { ...nothing, unreachable: async () => null },
    { host: 'web', reason: 'the download of the Electron runtime failed' },
  ],
])('%s decides', async (_, around, expected) => {
  expect(await choose(around, () => {})).toEqual(expected);
});

test('a runtime that was downloaded is used, and the download was announced', async () => {
  const lines: string[] = [];
  let there = false;
  const around: Surroundings = {
    ...nothing,
    runtime: () => (there ? runtime : null),
    unreachable: async () => null,
    download: async () => {
      there = true;
      return true;
    },
  };
  expect(await choose(around, (line) => lines.push(line))).toEqual({ host: 'electron', runtime });
  expect(lines).toEqual(['Downloading the Electron runtime, once.']);
});

test('the web host prints two links that open two sessions, and closing it closes the services', async () => {
  const services = memoryServices();
  const lines: string[] = [];
  const launched = await launch({
    host: 'web',
    stores: [],
    environment: { name: 'memory', colour: 'test' },
    openServices: async () => services,
    print: (line) => lines.push(line),
    prepare: async () => {},
  });
  const links = lines.flatMap((line) => /http:\S+/.exec(line)?.[0] ?? []);
  expect(links).toHaveLength(2);
  const cookies = await Promise.all(links.map(async (link) => (await fetch(link, { redirect: 'manual' })).headers.get('set-cookie')));
  expect(new Set(cookies).size).toBe(2);
  await Promise.all([launched.close(), launched.close(), launched.closed]);
  expect(services.closed()).toBe(true);
});

test('an Electron that ends before its window is open leaves the console in the browser, with one line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rearm-launch-'));
  writeFileSync(join(folder, 'electron'), '#!/bin/sh\nexit 127\n');
  chmodSync(join(folder, 'electron'), 0o755);
  writeFileSync(join(folder, 'version'), '45.4.1');
  vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', folder);
  vi.stubEnv('DISPLAY', ':0');
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const lines: string[] = [];
  const launched = await launch({
    stores: [],
    environment: { name: 'memory', colour: 'test' },
    openServices: async () => memoryServices(),
    print: (line) => lines.push(line),
    prepare: async () => {},
  });
  expect(launched.host).toBe('web');
  expect(lines[0]).toBe('The console opens in the browser: Electron 45.4.1 did not start (status 127).');
  await launched.close();
});

test('Enter at the terminal prints another link; without a terminal there is no offer', () => {
  const lines: string[] = [];
  const terminal = Object.assign(new EventEmitter(), { isTTY: true, unref: () => {}, pause: () => {} });
  let count = 0;
  const end = offerLinks(
    () => `link ${++count}`,
    (line) => lines.push(line),
    terminal as never,
  );
  terminal.emit('data', '\n');
  end();
  terminal.emit('data', '\n');
  expect(lines).toEqual(['Press Enter for another link.', '  another: link 1']);
  const pipe = Object.assign(new EventEmitter(), { isTTY: undefined });
  offerLinks(
    () => 'link',
    (line) => lines.push(line),
    pipe as never,
  );
  pipe.emit('data', '\n');
  expect(lines).toHaveLength(2);
});

test('a console that is not built and cannot be is one clear error', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rearm-launch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await expect(ensureBuilt(() => {}, folder)).rejects.toMatchObject({
    code: 'RUNTIME_MISSING',
    message: expect.stringContaining('index.html is missing'),
  });
});
