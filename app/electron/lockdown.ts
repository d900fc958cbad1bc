/** What no page in this program may do, whatever window it is in: permissions, devices, navigation, new windows, webviews. */

import { type App, type Session, shell, type WebContents } from 'electron';
import { externalAllowed } from './external.ts';

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setUSBProtectedClassesHandler(() => []);
  session.setBluetoothPairingHandler((_details, answer) => answer({ confirmed: false }));
  session.setDisplayMediaRequestHandler((_request, answer) => answer({}));
}

function denyNavigation(contents: WebContents): void {
  const prevent = (event: { preventDefault(): void }): void => event.preventDefault();
  contents.on('will-navigate', prevent);
  contents.on('will-frame-navigate', prevent);
  contents.on('will-redirect', prevent);
  contents.on('will-attach-webview', prevent);
  contents.setWindowOpenHandler(({ url }) => {
    if (externalAllowed(url)) void shell.openExternal(url);
    return { action: 'deny' };
  });
}

/** Before the first window: every page that will ever exist, and every session. */
export function lockDown(app: App): void {
  app.on('web-contents-created', (_event, contents) => denyNavigation(contents));
  app.on('session-created', denyPermissions);
}
