/** A person without a mouse: presses keys, and sees what has the focus. */

import type { Page } from 'playwright-core';

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

/** The text of the page that is seen, on one line. */
export const textOf = async (page: Page, selector: string): Promise<string> =>
  (await page.locator(selector).first().innerText()).replaceAll(/\s+/g, ' ').trim();
