/**
 * The main job in a real browser on the real demo desk, without a mouse: from the crash to the release by two people in two browser
 * sessions, and what they read on the way. The hands only press keys; the eyes read visible text.
 */

import type { Page } from 'playwright-core';
import { expect, type TestContext, test } from 'vitest';
import { openServices } from '../../app/open-services.ts';
import { startWebHost, type WebHost } from '../../app/web/host.ts';
import { type CrashedDesk, crashedDesk, expectNothingSentTwice, submissions, until } from '../flow/desk.ts';
import { openBrowser, openPage, type WatchedPage } from './support/chromium.ts';
import { focused, sees, tabTo, textOf } from './support/keyboard.ts';
import { picture, seriousFindings, watchPolicy } from './support/screens.ts';

const MAIN = 'main';
const BANNER = '[aria-label="State of trading"]';
const FACTS = [
  [1, 'Orders live at the venues', /\d+ orders? .*BINANCE .*BYBIT/],
  [2, 'Trading engine', /DEAD .*Nobody holds the lock/],
  [3, 'Exposure against limits', /net .*gross .*limit 250,000.*worst/],
  [4, 'P&L since the crash', /1 % against us costs [\d,.]+ .*oldest mark/],
  [5, 'Orders sent, never acknowledged', /\d+ orders?/],
  [6, 'Venues', /2 of 2 answered .*BINANCE answered .*can cancel COD yes.*BYBIT answered .*can cancel COD no/],
  [7, 'Positions that differ from the venues', /\d+ positions?/],
  [8, 'Margin headroom', /used [\d,.]+ .*next funding .*UTC/],
  [9, 'Recovered state', /Whole 0 acknowledged lost as of .*ago/],
  [10, 'Time since the crash, and the next step', /since .*UTC .*next .*owed by/],
] as const;

async function served(context: TestContext, desk: CrashedDesk): Promise<WebHost> {
  const services = await openServices({
    host: 'web',
    stores: [{ path: desk.paths.store, venues: desk.paths.venueConfig }],
    environment: { name: 'DEMO', colour: 'demo' },
  });
  context.onTestFinished(() => services.close());
  const host = await startWebHost({ services });
  context.onTestFinished(() => host.close());
  return host;
}

const focusOn = (page: Page, words: string): Promise<string> =>
  until(
    () => focused(page),
    (there) => there.includes(words),
  );

/** A screen by its digit, judged and photographed. */
async function screen({ page }: WatchedPage, digit: string, name: string): Promise<void> {
  await page.keyboard.press(digit);
  await page.locator(MAIN).waitFor();
  await page.waitForTimeout(400);
  await picture(page, name);
  expect(await seriousFindings(page), name).toEqual([]);
}

async function actAs(page: Page, name: string): Promise<void> {
  await page.keyboard.press('w');
  await sees(page, '[role=dialog]', 'Who is acting?');
  for (let i = 0; i < 4 && !(await focused(page)).includes(name); i += 1) await page.keyboard.press('ArrowDown');
  await focusOn(page, name);
  await page.keyboard.press('Enter');
  await sees(page, 'header', name);
  await page.locator('[role=dialog]').waitFor({ state: 'detached' });
}

/** Types only where the passphrase is asked for, as a person who looks at the screen. */
async function signWith(page: Page, passphrase: string): Promise<void> {
  await page.keyboard.press('s');
  await focusOn(page, 'Passphrase of');
  await page.keyboard.press('Control+a');
  await page.keyboard.type(passphrase);
  await page.keyboard.press('Enter');
}

/** Reconciles until the venues were asked anew. */
async function reconcile(page: Page): Promise<void> {
  await sees(page, MAIN, /Reconcile (again|with the venues)/);
  await page.keyboard.press('r');
  await sees(page, MAIN, 'Asking the venues');
  await sees(page, MAIN, 'Reconcile again');
}

