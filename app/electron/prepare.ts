/** What happens before the app is ready: refuse what is unsafe, lock down, declare the scheme. */

import type { App } from 'electron';
import { refusedSwitch } from './arguments.ts';
import { lockDown } from './lockdown.ts';
import { declareScheme } from './protocol.ts';

const EXIT_USAGE = 1;

export function prepare(app: App): void {
  const refused = refusedSwitch(app.isPackaged, (name) => app.commandLine.hasSwitch(name));
  if (refused) {
    console.error(`USAGE: --${refused} is refused: a packaged console is not opened to a debugger. Start it without.`);
    app.exit(EXIT_USAGE);
    process.exit(EXIT_USAGE);
  }
  // Root has no sandbox of the system and must say so itself (--no-sandbox); the window's own sandbox stays on.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  declareScheme();
  lockDown(app);
}
