/** The console window in the real Electron on a crashed demo store, with an archive that an older runtime cannot read. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { expect, type TestContext, test } from 'vitest';
import { ROOT } from '../../scripts/bundle.ts';
import { type CrashedDesk, crashedDesk } from '../flow/desk.ts';
import { needRuntime, openElectron } from './support/electron.ts';
import { sees } from './support/keyboard.ts';
import { picture, seriousFindings } from './support/screens.ts';

/** The demo's trading process archives this long after its start. */
const UNTIL_ARCHIVE_S = 17;
const NODE_API_NEEDED = 10;
const MAIN = 'main';
const row = (tier: string): string => `table.tiers tbody tr:has(th:has-text("${tier}"))`;

async function open(context: TestContext, desk: CrashedDesk): Promise<{ program: ElectronApplication; page: Page; complaints: string[] }> {
  const program = await openElectron(context, join(ROOT, 'dist/electron/main.cjs'), [
    `--store=${desk.paths.store}`,
    `--venues=${desk.paths.venueConfig}`,
    '--environment=DEMO',
    '--colour=demo',
  ]);
  const page = await program.firstWindow();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { program, page, complaints };
}

test('on a crashed store: what the runtime cannot read is named, everything else works', { timeout: 180_000 }, async (context) => {
  needRuntime(context);
  const desk = await crashedDesk(context, 3, UNTIL_ARCHIVE_S);
  expect(existsSync(join(desk.paths.store, 'l4/archive.db'))).toBe(true);
  const { program, page, complaints } = await open(context, desk);

  // The program is up once its page is: asked earlier, it may drop the question.
  await sees(page, '[aria-label="State of trading"]', 'TRADING HALTED');
  expect(
    await program.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]!.webContents as Electron.WebContents & {
        getLastWebPreferences(): Electron.WebPreferences;
      };
      const { contextIsolation, sandbox, nodeIntegration } = contents.getLastWebPreferences();
      return { contextIsolation, sandbox, nodeIntegration };
    }),
  ).toEqual({ contextIsolation: true, sandbox: true, nodeIntegration: false });
  const nodeApi = Number(await program.evaluate(() => process.versions.napi));

  // Recovered, with the report; the archive is used where it can be, and named with its reason where not.
  await sees(page, '.sentence', /Recovered from L[12] to LSN [\d,]+; .*no acknowledged operation lost/);
  await sees(page, 'section[aria-label^="6."]', '2 of 2 answered');
  if (nodeApi < NODE_API_NEEDED) {
    await sees(page, row('L4'), /unavailable/);
    await sees(page, row('L4'), `the database module needs Node-API ${NODE_API_NEEDED}, this runtime has ${nodeApi}`);
  } else await sees(page, row('L4'), /valid/);
  for (const tier of ['L1', 'L2', 'L3']) await sees(page, row(tier), 'valid');
  await picture(page, 'electron-restart');
  expect(await seriousFindings(page)).toEqual([]);

  // A page down to its bytes, in every copy.
  await page.getByRole('grid', { name: 'Pages of the recovered image' }).focus();
  await page.keyboard.press('Enter');
  await sees(page, '[role=dialog]', /Page 0 .*hash computed equal [0-9a-f]+ .*Rows on this page/);
  await sees(page, '[aria-label="Bytes of the page"]', /^0000 [0-9a-f]{2} /);
  for (const tier of ['L1', 'L2', 'L3', 'L4']) {
    await page.getByRole('dialog').getByRole('button', { name: tier, exact: true }).click();
    await sees(page, '[role=dialog]', tier === 'L4' && nodeApi < NODE_API_NEEDED ? 'TIER_UNAVAILABLE' : /hash computed equal/);
  }
  await picture(page, 'electron-page');
  await page.keyboard.press('Escape');

  // The crash record by record.
  await page.keyboard.press('5');
  await sees(page, MAIN, /At the moment of death .*last record LSN [\d,]+/);
  await sees(page, MAIN, /Up to the crash .*gross exposure/);
  await page.keyboard.press('ArrowLeft');
  await sees(page, MAIN, /class (post|commit), acknowledged (durable|to nobody), epoch 1/);
  await page.getByRole('button', { name: 'State there' }).click();
  await sees(page, MAIN, /digest [0-9a-f]+ .*Positions/);
  await picture(page, 'electron-postmortem');

  // Accepted: a new epoch, trading halted in it.
  await page.keyboard.press('2');
  await page.keyboard.press('Shift+A');
  await page.getByRole('dialog').getByRole('button', { name: 'Demo trader' }).click();
  await page.getByRole('button', { name: /^Accept state at LSN/ }).click();
  await sees(page, '.sentence', 'accepted: epoch 2');
  await sees(page, '[aria-label="State of trading"]', 'TRADING HALTED');
  await page.keyboard.press('4');
  await sees(page, MAIN, /Result accepted ?, done epoch 2/);
  expect([...new Set(complaints)]).toEqual([]);
});
