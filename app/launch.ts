/**
 * Opens the console: in Electron where a person can see its window and a runtime is there or can be had within seconds, else on
 * the web host, with one line that says why. The decision is a table; what it needs to know is asked in order, cheapest first.
 */

import { spawn } from 'node:child_process';
import { ensureBuilt } from './built.ts';
import { argumentsOf } from './electron/arguments.ts';
import { hasDisplay, hasVirtualDisplay, startVirtualDisplay, type VirtualDisplay } from './electron/display.ts';
import { download, unreachable } from './electron/download.ts';
import { WINDOW_OPEN } from './electron/ready.ts';
import { electronPackage, findRuntime, type Runtime, runtimeSwitches } from './electron/runtime.ts';
import { projectRoot } from './paths.ts';
import type { ConsoleOptions, OpenServices } from './services.ts';
import { startWebHost } from './web/host.ts';
import { offerLinks } from './web/terminal.ts';

export interface LaunchOptions extends Omit<ConsoleOptions, 'host'> {
  readonly openServices: OpenServices;
  /** Absent: whichever fits. */
  readonly host?: 'electron' | 'web' | undefined;
  /** Port of the web host; absent: any free one. */
  readonly port?: number | undefined;
  /** One line for the person at the terminal. */
  readonly print: (line: string) => void;
  /** Absent: a built console that is missing is built. */
  readonly prepare?: (print: (line: string) => void) => Promise<void>;
}

export interface Launched {
  readonly host: 'electron' | 'web';
  /** A fresh one-time link of the web host; null in Electron. */
  readonly mintLink: (() => string) | null;
  /** When the window was closed, or the web host. */
  readonly closed: Promise<void>;
  /** Ends the host and the services that it opened. Idempotent. */
  close(): Promise<void>;
}

export interface Surroundings {
  readonly display: boolean;
  runtime(): Runtime | null;
  /** The directory of the electron package, or null. */
  readonly package: string | null;
  unreachable(): Promise<string | null>;
  download(): Promise<boolean>;
}

export type Choice = { readonly host: 'electron'; readonly runtime: Runtime } | { readonly host: 'web'; readonly reason: string };

export async function choose(around: Surroundings, print: (line: string) => void): Promise<Choice> {
  if (!around.display) return { host: 'web', reason: 'there is no display' };
  const present = around.runtime();
  if (present) return { host: 'electron', runtime: present };
  if (around.package === null) return { host: 'web', reason: 'the electron package is not installed' };
  const silent = await around.unreachable();
  if (silent !== null) return { host: 'web', reason: `no Electron runtime is here, and it cannot be downloaded (${silent})` };
  print('Downloading the Electron runtime, once.');
  const runtime = (await around.download()) ? around.runtime() : null;
  return runtime ? { host: 'electron', runtime } : { host: 'web', reason: 'the download of the Electron runtime failed' };
}

const surroundings = (): Surroundings => {
  const own = electronPackage();
  return {
    display: hasDisplay(),
    runtime: findRuntime,
    package: own,
    unreachable: () => unreachable(),
    download: () => (own === null ? Promise.resolve(false) : download(own)),
  };
};

export async function launch(options: LaunchOptions): Promise<Launched> {
  await (options.prepare ?? ensureBuilt)(options.print);
  if (options.host === 'web') return openWeb(options);
  const around = surroundings();
  // Asked for by name, Electron runs on a virtual display too, for tests and pictures.
  const virtual = options.host === 'electron' && !around.display && hasVirtualDisplay();
  const choice = await choose(virtual ? { ...around, display: true } : around, options.print);
  if (choice.host === 'electron') {
    const started = await openElectron(choice.runtime, virtual ? await startVirtualDisplay() : null, options);
    if (typeof started !== 'string') return started;
    options.print(`The console opens in the browser: ${started}.`);
  } else options.print(`The console opens in the browser: ${choice.reason}.`);
  return openWeb(options);
}

async function openWeb(options: LaunchOptions): Promise<Launched> {
  const services = await options.openServices({ ...options, host: 'web' });
  const host = await startWebHost({ services, ...(options.port === undefined ? {} : { port: options.port }) }).catch(async (thrown) => {
    await services.close();
    throw thrown;
  });
  options.print('Each link opens one browser session and works once; two people sign from two sessions.');
  options.print(`  first:  ${host.mintLink()}`);
  options.print(`  second: ${host.mintLink()}`);
  const endOffer = offerLinks(() => host.mintLink(), options.print);
  let closed: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    closed = resolve;
  });
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    endOffer();
    closing ??= host
      .close()
      .then(() => services.close())
      .finally(closed);
    return closing;
  };
  return { host: 'web', mintLink: () => host.mintLink(), closed: over, close };
}

/** The running window, or why there is none. */
async function openElectron(runtime: Runtime, display: VirtualDisplay | null, options: LaunchOptions): Promise<Launched | string> {
  const child = spawn(runtime.executable, [...runtimeSwitches(), projectRoot(), ...argumentsOf(options)], {
    stdio: ['ignore', 'pipe', process.stderr],
    // An editor's terminal may have set the variable that turns Electron into Node.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: undefined, ...(display ? { DISPLAY: display.name } : {}) },
  });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (status, signal) => resolve(signal ?? `status ${status}`));
  });
  const over = ended.then(async () => display?.stop());
  const open = new Promise<null>((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes(WINDOW_OPEN)) resolve(null);
    });
  });
  const failure = await Promise.race([open, ended]);
  if (failure !== null) return `Electron ${runtime.version ?? ''} did not start (${failure})`;
  options.print(`The console is open in Electron ${runtime.version ?? ''}.`);
  const close = (): Promise<void> => {
    child.kill('SIGTERM');
    return over;
  };
  return { host: 'electron', mintLink: null, closed: over, close };
}
