/** Before the first end-to-end test: what is needed is built, and there is a display. */

import { hasDisplay, hasVirtualDisplay, startVirtualDisplay } from '../../../app/electron/display.ts';
import { buildAll, CONSOLE_PARTS } from '../../../scripts/build.ts';
import { findChromium } from '../../../scripts/chromium.ts';

export default async function setup(): Promise<() => Promise<void>> {
  await buildAll(CONSOLE_PARTS, true);
  const chromium = await findChromium();
  if (chromium) process.env.CHROME_PATH = chromium;
  else {
    process.env.REARM_NO_CHROMIUM ??= process.env.CHROME_PATH ? `${process.env.CHROME_PATH} is not there` : 'none is on this machine';
    delete process.env.CHROME_PATH;
  }
  const display = !hasDisplay() && hasVirtualDisplay() ? await startVirtualDisplay() : null;
  if (display) process.env.DISPLAY = display.name;
  return async () => display?.stop();
}
