/** Real Chromium for a test: `openBrowser(context)` skips the test with a reason where there is none. */

import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TestContext } from 'vitest';
import { launchChromium } from '../../../scripts/chromium.ts';

/** @throws nothing: skips the test where there is no Chromium */
export async function openBrowser(context: TestContext): Promise<Browser> {
  const executablePath = process.env.CHROME_PATH;
  if (!executablePath) context.skip(`Chromium: ${process.env.REARM_NO_CHROMIUM ?? 'run the tests by npm test'}`);
  const browser = await launchChromium(executablePath!);
  context.onTestFinished(() => browser.close());
  return browser;
}

export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page wrote to its console as an error or a warning, and what it threw. */
  readonly complaints: string[];
}

/** A page in a browser session of its own: another page from here is another person. */
export async function openPage(browser: Browser, viewport = { width: 1440, height: 900 }): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport, serviceWorkers: 'block' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, context, complaints };
}
