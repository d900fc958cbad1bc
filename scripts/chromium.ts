/** A Chromium for the end-to-end tests and the bench: one that is there, else one that the system's packages or playwright can install. */

import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { canInstall, installPackages } from './packages.ts';
import { run } from './run.ts';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The executable, or null. CHROME_PATH goes before everything. */
export async function findChromium(): Promise<string | null> {
  const named = process.env.CHROME_PATH;
  if (named) return existsSync(named) ? named : null;
  const { chromium } = await import('playwright-core');
  return [...PLACES, chromium.executablePath()].find((path) => existsSync(path)) ?? null;
}

/** Chromium asks nobody on the network. */
const SWITCHES = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts it without a window; as root in a container too. */
export async function launchChromium(executablePath: string): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  const root = process.getuid?.() === 0;
  return chromium.launch({ executablePath, args: [...SWITCHES, ...(root ? ['--no-sandbox'] : [])] });
}

/** Installs one where none is there. Returns the executable, or why there is none. */
export async function provideChromium(): Promise<{ readonly path: string } | { readonly reason: string }> {
  const found = await findChromium();
  if (found) return { path: found };
  if (process.env.CHROME_PATH) return { reason: `CHROME_PATH names ${process.env.CHROME_PATH}, which is not there` };
  const tried: string[] = [];
  if (canInstall()) {
    await installPackages(['chromium']);
    tried.push('apt-get install chromium');
  }
  if (!(await findChromium())) {
    console.log('Installing chromium by playwright.');
    await run('playwright-core', ['install', 'chromium']);
    tried.push('playwright-core install chromium');
  }
  const path = await findChromium();
  return path ? { path } : { reason: `none is on this machine, and these did not bring one: ${tried.join(', ')}` };
}
