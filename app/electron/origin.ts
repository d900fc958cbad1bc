/** Where the console's page lives in Electron: a scheme of its own instead of file://. */

export const SCHEME = 'app';
export const APP_HOST = 'rearm';
export const APP_ORIGIN = `${SCHEME}://${APP_HOST}`;
export const START_URL = `${APP_ORIGIN}/`;
