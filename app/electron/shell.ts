/** The Electron host: open the services, bind the contract, open the window; close all of it in order. */

import { app, session } from 'electron';
import { errorData } from '../../shared/errors.ts';
import { builtPaths, projectRoot } from '../paths.ts';
import type { OpenServices, Services } from '../services.ts';
import { parseArguments } from './arguments.ts';
import { serveContract } from './ipc.ts';
import { denyPermissions } from './lockdown.ts';
import { installMenu } from './menu.ts';
import { denyForeign, serveScheme } from './protocol.ts';
import { WINDOW_OPEN } from './ready.ts';
import { createWindow } from './window.ts';

const EXIT_UNREADABLE = 2;

export interface ShellOptions {
  readonly openServices: OpenServices;
  /** Absent: the built console. */
  readonly renderer?: string;
}

export async function runShell(options: ShellOptions): Promise<void> {
  const paths = builtPaths(projectRoot(app.getAppPath()));
  const developerTools = !app.isPackaged;
  let services: Services | null = null;

  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', (event) => {
    if (!services) return;
    event.preventDefault();
    const closing = services;
    services = null;
    // Not within this event: Electron ignores a second quit until the first was told that it is prevented.
    void closing.close().finally(() => setImmediate(() => app.quit()));
  });

  await app.whenReady();
  try {
    const consoleOptions = parseArguments(process.argv);
    services = await options.openServices(consoleOptions);
    const own = session.defaultSession;
    denyPermissions(own);
    denyForeign(own, developerTools);
    serveScheme(own, options.renderer ?? paths.renderer);
    installMenu(developerTools);
    const title = `Rearm - ${consoleOptions.environment.name}`;
    const window = createWindow({ preload: paths.preload, session: own, title, developerTools });
    const end = serveContract(services, window, (line) => console.error(line));
    window.on('closed', end);
    window.webContents.once('did-finish-load', () => console.log(WINDOW_OPEN));
  } catch (thrown) {
    const error = errorData(thrown);
    console.error(`${error.code}: ${error.message} ${error.remedy}`);
    app.exit(EXIT_UNREADABLE);
  }
}
