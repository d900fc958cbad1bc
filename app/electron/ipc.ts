/** The contract over IPC: one channel per request, all registered by one loop; events to the window as they happen. */

import { type BrowserWindow, ipcMain } from 'electron';
import { RearmError } from '../../shared/errors.ts';
import { dispatch, REQUEST_NAMES } from '../dispatch.ts';
import { EventHub } from '../event-hub.ts';
import type { Services } from '../services.ts';
import { EVENT_CHANNEL, requestChannel } from './channels.ts';
import { senderAllowed } from './sender.ts';

/** @returns ends the service */
export function serveContract(services: Services, window: BrowserWindow, log: (line: string) => void): () => void {
  const handlers = services.handlersFor?.({ host: 'electron', session: 'window' }) ?? services.handlers;
  for (const name of REQUEST_NAMES) {
    ipcMain.handle(requestChannel(name), (event, payload: unknown) => {
      if (!senderAllowed(event, window)) {
        log(`${name}: refused, the sender is not the console's window`);
        return { ok: false, error: new RearmError('PERMISSION_DENIED', 'The request did not come from the console.').toData() };
      }
      return dispatch(handlers, name, payload, log);
    });
  }
  const hub = new EventHub(services);
  const detach = hub.attach(null, ({ name, payload }) => {
    if (!window.isDestroyed()) window.webContents.send(EVENT_CHANNEL, name, payload);
  });
  return () => {
    detach();
    hub.close();
    for (const name of REQUEST_NAMES) ipcMain.removeHandler(requestChannel(name));
  };
}
