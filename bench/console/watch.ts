/** When something is on the screen: the document has it, and two frames were begun since. */

import type { Page } from 'playwright-core';

/** An element by its selector, with this in its text. */
export interface Sight {
  readonly selector: string;
  readonly text: string;
}

export interface Seen {
  /** Wall time, which the page shares with its host. */
  readonly atMs: number;
  /** Since the last key, from when the browser got it. */
  readonly sinceKeyMs: number;
}

/** Sights that are there at once. */
export type Scene = readonly Sight[];

/** A scene that does not come is a defect, of the console or of the bench. */
const PATIENCE_MS = 60_000;

/** From now on the page looks out for scenes, one after the other; {@link seen} tells of the last. */
export const watch = (page: Page, scenes: readonly Scene[], patienceMs = PATIENCE_MS): Promise<void> =>
  page.evaluate(
    ({ awaited, patience }) => {
      const left = [...awaited];
      let keyMs = 0;
      const onKey = ({ timeStamp }: KeyboardEvent): void => {
        keyMs = timeStamp;
      };
      window.addEventListener('keydown', onKey, true);
      const isThere = ({ selector, text }: Sight): boolean => document.querySelector(selector)?.textContent?.includes(text) ?? false;
      const watched = new Promise<Seen>((resolve, reject) => {
        setTimeout(() => reject(new Error(`never seen: ${JSON.stringify(left[0])}`)), patience);
        const look = (): void => {
          while (left[0]?.every(isThere)) left.shift();
          if (left.length > 0) return;
          watcher.disconnect();
          window.removeEventListener('keydown', onKey, true);
          requestAnimationFrame(() => requestAnimationFrame(() => resolve({ atMs: Date.now(), sinceKeyMs: performance.now() - keyMs })));
        };
        const watcher = new MutationObserver(look);
        watcher.observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true });
        look();
      });
      Object.assign(window, { watched });
    },
    { awaited: scenes, patience: patienceMs },
  );

/** Resolves when the last scene is on the screen. */
export const seen = (page: Page): Promise<Seen> => page.evaluate(() => (window as unknown as { watched: Promise<Seen> }).watched);

/** @throws where it does not come */
export async function shows(page: Page, sight: Sight, patienceMs = PATIENCE_MS): Promise<void> {
  await watch(page, [[sight]], patienceMs);
  await seen(page);
}
