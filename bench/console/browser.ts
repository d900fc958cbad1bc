/** The console in a real Chromium, on the real web host: pages of the built console, and bare ones as their limit. */

import type { Browser, Page } from 'playwright-core';
import type { Services } from '../../app/services.ts';
import { startWebHost } from '../../app/web/host.ts';
import { buildAll } from '../../scripts/build.ts';
import { findChromium, launchChromium } from '../../scripts/chromium.ts';

const VIEWPORT = { width: 1440, height: 900 };

/** null: there is none on this machine. */
export async function openBrowser(): Promise<Browser | null> {
  const executable = await findChromium();
  if (!executable) return null;
  await buildAll(['renderer', 'web'], true);
  return launchChromium(executable);
}

/** A page in a session of its own, so that none stands in the background of another. */
const newPage = async (browser: Browser): Promise<Page> => (await browser.newContext({ viewport: VIEWPORT })).newPage();

/** A page with nothing but this body. */
export async function openBarePage(browser: Browser, body: string): Promise<Page> {
  const page = await newPage(browser);
  await page.setContent(`<!doctype html><body style="margin:0;font:12px sans-serif">${body}</body>`);
  return page;
}

export interface ConsolePage {
  readonly page: Page;
  close(): Promise<void>;
}

/** The console as a person has it: served by the web host, entered by its link, on the screen of this key. */
export async function openConsolePage(browser: Browser, services: Services, screenKey: string): Promise<ConsolePage> {
  // One person is one session, which may ask so often; the bench is many of them.
  const host = await startWebHost({ services, limits: { sessionBurst: 1_000_000 } });
  const page = await newPage(browser);
  await page.goto(host.mintLink());
  await page
    .getByText(/TRADING/)
    .first()
    .waitFor();
  await page.keyboard.press(screenKey);
  return {
    page,
    close: async () => {
      await page.context().close();
      await host.close();
    },
  };
}
