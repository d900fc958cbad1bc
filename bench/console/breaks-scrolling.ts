/** A hundred thousand breaks that scroll: how long the frames are, beside a page that scrolls as many plain rows. */

import type { Browser, Page } from 'playwright-core';
import { createFixture } from '../../renderer/testing/fixture.ts';
import { bridgeServices } from '../../tests/support/bridge-services.ts';
import { type Bench, REPETITIONS } from '../measurements/measurement.ts';
import { type Row, rowOf } from '../row.ts';
import { quantile, spreadOf } from '../statistics.ts';
import { takeTurns } from '../turns.ts';
import { openBarePage, openConsolePage } from './browser.ts';
import { shows } from './watch.ts';

const BREAKS = 100_000;
const SCROLL_MS = 4_000;
const SCROLL_MS_SHORT = 500;
/** A hand that flies over the list: seventy rows a second pass. */
const PIXELS_PER_SECOND = 1_700;
const FRAME_MS = 1_000 / 60;
/** A frame of 60 a second, and what a clock of whole milliseconds adds. */
const BOUND_MS = 17.5;

interface Frames {
  /** Milliseconds of each. */
  readonly ms: readonly number[];
  /** Frames in which a row was missing where one must be seen. */
  readonly blank: number;
  readonly scrolled: number;
}

/** Scrolls the element as a wheel does, and takes the time of every frame meanwhile. */
async function scroll(page: Page, selector: string, ms: number): Promise<Frames> {
  const box = (await page.locator(selector).boundingBox())!;
  const session = await page.context().newCDPSession(page);
  await page.evaluate((selected) => {
    const element = document.querySelector(selected)!;
    const frames = { times: [] as number[], blank: 0, from: element.scrollTop, on: true };
    Object.assign(window, { frames });
    const frame = (time: number): void => {
      frames.times.push(time);
      const middle = element.getBoundingClientRect();
      const found = document.elementFromPoint(middle.left + 60, middle.top + middle.height / 2);
      if (!found?.closest('[role=row]')) frames.blank += 1;
      if (frames.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, selector);
  await session.send('Input.synthesizeScrollGesture', {
    x: box.x + box.width / 2,
    y: box.y + box.height / 2,
    yDistance: (-PIXELS_PER_SECOND * ms) / 1_000,
    speed: PIXELS_PER_SECOND,
    gestureSourceType: 'mouse',
  });
  const seen = await page.evaluate((selected) => {
    const { frames } = window as unknown as { frames: { times: number[]; blank: number; from: number; on: boolean } };
    frames.on = false;
    return { times: frames.times, blank: frames.blank, scrolled: document.querySelector(selected)!.scrollTop - frames.from };
  }, selector);
  await session.detach();
  return { ms: seen.times.slice(1).map((time, i) => time - seen.times[i]!), blank: seen.blank, scrolled: seen.scrolled };
}

const plainRows = (): string => {
  const rows = Array.from({ length: BREAKS }, (_, i) => `<div role="row" style="height:24px">row ${i}</div>`);
  return `<div id="rows" style="height:100vh;overflow:auto">${rows.join('')}</div>`;
};

export async function breaksScrolling({ short }: Bench, browser: Browser): Promise<Row[]> {
  const ms = short ? SCROLL_MS_SHORT : SCROLL_MS;
  const { page, close } = await openConsolePage(browser, bridgeServices(createFixture('many', 0)), '3');
  const grid = '[role=grid][aria-label="Breaks"]';
  await shows(page, { selector: `${grid} .grid-body`, text: 'blocks' });
  const bare = await openBarePage(browser, plainRows());
  const all: Frames[] = [];
  const p95 = ({ ms: times }: Frames): number => quantile(times, 0.95);
  const samples = await takeTurns(
    {
      ours: async () => {
        const frames = await scroll(page, grid, ms);
        if (frames.scrolled < (PIXELS_PER_SECOND * ms) / 2_000) throw new Error(`the breaks scrolled by ${frames.scrolled} pixels only`);
        all.push(frames);
        return p95(frames);
      },
      limit: async () => p95(await scroll(bare, '#rows', ms)),
    },
    REPETITIONS,
  );
  await close();
  await bare.context().close();
  const times = all.flatMap(({ ms: each }) => each);
  // What began within half a frame of its time was not late: the clock of the page is coarse.
  const inTime = times.filter((time) => time < FRAME_MS * 1.5).length / times.length;
  const blank = all.reduce((sum, frames) => sum + frames.blank, 0);
  const row = rowOf({
    name: 'console: 100,000 breaks scrolling, p95 of a frame',
    unit: 'ms',
    ours: spreadOf(samples.ours),
    limit: { by: 'bare page', spread: spreadOf(samples.limit) },
    targets: [{ against: 'bound', bound: BOUND_MS }],
    note: `${times.length} frames, ${(100 * inTime).toFixed(1)} % in time, the longest ${Math.max(...times).toFixed(0)} ms, ${blank} with rows missing; Chromium draws without a GPU`,
  });
  return [row];
}
