/** One step of the cursor in the post-mortem, from the key until the panes show the new record; over logs of very different lengths. */

import fs from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openServices } from '../../app/open-services.ts';
import { type Bench, REPETITIONS } from '../measurements/measurement.ts';
import { type Row, rowOf } from '../row.ts';
import { median, quantile, spreadOf } from '../statistics.ts';
import { openBarePage, openConsolePage } from './browser.ts';
import { makeLongLog } from './long-log.ts';
import { type Scene, seen, shows, watch } from './watch.ts';

const RECORDS = [100_000, 10_000_000];
const RECORDS_SHORT = [100_000];
/** Steps in a direction, from each place. */
const STEPS = 40;
const STEPS_SHORT = 4;
const BOUND_MS = 50;
/** A log of millions is read from end to end once, for its timeline; milliseconds at most. */
const READING_MS = 600_000;

const numberOf = (lsn: number): string => lsn.toLocaleString('en-US');

/** What shows the record of an LSN: every pane that follows the cursor. */
const sceneOf = (lsn: number): Scene => [
  { selector: 'section:has([aria-label="Evidence at the cursor"] dl.pairs) h2', text: `LSN ${numberOf(lsn)}` },
  { selector: '[aria-label="Operations"] [data-cursor]:has(time)', text: numberOf(lsn) },
];

async function press(page: Page, key: string, scene: Scene): Promise<number> {
  await watch(page, [scene]);
  await page.keyboard.press(key);
  return (await seen(page)).sinceKeyMs;
}

/** Goes somewhere else by its number, as a person types it; the time counts from Enter. */
async function leap(page: Page, lsn: number): Promise<number> {
  await page.keyboard.press('g');
  await page.keyboard.type(String(lsn));
  return press(page, 'Enter', sceneOf(lsn));
}

/** A page that counts the keys, and does nothing else. */
async function openCounter(browser: Browser): Promise<{ readonly page: Page; press(): Promise<number> }> {
  const page = await openBarePage(browser, '<p id="count"></p>');
  await page.evaluate(() => {
    let count = 0;
    window.addEventListener('keydown', () => {
      count += 1;
      document.querySelector('#count')!.textContent = `${count}.`;
    });
  });
  let pressed = 0;
  return {
    page,
    press() {
      pressed += 1;
      return press(page, 'ArrowLeft', [{ selector: '#count', text: `${pressed}.` }]);
    },
  };
}

async function scrubOf({ directory, short, tell }: Bench, browser: Browser, records: number): Promise<Row> {
  const root = join(directory, `scrub-${records}`);
  const lastLsn = await makeLongLog(root, records, tell);
  const services = await openServices({
    host: 'web',
    stores: [{ path: root, venues: null }],
    environment: { name: 'BENCH', colour: 'test' },
  });
  const { page, close } = await openConsolePage(browser, services, '2');
  await shows(page, { selector: '.sentence', text: 'Run again' });
  const openedMs = performance.now();
  await page.keyboard.press('5');
  await shows(page, { selector: 'main', text: 'smallest and largest of each stretch' }, READING_MS);
  const timelineMs = performance.now() - openedMs;
  const bare = await openCounter(browser);
  const [ours, limit, leaps]: [number[][], number[][], number[]] = [[], [], []];
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    // Each record is met once: what was read stays in the page.
    const place = Math.floor((lastLsn * (repetition + 0.5)) / REPETITIONS);
    const [mine, theirs]: [number[], number[]] = [[], []];
    for (const direction of [-1, 1] as const) {
      let lsn = place + direction * 1_000;
      leaps.push(await leap(page, lsn));
      for (let i = 0; i < (short ? STEPS_SHORT : STEPS); i += 1) {
        lsn += direction;
        mine.push(await press(page, direction < 0 ? 'ArrowLeft' : 'ArrowRight', sceneOf(lsn)));
        theirs.push(await bare.press());
      }
    }
    ours.push(mine);
    limit.push(theirs);
  }
  await close();
  await bare.page.context().close();
  await services.close();
  fs.rmSync(root, { recursive: true });
  const p95 = (samples: readonly number[]): number => quantile(samples, 0.95);
  return rowOf({
    name: `console: timeline scrub of ${numberOf(records)} records, p95 of a step`,
    unit: 'ms',
    ours: spreadOf(ours.map(p95)),
    limit: { by: 'bare page', spread: spreadOf(limit.map(p95)) },
    targets: [{ against: 'bound', bound: BOUND_MS }],
    note: `p50 ${median(ours.flat()).toFixed(1)} ms, the longest ${Math.max(...ours.flat()).toFixed(1)} ms; a leap to anywhere ${median(leaps).toFixed(0)} ms, at most ${Math.max(...leaps).toFixed(0)} ms; the timeline is drawn after ${timelineMs.toFixed(0)} ms`,
  });
}

export async function timelineScrub(bench: Bench, browser: Browser): Promise<Row[]> {
  const rows: Row[] = [];
  for (const records of bench.short ? RECORDS_SHORT : RECORDS) rows.push(await scrubOf(bench, browser, records));
  return rows;
}
