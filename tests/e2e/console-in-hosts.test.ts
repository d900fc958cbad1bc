/** The built console in every host: it starts, and nothing of it is against the policy. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startWebHost } from '../../app/web/host.ts';
import { createFixture } from '../../renderer/testing/fixture.ts';
import { ROOT } from '../../scripts/bundle.ts';
import { bridgeServices } from '../support/bridge-services.ts';
import { openBrowser, openPage } from './support/chromium.ts';
import { bundleProgram, openElectron } from './support/electron.ts';

const OUTPUT = join(ROOT, 'tests/output');

/** Every screen, by its key. */
async function visitScreens(page: Page): Promise<void> {
  await page
    .getByText(/TRADING HALTED/i)
    .first()
    .waitFor();
  for (const key of ['1', '2', '3', '4', '5', '6', '7', '2']) {
    await page.keyboard.press(key);
    await page.getByRole('main').waitFor();
  }
}

test('in a browser, on the web host', async (context) => {
  const browser = await openBrowser(context);
  const host = await startWebHost({ services: bridgeServices(createFixture('crashed')) });
  context.onTestFinished(() => host.close());
  const { page, complaints } = await openPage(browser);
  await page.goto(host.mintLink());
  await visitScreens(page);
  mkdirSync(OUTPUT, { recursive: true });
  await page.screenshot({ path: join(OUTPUT, 'console-web.png') });
  expect(complaints).toEqual([]);
});

test('in a window, in Electron', async (context) => {
  const program = await openElectron(context, await bundleProgram('electron-fixture-program'), ['--environment=fixture', '--colour=test']);
  const page = await program.firstWindow();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await visitScreens(page);
  await page.screenshot({ path: join(OUTPUT, 'console-electron.png') });
  expect(complaints).toEqual([]);
});
