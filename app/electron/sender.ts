/** Who may send a request: the main frame of our own window, showing our own page; nobody else. */

import type { BrowserWindow, IpcMainInvokeEvent } from 'electron';
import { APP_ORIGIN } from './origin.ts';

export function senderAllowed(
  event: Pick<IpcMainInvokeEvent, 'senderFrame' | 'sender'>,
  window: Pick<BrowserWindow, 'webContents'>,
): boolean {
  const frame = event.senderFrame;
  return frame !== null && event.sender === window.webContents && frame === window.webContents.mainFrame && frame.origin === APP_ORIGIN;
}
