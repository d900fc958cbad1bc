/** What the Electron program writes to standard output when its window shows the console; the launcher waits for it. */
export const WINDOW_OPEN = 'rearm: window open';
