/** The packaged program: its fuses as they are in the file, what is inside, and what it refuses. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { expect, type TestContext, test } from 'vitest';
import { WINDOW_OPEN } from '../../app/electron/ready.ts';
import { runtimeSwitches } from '../../app/electron/runtime.ts';
import { ROOT } from '../../scripts/bundle.ts';
import { packageHere } from '../../scripts/package.ts';
import { needRuntime } from './support/electron.ts';

const OUTPUT = 'tests/output/package';
const PROGRAM = join(ROOT, OUTPUT, 'linux-unpacked/rearm');
/** What the file holds for a fuse that is on: the digit 1. */
const ENABLED = 0x31;
let packaged: Promise<number> | null = null;

async function needPackage(context: TestContext): Promise<void> {
  needRuntime(context);
  if (process.platform !== 'linux') context.skip('the package is looked at on Linux');
  packaged ??= packageHere(OUTPUT);
  expect(await packaged).toBe(0);
}

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Runs the program until it ends; it is asked to end once it has said `until`. */
function runProgram(context: TestContext, args: readonly string[], env: Record<string, string> = {}, until?: string): Promise<Ended> {
  const data = mkdtempSync(join(tmpdir(), 'rearm-package-'));
  const child = spawn(PROGRAM, [...runtimeSwitches(), `--user-data-dir=${data}`, ...args], { env: { ...process.env, ...env } });
  let output = '';
  const ended = new Promise<Ended>((resolve) => {
    const listen = (text: Buffer): void => {
      output += text.toString();
      if (until !== undefined && output.includes(until)) child.kill('SIGTERM');
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('close', (status) => resolve({ status, output }));
  });
  context.onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(data, { recursive: true, force: true });
  });
  return ended;
}

test('the fuses are as they have to be', async (context) => {
  await needPackage(context);
  const wire = await getCurrentFuseWire(PROGRAM);
  const states = Object.fromEntries(
    Object.entries(FuseV1Options)
      .filter((entry): entry is [string, FuseV1Options] => typeof entry[1] === 'number')
      .map(([name, index]) => [name, wire[index] === ENABLED]),
  );
  expect(states).toEqual({
    RunAsNode: false,
    EnableCookieEncryption: true,
    EnableNodeOptionsEnvironmentVariable: false,
    EnableNodeCliInspectArguments: false,
    EnableEmbeddedAsarIntegrityValidation: true,
    OnlyLoadAppFromAsar: true,
    LoadBrowserProcessSpecificV8Snapshot: false,
    GrantFileProtocolExtraPrivileges: false,
  });
});

interface ArchiveFolder {
  readonly files?: Record<string, ArchiveFolder>;
  readonly unpacked?: boolean;
}

/** The files of an archive: a Pickle of a JSON header at its beginning. */
function filesOf(archive: string): { readonly path: string; readonly unpacked: boolean }[] {
  const bytes = readFileSync(archive);
  const header = JSON.parse(bytes.subarray(16, 16 + bytes.readUInt32LE(12)).toString('utf8')) as ArchiveFolder;
  const walk = (folder: ArchiveFolder, at: string): { path: string; unpacked: boolean }[] =>
    Object.entries(folder.files ?? {}).flatMap(([name, entry]) => {
      const path = at === '' ? name : `${at}/${name}`;
      return entry.files ? walk(entry, path) : [{ path, unpacked: entry.unpacked === true }];
    });
  return walk(header, '');
}

test('the archive holds the built program, its libraries, and no source, test, map or other program', async (context) => {
  await needPackage(context);
  const resources = join(PROGRAM, '../resources');
  expect(existsSync(join(resources, 'default_app.asar'))).toBe(false);
  const files = filesOf(join(resources, 'app.asar'));
  const own = files.map((file) => file.path).filter((path) => !path.startsWith('node_modules/'));
  expect(own.filter((path) => path !== 'package.json' && !/^dist\/(electron|renderer)\//.test(path))).toEqual([]);
  expect(own).toEqual(
    expect.arrayContaining(['dist/electron/main.cjs', 'dist/electron/preload.cjs', 'dist/electron/program.js', 'dist/renderer/index.html']),
  );
  expect(files.filter((file) => /\.(map|ts|tsx|gyp)$/.test(file.path)).map((file) => file.path)).toEqual([]);
  expect(files.filter((file) => file.path.endsWith('.node') && !file.unpacked)).toEqual([]);
  for (const name of ['electron', 'react', 'vite', 'playwright-core'])
    expect(files.some((file) => file.path.startsWith(`node_modules/${name}/`))).toBe(false);
});

test('it opens its window from the archive, and ends in order', async (context) => {
  await needPackage(context);
  const ended = await runProgram(context, ['--environment=package', '--colour=test'], {}, WINDOW_OPEN);
  expect(ended.output).toContain(WINDOW_OPEN);
  expect(ended.status).toBe(0);
});

test('it refuses to be opened to a debugger', async (context) => {
  await needPackage(context);
  const ended = await runProgram(context, ['--remote-debugging-port=0']);
  expect(ended.status).toBe(1);
  expect(ended.output).toContain('USAGE: --remote-debugging-port is refused');
});

test('it is no Node, and takes no code from the environment or the command line', async (context) => {
  await needPackage(context);
  const folder = mkdtempSync(join(tmpdir(), 'rearm-inject-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = join(folder, 'inject.cjs');
  writeFileSync(script, 'console.log("code" + " ran");');
  // Each ends by the refusal of the last argument: were the code to run, it would have run before.
  const tries: [string[], Record<string, string>][] = [
    [[script], { ELECTRON_RUN_AS_NODE: '1' }],
    [[], { NODE_OPTIONS: `--require=${script}` }],
    [[`--require=${script}`], {}],
    [['--inspect-brk=0'], {}],
  ];
  for (const [args, env] of tries) {
    const ended = await runProgram(context, [...args, '--remote-debugging-port=0'], env);
    expect(ended.output).not.toContain('code ran');
    expect(ended.output).not.toContain('Debugger listening');
    expect(ended.status).toBe(1);
  }
});
