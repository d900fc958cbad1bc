/** A person without a mouse: presses keys, and sees what has the focus. */

import type { Page } from 'playwright-core';
import { until } from '../../flow/desk.ts';

/** What a person waits for at most. */
const PATIENCE_MS = 30_000;

/** What the focus stands on, by the words that a person reads there. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return '';
    const labels = element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? [...(element.labels ?? [])] : [];
    const words = element.getAttribute('aria-label') ?? labels.map((label) => label.innerText).join(' ');
    return (words || element.innerText || element.tagName).replaceAll(/\s+/g, ' ').trim();
  });

const STOPS_MAX = 120;

/** Tab, until the focus stands on something of these words. @throws where it goes around without meeting it */
export async function tabTo(page: Page, words: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const met: string[] = [];
  while (met.length < STOPS_MAX) {
    await page.keyboard.press(key);
    met.push(await focused(page));
    if (words.test(met.at(-1)!)) return;
  }
  throw new Error(`${key} never reached ${words}: ${[...new Set(met)].join(' | ')}`);
}

/** The text that is seen there, on one line; empty where nothing is. */
export const textOf = (page: Page, selector: string): Promise<string> =>
  page
    .locator(selector)
    .first()
    .innerText({ timeout: 1_000 })
    .then(
      (text) => text.replaceAll(/\s+/g, ' ').trim(),
      () => '',
    );

/** @throws with what is there instead, after a while */
export async function sees(page: Page, selector: string, words: RegExp | string): Promise<void> {
  let text = '';
  const found = until(
    async () => {
      text = await textOf(page, selector);
      return text;
    },
    (there) => (typeof words === 'string' ? there.includes(words) : words.test(there)),
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${words} was never seen in ${selector}: ${text.slice(0, 1_500)}`)), PATIENCE_MS);
  });
  await Promise.race([found, late]).finally(() => clearTimeout(timer));
}