const blockingLeft = async (page: Page): Promise<string> => /([\d,]+) ([\d,]+) blocking/.exec(await textOf(page, MAIN))?.[2] ?? '';

test('from the crash to trading again by keyboard, two people in two sessions', { timeout: 240_000 }, async (context) => {
  const browser = await openBrowser(context);
  const desk = await crashedDesk(context, 2, 4);
  const host = await served(context, desk);
  const trader = desk.startTrader();
  const first = await openPage(browser);
  const second = await openPage(browser);
  const violations = await Promise.all([first, second].map(({ context: session }) => watchPolicy(session)));

  // The trader sees the halt, the ten facts and the recovery in one sentence.
  const { page } = first;
  await page.goto(host.mintLink());
  await sees(page, BANNER, /TRADING HALTED since [\d:.]+ UTC/);
  for (const [number, title, words] of FACTS) await sees(page, `section[aria-label="${number}. ${title}"]`, words);
  const recovered = /Recovered from L[12] to LSN [\d,]+; [\d,]+ operations? replayed; .*no acknowledged operation lost; RTO .* of 5\.00 s/;
  await sees(page, '.sentence', recovered);
  await screen(first, '2', 'restart');
  await page.locator(MAIN).evaluate((main) => main.scrollTo(0, main.scrollHeight));
  await picture(page, 'restart-below');
  await page.locator(MAIN).evaluate((main) => main.scrollTo(0, 0));
  await actAs(page, 'Demo trader');

  // Takes the risk off: every order, stops too.
  await page.keyboard.press('x');
  await sees(page, '[role=dialog]', 'Cancel working orders');
  await focusOn(page, 'Leave orders as they are');
  await tabTo(page, /Also cancel stops/, 'Shift+Tab');
  await page.keyboard.press('Space');
  await tabTo(page, /^Cancel \d+ orders? at every venue/);
  await picture(page, 'cancel-asked');
  await page.keyboard.press('Enter');
  await sees(page, '[role=dialog]', /done · by trader-1/);
  const fates = await textOf(page, '[role=dialog]');
  const gone = /(\d+) of (\d+) orders? gone/.exec(fates)!;
  expect(gone[1]).toBe(gone[2]);
  await picture(page, 'cancel-done');
  await page.keyboard.press('Escape');
  await sees(page, `section[aria-label="1. ${FACTS[0][1]}"]`, /^1 .*0 orders/);
  expect((await desk.book()).venues.flatMap(({ orders }) => orders.filter(({ live }) => live))).toEqual([]);

  // Decides every break, most money first.
  await page.keyboard.press('3');
  await sees(page, MAIN, 'Breaks');
  await reconcile(page);
  expect(Number(await blockingLeft(page))).toBeGreaterThan(0);
  await screen(first, '3', 'reconcile');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await picture(page, 'reconcile-evidence');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+a');
  await sees(page, MAIN, / chosen/);
  await page.keyboard.press('a');
  await sees(page, 'footer', /Staged "Accept venue"/);
  while ((await blockingLeft(page)) !== '0') {
    await page.keyboard.press('b');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Shift+T');
    await sees(page, '[role=dialog]', 'Tolerate');
    await page.keyboard.type('seen at the venue');
    await page.keyboard.press('Enter');
    await page.locator('[role=dialog]').waitFor({ state: 'detached' });
    await page.keyboard.press('b');
  }
  await sees(page, MAIN, /[1-9]\d* 0 blocking/);
  await picture(page, 'reconcile-decided');

  // The crash itself, record by record.
  await screen(first, '1', 'fleet');
  await screen(first, '5', 'postmortem');
  await sees(page, MAIN, /At the moment of death .*last record LSN [\d,]+/);
  await screen(first, '7', 'audit');
  await page.keyboard.press('3');

  // Accepts: a new epoch, and nothing is left against the venues.
  await page.keyboard.press('Shift+A');
  await sees(page, '[role=dialog]', 'Accept the recovered state');
  await focusOn(page, 'Leave it unaccepted');
  await picture(page, 'accept');
  await tabTo(page, /^Accept state at LSN/);
  await page.keyboard.press('Enter');
  await page.locator('[role=dialog]').waitFor({ state: 'detached' });
  await reconcile(page);
  await sees(page, MAIN, '0 0 blocking');

  // Proposes, and signs as the first of two.
  await page.keyboard.press('4');
  await sees(page, MAIN, 'Propose a dossier');
  await screen(first, '4', 'approve-propose');
  await page.keyboard.press('p');
  await focusOn(page, 'CANCEL ONLY');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await focusOn(page, 'ACTIVE');
  // What the desk's limits do not say, a person says.
  for (const [field, bound] of [
    [/^Gross exposure at most/, '200000'],
    [/^Net exposure at most/, '100000'],
    [/^Loss since proposal at most/, '5000'],
  ] as const) {
    await tabTo(page, field);
    await page.keyboard.press('Control+a');
    await page.keyboard.type(bound);
  }
  await tabTo(page, /^Propose dossier for ACTIVE at every venue/);
  await page.keyboard.press('Enter');
  await sees(page, MAIN, /trader owes a signature .*risk owes a signature/);
  await signWith(page, 'not demo');
  await sees(page, MAIN, 'SIGNATURE_INVALID');
  await picture(page, 'approve-wrong-passphrase');
  await page.keyboard.press('Escape');
  await signWith(page, 'demo');
  await sees(page, MAIN, '1 of 2');
  await screen(first, '4', 'approve-one');

  // The risk officer signs in a browser session of their own.
  await second.page.goto(host.mintLink());
  await sees(second.page, BANNER, 'TRADING HALTED');
  await second.page.keyboard.press('4');
  await sees(second.page, MAIN, 'risk owes a signature');
  await actAs(second.page, 'Demo risk officer');
  await signWith(second.page, 'demo');
  await sees(second.page, MAIN, '2 of 2');
  await screen(second, '4', 'approve-complete');
  expect(host.sessions().length).toBe(2);
  expect(trader.said).toEqual(['halted']);

  // The trader releases, and the engine trades.
  const before = submissions(await desk.book()).length;
  await sees(page, MAIN, '2 of 2');
  await page.keyboard.press('Shift+R');
  await sees(page, '[role=dialog]', 'Release trading');
  await focusOn(page, 'Stay halted');
  await picture(page, 'release');
  await tabTo(page, /^Release ACTIVE at every venue/);
  await page.keyboard.press('Enter');
  await trader.says('trading');
  for (const { page: seen } of [first, second]) {
    await sees(seen, BANNER, 'TRADING ACTIVE');
    await sees(seen, MAIN, /engine trading in ACTIVE from LSN/);
  }
  const book = await until(desk.book, (found) => submissions(found).length > before + 20);
  expectNothingSentTwice(book);
  await screen(first, '4', 'approve-released');

  // Every other screen on real data, and what the browser complained about.
  for (const [digit, name] of [
    ['2', 'restart-released'],
    ['3', 'reconcile-released'],
    ['1', 'fleet-released'],
    ['5', 'postmortem-released'],
    ['7', 'audit-released'],
  ] as const)
    await screen(first, digit, name);
  // Who did what, also what the other session and the engine did.
  await sees(page, MAIN, /chain verified .*engine\.reported .*console\.accepted/);
  await page.keyboard.press('2');
  await sees(page, 'section[aria-label^="2."]', /ALIVE .*holds the lock/);
  await page.keyboard.press('7');
  await page.keyboard.press('l');
  await picture(page, 'audit-drawer');
  for (const [index, { page: seen, complaints }] of [first, second].entries()) {
    expect.soft([...new Set(complaints)]).toEqual([]);
    expect.soft(await violations[index]!(seen)).toEqual([]);
  }
});
