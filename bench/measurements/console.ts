/** What a person waits for in the console, in a real Chromium. */

import { breaksScrolling } from '../console/breaks-scrolling.ts';
import { openBrowser } from '../console/browser.ts';
import { reportOnScreen } from '../console/report-on-screen.ts';
import { timelineScrub } from '../console/timeline-scrub.ts';
import type { Row } from '../row.ts';
import type { Measurement } from './measurement.ts';

const SCREENS = { reportOnScreen, breaksScrolling, timelineScrub };

export const consoleScreens: Measurement = {
  name: 'console',
  async run(bench) {
    const browser = await openBrowser();
    if (!browser) {
      bench.tell('not measured: there is no Chromium on this machine, and CHROME_PATH names none');
      return [];
    }
    const rows: Row[] = [];
    try {
      for (const [name, measure] of Object.entries(SCREENS)) {
        bench.tell(`${name}, in Chromium ${browser.version()}`);
        rows.push(...(await measure(bench, browser)));
      }
    } finally {
      await browser.close();
    }
    return rows;
  },
};
